package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Arrays;

/**
 * Folded stacks, the format that most flame graph tools read: one line a stack, frames joined by
 * {@code ;} from the root to the leaf, a blank, and a number.
 *
 * <pre>
 * main;io.x.Main.main;io.x.Main.work 12
 * </pre>
 *
 * The first frame is the thread's name. The number is the number of <em>samples</em>, not of
 * nanoseconds: it is what other tools' folded stacks hold, and the numbers of all lines add up to
 * {@link Profile#totalSamples()}. Rows that read the same are one line. In names, {@code ;} becomes
 * {@code ,}, control characters and line separators become blanks, format characters and halves of
 * surrogate pairs become U+FFFD, and a blank name becomes {@code [unnamed]}. Lines end with {@code
 * \n} on every platform.
 */
public final class CollapsedExporter {

  private CollapsedExporter() {}

  /**
   * Writes the stacks with the most samples first, those with equally many in the order of their
   * frames' names. Memory: some 40 bytes for each row and stack of the profile; lines are written
   * as they are made.
   *
   * @param profile what to write, not null
   * @param maxStacks lines to write at most; 0 for all
   * @param out where to, not null; neither flushed nor closed
   * @throws IllegalArgumentException for a negative {@code maxStacks}
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile profile, int maxStacks, Appendable out) throws IOException {
    if (maxStacks < 0) {
      throw new IllegalArgumentException(
          "maxStacks=" + maxStacks + " is out of range; valid: 0 (all stacks) or more");
    }
    steps(profile, maxStacks, out).run();
  }

  static Steps steps(Profile profile, int maxStacks, Appendable out) {
    FoldedProfile folded = new FoldedProfile(profile);
    int[] order = new int[folded.rowCount()];
    Arrays.setAll(order, i -> i);
    IntSort.sort(order, (a, b) -> Long.compare(folded.samples(b), folded.samples(a)));
    int lines = maxStacks == 0 ? order.length : Math.min(maxStacks, order.length);
    return new Steps().each(lines, i -> writeLine(folded, order[i], out));
  }

  private static void writeLine(FoldedProfile folded, int row, Appendable out) throws IOException {
    writeStack(folded, row, out);
    out.append(' ').append(Long.toString(folded.samples(row))).append('\n');
  }

  /** A line's stack, without its number. */
  static void writeStack(FoldedProfile folded, int row, Appendable out) throws IOException {
    out.append(folded.threadName(folded.thread(row)));
    int depth = folded.depth(row);
    for (int i = 0; i < depth; i++) {
      out.append(';').append(folded.frameName(folded.frame(row, i)));
    }
  }
}
