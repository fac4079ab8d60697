package io.spprof.it.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A JVM in which {@link RealCost} compares the two profilers on an application. */
final class RealCostLoad {

  /** What a session does only once takes place in its first time, which is not measured. */
  private static final long FIRST_MILLIS = 1500;

  /** Compilers are busy for some seconds in the beginning. */
  private static final long WARM_UP_MILLIS = 6000;

  private RealCostLoad() {}

  /**
   * Arguments: the application; the library of async-profiler; the number of pairs; how long a
   * session takes, ms; the interval, ns; the file that gets a line for each pair. A line has the
   * time of a walk and of a whole handler of spprof, ns; the CPU of its own threads, share of one
   * CPU; and the time of a walk of async-profiler, ns.
   */
  public static void main(String[] args) throws Exception {
    ApplicationLoad.warmUp(args[0]);
    Thread.sleep(WARM_UP_MILLIS);
    Control ours = Control.of(Subject.SPPROF, "");
    Control theirs = Control.of(Subject.ASYNC, args[1]);
    int pairs = Integer.parseInt(args[2]);
    long millis = Long.parseLong(args[3]);
    long interval = Long.parseLong(args[4]);
    try (PrintStream out = new PrintStream(args[5], StandardCharsets.UTF_8)) {
      for (int i = 0; i < pairs; i++) {
        String peer = i % 2 == 0 ? "" : walk(theirs, interval, millis);
        String own = own(ours, interval, millis);
        out.println(own + " " + (peer.isEmpty() ? walk(theirs, interval, millis) : peer));
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static String own(Control profiler, long interval, long millis) throws Exception {
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

  private static String walk(Control profiler, long interval, long millis) throws Exception {
    profiler.start(interval);
    Thread.sleep(FIRST_MILLIS);
    long signals = profiler.signals();
    double walk = profiler.walkNanos();
    Thread.sleep(millis);
    String nanos = "" + (profiler.walkNanos() - walk) / (profiler.signals() - signals);
    profiler.stop();
    return nanos;
  }
}
