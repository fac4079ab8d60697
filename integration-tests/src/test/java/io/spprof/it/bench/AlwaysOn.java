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
 * What it costs to be always on: spprof at 10 ms, with and without a budget, beside async-profiler
 * that writes JFR files in a loop and JFR with its default settings, in one run on the H2 load.
 *
 * <p>In each round each of them has a new JVM, one after the other, in an order that is shuffled
 * anew. The JVM first does transactions as fast as they go until all is compiled, with the profiler
 * on, and then is measured at a fixed offered rate ({@link io.spprof.it.load.H2Paced}), far below
 * what it could do: latencies at saturation are those of the queue. So the number of transactions
 * is fixed, too, and which they are.
 *
 * <dl>
 *   <dt>CPU a transaction
 *   <dd>The kernel's account of the process's CPU time, all its threads, while the transactions
 *       last, over their number. Waking up for each of them is in it.
 *   <dt>latency
 *   <dd>From the moment at which a transaction was due to its commit. How late the kernel wakes the
 *       worker is in it, and so is waiting for others on the machine.
 *   <dt>CPU of a transaction's thread
 *   <dd>Its own clock before and after: what a transaction takes with no waiting in it, be it for
 *       the profiler or for others on the machine, of which the latencies are full where it is
 *       busy.
 *   <dt>memory
 *   <dd>The proportional set size at the end, less the heap, which has a fixed size and is touched
 *       when the JVM starts, plus what lives in the heap after a collection.
 *   <dt>allocated a transaction
 *   <dd>By all threads that Java knows, garbage for the collector.
 *   <dt>written
 *   <dd>What the process gave to write(2), its answers to the benchmark included. One end of
 *       async-profiler's loop is in each measurement, whose length is the loop's: it ends more
 *       often than a loop of a minute would.
 *   <dt>by its own account
 *   <dd>OverheadCpuTimeNanos over the time of the measurement.
 *   <dt>load average
 *   <dd>Of the last minute, at the end of the measurement: who else was there.
 * </dl>
 *
 * <p>Where others keep the machine busy, latencies are theirs. With {@code -Dbench.realtime=true}
 * (needs CAP_SYS_NICE and {@code chrt}) the JVM runs at a fixed rate in the real-time class, with
 * all its threads, the profiler's and the collector's among them; others wait for the small part of
 * a CPU that it needs. While it gets warm it has no such priority.
 *
 * <p>"More than without" is taken within a round and then the median of the rounds, so that the
 * machine's drift is not in it. What it shows for a second JVM without profiler is what a
 * difference has to exceed to mean something.
 */
final class AlwaysOn implements Item {

  /** async-profiler's {@code ctimer} is a CPU timer a thread, as ours. */
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

    /** The profiler that the target asks for figures: async-profiler is left in peace. */
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

  /** How a figure is held against that of the JVM without profiler. */
  private enum Against {
    /** Percent more. */
    RATIO,
    /** In its own unit more. */
    DIFFERENCE,
    /** Not. */
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

  /** Transactions a second: a small part of what one CPU does, so that a busy machine keeps up. */
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

  /** A profiler that is not there costs nothing. */
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

  /** Round by round what one has more than the JVM without. */
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
