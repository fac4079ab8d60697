package io.spprof.it;

import io.spprof.it.Vitals.Figure;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a figure grew over a run: the first quarter of the readings against the last.
 *
 * <p>A number of things (descriptors, threads, mappings) is judged by the smallest reading of each
 * quarter: what comes and goes does not show there, and what leaks does. Memory is judged by the
 * median. A figure may differ by what the JVM itself does within an hour: {@link #allowance}. A
 * leak that is smaller than that over the half run between the quarters is not seen, which is why
 * the slope is shown, too.
 */
record Growth(Figure figure, double first, double last, double slopePerHour) {

  /** From one reading a line, the warm-up left out; the times in hours. */
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

  /** By least squares. */
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

  /** By how much the figure may differ between the quarters. */
  double allowance() {
    return switch (figure) {
      // The arenas of malloc, and pages of the heap and of the code cache that are touched late.
      case RESIDENT -> Math.max(16 << 20, 0.05 * first);
      // The JIT compiler goes on compiling what gets warm late.
      case CODE_CACHE -> Math.max(4 << 20, 0.10 * first);
      case METASPACE -> Math.max(2 << 20, 0.05 * first);
      case HEAP -> Math.max(4 << 20, 0.10 * first);
      case DESCRIPTORS, THREADS -> 2;
      // A stack of a thread of the JVM's own; an arena of malloc.
      case MAPPINGS -> 6;
      // An arena of malloc is 64 MiB of addresses; there are eight a CPU at most.
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

  /** A line of the table. */
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
