package io.spprof.export;

import io.spprof.profile.Profile;

/**
 * Two profiles whose rows are merged by their text, for a comparison. Rows of both profiles with
 * the same text (thread name and frame names) become one row. The merged row has the samples and
 * the CPU time of each profile; the amounts of one of the profiles may be zero. Immutable.
 */
final class FoldedPair {

  /** The samples and the CPU time of one of the two profiles, for each merged row. */
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

    /** Returns the CPU time of a row in nanoseconds. */
    long cpuNanos(int row) {
      return nanos[row];
    }
  }

  private final FoldedProfile folded;
  private final Part first;
  private final Part second;

  /** Merges two profiles. Does not change them. */
  FoldedPair(Profile first, Profile second) {
    this.folded = new FoldedProfile(JoinedProfile.of(first, second));
    this.first = new Part(folded, first, 0);
    this.second = new Part(folded, second, first.rowCount());
  }

  /**
   * Returns the merged rows. Threads are numbered by their CPU time in both profiles together, the
   * most first.
   */
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
