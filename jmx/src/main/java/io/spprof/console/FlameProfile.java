package io.spprof.console;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import javax.management.JMException;

/**
 * A profile as folded stacks, as the panel reads it from the target. Each line has the frames of a
 * stack, joined by {@code ;}, then a blank and the CPU time in nanoseconds. The first frame is the
 * thread's name. Frames have the suffixes of {@link FlameKind}.
 *
 * @param lines the lines, not null
 * @param samples the number of samples; 0 if they were not counted
 * @param before the earlier profile that this one is compared with; null if there is none
 */
record FlameProfile(String lines, long samples, FlameProfile before) {

  /**
   * Reads a profile from the target.
   *
   * @param minutes the length of the last stretch of time in minutes; "" for all that is kept
   * @param isCompared whether to read the stretch of the same length before it, too; needs minutes
   * @param progress called after each block, with the number of bytes of the present reading
   * @throws IOException if reading fails, or if a line is no folded stack
   */
  static FlameProfile read(
      RemoteBean bean, String minutes, boolean isCompared, LongConsumer progress)
      throws IOException, JMException {
    if (!isCompared) {
      String range = minutes.isEmpty() ? "" : DifferenceButton.after(minutes);
      return new FlameProfile(copy(bean, "collapsed-kinds-cpu", range, progress), 0, null);
    }
    // The earlier profile comes first: if a window of time ends meanwhile, neither has the window.
    // In the other order both would have it.
    FlameProfile before = counted(bean, DifferenceButton.before(minutes), null, progress);
    return counted(bean, DifferenceButton.after(minutes), before, progress);
  }

  /** Reads a profile and counts its samples. A format has either CPU time or samples. */
  private static FlameProfile counted(
      RemoteBean bean, String range, FlameProfile before, LongConsumer progress)
      throws IOException, JMException {
    String lines = copy(bean, "collapsed-kinds-cpu", range, progress);
    BufferedReader counts = reader(copy(bean, "collapsed", range, progress));
    long samples = 0;
    for (String line = counts.readLine(); line != null; line = counts.readLine()) {
      samples += number(line);
    }
    return new FlameProfile(lines, samples, before);
  }

  private static String copy(RemoteBean bean, String format, String range, LongConsumer progress)
      throws IOException, JMException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    bean.copy(format, range, out, progress);
    return out.toString(StandardCharsets.UTF_8);
  }

  static BufferedReader reader(String lines) {
    return new BufferedReader(new StringReader(lines));
  }

  /** Returns the number at the end of a line. */
  static long number(String line) throws IOException {
    int blank = line.lastIndexOf(' ');
    try {
      if (blank > 0) {
        return Long.parseLong(line, blank + 1, line.length(), 10);
      }
    } catch (NumberFormatException e) {
      // The message has the line.
    }
    throw new IOException("not a folded stack: " + Shown.line(line));
  }
}
