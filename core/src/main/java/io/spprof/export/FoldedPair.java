package io.spprof.export;

import io.spprof.profile.Profile;

/**
 * Two profiles folded as one: rows that read the same in both are one row, with the samples and the
 * CPU time that each has in it, perhaps none. Immutable.
 */
final class FoldedPair {

  /** One profile's part of each folded row. */
  static final class Part {
    private final long[] samples;
    private final long[] nanos;

    private Part(FoldedProfile folded, Profile profile, int firstRow) {
      samples = new long[folded.rowCount()];
      nanos = new long[folded.rowCount()];
      for (int row = 0; row < profile.rowCount(); row++) {
        samples[folded.foldedRow(firstRow + row)] += profile.samples(row);
        nanos[folded.foldedRow(firstRow + row)] += profile.cpuNanos(row);
      }
    }

    long samples(int row) {
      return samples[row];
    }

    /** CPU time, ns. */
    long cpuNanos(int row) {
      return nanos[row];
    }
  }

  private final FoldedProfile folded;
  private final Part first;
  private final Part second;

  /** Of two, which stay as they are. */
  FoldedPair(Profile first, Profile second) {
    this.folded = new FoldedProfile(JoinedProfile.of(first, second));
    this.first = new Part(folded, first, 0);
    this.second = new Part(folded, second, first.rowCount());
  }

  /** The rows; threads are ranked by the time of both. */
  FoldedProfile folded() {
    return folded;
  }

  Part first() {
    return first;
  }

  Part second() {
    return second;
  }
}
