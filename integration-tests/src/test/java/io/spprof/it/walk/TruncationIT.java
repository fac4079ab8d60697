package io.spprof.it.walk;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.Collapsed;
import io.spprof.it.Collapsed.Stack;
import io.spprof.it.Programs;
import io.spprof.it.StackWalkers;
import io.spprof.it.TestPaths;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that the profile of a stack deeper than the option {@code depth} contains exactly {@code
 * depth} frames, and that these are the frames at the leaf end.
 */
class TruncationIT {

  private static final double SECONDS = 1.5;
  private static final String RECURSION = "io.spprof.it.load.Recursion.";
  private static final String WIDE = "io.spprof.it.load.Recursion$Wide.";
  private static final String STEPS = "io.spprof.it.load.Spin.steps";
  private static final String LAMBDA = "lambda's class";

  /** The load's call graph below its first frame: callers and their callees. */
  private static final Map<String, Set<String>> CALLS =
      Map.of(
          RECURSION + "plain",
          Set.of(RECURSION + "plain", RECURSION + "bottom", WIDE + "down", WIDE + "<init>", STEPS),
          RECURSION + "bottom",
          Set.of(STEPS),
          WIDE + "<init>",
          Set.of(),
          WIDE + "down",
          Set.of(RECURSION + "plain", RECURSION + "bottom", LAMBDA, STEPS),
          LAMBDA,
          Set.of(WIDE + "lambda$down$0"),
          WIDE + "lambda$down$0",
          Set.of(RECURSION + "plain"));

  @ParameterizedTest
  @CsvSource({"1, DEFAULT", "10, DEFAULT", "500, DEFAULT", "10, INT", "500, C1"})
  void shouldKeepExactlyTheLeafEnd(int depth, Mode mode) throws Exception {
    Jdk jdk = Jdk.at(Programs.targetsJdk());
    WholeStacks stacks =
        new WholeStacks(jdk, TestPaths.agentJar(), StackWalkers.chosen(), "1ms", SECONDS);
    Collapsed profile = stacks.profile(Load.RECURSION_5000, mode, depth, 301);
    // A truncated stack counts as whole if it has exactly that many methods.
    Row row = Row.of(Load.RECURSION_5000, mode, depth, profile);
    assertTrue(row.samples() > 300, row::full);

    List<Stack> truncated =
        profile.stacks().stream()
            .filter(stack -> stack.frames().get(0).startsWith("load-"))
            .filter(stack -> stack.frames().get(1).equals("[truncated]"))
            .toList();
    // The load's work is spread over 5,000 frames, half of it at the bottom.
    List<Stack> wrong = truncated.stream().filter(stack -> !isOfTheLoad(stack)).toList();
    // The JVM's own work between two calls: it links a class, or allocates on the slow path.
    assertTrue(
        samples(wrong) <= 0.01 * row.samples() + 2,
        () -> "wrong: " + wrong.stream().map(TruncationIT::leafEnd).toList());
    List<Stack> idle =
        truncated.stream().filter(stack -> !isWork(stack.leaf()) && !allocates(stack)).toList();
    assertTrue(samples(idle) < 0.3 * samples(truncated), () -> "leaves: " + leaves(idle));
    assertTrue(row.isGood() && samples(truncated) > 0.85 * row.samples(), row::full);
  }

  private static String leafEnd(Stack stack) {
    int size = stack.frames().size();
    return stack.count() + " " + stack.frames().subList(Math.max(0, size - 8), size);
  }

  private static boolean isWork(String leaf) {
    return leaf.equals(STEPS) || leaf.startsWith(RECURSION) || leaf.startsWith(WIDE);
  }

  /**
   * Whether a lambda is being allocated, which C1 does by a call of the JVM. How long that takes
   * depends on the processor.
   */
  private static boolean allocates(Stack stack) {
    return stack.frames().contains("java.lang.invoke.DirectMethodHandle.allocateInstance");
  }

  private static boolean isOfTheLoad(Stack stack) {
    // Frames of the JDK are at the leaf end only, where a lambda or a record is made.
    List<String> frames =
        stack.frames().stream()
            .skip(2)
            .takeWhile(frame -> !frame.startsWith("java.") && !frame.startsWith("jdk."))
            .map(TruncationIT::withoutNumber)
            .toList();
    for (int i = 1; i < frames.size(); i++) {
      if (!CALLS.getOrDefault(frames.get(i - 1), Set.of()).contains(frames.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The frame without the number in the name of a lambda's class, which differs between JVMs. */
  private static String withoutNumber(String frame) {
    return frame.contains("Wide$$Lambda") ? LAMBDA : frame;
  }

  private static long samples(List<Stack> stacks) {
    return stacks.stream().mapToLong(Stack::count).sum();
  }

  private static String leaves(List<Stack> stacks) {
    return stacks.stream()
        .collect(Collectors.groupingBy(Stack::leaf, Collectors.summingLong(Stack::count)))
        .toString();
  }
}
