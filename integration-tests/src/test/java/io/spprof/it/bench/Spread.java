package io.spprof.it.bench;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/**
 * The median and the quartiles of repetitions of one measurement. The quartiles show how reliable
 * the median is.
 *
 * @param low first quartile
 * @param median the median
 * @param high third quartile
 */
record Spread(double low, double median, double high) {

  static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN);

  static Spread of(Collection<Double> values) {
    double[] sorted =
        values.stream()
            .mapToDouble(Double::doubleValue)
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    return sorted.length == 0
        ? NONE
        : new Spread(quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75));
  }

  static Spread of(double value) {
    return new Spread(value, value, value);
  }

  static double median(long[] values, int from, int count) {
    long[] sorted = Arrays.copyOfRange(values, from, from + count);
    Arrays.sort(sorted);
    return sorted[count / 2];
  }

  /**
   * The text for a table's cell, with values divided by {@code scale}: {@code 4.91 µs [3.10 …
   * 6.24]}.
   */
  String show(double scale, String unit) {
    if (Double.isNaN(median)) {
      return "n/a";
    }
    String figure = number(median / scale) + " " + unit;
    return low == high
        ? figure
        : figure + " [" + number(low / scale) + " … " + number(high / scale) + "]";
  }

  /** A number with about three digits. */
  static String number(double value) {
    double size = Math.abs(value);
    int decimals = size >= 100 || value == Math.rint(value) ? 0 : size >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static double quantile(double[] sorted, double q) {
    double position = q * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
