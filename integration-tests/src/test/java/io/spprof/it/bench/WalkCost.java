package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Measures the cost of one stack walk in the signal handler, for both of spprof's walkers and for
 * async-profiler's in one run. Each is measured warm, in the middle of a session, and cold, at the
 * beginning of the first session in a new JVM. The table shows the walk alone, by each profiler's
 * own clock. It also shows the cost of spprof's whole handler, next to async-profiler's walk.
 */
final class WalkCost implements Item {

  private static final int[] DEPTHS = {20, 100, 500};
  private static final List<Subject> SUBJECTS =
      List.of(Subject.SPPROF, Subject.SPPROF_AGCT, Subject.ASYNC);

  @Override
  public void run(Setup setup, Table table) throws Exception {
    for (int depth : DEPTHS) {
      warm(depth, setup, table);
    }
    for (int depth : DEPTHS) {
      cold(depth, setup, table);
    }
  }

  private static void warm(int depth, Setup setup, Table table) throws Exception {
    Map<Subject, List<Map<String, Double>>> costs = new EnumMap<>(Subject.class);
    try (BenchJvm vm = new BenchJvm(setup, Subject.SPPROF);
        BenchJvm agct = new BenchJvm(setup, Subject.SPPROF_AGCT);
        BenchJvm async = new BenchJvm(setup, Subject.ASYNC)) {
      Map<Subject, BenchJvm> jvms =
          Map.of(Subject.SPPROF, vm, Subject.SPPROF_AGCT, agct, Subject.ASYNC, async);
      for (BenchJvm jvm : jvms.values()) {
        jvm.ask("pair depth=" + depth + " millis=100");
      }
      for (int i = 0; i < setup.times(7, 3); i++) {
        for (Subject subject : SUBJECTS) {
          String question = "steady depth=" + depth + " millis=" + setup.times(1500, 400);
          costs
              .computeIfAbsent(subject, s -> new ArrayList<>())
              .add(jvms.get(subject).ask(question));
        }
      }
    }
    rows("warm, depth " + depth, costs, table);
    Spread theirs = spread(costs.get(Subject.ASYNC), WalkCost::walk);
    for (Subject ours : List.of(Subject.SPPROF, Subject.SPPROF_AGCT)) {
      table.add(
          "whole handler, warm, depth " + depth + ": " + (ours == Subject.SPPROF ? "vm" : "agct"),
          spread(costs.get(ours), WalkCost::handler),
          theirs,
          1000,
          "µs",
          "");
    }
  }

  /** Measures the first 300 ms of the first session of a new JVM. */
  private static void cold(int depth, Setup setup, Table table) throws Exception {
    Map<Subject, List<Map<String, Double>>> costs = new EnumMap<>(Subject.class);
    for (int i = 0; i < setup.times(7, 3); i++) {
      for (Subject subject : SUBJECTS) {
        try (BenchJvm jvm = new BenchJvm(setup, subject)) {
          costs
              .computeIfAbsent(subject, s -> new ArrayList<>())
              .add(jvm.ask("cold depth=" + depth + " millis=300"));
        }
      }
    }
    rows("cold, depth " + depth, costs, table);
  }

  private static void rows(
      String item, Map<Subject, List<Map<String, Double>>> costs, Table table) {
    Spread theirs = spread(costs.get(Subject.ASYNC), WalkCost::walk);
    List<Map<String, Double>> vm = costs.get(Subject.SPPROF);
    List<Map<String, Double>> agct = costs.get(Subject.SPPROF_AGCT);
    table.add(
        "walk, " + item + ": vm",
        spread(vm, WalkCost::walk),
        theirs,
        1000,
        "µs",
        "less, half warm");
    table.add("walk, " + item + ": agct", spread(agct, WalkCost::walk), theirs, 1000, "µs", "");
  }

  private static Spread spread(
      List<Map<String, Double>> figures, ToDoubleFunction<Map<String, Double>> cost) {
    return Spread.of(figures.stream().map(cost::applyAsDouble).toList());
  }

  /** The time of a walk, ns. */
  private static double walk(Map<String, Double> figures) {
    return figures.get("walk") / figures.get("signals");
  }

  /** The time of a whole handler, ns. */
  private static double handler(Map<String, Double> figures) {
    return (figures.get("own") - figures.get("threads")) / figures.get("signals");
  }
}
