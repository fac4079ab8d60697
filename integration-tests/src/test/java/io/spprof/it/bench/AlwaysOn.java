package io.spprof.it.bench;

import io.spprof.it.CpuClock;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures the cost of a profiler that is always on, on the H2 load: spprof at 10 ms, with and
 * without a budget, async-profiler that writes JFR files in a loop, and JFR with its default
 * settings, all in one run.
 *
 * <p>In each round, each profiler gets a new JVM, one after the other, in a newly shuffled order.
 * With its profiler on, the JVM first runs transactions at full speed until everything is compiled.
 * Then it is measured at a fixed offered rate ({@link io.spprof.it.load.H2Paced}), far below its
 * capacity: at saturation, a latency would mainly be the time in the queue. So the number and the
 * sequence of the transactions are fixed, too.
 *
 * <dl>
 *   <dt>CPU a transaction
 *   <dd>The CPU time of the process with all its threads, by the kernel, during the transactions,
 *       divided by their number. It includes the wake-up for each transaction.
 *   <dt>latency
 *   <dd>From the moment at which a transaction is due to its commit. It includes the kernel's delay
 *       in waking the worker, and waiting for other processes on the machine.
 *   <dt>CPU of a transaction's thread
 *   <dd>The difference of the thread's own CPU clock: the cost of a transaction without any
 *       waiting, be it for the profiler or for other processes. On a busy machine, such waiting
 *       dominates the latencies.
 *   <dt>memory
 *   <dd>The proportional set size at the end, minus the heap, which has a fixed size and is touched
 *       when the JVM starts, plus the live objects in the heap after a collection.
 *   <dt>allocated a transaction
 *   <dd>By all threads that Java knows: garbage for the collector.
 *   <dt>written
 *   <dd>The bytes that the process passed to write(2), including its answers to the benchmark. Each
 *       measurement contains one end of async-profiler's loop, because the loop is as long as the
 *       measurement. So the loop ends more often than a loop of a minute would.
 *   <dt>by its own account
 *   <dd>OverheadCpuTimeNanos divided by the time of the measurement.
 *   <dt>load average
 *   <dd>Of the last minute, at the end of the measurement. It shows how busy other processes kept
 *       the machine.
 * </dl>
 *
 * <p>On a busy machine, the latencies show mainly the other processes. With {@code
 * -Dbench.realtime=true} (needs CAP_SYS_NICE and {@code chrt}) the JVM runs at a fixed rate in the
 * real-time class, with all its threads, including those of the profiler and of the garbage
 * collector. Other processes wait for the small part of a CPU that it needs. The JVM does not have
 * this priority while it warms up.
 *
 * <p>"More than without" is computed within each round, and the table shows the median of the
 * rounds, so the machine's drift is not part of it. The value for a second JVM without profiler is
 * the noise: a difference means something only if it is larger.
 */
final class AlwaysOn implements Item {

  /** async-profiler's {@code ctimer} is one CPU timer for each thread, like spprof's. */
  private enum Way {
    NONE("none", Subject.PLAIN, ""),
    AGAIN("none, again", Subject.PLAIN, ""),
    SPPROF("spprof", Subject.SPPROF, "mode=continuous,interval=10ms,start=true"),
    BUDGET("spprof, budget=1", Subject.SPPROF, SPPROF.options + ",budget=1"),
    ASYNC("async-profiler", Subject.ASYNC, "start,event=ctimer,interval=10ms"),
    JFR("JFR", Subject.PLAIN, "");

    private final String title;
    private final Subject subject;
    private final String options;

    Way(String title, Subject subject, String options) {
      this.title = title;
      this.subject = subject;
      this.options = options;
    }

    /** The profiler whose figures the target reads. The target does not call async-profiler. */
    Subject driven() {
      return subject == Subject.SPPROF ? subject : Subject.PLAIN;
    }

