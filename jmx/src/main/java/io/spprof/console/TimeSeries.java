package io.spprof.console;

import java.awt.Color;

/**
 * The values of one number over time, for instance of a rate, which a chart draws as one line. When
 * a series is full, each new value replaces the oldest. Only the event dispatch thread may use a
 * series.
 */
final class TimeSeries {

  /** The number of values that a series keeps: one hour at JConsole's interval of four seconds. */
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

  /** Adds a value. NaN makes a gap in the line. */
  void add(long atMillis, double value) {
    int index = (int) (added % CAPACITY);
    millis[index] = atMillis;
    values[index] = value;
    added++;
  }

  int size() {
    return (int) Math.min(added, CAPACITY);
  }

  /** Returns the time of a value, in milliseconds since the epoch. The oldest value has index 0. */
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
