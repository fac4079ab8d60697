package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Measures start and stop in a JVM with many loaded classes. */
final class StartStop implements Item {

  private static final int CLASSES = 20_000;
  private static final int THREADS = 50;

  private record Times(
      List<Double> firstStart,
      List<Double> firstStop,
      List<Double> start,
      List<Double> stop,
      List<Double> memory) {
    Times() {
      this(
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>());
    }
  }

  @Override
  public void run(Setup setup, Table table) throws Exception {
    Map<Subject, Times> all =
        new EnumMap<>(
            Map.of(
                Subject.SPPROF, new Times(),
                Subject.SPPROF_AGCT, new Times(),
                Subject.ASYNC, new Times()));
    double loaded = 0;
    for (int i = 0; i < setup.times(5, 2); i++) {
      for (Map.Entry<Subject, Times> one : all.entrySet()) {
        loaded = Math.max(loaded, inNewJvm(setup, one.getKey(), one.getValue()));
      }
    }
    Times ours = all.get(Subject.SPPROF);
    Times agct = all.get(Subject.SPPROF_AGCT);
    Times theirs = all.get(Subject.ASYNC);
    row(table, "first start in a JVM", ours.firstStart(), theirs.firstStart(), "< 50 ms");
    row(table, "later start", ours.start(), theirs.start(), "< 50 ms");
    row(table, "first stop", ours.firstStop(), theirs.firstStop(), "< 100 ms");
    row(table, "later stop", ours.stop(), theirs.stop(), "< 100 ms");
    row(table, "first start, walker=agct", agct.firstStart(), theirs.firstStart(), "");
    row(table, "later start, walker=agct", agct.start(), theirs.start(), "");
    memory(table, "first start", ours, theirs);
    memory(table, "first start, walker=agct", agct, theirs);
    table.note(String.format("Start and stop: %.0f classes, %d threads.", loaded, THREADS));
  }

  private static double inNewJvm(Setup setup, Subject subject, Times times) throws Exception {
    try (BenchJvm jvm = new BenchJvm(setup, subject)) {
      double loaded = jvm.ask("classes count=" + CLASSES + " threads=" + THREADS).get("loaded");
      Map<String, Double> first = jvm.ask("cycle millis=200");
      times.firstStart().add(first.get("start"));
      times.firstStop().add(first.get("stop"));
      times.memory().add(first.get("memory"));
      for (int i = 0; i < setup.times(10, 5); i++) {
        Map<String, Double> later = jvm.ask("cycle millis=100");
        times.start().add(later.get("start"));
        times.stop().add(later.get("stop"));
      }
      return loaded;
    }
  }

  private static void memory(Table table, String item, Times ours, Times theirs) {
    table.add(
        item + ", 20,000 classes: memory",
        Spread.of(ours.memory()),
        Spread.of(theirs.memory()),
        1 << 20,
        "MiB",
        "");
  }

  private static void row(
      Table table, String item, List<Double> ours, List<Double> theirs, String aim) {
    table.add(item + ", 20,000 classes", Spread.of(ours), Spread.of(theirs), 1e6, "ms", aim);
  }
}
