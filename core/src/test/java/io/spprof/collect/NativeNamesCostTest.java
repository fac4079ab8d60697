package io.spprof.collect;

import static io.spprof.sampler.RingWriter.frame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doCallRealMethod;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import io.spprof.symbol.elf.SmallLibrary;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Tests what looking up the names of native functions may take: CPU time, memory. */
final class NativeNamesCostTest extends NativeFunctionsFixture {

  /** The clock is a microsecond later at each reading. */
  @Test
  void shouldNotChargeSamplesWithWhatNamesTake() throws Exception {
    AtomicLong cpu = new AtomicLong();
    sampler.threadCpuNanos = () -> cpu.addAndGet(1000);
    report(1, library);
    sample(1, 1, address("hidden_function"));
    Pass pass = collector.pass();
    assertEquals(3000, pass.cpuNanos());
    assertEquals(1000, pass.namesCpuNanos());
    assertEquals(2000, pass.samplesCpuNanos());

    assertTrue(ring.words(1, 10, OK, frame(1, -1)));
    pass = collector.pass();
    assertEquals(0, pass.namesCpuNanos());
    assertEquals(1000, pass.samplesCpuNanos());
  }

  /** The queue of a pass is aligned with the ring again in the next pass. */
  @Test
  void shouldLookUpByItselfWhatCameWhileAPassReads() throws Exception {
    FunctionNames names = new FunctionNames(budget, 0, System::nanoTime);
    NativeFunctions functions = new NativeFunctions(names);
    byte[] id = HexFormat.of().parseHex(SmallLibrary.buildId(library));
    functions.beginAhead();
    functions.libraryAhead(1, library.toString(), id, 0);
    functions.functionAhead(1, address("padded"));
    functions.endAhead();
    functions.library(1, library.toString(), id, 0);
    assertEquals("libsmall.so`padded", functions.function(1, address("padded")).name());
    functions.library(2, library.toString(), id, 0);
    assertEquals(
        "libsmall.so`hidden_function", functions.function(2, address("hidden_function")).name());

    functions.beginAhead();
    functions.functionAhead(1, address("padded"));
    functions.functionAhead(2, address("exported_function"));
    functions.endAhead();
    functions.beginAhead(); // the pass did not take place
    functions.functionAhead(1, address("padded"));
    functions.endAhead();
    assertEquals("libsmall.so`padded", functions.function(1, address("padded")).name());
    functions.close();
    assertEquals(
        "libsmall.so+0x" + Long.toHexString(address("padded")),
        functions.function(1, address("padded")).name());
  }

  private NativeFunction named(FunctionNames names, long address) throws Exception {
    byte[] id = HexFormat.of().parseHex(SmallLibrary.buildId(library));
    NativeFunction function = new NativeFunction(Library.of(library.toString(), id, 0, 1), address);
    names.name(function.library(), List.of(function));
    return function;
  }

  @Test
  void shouldHoldIndexesWithinTheBudgetAndGiveThemBack() throws Exception {
    MemoryBudget own = new MemoryBudget(PLENTY);
    FunctionNames names = new FunctionNames(own, 0, System::nanoTime);
    for (int i = 1; i < FunctionNames.MANY; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
      assertEquals(0, own.used());
    }
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    long held = own.used();
    assertTrue(held > 12 * 9 && held < 4096, held + " bytes"); // 12 for each of some functions
    assertEquals(
        "libsmall.so`exported_function", named(names, address("exported_function")).name());
    assertEquals(held, own.used());
    names.close();
    assertEquals(0, own.used());
  }

  @Test
  void shouldNameWithoutAnIndexWhereTheBudgetHasNoRoom() throws Exception {
    MemoryBudget own = new MemoryBudget(4 << 10);
    FunctionNames names = new FunctionNames(own, 0, System::nanoTime);
    for (int i = 0; i < 3 * FunctionNames.MANY; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
      assertEquals(0, own.used());
    }
    names.close();
  }

