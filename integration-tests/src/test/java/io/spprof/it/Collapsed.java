package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.management.JMException;

/**
 * A profile in the collapsed format: stacks, each with a number.
 *
 * @param stacks the stacks, one for each line
 */
public record Collapsed(List<Stack> stacks) {

  /**
   * A stack, one line of the format.
   *
   * @param frames from the root to the leaf
   * @param count the number of samples; in a profile from {@link BeanClient#cpuNanos} the CPU time,
   *     ns
   */
  public record Stack(List<String> frames, long count) {

    /** The method that was running. */
    public String leaf() {
      return frames.get(frames.size() - 1);
    }

    /** The index of the first frame, from the root, that matches; -1 if there is none. */
    public int indexOf(Predicate<String> frame) {
      for (int i = 0; i < frames.size(); i++) {
        if (frame.test(frames.get(i))) {
          return i;
        }
      }
      return -1;
    }

    /** Whether some frame matches. */
    public boolean has(Predicate<String> frame) {
      return indexOf(frame) >= 0;
    }

    /** Whether the profiler says that it could not walk this stack. */
    public boolean isUnwalkable() {
      return has(frame -> frame.startsWith("[unwalkable") || frame.startsWith("[broken"));
    }
  }

  /** Parses the format; fails on a line that does not belong to it. */
  public static Collapsed parse(String text) {
    List<Stack> stacks = new ArrayList<>();
    for (String line : text.lines().toList()) {
      int blank = line.lastIndexOf(' ');
      if (blank < 1 || !line.substring(blank + 1).matches("[1-9][0-9]*")) {
        throw new AssertionError("not a line of a collapsed profile: '" + line + "'");
      }
      stacks.add(
          new Stack(
              List.of(line.substring(0, blank).split(";")),
              Long.parseLong(line.substring(blank + 1))));
    }
    return new Collapsed(stacks);
  }

  /** The profile without the stacks that could not be walked. */
  Collapsed walked() {
    return new Collapsed(stacks.stream().filter(stack -> !stack.isUnwalkable()).toList());
  }

  /**
   * Checks that the bean counts each sample of this profile whose stack could not be walked, and
   * that these are few.
   */
  void assertFewUnwalkable(BeanClient bean) throws IOException, JMException {
    long broken = count(Stack::isUnwalkable);
    List<Stack> shown = stacks.stream().filter(Stack::isUnwalkable).toList();
    assertEquals(bean.number("UnwalkableSamples"), broken, shown::toString);
    Measured.print("%d of %d samples have no whole stack: %s", broken, total(), shown);
    assertTrue(broken <= mostUnwalkable(total()), shown::toString);
  }

  /**
   * How many of these samples may have no whole stack: one in a thousand, plus three standard
   * deviations for chance, which matters with so few.
   */
  static double mostUnwalkable(long samples) {
    double expected = 0.001 * samples;
    return expected + 3 * Math.sqrt(expected);
  }

  /** The sum of all counts. */
  public long total() {
    return count(stack -> true);
  }

  /** The sum of the counts of all stacks that match. */
  public long count(Predicate<Stack> wanted) {
    return stacks.stream().filter(wanted).mapToLong(Stack::count).sum();
  }

  /** The sum of the counts of all stacks with a frame that contains this text. */
  public long with(String partOfFrame) {
    return count(stack -> stack.has(frame -> frame.contains(partOfFrame)));
  }
}