    List<String> jvmArguments(Setup setup, Path directory, int loopSeconds) {
      return switch (this) {
        case ASYNC ->
            subject.jvmArguments(
                setup, options + ",loop=" + loopSeconds + "s,file=" + directory + "/%t.jfr");
        case JFR ->
            List.of(
                "-XX:StartFlightRecording:settings=default,disk=true,maxage=1h",
                "-XX:FlightRecorderOptions:repository=" + directory,
                "-Xlog:jfr+startup=off");
        default -> subject.jvmArguments(setup, options);
      };
    }
  }

  /** How a figure is compared with that of the JVM without profiler. */
  private enum Against {
    /** As percent more. */
    RATIO,
    /** As the difference, in the figure's unit. */
    DIFFERENCE,
    /** Not at all. */
    NOTHING
  }

  private enum Figure {
    CPU("CPU a transaction", 1e3, "µs", Against.RATIO),
    P50("latency, median", 1e3, "µs", Against.RATIO),
    P99("latency, 99th percentile", 1e3, "µs", Against.RATIO),
    P999("latency, 99.9th percentile", 1e3, "µs", Against.RATIO),
    CPU_P99("CPU of a transaction's thread, 99th percentile", 1e3, "µs", Against.RATIO),
    MEMORY("memory", 1 << 20, "MiB", Against.DIFFERENCE),
    ALLOCATED("allocated a transaction", 1 << 10, "KiB", Against.RATIO),
    WRITTEN("written a minute", 1 << 10, "KiB", Against.NOTHING),
    OWN("by its own account, of one CPU", 1, "%", Against.NOTHING),
    LOAD("load average of the machine", 1, "tasks", Against.NOTHING);

    private final String title;
    private final double scale;
    private final String unit;
    private final Against against;

    Figure(String title, double scale, String unit, Against against) {
      this.title = title;
      this.scale = scale;
      this.unit = unit;
      this.against = against;
    }
  }

  private static final int WORKERS = 2;

  /**
   * Transactions per second: a small part of what one CPU can do, so that even a busy machine keeps
   * up.
   */
  private static final int RATE = 1000;

