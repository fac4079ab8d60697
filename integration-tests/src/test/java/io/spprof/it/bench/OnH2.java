package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Measures what needs the H2 load: its throughput, the cost of a sample, bulk reads of the bean,
 * memory.
 */
final class OnH2 implements Item {

  private static final String WORKERS = "2";
  private static final long COARSE = 10_000_000;
  private static final long DENSE = 1_000_000;

  /**
   * The threshold for a quiet window: one in which other processes had at most a tenth of the CPU
   * time.
   */
  private static final double QUIET = 0.9 * Integer.parseInt(WORKERS);

  private static final int ENOUGH = 5;

  /**
   * The figures of one round of a subject.
   *
   * @param quiet whether other processes used little of the machine
   * @param wallCoarse throughput at 10 ms, percent of the throughput without the profiler
   * @param wallDense throughput at 1 ms, percent of the throughput without the profiler
   * @param cpuCoarse transactions a CPU second at 10 ms, percent of the number without the profiler
   * @param cpuDense transactions a CPU second at 1 ms, percent of the number without the profiler
   * @param blackBox CPU time of a sample at 1 ms, measured from outside the profiler, ns
   * @param own the profiler's own figure for the CPU time of a sample, ns
   * @param collector the part of {@code own} that the profiler's threads use, ns
   * @param collectorShare CPU of the profiler's threads, percent of one CPU
   */
  private record Round(
      boolean quiet,
      double wallCoarse,
      double wallDense,
      double cpuCoarse,
      double cpuDense,
      double blackBox,
      double own,
      double collector,
      double collectorShare) {}

  @Override
  public void run(Setup setup, Table table) throws Exception {
    try (BenchJvm plain = new BenchJvm(setup, Subject.PLAIN, WORKERS);
        BenchJvm ours = new BenchJvm(setup, Subject.SPPROF, WORKERS);
        BenchJvm theirs = new BenchJvm(setup, Subject.ASYNC, WORKERS)) {
      for (BenchJvm jvm : List.of(plain, ours, theirs)) {
        warmUp(jvm, setup.times(20, 5));
      }
      List<Round> ourRounds = new ArrayList<>();
      List<Round> theirRounds = new ArrayList<>();
      List<Double> noise = new ArrayList<>();
      List<Double> speed = new ArrayList<>();
      long millis = setup.times(400, 250);
      for (int i = 0; i < setup.times(25, 5); i++) {
        ourRounds.add(round(ours, millis, i % 2 == 0));
        theirRounds.add(round(theirs, millis, i % 2 == 0));
        window(plain, 0, 200);
        Map<String, Double> a = window(plain, 0, millis);
        Map<String, Double> b = window(plain, 0, millis);
        noise.add(100 * speed(b, "wall") / speed(a, "wall"));
        speed.add(1e9 * speed(a, "wall"));
      }
      rows(quiet(ourRounds), quiet(theirRounds), table);
      table.note(
          String.format(
              "H2: of %d rounds %d were quiet for spprof, %d for async-profiler; with fewer than %d"
                  + " all count, else the quiet ones.",
              ourRounds.size(),
              ourRounds.stream().filter(Round::quiet).count(),
              theirRounds.stream().filter(Round::quiet).count(),
              ENOUGH));
      table.add(
          "H2, no profiler: a window's throughput, of the one before",
          Spread.of(noise).show(1, "%"),
          "",
          "",
          "(the noise)");
      table.note("H2 without any agent: " + Spread.of(speed).show(1, "transactions/s") + ".");
      bulkRead(ours, theirs, setup, table);
      memory(ours, theirs, setup, table);
    }
  }

  /** Runs windows until two windows of a second agree to 3 %, but at most that many. */
  private static void warmUp(BenchJvm jvm, int most) throws Exception {
    double last = 0;
    for (int i = 0; i < most; i++) {
      double now = speed(window(jvm, 0, 1000), "cpu");
      if (i > 3 && Math.abs(now / last - 1) < 0.03) {
        return;
      }
      last = now;
    }
  }

