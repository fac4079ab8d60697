package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Arrays;

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
 * Names are cleaned as in {@link CollapsedExporter}. Two equal profiles give no line.
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
    FoldedPair pair = new FoldedPair(before, after);
    FoldedProfile folded = pair.folded();
    long[] changes = new long[folded.rowCount()];
    Arrays.setAll(changes, row -> Math.abs(pair.second().samples(row) - pair.first().samples(row)));
    int[] order = new int[changes.length];
    Arrays.setAll(order, row -> row);
    IntSort.sort(
        order,
        (a, b) -> {
          int byChange = Long.compare(changes[b], changes[a]);
          return byChange != 0 ? byChange : compareNames(folded, a, b);
        });
    for (int row : order) {
      if (changes[row] == 0) {
        break; // All rows that follow are unchanged, too.
      }
      CollapsedExporter.writeStack(folded, row, out);
      out.append(' ').append(Long.toString(pair.first().samples(row)));
      out.append(' ').append(Long.toString(pair.second().samples(row))).append('\n');
    }
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
