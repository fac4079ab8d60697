package io.spprof.console;

import java.awt.Color;

/** A line of a chart: the last values of one figure. Belongs to the event dispatch thread. */
final class TimeSeries {

  /** An hour at JConsole's four seconds. */
  static final int CAPACITY = 900;

  private final String label;
  private final Color colour;
  private final long[] millis = new long[CAPACITY];
  private final double[] values = new double[CAPACITY];
  private long added;

  TimeSeries(String label, Color colour) {
    this.label = label;
    this.colour = colour;
  }

  String label() {
    return label;
  }

  Color colour() {
    return colour;
  }

  /** Takes a value; NaN is a gap in the line. */
  void add(long atMillis, double value) {
    int index = (int) (added % CAPACITY);
    millis[index] = atMillis;
    values[index] = value;
    added++;
  }

  int size() {
    return (int) Math.min(added, CAPACITY);
  }

  /** The oldest has index 0. */
  long millis(int index) {
    return millis[at(index)];
  }

  double value(int index) {
    return values[at(index)];
  }

  private int at(int index) {
    return (int) ((added - size() + index) % CAPACITY);
  }
}