  /** Each reading of the clock is ten seconds later. */
  @Test
  void shouldMakeAnIndexEarlierWhereLookUpsAreSlowAndStopThemWhereThereIsNoRoom() throws Exception {
    AtomicLong time = new AtomicLong();
    LongSupplier slow = () -> time.addAndGet(10_000_000_000L);
    MemoryBudget own = new MemoryBudget(PLENTY);
    FunctionNames names = new FunctionNames(own, 0, slow);
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertEquals(0, own.used());
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertTrue(own.used() > 0);
    names.close();

    names = new FunctionNames(new MemoryBudget(4 << 10), 0, slow);
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    names.close();
  }

  /** Most of the cost comes with a library's first function. */
  @Test
  void shouldMakeAnIndexAtTheFirstLookUpOfASessionWithLimitedOverhead() throws Exception {
    MemoryBudget own = new MemoryBudget(PLENTY);
    FunctionNames names = new FunctionNames(own, 0.01, System::nanoTime);
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    assertTrue(own.used() > 0);
    names.close();
    assertEquals(0, own.used());
  }

  /** Each attempt takes one of the few errors for which the JVM keeps a stack trace. */
  @Test
  void shouldEndThePassThatFindsAFullHeapAndDoWithoutNamesInTheNext() throws Exception {
    MemoryBudget own = spy(new MemoryBudget(PLENTY));
    doThrow(new OutOfMemoryError("Java heap space")).when(own).take(anyLong());
    FunctionNames names = new FunctionNames(own, 0.01, System::nanoTime);
    names.beginPass();
    assertThrows(OutOfMemoryError.class, () -> named(names, address("padded")));
    names.beginPass();
    for (int i = 0; i < 3; i++) {
      assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    }
    verify(own, times(2)).take(anyLong());

    doCallRealMethod().when(own).take(anyLong());
    names.beginPass();
    assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    names.close();
  }

  /** Each reading of the clock is 0.4 s later. An index in memory answers all the same. */
  @Test
  void shouldReadNoMoreFilesWhereTheOverheadIsLimitedAndTheTimeIsUsedUp() throws Exception {
    AtomicLong time = new AtomicLong();
    LongSupplier slow = () -> time.addAndGet(400_000_000L);
    FunctionNames names = new FunctionNames(new MemoryBudget(PLENTY), 1e-6, slow);
    for (int i = 0; i < 5; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    }
    assertEquals(5 * 400_000_000L, names.cpuNanos());
    library = SmallLibrary.build(folder, "libother.so");
    assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    assertEquals(5 * 400_000_000L, names.cpuNanos());
    names.close();

    names = new FunctionNames(new MemoryBudget(4 << 10), 1e-6, slow); // no room for an index
    library = folder.resolve("libsmall.so");
    for (int i = 0; i < 3; i++) {
      assertEquals("libsmall.so`padded", named(names, address("padded")).name());
    }
    assertEquals(offset(library, address("padded")), named(names, address("padded")).name());
    assertEquals(3 * 400_000_000L, names.cpuNanos());
    names.close();
  }

  @Test
  void shouldSaveASecondForLookUpsAtMost() {
    LookUpTime time = new LookUpTime(0.001, 0);
    assertTrue(time.isLeft(0));
    time.spend(1_500_000_000L);
    assertFalse(time.isLeft(0));
    assertFalse(time.isLeft(499_000_000_000L));
    assertTrue(time.isLeft(501_000_000_000L));
    assertTrue(time.isLeft(1_000_000_000_000_000L));
    time.spend(999_000_000L);
    assertTrue(time.isLeft(1_000_000_000_000_000L));
    time.spend(2_000_000L);
    assertFalse(time.isLeft(1_000_000_000_000_000L));
  }

  @Test
  void shouldOweASecondForLookUpsAtMost() {
    LookUpTime time = new LookUpTime(0.001, 0);
    time.spend(3_600_000_000_000L);
    assertFalse(time.isLeft(999_000_000_000L));
    assertTrue(time.isLeft(1_001_000_000_000L));
  }

  /** The budget is a hundred-thousandth of a CPU. */
  @Test
  void shouldNameFunctionsInASessionWithASmallBudget() throws Exception {
    collector.close();
    collect(PLENTY, 1e-5);
    report(1, library);
    sample(1, 1, address("padded"));
    collector.doWork();
    sample(2, 1, address("hidden_function"));
    collector.doWork();
    assertEquals(Set.of("libsmall.so`padded", "libsmall.so`hidden_function"), names());
  }
}
