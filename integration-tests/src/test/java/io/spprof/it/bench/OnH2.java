package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Items that need the H2 load: its throughput, the cost of a sample on it, bulk reads, memory. */
final class OnH2 implements Item {

  private static final String WORKERS = "2";
  private static final long COARSE = 10_000_000;
  private static final long DENSE = 1_000_000;

  /** What one subject's rounds gave. */
  private static final class Results {
    final List<Double> wallCoarse = new ArrayList<>();
    final List<Double> wallDense = new ArrayList<>();
    final List<Double> cpuCoarse = new ArrayList<>();
    final List<Double> cpuDense = new ArrayList<>();
    final List<Double> blackBox = new ArrayList<>();
    final List<Double> own = new ArrayList<>();
    final List<Double> handler = new ArrayList<>();
    final List<Double> collector = new ArrayList<>();
    final List<Double> collectorShare = new ArrayList<>();
  }

  @Override
  public void run(Setup setup, Table table) throws Exception {
    try (BenchJvm plain = new BenchJvm(setup, Subject.PLAIN, WORKERS);
        BenchJvm ours = new BenchJvm(setup, Subject.SPPROF, WORKERS);
        BenchJvm theirs = new BenchJvm(setup, Subject.ASYNC, WORKERS)) {
      for (BenchJvm jvm : List.of(plain, ours, theirs)) {
        warmUp(jvm, setup.times(20, 5));
      }
      Map<Subject, Results> results =
          new EnumMap<>(Map.of(Subject.SPPROF, new Results(), Subject.ASYNC, new Results()));
      List<Double> noise = new ArrayList<>();
      List<Double> speed = new ArrayList<>();
      long millis = setup.times(400, 250);
      for (int i = 0; i < setup.times(25, 5); i++) {
        round(ours, results.get(Subject.SPPROF), millis, i);
        round(theirs, results.get(Subject.ASYNC), millis, i);
        window(plain, 0, 200);
        Map<String, Double> a = window(plain, 0, millis);
        Map<String, Double> b = window(plain, 0, millis);
        noise.add(100 * speed(b, "wall") / speed(a, "wall"));
        speed.add(1e9 * speed(a, "wall"));
      }
      rows(results.get(Subject.SPPROF), results.get(Subject.ASYNC), table);
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

  /** Until two windows of a second agree to 3 %, or so often. */
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

  /** Without, with, with, without: the two without bracket the rest, so that drift cancels. */
  private static void round(BenchJvm jvm, Results results, long millis, int number)
      throws Exception {
    boolean denseFirst = number % 2 == 0;
    window(jvm, 0, 200); // It was stopped: the caches are cold.
    Map<String, Double> before = window(jvm, 0, millis);
    Map<String, Double> first = window(jvm, denseFirst ? DENSE : COARSE, millis);
    Map<String, Double> second = window(jvm, denseFirst ? COARSE : DENSE, millis);
    Map<String, Double> after = window(jvm, 0, millis);
    Map<String, Double> dense = denseFirst ? first : second;
    Map<String, Double> coarse = denseFirst ? second : first;
    double wall = (speed(before, "wall") + speed(after, "wall")) / 2;
    double cpu = (speed(before, "cpu") + speed(after, "cpu")) / 2;
    results.wallCoarse.add(100 * speed(coarse, "wall") / wall);
    results.wallDense.add(100 * speed(dense, "wall") / wall);
    results.cpuCoarse.add(100 * speed(coarse, "cpu") / cpu);
    results.cpuDense.add(100 * speed(dense, "cpu") / cpu);
    double signals = dense.get("signals");
    double extra = dense.get("cpu") - dense.get("transactions") / cpu;
    results.blackBox.add(extra / signals);
    results.own.add(dense.get("own") / signals);
    results.collector.add(dense.get("threads") / signals);
    results.collectorShare.add(100 * dense.get("threads") / dense.get("wall"));
    results.handler.add((dense.get("own") - dense.get("threads")) / signals);
  }

  private static void rows(Results ours, Results theirs, Table table) {
    String cost = "CPU a sample, H2: ";
    us(table, cost + "black box, the whole process", ours.blackBox, theirs.blackBox, "");
    us(table, cost + "handler by its own clock", ours.handler, theirs.own, "");
    us(table, cost + "our threads", ours.collector, theirs.collector, "");
    us(table, cost + "OverheadCpuTimeNanos/Signals", ours.own, List.of(), "< 25 (the model)");
    table.add(
        "H2 at 1 ms: our threads, of one CPU",
        Spread.of(ours.collectorShare),
        Spread.of(theirs.collectorShare),
        1,
        "%",
        "");
    percent(table, "H2 throughput at 10 ms, of that without", ours.wallCoarse, theirs.wallCoarse);
    percent(table, "H2 throughput at 1 ms, of that without", ours.wallDense, theirs.wallDense);
    percent(table, "H2 transactions a CPU second at 10 ms", ours.cpuCoarse, theirs.cpuCoarse);
    percent(table, "H2 transactions a CPU second at 1 ms", ours.cpuDense, theirs.cpuDense);
  }

  private static void us(
      Table table, String item, List<Double> ours, List<Double> theirs, String aim) {
    table.add(item, Spread.of(ours), Spread.of(theirs), 1000, "µs", aim);
  }

  private static void percent(Table table, String item, List<Double> ours, List<Double> theirs) {
    table.add(item, Spread.of(ours), Spread.of(theirs), 1, "%", "no less");
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
