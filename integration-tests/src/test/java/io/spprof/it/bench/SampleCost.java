package io.spprof.it.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the CPU cost of a sample at given stack depths. The load is the fixed work of {@link
 * Work}, without H2.
 */
final class SampleCost implements Item {

  private static final int[] DEPTHS = {20, 100, 500};
  private static final long WINDOW_MILLIS = 100;

  @Override
  public void run(Setup setup, Table table) throws Exception {
    try (BenchJvm ours = new BenchJvm(setup, Subject.SPPROF);
        BenchJvm theirs = new BenchJvm(setup, Subject.ASYNC)) {
      Map<Subject, BenchJvm> both =
          new EnumMap<>(Map.of(Subject.SPPROF, ours, Subject.ASYNC, theirs));
      for (int depth : DEPTHS) {
        at(depth, both, setup, table);
      }
    }
  }

  private static void at(int depth, Map<Subject, BenchJvm> both, Setup setup, Table table)
      throws Exception {
    Map<Subject, List<Double>> box = new EnumMap<>(Subject.class);
    Map<Subject, List<Double>> own = new EnumMap<>(Subject.class);
    List<Double> handler = new ArrayList<>();
    List<Double> collector = new ArrayList<>();
    both.forEach(
        (subject, jvm) -> {
          box.put(subject, new ArrayList<>());
          own.put(subject, new ArrayList<>());
        });
    // The first pair sizes the work and loads what is loaded once.
    for (BenchJvm jvm : both.values()) {
      jvm.ask("pair depth=" + depth + " millis=" + WINDOW_MILLIS);
    }
    int groups = setup.times(20, 3);
    for (int i = 0; i < groups; i++) {
      for (Map.Entry<Subject, BenchJvm> one : both.entrySet()) {
        box.get(one.getKey()).add(blackBox(one.getValue(), depth));
      }
    }
    for (int i = 0; i < setup.times(3, 1); i++) {
      for (Map.Entry<Subject, BenchJvm> one : both.entrySet()) {
        Map<String, Double> figures =
            one.getValue().ask("steady depth=" + depth + " millis=" + setup.times(1500, 400));
        double signals = figures.get("signals");
        own.get(one.getKey()).add(figures.get("own") / signals);
        if (one.getKey() == Subject.SPPROF) {
          collector.add(figures.get("threads") / signals);
          handler.add((figures.get("own") - figures.get("threads")) / signals);
        }
      }
    }
    String item = "CPU a sample, depth " + depth;
    table.add(
        item + ": black box, the thread's",
        Spread.of(box.get(Subject.SPPROF)),
        Spread.of(box.get(Subject.ASYNC)),
        1000,
        "µs",
        "");
    table.add(
        item + ": handler by its own clock",
        Spread.of(handler),
        Spread.of(own.get(Subject.ASYNC)),
        1000,
        "µs",
        "");
    table.add(item + ": our threads", Spread.of(collector), Spread.of(0), 1000, "µs", "");
    table.add(
        item + ": OverheadCpuTimeNanos/Signals",
        Spread.of(own.get(Subject.SPPROF)),
        Spread.NONE,
        1000,
        "µs",
        "< 25 (the model)");
  }

  /** One repetition: four pairs of windows, some hundred signals. */
  private static double blackBox(BenchJvm jvm, int depth) throws Exception {
    double cost = 0;
    double signals = 0;
    for (int i = 0; i < 4; i++) {
      Map<String, Double> pair = jvm.ask("pair depth=" + depth + " millis=" + WINDOW_MILLIS);
      cost += pair.get("cost");
      signals += pair.get("signals");
    }
    return cost / signals;
  }
}
