package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.spy;

import io.spprof.sampler.DropReason;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.sampler.SampleRing;
import io.spprof.symbol.JvmtiSymbolResolver;
import org.junit.jupiter.api.Test;

/** Tests what a record that fails means for the records behind it. */
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
  void shouldEndThePassAtTimesForWhichTheHeapHasNoRoom() {
    doThrow(new OutOfMemoryError("Java heap space"))
        .when(threads)
        .times(anyInt(), anyLong(), anyLong());
    ring.times(1, 5, 6);
    ring.sample(1, 10, 8);
    SampleRing reader = ring.reader();

    assertThrows(OutOfMemoryError.class, () -> reader.read(recorder));
    assertEquals(0, recorder.collected(), "the sample waits in the ring");

    reader.read(recorder);
    assertEquals(1, recorder.collected());
  }

  /** An application's exception has a stack trace only if few of such errors came before. */
  @Test
  void shouldMakeOneAttemptAPassWhileTheHeapIsFull() {
    int[] attempts = new int[1];
    sampler.names =
        method -> {
          attempts[0]++;
          throw new OutOfMemoryError("Java heap space");
        };
    ring.sample(1, 10, 8);
    ring.sample(1, 20, 16);
    SampleRing reader = ring.reader();

    for (int pass = 1; pass <= 2; pass++) {
      assertThrows(OutOfMemoryError.class, () -> reader.read(recorder));
      assertEquals(pass, attempts[0]);
      assertEquals(pass, recorder.stats(0).dropped().of(DropReason.COLLECTOR_ERROR));
    }
    assertEquals(30, recorder.stats(0).droppedCpuNanos());
    assertTrue(reader.isEmpty());
  }

  /** A class whose initialization found no heap is missing for ever. */
  @Test
  void shouldGoOnAfterASampleThatFailsForAnotherReason() {
    sampler.names =
        method -> {
          if (method == 8) {
            throw new IllegalStateException("for the test");
          }
          if (method == 16) {
            throw new NoClassDefFoundError("for the test");
          }
          return "m" + method;
        };
    ring.sample(1, 10, 8);
    ring.sample(1, 20, 16);
    ring.sample(1, 30, 24);

    ring.reader().read(recorder);

    assertEquals(1, recorder.collected());
    assertEquals(2, recorder.stats(0).dropped().of(DropReason.COLLECTOR_ERROR));
  }

  @Test
  void shouldKnowUntilTheNextResetThatADescriptionIsLost() {
    sampler.names =
        method -> {
          throw new OutOfMemoryError("Java heap space");
        };
    assertFalse(recorder.definitionsLost());
    ring.sample(1, 10, 8);
    SampleRing reader = ring.reader();
    assertThrows(OutOfMemoryError.class, () -> reader.read(recorder));
    assertTrue(recorder.definitionsLost());

    ring.forget();
    reader.read(recorder);
    assertFalse(recorder.definitionsLost());
  }
}
