package io.spprof.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;

/** A JVM in which {@link RealCost} measures one of the profilers on an application. */
final class RealCostLoad {

  /** What a session does only once takes place in its first time, which is not measured. */
  private static final long FIRST_MILLIS = 1500;

  /** Compilers are busy for some seconds in the beginning. */
  private static final long WARM_UP_MILLIS = 6000;

  private RealCostLoad() {}

  /**
   * Arguments: the application; the subject; the library of async-profiler; the interval, ns; how
   * long to measure, ms; the file for one line: the time of a walk, ns; the time of a whole
   * handler, ns, which is that of a walk for async-profiler; and the CPU of spprof's own threads,
   * as a share of one CPU.
   */
  public static void main(String[] args) {
    try {
      ApplicationLoad.warmUp(args[0]);
      Thread.sleep(WARM_UP_MILLIS);
      Control profiler = Control.of(Subject.valueOf(args[1]), args[2]);
      String line = measure(profiler, Long.parseLong(args[3]), Long.parseLong(args[4]));
      Files.writeString(Path.of(args[5]), line);
      Runtime.getRuntime().halt(0);
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(70); // the application has threads that would go on
    }
  }

  private static String measure(Control profiler, long interval, long millis) throws Exception {
    profiler.start(interval);
    Thread.sleep(FIRST_MILLIS);
    long from = System.nanoTime();
    long signals = profiler.signals();
    double walk = profiler.walkNanos();
    double cost = profiler.ownNanos();
    long threads = Tasks.ownCpuNanos();
    Thread.sleep(millis);
    signals = profiler.signals() - signals;
    walk = profiler.walkNanos() - walk;
    cost = profiler.ownNanos() - cost;
    threads = Tasks.ownCpuNanos() - threads;
    double share = (double) threads / (System.nanoTime() - from);
    profiler.stop();
    return walk / signals + " " + (cost - threads) / signals + " " + share;
  }
}
