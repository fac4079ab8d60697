package io.spprof.export;

import io.spprof.profile.FrameKind;
import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.IntToLongFunction;

/**
 * Writes a profile as folded stacks, the format that most flame graph tools read. Each line is a
 * stack: its frames from the root to the leaf, joined by {@code ;}, then a blank and the number of
 * samples.
 *
 * <pre>
 *  main;io.x.Main.main;io.x.Main.work 12
 * </pre>
 *
 * The first frame is the thread's name. The number counts <em>samples</em>, as in the folded stacks
 * of other tools. The numbers of all lines add up to {@link Profile#totalSamples()}. Samples do not
 * all stand for the same CPU time, so two of the formats have CPU time in nanoseconds instead,
 * which adds up to {@link Profile#totalCpuNanos()}. Rows of the profile with the same text become
 * one line.
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
    return steps(folded, folded::samples, maxStacks, false, out);
  }

  /**
   * Writes all lines, with a suffix after some frames: {@code _[j]} for Java code, and {@code _[k]}
   * for a system call. {@code flamegraph.pl --color=java} and the converter of async-profiler
   * choose colours by these suffixes. Other frames have none, as there.
   */
  static Steps stepsWithKinds(Profile profile, Appendable out) {
    FoldedProfile folded = new FoldedProfile(profile);
    return steps(folded, folded::samples, 0, true, out);
  }

  /**
   * Writes all lines, with CPU time in nanoseconds in the place of the number of samples. The stack
   * with the most CPU time comes first.
   *
   * @param kinds whether frames have a suffix, as in {@link #stepsWithKinds}
   */
  static Steps stepsByCpuTime(Profile profile, boolean kinds, Appendable out) {
    FoldedProfile folded = new FoldedProfile(profile);
    return steps(folded, folded::cpuNanos, 0, kinds, out);
  }

  private static Steps steps(
      FoldedProfile folded,
      IntToLongFunction weight,
      int maxStacks,
      boolean kinds,
      Appendable out) {
    int[] order = new int[folded.rowCount()];
    Arrays.setAll(order, i -> i);
    IntSort.sort(order, (a, b) -> Long.compare(weight.applyAsLong(b), weight.applyAsLong(a)));
    int lines = maxStacks == 0 ? order.length : Math.min(maxStacks, order.length);
    return new Steps()
        .each(
            lines,
            i -> {
              writeStack(folded, order[i], kinds, out);
              out.append(' ').append(Long.toString(weight.applyAsLong(order[i]))).append('\n');
            });
  }

  /** Writes the stack of a line, without the number of samples. */
  static void writeStack(FoldedProfile folded, int row, Appendable out) throws IOException {
    writeStack(folded, row, false, out);
  }

  private static void writeStack(FoldedProfile folded, int row, boolean kinds, Appendable out)
      throws IOException {
    out.append(folded.threadName(folded.thread(row)));
    int depth = folded.depth(row);
    for (int i = 0; i < depth; i++) {
      int name = folded.frame(row, i);
      out.append(';').append(folded.frameName(name));
      out.append(kinds ? suffix(folded.frameKind(name)) : "");
    }
  }

  private static String suffix(FrameKind kind) {
    return switch (kind) {
      case JAVA -> "_[j]";
      case SYSCALL -> "_[k]";
      case NATIVE, JVM, SYNTHETIC -> "";
    };
  }
}
