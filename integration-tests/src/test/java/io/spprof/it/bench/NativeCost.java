package io.spprof.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What native frames cost: the time of a stack walk with them, divided by that without them, on
 * loads that use much native code. Sessions with and without them follow each other in one JVM, in
 * changing order. The ratio is the median of these pairs.
 *
 * <p>spprof: {@code native=all} and {@code native=none}. async-profiler: its default walker, which
 * has native frames, and {@code cstack=no}. Each profiler's walks are timed by its own clock.
 * async-profiler runs in a JVM of its own after spprof's.
 */
final class NativeCost implements Item {

  @Override
  public void run(Setup setup, Table table) throws Exception {
    Table own =
        new Table(
            List.of(
                "load",
                "spprof's walk without native frames",
                "with them",
                "ratio",
                "async-profiler's without them",
                "with them",
                "ratio"));
    table.below(own);
    for (Application load : Application.wanted()) {
      List<String> cells = new ArrayList<>(List.of(load.name()));
      cells.addAll(cells(load, setup, Subject.SPPROF));
      cells.addAll(cells(load, setup, Subject.ASYNC));
      own.add(cells.toArray(String[]::new));
    }
  }

  private static List<String> cells(Application load, Setup setup, Subject subject)
      throws Exception {
    Path file = Files.createTempFile("native-cost", ".txt");
    Process process =
        load.start(
            setup,
            subject == Subject.SPPROF,
            NativeCostLoad.class,
            subject.name(),
            setup.asyncLibrary().toString(),
            "" + setup.times(15, 3),
            "" + setup.times(1500, 500),
            file.toString());
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
    }
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      String[] pair = line.split(" ");
      without.add(Double.valueOf(pair[0]));
      with.add(Double.valueOf(pair[1]));
      ratios.add(with.get(with.size() - 1) / without.get(without.size() - 1));
    }
    Files.delete(file);
    return List.of(
        Spread.of(without).show(1000, "µs"),
        Spread.of(with).show(1000, "µs"),
        Spread.of(ratios).show(1, "times"));
  }
}