  /**
   * One round of windows: without, with, with, without the profiler. The two windows without it
   * enclose the others, so that drift cancels out.
   */
  private static Round round(BenchJvm jvm, long millis, boolean denseFirst) throws Exception {
    window(jvm, 0, 200); // the JVM was stopped, so the caches are cold
    Map<String, Double> before = window(jvm, 0, millis);
    Map<String, Double> first = window(jvm, denseFirst ? DENSE : COARSE, millis);
    Map<String, Double> second = window(jvm, denseFirst ? COARSE : DENSE, millis);
    Map<String, Double> after = window(jvm, 0, millis);
    Map<String, Double> dense = denseFirst ? first : second;
    Map<String, Double> coarse = denseFirst ? second : first;
    double wall = (speed(before, "wall") + speed(after, "wall")) / 2;
    double cpu = (speed(before, "cpu") + speed(after, "cpu")) / 2;
    double signals = dense.get("signals");
    return new Round(
        Stream.of(before, first, second, after).allMatch(w -> w.get("cpu") > QUIET * w.get("wall")),
        100 * speed(coarse, "wall") / wall,
        100 * speed(dense, "wall") / wall,
        100 * speed(coarse, "cpu") / cpu,
        100 * speed(dense, "cpu") / cpu,
        (dense.get("cpu") - dense.get("transactions") / cpu) / signals,
        dense.get("own") / signals,
        dense.get("threads") / signals,
        100 * dense.get("threads") / dense.get("wall"));
  }

  private static List<Round> quiet(List<Round> rounds) {
    List<Round> quiet = rounds.stream().filter(Round::quiet).toList();
    return quiet.size() < ENOUGH ? rounds : quiet;
  }

  private static void rows(List<Round> ours, List<Round> theirs, Table table) {
    String cost = "CPU a sample, H2: ";
    us(table, cost + "black box, the whole process", ours, theirs, Round::blackBox);
    us(table, cost + "handler by its own clock", ours, theirs, r -> r.own() - r.collector());
    us(table, cost + "our threads", ours, theirs, Round::collector);
    table.add(
        cost + "OverheadCpuTimeNanos/Signals",
        spread(ours, Round::own),
        Spread.NONE,
        1000,
        "µs",
        "< 25 (the model)");
    table.add(
        "H2 at 1 ms: our threads, of one CPU",
        spread(ours, Round::collectorShare),
        spread(theirs, Round::collectorShare),
        1,
        "%",
        "");
    percent(table, "H2 throughput at 10 ms, of that without", ours, theirs, Round::wallCoarse);
    percent(table, "H2 throughput at 1 ms, of that without", ours, theirs, Round::wallDense);
    percent(table, "H2 transactions a CPU second at 10 ms", ours, theirs, Round::cpuCoarse);
    percent(table, "H2 transactions a CPU second at 1 ms", ours, theirs, Round::cpuDense);
  }

  private static Spread spread(List<Round> rounds, Function<Round, Double> figure) {
    return Spread.of(rounds.stream().map(figure).toList());
  }

  private static void us(
      Table table,
      String item,
      List<Round> ours,
      List<Round> theirs,
      Function<Round, Double> figure) {
    table.add(item, spread(ours, figure), spread(theirs, figure), 1000, "µs", "");
  }

  private static void percent(
      Table table,
      String item,
      List<Round> ours,
      List<Round> theirs,
      Function<Round, Double> figure) {
    table.add(item, spread(ours, figure), spread(theirs, figure), 1, "%", "no less");
  }

  private static void bulkRead(BenchJvm ours, BenchJvm theirs, Setup setup, Table table)
      throws Exception {
    String command = "read times=" + setup.times(5000, 2000);
    Map<String, Double> a = ours.ask(command);
    Map<String, Double> b = theirs.ask(command);
    for (String figure : List.of("median", "p99", "first")) {
      table.add(
          "bulk read of all attributes while sampling: " + figure,
          Spread.of(a.get(figure)),
          Spread.of(b.get(figure)),
          1e3,
          "µs",
          figure.equals("first") ? "" : "< 1 ms");
    }
    table.note(
        String.format(
            "Bulk read: %.0f attributes of our bean, %.0f of async-profiler's.",
            a.get("attributes"), b.get("attributes")));
  }

  private static void memory(BenchJvm ours, BenchJvm theirs, Setup setup, Table table)
      throws Exception {
    String command = "memory millis=" + setup.times(10_000, 3000);
    Map<String, Double> a = ours.ask(command);
    Map<String, Double> b = theirs.ask(command);
    String item = String.format("memory, real, %.0f signals of H2 at 1 ms: ", a.get("signals"));
    table.add(
        item + "held by its own account",
        Spread.of(a.get("own")),
        Spread.of(b.get("own")),
        1 << 20,
        "MiB",
        "≤ 32 (the default)");
    table.add(
        item + "growth of the resident set",
        Spread.of(a.get("after") - a.get("before")),
        Spread.of(b.get("after") - b.get("before")),
        1 << 20,
        "MiB",
        "");
  }

  private static Map<String, Double> window(BenchJvm jvm, long interval, long millis)
      throws Exception {
    return jvm.ask("h2 interval=" + interval + " millis=" + millis);
  }

  private static double speed(Map<String, Double> window, String clock) {
    return window.get("transactions") / window.get(clock);
  }
}
