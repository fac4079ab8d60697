package io.spprof.it.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A JVM in which {@link NativeCost} compares sessions with and without native frames. */
final class NativeCostLoad {

  private static final long INTERVAL_NANOS = 1_000_000;

  /** What a session does only once takes place in its first time, which is not measured. */
  private static final long FIRST_MILLIS = 1000;

  private NativeCostLoad() {}

  /**
   * Arguments: the load; the subject; the library of async-profiler; the number of pairs; how long
   * a session takes, ms; the file that gets a line for each pair: the time of a walk without and
   * with native frames, ns.
   */
  public static void main(String[] args) throws Exception {
    ApplicationLoad.warmUp(args[0]);
    Control profiler = Control.of(Subject.valueOf(args[1]), args[2]);
    int pairs = Integer.parseInt(args[3]);
    long millis = Long.parseLong(args[4]);
    try (PrintStream out = new PrintStream(args[5], StandardCharsets.UTF_8)) {
      for (int i = 0; i < pairs; i++) {
        boolean withFirst = i % 2 == 0;
        double first = walk(profiler, withFirst, millis);
        double second = walk(profiler, !withFirst, millis);
        out.println(withFirst ? second + " " + first : first + " " + second);
      }
    }
    Runtime.getRuntime().halt(0);
  }

  /** Returns the mean time of a walk in the middle of a session, ns. */
  private static double walk(Control profiler, boolean nativeFrames, long millis) throws Exception {
    profiler.start(INTERVAL_NANOS, nativeFrames);
    Thread.sleep(FIRST_MILLIS);
    double before = profiler.walkNanos();
    long signals = profiler.signals();
    Thread.sleep(millis);
    double nanos = (profiler.walkNanos() - before) / (profiler.signals() - signals);
    profiler.stop();
    return nanos;
  }
}
