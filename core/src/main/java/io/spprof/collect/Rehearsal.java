package io.spprof.collect;

import io.spprof.sampler.ExampleRecords;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.symbol.demangle.Demangler;
import io.spprof.symbol.elf.LibrarySymbols;
import java.nio.file.Path;
import java.util.List;

/**
 * A pass over example records, before the first session's first signal. It makes the JVM load,
 * initialize and link what a pass needs. Later the heap may be full. A class whose initialization
 * then fails cannot be used for the rest of the JVM's life, and no session could collect anything.
 *
 * <p>The first start in a JVM waits for it, some 60 to 80 ms (JDK 17 and 25, on the build machine,
 * 2026-11-30). The first pass would need most of this time otherwise, beside the application.
 */
public final class Rehearsal {

  /** A library with symbols, so that the code that reads symbols runs, too. Linux only. */
  private static final Path LIBRARY = Path.of(System.getProperty("java.home"), "lib", "libjava.so");

  /** In C++ and in Rust, with parameters and arguments of templates. */
  private static final List<String> MANGLED =
      List.of(
          "_ZN9ConstructIiEC2ERKSt6vectorIiSaIiEEi.part.0",
          "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
          "_RNvNtCs1234_7mycrate3foo3bar");

  private static final int DEPTH = 16;
  private static final int BUDGET_BYTES = 1 << 20;

  private static boolean done;

  private Rehearsal() {}

  /**
   * Makes the pass, unless it was made before.
   *
   * @param sampler reads clocks
   * @throws OutOfMemoryError if the heap has no room
   */
  public static synchronized void once(Sampler sampler) {
    if (!done) {
      SampleRing ring = examples();
      if (ring != null) {
        read(ring, sampler);
      }
      readSymbols();
      done = true;
    }
  }

  /** Returns null if the JVM has used up its direct memory, which the profiler does not need. */
  private static SampleRing examples() {
    try {
      return ExampleRecords.ring(LIBRARY.toString());
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  /** Makes the pass. Returns what it has counted. */
  static CollectorStats read(SampleRing ring, Sampler sampler) {
    MemoryBudget budget = new MemoryBudget(BUDGET_BYTES);
    Collector collector = new Collector(ring, sampler, DEPTH, budget, 0, 0);
    try {
      collector.doWork();
    } finally {
      collector.close();
    }
    return collector.stats();
  }

  /** Returns the size of the index of the library's symbols in bytes; 0 without such a library. */
  static long readSymbols() {
    MANGLED.forEach(Demangler::demangle);
    LibrarySymbols symbols = LibrarySymbols.of(LIBRARY);
    try {
      symbols.resolve(new long[] {0}, new String[1], new long[1]);
      return symbols.index(BUDGET_BYTES);
    } finally {
      symbols.close();
    }
  }
}
