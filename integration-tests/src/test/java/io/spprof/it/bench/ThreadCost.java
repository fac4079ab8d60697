package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the cost that sampling adds to a thread's start and end. Threads that do nothing run one
 * after the other, first without, then with, then again without the profiler. The cost is computed
 * from the CPU time of the whole process, so it includes the work of the profilers' own threads.
 * The interval is 10 ms, at which such threads are hardly ever sampled.
 */
final class ThreadCost implements Item {

  private static final List<Subject> SUBJECTS = List.of(Subject.SPPROF, Subject.ASYNC);

  @Override
  public void run(Setup setup, Table table) throws Exception {
    try (BenchJvm ours = new BenchJvm(setup, Subject.SPPROF);
        BenchJvm theirs = new BenchJvm(setup, Subject.ASYNC)) {
      Map<Subject, BenchJvm> both =
          new EnumMap<>(Map.of(Subject.SPPROF, ours, Subject.ASYNC, theirs));
      Map<Subject, List<Double>> cost = new EnumMap<>(Subject.class);
      Map<Subject, List<Double>> without = new EnumMap<>(Subject.class);
      List<Double> reported = new ArrayList<>();
      for (Subject subject : SUBJECTS) {
        cost.put(subject, new ArrayList<>());
        without.put(subject, new ArrayList<>());
        both.get(subject).ask("threads count=5000"); // compiles the code and loads the library
      }
      for (int i = 0; i < setup.times(15, 3); i++) {
        for (Subject subject : SUBJECTS) {
          Map<String, Double> figures = both.get(subject).ask("threads count=10000");
          cost.get(subject).add(figures.get("cost"));
          without.get(subject).add(figures.get("without"));
          if (subject == Subject.SPPROF) {
            reported.add(figures.get("own"));
          }
        }
      }
      table.add(
          "CPU of a thread's start and end, without a profiler",
          Spread.of(without.get(Subject.SPPROF)),
          Spread.of(without.get(Subject.ASYNC)),
          1000,
          "µs",
          "");
      table.add(
          "the same, more with the profiler",
          Spread.of(cost.get(Subject.SPPROF)),
          Spread.of(cost.get(Subject.ASYNC)),
          1000,
          "µs",
          "no more");
      table.add(
          "OverheadCpuTimeNanos a thread",
          Spread.of(reported),
          Spread.NONE,
          1000,
          "µs",
          "as measured");
    }
  }
}