  @Override
  public void run(Setup setup, Table table) throws Exception {
    if (setup.self()) {
      table.note(
          "AlwaysOn: nothing with bench.self; it has a second JVM without profiler instead.");
      return;
    }
    int seconds = setup.times(15, 4);
    int rounds = setup.times(4, 2);
    Map<Way, List<Map<Figure, Double>>> runs = new EnumMap<>(Way.class);
    Stream.of(Way.values()).forEach(way -> runs.put(way, new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
      List<Way> order = Arrays.asList(Way.values());
      Collections.shuffle(order, new Random(round));
      for (Way way : order) {
        Map<Figure, Double> figures = measure(setup, way, seconds);
        runs.get(way).add(figures);
        System.err.printf(
            "bench: always on, round %d of %d: %s: %.1f µs CPU, %.2f ms at the 99th percentile%n",
            round + 1,
            rounds,
            way.title,
            figures.get(Figure.CPU) / 1e3,
            figures.get(Figure.P99) / 1e6);
      }
    }
    table.below(toTable(runs, setup, seconds));
  }

  private static Map<Figure, Double> measure(Setup setup, Way way, int seconds) throws Exception {
    Path directory = Files.createTempDirectory(setup.asyncLibrary().getParent(), "always-on-");
    try (BenchJvm jvm =
        new BenchJvm(setup, way.driven(), way.jvmArguments(setup, directory, seconds))) {
      long pid = jvm.pid();
      jvm.ask("flatout workers=" + WORKERS + " transactions=" + setup.times(30_000, 10_000));
      if (setup.realtime()) {
        jvm.becomeRealtime();
      }
      jvm.ask("paced rate=" + RATE + " seconds=" + setup.times(5, 1));
      Map<String, Double> before = jvm.ask("account");
      long cpuBefore = CpuClock.nanos(pid);
      long writtenBefore = Tasks.writtenBytes(pid);
      jvm.ask("paced rate=" + RATE + " seconds=" + seconds);
      double cpu = CpuClock.nanos(pid) - cpuBefore;
      double written = Tasks.writtenBytes(pid) - writtenBefore;
      double resident = Tasks.proportionalBytes(pid);
      Map<String, Double> after = jvm.ask("account");
      checkIsOn(way, after, written, directory);
      double transactions = (double) RATE * seconds;
      Map<Figure, Double> figures = new EnumMap<>(Figure.class);
      figures.put(Figure.CPU, cpu / transactions);
      figures.put(Figure.P50, after.get("p50"));
      figures.put(Figure.P99, after.get("p99"));
      figures.put(Figure.P999, after.get("p999"));
      figures.put(Figure.CPU_P99, after.get("cpu99"));
      figures.put(Figure.MEMORY, resident - after.get("heap") + after.get("live"));
      figures.put(
          Figure.ALLOCATED, (after.get("allocated") - before.get("allocated")) / transactions);
      figures.put(Figure.WRITTEN, written * 60 / seconds);
      double own = 100 * (after.get("own") - before.get("own")) / (seconds * 1e9);
      figures.put(Figure.OWN, way.subject == Subject.SPPROF ? own : Double.NaN);
      figures.put(Figure.LOAD, ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
      return figures;
    }
  }

  /** Checks that the profiler runs, because a profiler that does not run costs nothing. */
  private static void checkIsOn(
      Way way, Map<String, Double> account, double written, Path directory) throws IOException {
    boolean on =
        switch (way) {
          case NONE, AGAIN -> true;
          case SPPROF, BUDGET -> account.get("signals") > 0;
          case ASYNC -> files(directory) > 1;
          case JFR -> written > 0;
        };
    if (!on) {
      throw new IOException(way.title + " does not run, or does not loop: " + directory);
    }
  }

  private static long files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }

  private static Table toTable(Map<Way, List<Map<Figure, Double>>> runs, Setup setup, int seconds) {
    Table table =
        new Table(
            Stream.concat(Stream.of("always on"), Stream.of(Way.values()).map(way -> way.title))
                .toList());
    for (Figure figure : Figure.values()) {
      row(table, figure.title, figure.scale, figure.unit, way -> values(runs.get(way), figure));
      if (figure.against != Against.NOTHING) {
        boolean ratio = figure.against == Against.RATIO;
        row(
            table,
            figure.title + ", more than without",
            ratio ? 1 : figure.scale,
            ratio ? "%" : figure.unit,
            way -> way == Way.NONE ? List.of() : more(runs, way, figure));
      }
    }
    table.note(
        String.format(
            "Always on: %d rounds of %d s at %d transactions a second, %d workers; cells are the"
                + " median of the rounds and their quartiles. async-profiler: ctimer, 10 ms,"
                + " loop=%ds. JFR: settings=default,disk=true,maxage=1h.%s",
            runs.get(Way.NONE).size(),
            seconds,
            RATE,
            WORKERS,
            seconds,
            setup.realtime() ? " The JVMs ran in the real-time class." : ""));
    return table;
  }

  private static void row(
      Table table, String title, double scale, String unit, Function<Way, List<Double>> values) {
    table.add(
        Stream.concat(
                Stream.of(title),
                Stream.of(Way.values()).map(way -> Spread.of(values.apply(way)).show(scale, unit)))
            .toArray(String[]::new));
  }

  private static List<Double> values(List<Map<Figure, Double>> rounds, Figure figure) {
    return rounds.stream().map(round -> round.get(figure)).toList();
  }

  /** How much more a way costs than the JVM without profiler, for each round. */
  private static List<Double> more(
      Map<Way, List<Map<Figure, Double>>> runs, Way way, Figure figure) {
    List<Double> with = values(runs.get(way), figure);
    List<Double> without = values(runs.get(Way.NONE), figure);
    return IntStream.range(0, with.size())
        .mapToObj(
            i ->
                figure.against == Against.RATIO
                    ? 100 * (with.get(i) / without.get(i) - 1)
                    : with.get(i) - without.get(i))
        .toList();
  }
}
