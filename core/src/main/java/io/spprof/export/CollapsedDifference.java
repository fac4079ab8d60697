package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.IntToLongFunction;

/**
 * Compares two profiles as folded stacks. The result has a line for each stack whose number of
 * samples differs: the stack, its samples in the first profile, and its samples in the second
 * profile. The format is that of {@code difffolded.pl}. {@code flamegraph.pl} draws this format as
 * a differential flame graph.
 *
 * <pre>
 *  main;io.x.Main.main;io.x.Main.work 12 40
 * </pre>
 *
 * One of the formats has CPU time in nanoseconds instead. Names are cleaned as in {@link
 * CollapsedExporter}. Two equal profiles give no line.
 */
public final class CollapsedDifference {

  private CollapsedDifference() {}

  /**
   * Writes the lines. The stack whose number of samples changed most comes first; stacks with equal
   * changes are ordered by name. Needs some 100 bytes of memory for each row and each stack of both
   * profiles, and 4 bytes for each frame of a stack. Each line is written as soon as it is made.
   *
   * @param before the first profile, not null
   * @param after the second profile, not null
   * @param out the target, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile before, Profile after, Appendable out) throws IOException {
    steps(before, after, out).run();
  }

  static Steps steps(Profile before, Profile after, Appendable out) {
    FoldedPair pair = new FoldedPair(before, after);
    return steps(pair.folded(), pair.first()::samples, pair.second()::samples, out);
  }

  /** Writes the lines with CPU time in nanoseconds in the place of the numbers of samples. */
  static Steps stepsByCpuTime(Profile before, Profile after, Appendable out) {
    FoldedPair pair = new FoldedPair(before, after);
    return steps(pair.folded(), pair.first()::cpuNanos, pair.second()::cpuNanos, out);
  }

  private static Steps steps(
      FoldedProfile folded, IntToLongFunction first, IntToLongFunction second, Appendable out) {
    long[] changes = new long[folded.rowCount()];
    int[] changed = new int[changes.length];
    int count = 0;
    for (int row = 0; row < changes.length; row++) {
      changes[row] = Math.abs(second.applyAsLong(row) - first.applyAsLong(row));
      if (changes[row] > 0) {
        changed[count++] = row;
      }
    }
    int[] order = Arrays.copyOf(changed, count);
    IntSort.sort(
        order,
        (a, b) -> {
          int byChange = Long.compare(changes[b], changes[a]);
          return byChange != 0 ? byChange : compareNames(folded, a, b);
        });
    return new Steps()
        .each(
            count,
            i -> {
              CollapsedExporter.writeStack(folded, order[i], out);
              out.append(' ').append(Long.toString(first.applyAsLong(order[i])));
              out.append(' ').append(Long.toString(second.applyAsLong(order[i]))).append('\n');
            });
  }

  /**
   * Orders rows by thread name, then frame by frame from the root. A caller comes before its
   * callees.
   */
  private static int compareNames(FoldedProfile folded, int a, int b) {
    String threadA = folded.threadName(folded.thread(a));
    int byThread = threadA.compareTo(folded.threadName(folded.thread(b)));
    if (byThread != 0) {
      return byThread;
    }
    int common = folded.commonDepth(a, b);
    return common == folded.depth(a) || common == folded.depth(b)
        ? Integer.compare(folded.depth(a), folded.depth(b))
        : Integer.compare(folded.frame(a, common), folded.frame(b, common));
  }
}
