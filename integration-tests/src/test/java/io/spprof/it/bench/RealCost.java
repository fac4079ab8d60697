package io.spprof.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The cost of a sample on real applications, where the application has taken the caches between two
 * signals. At 10 ms, nearly nothing of the profiler's own is left in them; at 1 ms, more is.
 *
 * <p>Sessions of the two profilers follow each other by turns in one JVM. A ratio is the median of
 * the pairs. The walks of each profiler are timed by its own clock. A whole handler of spprof,
 * which includes delivery, the record in the ring and the reading of clocks, is compared with a
 * walk of async-profiler, because async-profiler does not measure more.
 *
 * <p>{@link Application} has the applications.
 */
final class RealCost implements Item {

  private static final List<Long> INTERVALS_MILLIS = List.of(10L, 1L);

  @Override
  public void run(Setup setup, Table table) throws Exception {
    Table own =
        new Table(
            List.of(
                "application",
                "interval",
                "walk: spprof",
                "async-profiler",
                "ratio of the pairs",
                "whole handler: spprof",
                "to async-profiler's walk",
                "own threads, of one CPU",
                "pairs"));
    table.below(own);
    for (Application application : Application.wanted()) {
      for (long interval : INTERVALS_MILLIS) {
        row(application, interval, setup, own);
      }
    }
  }

  private static void row(Application application, long interval, Setup setup, Table table)
      throws Exception {
    Path file = Files.createTempFile("real-cost", ".txt");
    Process process =
        application.start(
            setup,
            true,
            RealCostLoad.class,
            setup.asyncLibrary().toString(),
            "" + setup.times(10, 3),
            "" + setup.times(3000, 1000),
            "" + interval * 1_000_000,
            file.toString());
    if (!process.waitFor(10, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
    }
    List<double[]> pairs = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      String[] cells = line.split(" ");
      pairs.add(
          new double[] {
            Double.parseDouble(cells[0]),
            Double.parseDouble(cells[1]),
            Double.parseDouble(cells[2]),
            Double.parseDouble(cells[3])
          });
    }
    Files.delete(file);
    table.add(
        application.name(),
        interval + " ms",
        Spread.of(pairs.stream().map(pair -> pair[0]).toList()).show(1000, "µs"),
        Spread.of(pairs.stream().map(pair -> pair[3]).toList()).show(1000, "µs"),
        Spread.of(pairs.stream().map(pair -> pair[0] / pair[3]).toList()).show(1, ""),
        Spread.of(pairs.stream().map(pair -> pair[1]).toList()).show(1000, "µs"),
        Spread.of(pairs.stream().map(pair -> pair[1] / pair[3]).toList()).show(1, ""),
        Spread.of(pairs.stream().map(pair -> 100 * pair[2]).toList()).show(1, "%"),
        "" + pairs.size());
  }
}
