package io.spprof.export;

import java.util.Arrays;

/**
 * Adds up the CPU time of each method, for a list of the hottest methods. If a method recurs on a
 * stack, the stack counts only once in the method's total. Immutable.
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

  /** Returns the CPU time with the method at the leaf of the stack, in nanoseconds. */
  long selfNanos(int name) {
    return selfNanos[name];
  }

  /** Returns the number of samples with the method at the leaf of the stack. */
  long selfSamples(int name) {
    return selfSamples[name];
  }

  /** Returns the CPU time with the method anywhere on the stack, in nanoseconds. */
  long totalNanos(int name) {
    return totalNanos[name];
  }

  /**
   * Returns all names of methods. The method with the most self time comes first; methods with
   * equal self time are ordered by total time.
   *
   * @return the numbers of the names
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
