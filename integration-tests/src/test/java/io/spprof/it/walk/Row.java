package io.spprof.it.walk;

import io.spprof.it.Collapsed;
import io.spprof.it.Collapsed.Stack;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One row of the result: the samples of one load in one mode of the JVM, and how many of their
 * stacks were not walked to the root. Each sample is counted in at most one of {@code samples},
 * {@code apart} and {@code others}.
 *
 * @param load the load
 * @param mode the name of the set of JVM options: compilers, garbage collector
 * @param samples samples of the load's threads, without those in {@code apart}
 * @param broken the part of {@code samples} whose stack ends anywhere but at the thread's root
 * @param reasons how the broken stacks end, and how often
 * @param apart samples of the load's threads whose only frame is {@code [native thread]} or {@code
 *     [thread end]}: no Java stack exists there. Key: the frame. {@code samples} and {@code broken}
 *     do not include them.
 * @param others samples of threads that do not belong to the load, without samples whose only frame
 *     says that there is no Java stack. {@code samples} does not include them.
 * @param othersBroken the part of {@code others} that the profiler marks as broken or unwalkable
 * @param examples the broken stacks of the load, the most frequent first
 */
record Row(
    String load,
    String mode,
    long samples,
    long broken,
    Map<String, Long> reasons,
    Map<String, Long> apart,
    long others,
    long othersBroken,
    List<Stack> examples) {

  /** From this number of samples on, a row is judged by itself. */
  static final long ENOUGH = 3_000;

  /** The share of stacks that may be broken. */
  static final double MOST = 0.001;

  private static final int EXAMPLES = 5;

  private static final Set<String> APART = Set.of("[native thread]", "[thread end]");
  private static final Set<String> NO_JAVA =
      Set.of("[native thread]", "[thread end]", "[no Java frame]");
  private static final String TRUNCATED = "[truncated]";
  private static final String VIRTUAL = "[virtual thread]";

  /**
   * The root of a virtual thread that was paused: only its last frames are on the carrier's stack.
   */
  private static final String FROZEN = "[virtual thread, callers on the heap]";

  /** The first method of each virtual thread. */
  private static final String ENTER = "jdk.internal.vm.Continuation.enter";

  /**
   * The number of frames that may precede a load's own root: Thread.run, Thread.runWith, a lambda's
   * class and its method; in a virtual thread Continuation.enterSpecial, enter, enter0,
   * VThreadContinuation's lambda, run.
   */
  private static final int ROOT_FRAMES = 10;

  static Row of(Load load, Mode mode, int depth, Collapsed profile) {
    Map<String, Long> reasons = new TreeMap<>();
    Map<String, Long> apart = new TreeMap<>();
    List<Stack> examples = new java.util.ArrayList<>();
    long samples = 0;
    long broken = 0;
    long others = 0;
    long othersBroken = 0;
    for (Stack stack : profile.stacks()) {
      String root = stack.frames().get(1);
      boolean alone = stack.frames().size() == 2;
      if (!load.owns(stack.frames().get(0))) {
        others += alone && NO_JAVA.contains(root) ? 0 : stack.count();
        othersBroken += saysBroken(root) ? stack.count() : 0;
      } else if (alone && APART.contains(root)) {
        apart.merge(root, stack.count(), Long::sum);
      } else {
        samples += stack.count();
        String reason = reason(load, depth, stack);
        if (reason != null) {
          broken += stack.count();
          reasons.merge(reason, stack.count(), Long::sum);
          examples.add(stack);
        }
      }
    }
    examples.sort(Comparator.comparingLong(Stack::count).reversed());
    return new Row(
        load.key(),
        mode.key(),
        samples,
        broken,
        reasons,
        apart,
        others,
        othersBroken,
        List.copyOf(examples));
  }

  private static boolean saysBroken(String root) {
    return root.startsWith("[broken") || root.startsWith("[unwalkable");
  }

  /** Why a stack counts as broken; null if it is whole. */
  private static String reason(Load load, int depth, Stack stack) {
    List<String> frames = stack.frames().subList(1, stack.frames().size());
    String root = frames.get(0);
    if (root.equals(TRUNCATED)) {
      long methods = frames.stream().filter(frame -> !frame.startsWith("[")).count();
      return methods == depth ? null : "truncated at " + methods;
    }
    if (load.isVirtual() && root.equals(FROZEN)) {
      return frames.size() > 1 ? null : root + " without a method";
    }
    if (root.startsWith("[") && !root.equals(VIRTUAL)) {
      return root;
    }
    if (load.isVirtual() && root.equals("java.util.concurrent.ForkJoinWorkerThread.run")) {
      // The carrier, between two virtual threads. One path has one root: no frame of a virtual
      // thread is ever above the carrier's frames.
      return frames.contains(ENTER) || frames.contains(load.ownRoot())
          ? "virtual thread above its carrier"
          : null;
    }
    String trueRoot = load.isVirtual() ? VIRTUAL : "java.lang.Thread.run";
    if (!root.equals(trueRoot)) {
      return "root is " + root.replaceFirst("0x[0-9a-f]+", "0x…");
    }
    if (load.isVirtual() && (frames.size() < 2 || !frames.get(1).equals(ENTER))) {
      return "no " + ENTER + " above the root";
    }
    if (load == Load.VIRTUAL_WAYS) {
      return null; // some threads of the load start and end all the time
    }
    // A walk that loses frames in the middle may still find the root.
    int own = frames.indexOf(load.ownRoot());
    return own >= 0 && own < ROOT_FRAMES ? null : "no " + load.ownRoot() + " above the root";
  }

  /** The number of broken stacks that a row of this size may have. */
  double allowed() {
    // A walker that just meets the requirement has one broken stack in 1,000 samples on average,
    // but often 2 or 3. So up to three standard deviations of the binomial distribution are not a
    // failure of the walker.
    double expected = MOST * samples;
    return samples >= ENOUGH ? expected : expected + 3 * Math.sqrt(expected * (1 - MOST));
  }

  boolean isGood() {
    return broken <= allowed();
  }

  /** The row, followed by its most frequent broken stacks. */
  String full() {
    return line()
        + examples.stream()
            .limit(EXAMPLES)
            .map(stack -> "  " + stack.count() + " " + String.join(";", stack.frames()) + "\n")
            .collect(Collectors.joining());
  }

  static String head() {
    return "| load | mode | samples | broken | percent | reasons | others broken |\n"
        + "| --- | --- | ---: | ---: | ---: | --- | ---: |\n";
  }

  String line() {
    String why = show(reasons);
    String beside = apart.isEmpty() ? "" : " (not counted: " + show(apart) + ")";
    return String.format(
        java.util.Locale.ROOT,
        "| %-14s | %-13s | %6d | %5d | %7.3f | %s%s | %d of %d |%n",
        load,
        mode,
        samples,
        broken,
        samples == 0 ? 0 : 100.0 * broken / samples,
        why,
        beside,
        othersBroken,
        others);
  }

  private static String show(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .sorted(Entry.<String, Long>comparingByValue().reversed())
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
