package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a stack costs in the handler: both of our walkers and async-profiler's in one run, warm and
 * cold. Each profiler's own clock, as {@link SampleCost} reads it: ours around the whole handler,
 * async-profiler's around its walk only.
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
    Map<Subject, List<Double>> costs = new EnumMap<>(Subject.class);
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
              .add(cost(jvms.get(subject).ask(question)));
        }
      }
    }
    rows("handler, warm, depth " + depth, costs, table);
  }

  /** The first 300 ms of the first session of a new JVM. */
  private static void cold(int depth, Setup setup, Table table) throws Exception {
    Map<Subject, List<Double>> costs = new EnumMap<>(Subject.class);
    for (int i = 0; i < setup.times(7, 3); i++) {
      for (Subject subject : SUBJECTS) {
        try (BenchJvm jvm = new BenchJvm(setup, subject)) {
          costs
              .computeIfAbsent(subject, s -> new ArrayList<>())
              .add(cost(jvm.ask("cold depth=" + depth + " millis=300")));
        }
      }
    }
    rows("handler, cold, depth " + depth, costs, table);
  }

  private static double cost(Map<String, Double> figures) {
    return (figures.get("own") - figures.get("threads")) / figures.get("signals");
  }

  private static void rows(String item, Map<Subject, List<Double>> costs, Table table) {
    Spread theirs = Spread.of(costs.get(Subject.ASYNC));
    table.add(
        item + ": vm", Spread.of(costs.get(Subject.SPPROF)), theirs, 1000, "µs", "less, half warm");
    table.add(item + ": agct", Spread.of(costs.get(Subject.SPPROF_AGCT)), theirs, 1000, "µs", "");
  }
}
