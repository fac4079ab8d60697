package io.spprof.it;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A profile as the collapsed format has it: stacks, each with a number.
 *
 * @param stacks one line each
 */
public record Collapsed(List<Stack> stacks) {

  /**
   * One line.
   *
   * @param frames from the root to the leaf
   * @param count its samples; of {@link BeanClient#cpuNanos} their CPU time, ns
   */
  public record Stack(List<String> frames, long count) {

    /** The method that was running. */
    public String leaf() {
      return frames.get(frames.size() - 1);
    }

    /** The number of the first frame from the root that fits, or -1. */
    public int indexOf(Predicate<String> frame) {
      for (int i = 0; i < frames.size(); i++) {
        if (frame.test(frames.get(i))) {
          return i;
        }
      }
      return -1;
    }

    /** Whether some frame fits. */
    public boolean has(Predicate<String> frame) {
      return indexOf(frame) >= 0;
    }
  }

  /** Reads the format; refuses what is not in it. */
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

  /** The sum of all. */
  public long total() {
    return count(stack -> true);
  }

  /** The sum of the stacks that fit. */
  public long count(Predicate<Stack> wanted) {
    return stacks.stream().filter(wanted).mapToLong(Stack::count).sum();
  }

  /** The sum of those with some frame that contains a text. */
  public long with(String partOfFrame) {
    return count(stack -> stack.has(frame -> frame.contains(partOfFrame)));
  }
}
