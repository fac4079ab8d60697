package io.spprof.export;

import java.util.Arrays;

/**
 * Adds up CPU time by method. A method's total counts a stack once, however often the method recurs
 * on it. Immutable.
 */
final class MethodTimes {

  private final FoldedProfile folded;
  private final long[] selfNanos;
  private final long[] selfSamples;
  private final long[] totalNanos;

  MethodTimes(FoldedProfile folded) {
    this.folded = folded;
    int names = folded.frameNameCount();
    selfNanos = new long[names];
    selfSamples = new long[names];
    totalNanos = new long[names];
    int[] countedIn = new int[names];
    Arrays.fill(countedIn, -1);
    for (int row = 0; row < folded.rowCount(); row++) {
      int depth = folded.depth(row);
      for (int i = 0; i < depth; i++) {
        int name = folded.frame(row, i);
        if (countedIn[name] != row) {
          countedIn[name] = row;
          totalNanos[name] += folded.cpuNanos(row);
        }
      }
      int leaf = folded.frame(row, depth - 1);
      selfNanos[leaf] += folded.cpuNanos(row);
      selfSamples[leaf] += folded.samples(row);
    }
  }

  /** CPU time with the method on top of the stack, ns. */
  long selfNanos(int name) {
    return selfNanos[name];
  }

  /** Samples with the method on top of the stack. */
  long selfSamples(int name) {
    return selfSamples[name];
  }

  /** CPU time with the method anywhere on the stack, ns. */
  long totalNanos(int name) {
    return totalNanos[name];
  }

  /**
   * Returns the names in descending order of self time, then of total time.
   *
   * @return all names of the profile
   */
  int[] hottest() {
    int[] order = new int[folded.frameNameCount()];
    Arrays.setAll(order, i -> i);
    IntSort.sort(
        order,
        (a, b) -> {
          int bySelf = Long.compare(selfNanos[b], selfNanos[a]);
          return bySelf != 0 ? bySelf : Long.compare(totalNanos[b], totalNanos[a]);
        });
    return order;
  }
}
