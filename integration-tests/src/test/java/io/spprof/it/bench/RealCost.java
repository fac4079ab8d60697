package io.spprof.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The cost of a sample on real applications, where the application has taken the caches between two
 * signals. At 10 ms, nearly nothing of the profiler's own is left in them; at 1 ms, more is.
 *
 * <p>Each measurement has a JVM of its own, with the two profilers by turns. A ratio is the median
 * over the pairs. The walks of each profiler are timed by its own clock. A whole handler of spprof,
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
    List<double[]> pairs = new ArrayList<>();
    for (int i = 0; i < setup.times(7, 2); i++) {
      double[] ours = figures(application, interval, setup, Subject.SPPROF);
      double[] theirs = figures(application, interval, setup, Subject.ASYNC);
      if (ours == null || theirs == null) {
        table.note(application.name() + " failed");
        return;
      }
      pairs.add(new double[] {ours[0], ours[1], ours[2], theirs[0]});
    }
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

  /** Returns the figures of {@link RealCostLoad}; null if its JVM failed. */
  private static double[] figures(
      Application application, long interval, Setup setup, Subject subject) throws Exception {
    Path file = Files.createTempFile("real-cost", ".txt");
    Process process =
        application.start(
            setup,
            subject == Subject.SPPROF,
            RealCostLoad.class,
            subject.name(),
            setup.asyncLibrary().toString(),
            "" + interval * 1_000_000,
            "" + setup.times(8000, 2000),
            file.toString());
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
    }
    String line = Files.readString(file);
    Files.delete(file);
    return process.exitValue() != 0
        ? null
        : Stream.of(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }
}
