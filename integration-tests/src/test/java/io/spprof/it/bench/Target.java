package io.spprof.it.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.spprof.it.load.H2Paced;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.management.Attribute;

/**
 * The main class of the profiled JVM; makes the measurements that are possible only inside this
 * JVM. It takes one command a line, {@code verb key=value …}, and answers with one line, {@code =
 * key=value …}, in which all values are numbers.
 */
final class Target {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final Control control;
  private final Map<Integer, Work> works = new HashMap<>();
  private final H2Inside h2;
  private H2Paced paced;

  private Target(Control control, H2Inside h2) {
    this.control = control;
    this.h2 = h2;
  }

  /**
   * Arguments: the subject, async-profiler's library, then the number of workers of the H2 load, if
   * there is one.
   */
  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = System.out;
    Subject subject = Subject.valueOf(args[0]);
    Target target =
        new Target(
            subject == Subject.PLAIN ? null : Control.of(subject, args[1]),
            args.length > 2 ? new H2Inside(Integer.parseInt(args[2])) : null);
    out.println("= ready=1");
    String line = in.readLine();
    while (line != null) {
      Map<String, Double> figures = target.answer(line);
      StringJoiner reply = new StringJoiner(" ", "= ", "");
      figures.forEach((key, value) -> reply.add(key + "=" + value));
      out.println(reply);
      line = in.readLine();
    }
    // Ends the load's threads, and a session that is still running, together with the JVM.
    System.exit(0);
  }

  private Map<String, Double> answer(String line) throws Exception {
    Map<String, Long> arguments = new HashMap<>();
    String[] words = line.split(" ");
    Stream.of(words)
        .skip(1)
        .map(word -> word.split("="))
        .forEach(pair -> arguments.put(pair[0], Long.valueOf(pair[1])));
    return switch (words[0]) {
      case "pair" -> pair(arguments.get("depth").intValue(), arguments.get("millis"));
      case "cold" -> cold(arguments.get("depth").intValue(), arguments.get("millis"));
      case "steady" -> steady(arguments.get("depth").intValue(), arguments.get("millis"));
      case "threads" -> threads(arguments.get("count").intValue());
      case "h2" -> h2Window(arguments.get("interval"), arguments.get("millis"));
      case "classes" -> classes(arguments.get("count").intValue(), arguments.get("threads"));
      case "cycle" -> cycle(arguments.get("millis"));
      case "read" -> read(arguments.get("times").intValue());
      case "memory" -> memory(arguments.get("millis"));
      case "flatout" ->
          flatOut(arguments.get("workers").intValue(), arguments.get("transactions").intValue());
      case "paced" -> paced(arguments.get("rate").intValue(), arguments.get("seconds").intValue());
      case "account" -> account();
      default -> throw new IllegalArgumentException(line);
    };
  }

  /**
   * Runs the fixed work without, with, and without the profiler: the cost of its signals to the
   * thread.
   */
  private Map<String, Double> pair(int depth, long millis) throws Exception {
    Work work = work(depth);
    work.interruptions(20); // the JVM was stopped, so the caches are cold
    double without = work.interruptions(millis / 2);
    control.start(1_000_000);
    double with = work.interruptions(millis);
    long signals = control.signals();
    control.stop();
    without += work.interruptions(millis / 2);
    return Map.of(
        "signals", (double) signals, "without", without, "with", with, "cost", with - without);
  }

  /**
   * A session from its start on, in a JVM that has done nothing yet, so that the walker meets
   * everything for the first time.
   */
  private Map<String, Double> cold(int depth, long millis) throws Exception {
    Work work = work(depth);
    control.start(1_000_000);
    // Read after the start, because starting the profiler's thread is not a cost of the handler.
    Reading before = new Reading();
    work.interruptions(millis);
    Map<String, Double> figures = new Reading().since(before);
    control.stop();
    return figures;
  }

  /** Reads the profiler's own figures in the middle of one session. */
  private Map<String, Double> steady(int depth, long millis) throws Exception {
    Work work = work(depth);
    control.start(1_000_000);
    work.interruptions(200);
    Reading before = new Reading();
    work.interruptions(millis);
    Map<String, Double> figures = new Reading().since(before);
    control.stop();
    return figures;
  }

  /**
   * Starts empty threads one after the other, without, with, and without the profiler. Each figure
   * is per thread.
   */
  private Map<String, Double> threads(int count) throws Exception {
    double without = startThreads(count);
    control.start(10_000_000);
    double own = control.ownNanos();
    double with = startThreads(count);
    own = control.ownNanos() - own;
    control.stop();
    without = (without + startThreads(count)) / 2;
    return Map.of("without", without / count, "cost", (with - without) / count, "own", own / count);
  }

  private static double startThreads(int count) throws InterruptedException {
    long before = SYSTEM.getProcessCpuTime();
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(() -> {});
      thread.start();
      thread.join();
    }
    return SYSTEM.getProcessCpuTime() - before;
  }

  /** Runs the H2 load for a while, at an interval in ns, or without profiling for 0. */
  private Map<String, Double> h2Window(long interval, long millis) throws Exception {
    if (interval > 0) {
      control.start(interval);
    }
    sleep(50);
    Reading before = new Reading();
    sleep(millis);
    Map<String, Double> figures = new Reading().since(before);
    if (interval > 0) {
      control.stop();
    }
    return figures;
  }

  /** Makes a big application: many classes, and threads that wait. */
  private static Map<String, Double> classes(int count, long threads) {
    new ManyClasses().define(count);
    for (int i = 0; i < threads; i++) {
      Thread waiting = new Thread(LockSupport::park, "waiting-" + i);
      waiting.setDaemon(true);
      waiting.start();
    }
    return Map.of(
        "loaded", (double) ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
  }

  /** Starts a session, works, and stops it. */
  private Map<String, Double> cycle(long millis) throws Exception {
    long pid = ProcessHandle.current().pid();
    long before = Tasks.residentBytes(pid);
    long a = System.nanoTime();
    control.start(10_000_000);
    long b = System.nanoTime();
    long memory = Tasks.residentBytes(pid) - before;
    work(100).interruptions(millis);
    long signals = control.signals();
    long c = System.nanoTime();
    control.stop();
    long d = System.nanoTime();
    return Map.of(
        "start", (double) (b - a),
        "stop", (double) (d - c),
        "signals", (double) signals,
        "memory", (double) memory);
  }

  /** Reads all attributes in one request, many times, while the load is sampled at 1 ms. */
  private Map<String, Double> read(int times) throws Exception {
    control.start(1_000_000);
    sleep(1500);
    long[] nanos = new long[times];
    for (int i = 0; i < times; i++) {
      long before = System.nanoTime();
      int size = control.readAll().size();
      nanos[i] = System.nanoTime() - before;
      if (size == 0) {
        throw new IllegalStateException("the bulk read lost everything");
      }
    }
    int attributes = 0;
    for (Attribute attribute : control.readAll().asList()) {
      attributes += attribute.getValue() == null ? 0 : 1;
    }
    control.stop();
    double first = nanos[0];
    double median = Spread.median(nanos, 0, times);
    Arrays.sort(nanos);
    return Map.of(
        "first",
        first,
        "median",
        median,
        "p99",
        (double) nanos[times * 99 / 100],
        "attributes",
        (double) attributes);
  }

  /** Samples the load at 1 ms: resident memory before and after, and the profiler's own figure. */
  private Map<String, Double> memory(long millis) throws Exception {
    long pid = ProcessHandle.current().pid();
    System.gc();
    double before = Tasks.residentBytes(pid);
    control.start(1_000_000);
    sleep(millis);
    double signals = control.signals();
    double own = control.memoryBytes();
    double after = Tasks.residentBytes(pid);
    control.stop();
    return Map.of("signals", signals, "own", own, "before", before, "after", after);
  }

  /** Runs the bank's transactions at full speed, so that everything gets compiled. */
  private Map<String, Double> flatOut(int workers, int transactions) throws Exception {
    if (paced == null) {
      paced = new H2Paced(workers);
    }
    long before = System.nanoTime();
    paced.flatOut(transactions);
    return Map.of("rate", transactions * 1e9 / (System.nanoTime() - before));
  }

  /**
   * Runs the bank's transactions at a fixed rate and does nothing else, because the caller measures
   * this from outside.
   */
  private Map<String, Double> paced(int rate, int seconds) throws Exception {
    paced.paced(rate, seconds);
    return Map.of();
  }

  /** Quantiles of the last "paced", ns; the heap after a collection, bytes; counters so far. */
  private Map<String, Double> account() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double allocated = 0;
    for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
      allocated += Math.max(0, bytes);
    }
    System.gc();
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    long[] nanos = paced.latencies();
    long[] cpuNanos = paced.cpuTimes();
    return Map.of(
        "p50", (double) nanos[nanos.length / 2],
        "p99", (double) nanos[(int) (nanos.length * 0.99)],
        "p999", (double) nanos[(int) (nanos.length * 0.999)],
        "cpu99", (double) cpuNanos[(int) (cpuNanos.length * 0.99)],
        "live", (double) heap.getUsed(),
        "heap", (double) heap.getCommitted(),
        "allocated", allocated,
        "signals", control == null ? 0 : (double) control.signals(),
        "own", control == null ? 0 : control.ownNanos());
  }

  private Work work(int depth) {
    return works.computeIfAbsent(
        depth,
        frames -> {
          Work work = new Work(frames);
          work.warmUp();
          return work;
        });
  }

  private static void sleep(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** All counters at one moment. A profiler's counters are 0 if it is idle or there is none. */
  private final class Reading {
    private final long wall = System.nanoTime();
    private final long cpu = SYSTEM.getProcessCpuTime();
    private final long transactions;
    private final long signals;
    private final double own;
    private final double walk;
    private final long threads;

    Reading() throws Exception {
      transactions = h2 == null ? 0 : h2.transactions();
      signals = control == null ? 0 : control.signals();
      own = control == null ? 0 : control.ownNanos();
      walk = control == null ? 0 : control.walkNanos();
      threads = ownThreads();
    }

    private long ownThreads() throws IOException {
      return control == null ? 0 : Tasks.ownCpuNanos();
    }

    Map<String, Double> since(Reading before) {
      return Map.of(
          "wall", (double) (wall - before.wall),
          "cpu", (double) (cpu - before.cpu),
          "transactions", (double) (transactions - before.transactions),
          "signals", (double) (signals - before.signals),
          "own", own - before.own,
          "walk", walk - before.walk,
          "threads", (double) (threads - before.threads));
    }
  }
}
