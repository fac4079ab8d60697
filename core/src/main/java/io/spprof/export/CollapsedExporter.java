package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Arrays;

/**
 * Writes a profile as folded stacks, the format that most flame graph tools read. Each line is a
 * stack: its frames from the root to the leaf, joined by {@code ;}, then a blank and the number of
 * samples.
 *
 * <pre>
 *  main;io.x.Main.main;io.x.Main.work 12
 * </pre>
 *
 * The first frame is the thread's name. The number counts <em>samples</em>, not nanoseconds, as in
 * the folded stacks of other tools. The numbers of all lines add up to {@link
 * Profile#totalSamples()}. Rows of the profile with the same text become one line.
 *
 * <p>Names are cleaned: {@code ;} becomes {@code ,}; control characters and line separators become
 * blanks; format characters and halves of surrogate pairs become U+FFFD; a blank name becomes
 * {@code [unnamed]}. Lines end with {@code \n} on every platform.
 */
public final class CollapsedExporter {

  private CollapsedExporter() {}

  /**
   * Writes the lines. The stack with the most samples comes first; stacks with equally many samples
   * are ordered by the names of their frames. Needs some 40 bytes of memory for each row and each
   * stack of the profile. Each line is written as soon as it is made.
   *
   * @param profile the profile, not null
   * @param maxStacks the maximum number of lines; 0 for all
   * @param out the target, not null; neither flushed nor closed
   * @throws IllegalArgumentException if {@code maxStacks} is negative
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

  /** Writes the stack of a line, without the number of samples. */
  static void writeStack(FoldedProfile folded, int row, Appendable out) throws IOException {
    out.append(folded.threadName(folded.thread(row)));
    int depth = folded.depth(row);
    for (int i = 0; i < depth; i++) {
      out.append(';').append(folded.frameName(folded.frame(row, i)));
    }
  }
}
