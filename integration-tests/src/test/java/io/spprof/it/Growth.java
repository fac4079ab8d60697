package io.spprof.it;

import io.spprof.it.Vitals.Figure;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides whether a figure grew over a run. It compares the readings of the run's first quarter
 * with those of its last quarter.
 *
 * <p>A count (descriptors, threads, mappings) is judged by the smallest reading of each quarter:
 * temporary increases do not appear there, leaks do. Memory is judged by the median. A figure may
 * grow by an allowance for changes that the JVM itself makes within an hour: see {@link
 * #allowance}. Half a run lies between the two quarters. A leak that adds less than the allowance
 * in this time is not detected, so the slope is shown, too.
 */
record Growth(Figure figure, double first, double last, double slopePerHour) {

  /** Makes the comparison from readings without the warm-up; the times are in hours. */
  static Growth of(Figure figure, List<Vitals> readings, List<Double> hours) {
    List<Double> values = new ArrayList<>();
    readings.forEach(vitals -> values.add((double) vitals.values().get(figure)));
    int quarter = Math.max(1, values.size() / 4);
    return new Growth(
        figure,
        typical(figure, values.subList(0, quarter)),
        typical(figure, values.subList(values.size() - quarter, values.size())),
        slope(hours, values));
  }

  private static double typical(Figure figure, List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    if (!figure.bytes) {
      return sorted.get(0);
    }
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** The slope by least squares. */
  private static double slope(List<Double> x, List<Double> y) {
    double meanX = x.stream().mapToDouble(v -> v).average().orElse(0);
    double meanY = y.stream().mapToDouble(v -> v).average().orElse(0);
    double above = 0;
    double below = 0;
    for (int i = 0; i < x.size(); i++) {
      above += (x.get(i) - meanX) * (y.get(i) - meanY);
      below += (x.get(i) - meanX) * (x.get(i) - meanX);
    }
    return below == 0 ? 0 : above / below;
  }

  /** The largest difference between the quarters that is not growth. */
  double allowance() {
    return switch (figure) {
      // malloc's arenas, and pages of the heap and of the code cache that are touched late.
      case RESIDENT -> Math.max(16 << 20, 0.05 * first);
      // The JIT compiler still compiles code that becomes hot late.
      case CODE_CACHE -> Math.max(4 << 20, 0.10 * first);
      case METASPACE -> Math.max(2 << 20, 0.05 * first);
      case HEAP -> Math.max(4 << 20, 0.10 * first);
      case DESCRIPTORS, THREADS -> 2;
      // A stack of one of the JVM's own threads; an arena of malloc.
      case MAPPINGS -> 6;
      // An arena of malloc has 64 MiB of addresses; there are at most eight for each CPU.
      case ADDRESS_SPACE -> 192 << 20;
    };
  }

  boolean isTooMuch() {
    return last - first > allowance();
  }

  static String head() {
    return "| figure | first quarter | last quarter | growth | allowed | slope an hour | |\n"
        + "| --- | --- | --- | --- | --- | --- | --- |\n";
  }

  /** A row of the table. */
  String row() {
    return String.format(
        "| %s | %s | %s | %s | %s | %s | %s |%n",
        figure.label,
        figure.show(first),
        figure.show(last),
        figure.show(last - first),
        figure.show(allowance()),
        figure.show(slopePerHour),
        isTooMuch() ? "GREW" : "flat");
  }
}
