package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.spy;

import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.symbol.JvmtiSymbolResolver;
import org.junit.jupiter.api.Test;

/** Tests that one record that fails does not end the pass, which has more records to read. */
final class RecorderTest {

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final MemoryBudget budget = new MemoryBudget(1 << 20);
  private final ThreadTable threads = spy(new ThreadTable(budget));
  private final Recorder recorder = recorder();

  private Recorder recorder() {
    MethodTable methods = new MethodTable(budget);
    FrameTable frames = new FrameTable(budget);
    StackTable stacks = new StackTable(budget);
    NativeFunctions functions = new NativeFunctions(new FunctionNames(budget, 0, () -> 0));
    JvmtiSymbolResolver resolver = new JvmtiSymbolResolver(sampler);
    StackDecoder decoder = new StackDecoder(budget, resolver, methods, frames, functions, 16);
    Windows windows = new Windows(budget, budget.limit() / 2, 0);
    Compaction compaction = new Compaction(methods, frames, threads, stacks, windows);
    ComingNames comingNames = new ComingNames(functions);
    return new Recorder(
        decoder, methods, frames, threads, stacks, windows, compaction, comingNames);
  }

  @Test
  void shouldGoOnAfterTimesForWhichTheHeapHasNoRoom() {
    doThrow(new OutOfMemoryError("Java heap space"))
        .when(threads)
        .times(anyInt(), anyLong(), anyLong());
    ring.times(1, 5, 6);
    ring.sample(1, 10, 8);

    try {
      ring.reader().read(recorder);
    } catch (OutOfMemoryError e) {
      fail("the pass ended", e); // JUnit would let this error end the JVM.
    }

    assertEquals(1, recorder.stats(0).collected());
  }
}
