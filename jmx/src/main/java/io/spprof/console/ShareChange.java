package io.spprof.console;

import java.util.Locale;

/**
 * How the share of a frame changed from one profile to a later one. A share is the part of its own
 * profile's CPU time, so the two profiles can cover different lengths of time. The rules are those
 * of the page of a difference ({@code flamegraph-difference.js}), which a browser computes. Tests
 * check that both have the same thresholds and the same results.
 *
 * @param points by how many percentage points the share grew; negative if it shrank
 * @param chance the change in percentage points that chance alone can cause: two standard errors of
 *     the difference of two shares; infinity if one of the profiles has no samples
 */
record ShareChange(double points, double chance) {

  /** The thresholds of the colours, in percentage points. */
  static final double[] STEPS = {0.1, 0.5, 2, 10};

  /**
   * Compares two shares.
   *
   * @param before the share in the earlier profile, 0 to 1
   * @param samplesBefore the number of all samples of the earlier profile
   * @param after the share in the later profile, 0 to 1
   * @param samplesAfter the number of all samples of the later profile
   */
  static ShareChange of(double before, long samplesBefore, double after, long samplesAfter) {
    double points = 100 * (after - before);
    if (samplesBefore == 0 || samplesAfter == 0) {
      return new ShareChange(points, Double.POSITIVE_INFINITY);
    }
    // If nothing changed, the samples of both profiles estimate the same share.
    double pooled =
        (before * samplesBefore + after * samplesAfter) / (samplesBefore + samplesAfter);
    double inverse = 1.0 / samplesBefore + 1.0 / samplesAfter;
    // Rounding can bring the pooled share to a little more than 1.
    double variance = Math.max(0, pooled * (1 - pooled)) * inverse;
    return new ShareChange(points, 200 * Math.sqrt(variance));
  }

  boolean isChance() {
    return Math.abs(points) <= chance;
  }

  /**
   * Returns the level of the colour: 0 for an unchanged share, otherwise 1 to 4; negative if the
   * share shrank. A change that can be chance is never more than pale.
   */
  int level() {
    int level = 0;
    while (level < STEPS.length && Math.abs(points) >= STEPS[level]) {
      level++;
    }
    return (int) Math.signum(points) * (isChance() ? Math.min(level, 1) : level);
  }

  /** Returns what stands before a frame's name, with a blank; "" for an unchanged share. */
  String mark() {
    return level() == 0 ? "" : (isChance() ? "\u2248" : "") + signed() + " ";
  }

  /** Returns the change for a tooltip: {@code +1.20 points, can be chance}. */
  String text() {
    if (points == 0) {
      return "no change";
    }
    return signed() + " points" + (isChance() ? ", can be chance" : "");
  }

  private String signed() {
    double size = Math.abs(points);
    return (points > 0 ? "+" : "\u2212")
        + (size < 0.01 ? "< 0.01" : String.format(Locale.ROOT, "%.2f", size));
  }
}
