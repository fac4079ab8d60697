package io.spprof.collect;

import io.spprof.sampler.ExampleRecords;
import io.spprof.sampler.SampleRing;
import io.spprof.sampler.Sampler;
import io.spprof.symbol.demangle.Demangler;
import java.util.List;

/**
 * A pass over example records, before the first session's first signal. It makes the JVM load,
 * initialize and link what a pass needs. Later the heap may be full. A class whose initialization
 * then fails cannot be used for the rest of the JVM's life, and no session could collect anything.
 *
 * <p>It takes 60 ms on JDK 17, which the first pass would take otherwise. Measured on the build
 * machine, 2026-11-30.
 */
public final class Rehearsal {

  /** An ELF file, so that the code that reads symbols runs, too. Elsewhere than on Linux: none. */
  private static final String PROGRAM = "/proc/self/exe";

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
      run(sampler);
      done = true;
    }
  }

  /** Makes the pass. Returns what it has counted. */
  static CollectorStats run(Sampler sampler) {
    SampleRing ring = ExampleRecords.ring(PROGRAM);
    MemoryBudget budget = new MemoryBudget(BUDGET_BYTES);
    Collector collector = new Collector(ring, sampler, DEPTH, budget, 0, 0);
    try {
      collector.doWork();
      MANGLED.forEach(Demangler::demangle);
    } finally {
      collector.close();
    }
    return collector.stats();
  }
}
