package io.spprof.export;

import io.spprof.profile.Profile;

/**
 * Two profiles folded together: rows with the same text in both become one row, which has the
 * samples and the CPU time of each profile. Either may be zero. Immutable.
 */
final class FoldedPair {

  /** One profile's amounts for each folded row. */
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

  /** Folds two profiles, which are not changed. */
  FoldedPair(Profile first, Profile second) {
    this.folded = new FoldedProfile(JoinedProfile.of(first, second));
    this.first = new Part(folded, first, 0);
    this.second = new Part(folded, second, first.rowCount());
  }

  /** The folded rows. Threads are ranked by their CPU time in both profiles together. */
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
