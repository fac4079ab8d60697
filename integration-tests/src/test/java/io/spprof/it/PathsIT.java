package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.Collapsed.Stack;
import io.spprof.it.load.Paths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares a program's profile, call path by call path, with the program's own record of the CPU
 * time of each path. A walker that loses a frame, invents one, or takes one of another thread fails
 * this test. A hot path cannot hide an error in a rare one. The share of stacks on the way is
 * compared with the program's record, too.
 *
 * <p>A stack of the profile is right if it is
 *
 * <ul>
 *   <li>at work: a recorded path, which ends in {@code Paths.burn}, and above it the code that burn
 *       calls: {@code Spin}, the JDK's beans of threads; or
 *   <li>on the way: at least one of the first frames of a recorded path, and above them nothing, or
 *       code that runs between two of the program's methods ({@link #isHelper}). The program's
 *       methods also run on this way, for a microsecond or so each.
 * </ul>
 */
class PathsIT {

  /** The packages of all Java methods that the load runs. */
  private static final List<String> JAVA =
      List.of("io.spprof.", "java.", "javax.", "jdk.", "sun.", "com.sun.");

  private static final String LOAD = "io.spprof.it.load.Paths.";
  private static final String BURN = LOAD + "burn";
  private static final long RUN_NANOS = 12_000_000_000L;

  private static final long INTERVAL_NANOS = 1_000_000;

  /** Paths with fewer expected samples may be missing. */
  private static final double ENOUGH = 20;

  /** Enough for twenty such paths. */
  private static final long ENOUGH_SAMPLES = 2_500;

  private static final int SIGMAS = 5;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"", "-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation"})
  void shouldShowEveryPathInProportion(String mode) throws Exception {
    try (TargetJvm target = target(mode);
        BeanClient bean = BeanClient.connect(target)) {
      long start = target.cpuNanos();
      awaitCpu(target, start + 2_000_000_000L); // until most code is compiled
      bean.startWith("interval=" + INTERVAL_NANOS / 1_000_000 + "ms" + StackWalkers.option());
      String walker = bean.text("StackWalker");
      Map<String, Long> before = record(target);
      long[] timesBefore = times(target);
      awaitCpu(target, target.cpuNanos() + RUN_NANOS);
      // On a busy machine, a sample stands for several ticks, so the wait for samples takes longer.
      Await.until(
          "enough samples",
          () ->
              bean.number("CollectedSamples") >= ENOUGH_SAMPLES
                  && atWork(bean.collapsed()) >= ENOUGH_SAMPLES);
      Map<String, Long> used = record(target);
      long[] times = times(target);
      bean.stop();
      before.forEach((path, nanos) -> used.merge(path, -nanos, Long::sum));
      Path recording =
          Files.write(directory.resolve("paths.jfr"), bean.readAll(bean.openStream("jfr")));
      SampleLengths lengths = SampleLengths.read(recording, PathsIT::isAtWork);
      Comparison comparison = new Comparison(used, bean.collapsed(), bean.cpuNanos(), lengths);
      comparison.assertFits(mode, walker);
      double onTheWay = 1 - 1.0 * (times[0] - timesBefore[0]) / (times[1] - timesBefore[1]);
      comparison.assertOnTheWay(onTheWay, SampleLengths.read(recording, PathsIT::isOfThePaths));
    }
  }

  /** The samples at the ends of paths. On a slow machine, the way there takes long. */
  private static long atWork(Collapsed profile) {
    return profile.count(
        stack -> stack.frames().get(0).startsWith("paths-") && stack.has(BURN::equals));
  }

  /** The CPU time of all calls of burn, and that of the threads, ns. */
  private static long[] times(TargetJvm target) throws Exception {
    return Stream.of(target.ask("times").split(" ")).mapToLong(Long::parseLong).toArray();
  }

  private static TargetJvm target(String mode) throws Exception {
    TargetJvm.Builder builder =
        TargetJvm.of(Paths.class)
            .flags(
                "-XX:CompileCommand=quiet",
                // Otherwise, code compiled before the session sometimes attributes a pc to an
                // inlined neighbour.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:+DebugNonSafepoints",
                // Fixes the compiler's choice, so that most paths contain all three kinds of
                // frames.
                "-XX:CompileCommand=inline,io.spprof.it.load.Paths::c",
                "-XX:CompileCommand=inline,io.spprof.it.load.Paths$HopB::go",
                "-XX:CompileCommand=inline,io.spprof.it.load.Paths$Add::visit",
                "-XX:CompileCommand=inline,io.spprof.it.load.Paths::down",
                "-XX:CompileCommand=dontinline,io.spprof.it.load.Paths::b",
                "-XX:CompileCommand=dontinline,io.spprof.it.load.Paths$HopC::go",
                "-XX:CompileCommand=dontinline,io.spprof.it.load.Paths$Mul::visit",
                "-XX:CompileCommand=exclude,io.spprof.it.load.Paths::g",
                "-XX:CompileCommand=exclude,io.spprof.it.load.Paths$HopD::go",
                "-XX:CompileCommand=exclude,io.spprof.it.load.Paths$Sub::visit");
    if (mode.isEmpty() || mode.equals("-XX:-TieredCompilation")) {
      // C2 sometimes loses which method the instructions of its loops belong to. It then records,
      // for all of a loop, another method that is inlined beside burn (559 of 2,674 samples in one
      // run of seventeen). C1's inlining is exact.
      builder.flags("-XX:CompileCommand=dontinline,io.spprof.it.load.Paths::burn");
    }
    return (mode.isEmpty() ? builder : builder.flags(mode)).start();
  }

  private static boolean isOfThePaths(RecordedEvent event) {
    return event.getThread("eventThread").getJavaName().startsWith("paths-");
  }

  private static boolean isAtWork(RecordedEvent event) {
    return isOfThePaths(event)
        && event.getStackTrace().getFrames().stream()
            .map(RecordedFrame::getMethod)
            .anyMatch(method -> BURN.equals(method.getType().getName() + "." + method.getName()));
  }

  private static void awaitCpu(TargetJvm target, long nanos) throws Exception {
    Await.until("it uses its CPU time", () -> target.cpuNanos() > nanos);
  }

  private static Map<String, Long> record(TargetJvm target) throws Exception {
    Map<String, Long> record = new HashMap<>();
    for (String path : target.ask("record").split(" ")) {
      int equals = path.lastIndexOf('=');
      record.put(path.substring(0, equals), Long.valueOf(path.substring(equals + 1)));
    }
    return record;
  }

  /**
   * Whether the frame is code that the program, or the JVM for it, runs between two of its methods.
   */
  private static boolean isHelper(String frame) {
    return frame.startsWith("java.")
        || frame.startsWith("jdk.internal.")
        || frame.startsWith(LOAD.substring(0, LOAD.length() - 1) + "$Way.")
        // Constructors of lambdas and the like before their first call; not Made, which is on
        // paths.
        || frame.startsWith("io.spprof.it.load.Paths$$Lambda") && frame.endsWith(".<init>")
        || frame.equals("io.spprof.it.load.Paths$1.<init>")
        // This method is never on a path to its end.
        || frame.equals(LOAD + "thrown")
        || frame.equals(LOAD + "plusOne")
        || frame.startsWith("io.spprof.it.load.Paths$$Lambda") && frame.endsWith(".applyAsLong")
        || frame.equals(LOAD + "zipf")
        || frame.equals(LOAD + "comparator");
  }

  private static boolean isBurning(String frame) {
    return frame.startsWith("io.spprof.it.load.Spin.")
        || frame.startsWith("sun.management.")
        || frame.startsWith("com.sun.management.")
        || frame.startsWith("jdk.internal.")
        || frame.startsWith("java.");
  }

  /** Compares a profile with the program's own record. */
  private static final class Comparison {
    private final Map<String, Long> used;
    private final SampleLengths lengths;
    private final Set<List<String>> beginnings = new HashSet<>();
    private final Set<List<String>> calls = new HashSet<>();
    private final Map<String, Long> seenNanos = new HashMap<>();
    private final Map<String, Long> wrong = new TreeMap<>();
    private final Map<String, Long> broken = new TreeMap<>();
    private long burning;
    private long onTheWay;
    private long onTheWayNanos;
    private final Map<String, Long> beside = new TreeMap<>();

    Comparison(
        Map<String, Long> used, Collapsed profile, Collapsed cpuNanos, SampleLengths lengths) {
      this.used = used;
      this.lengths = lengths;
      for (String path : used.keySet()) {
        List<String> frames = List.of(path.split(";"));
        for (int i = 1; i <= frames.size(); i++) {
          beginnings.add(frames.subList(0, i));
          if (i > 1) {
            calls.add(frames.subList(i - 2, i));
          }
        }
      }
      profile.stacks().stream()
          .filter(stack -> stack.frames().get(0).startsWith("paths-"))
          .forEach(this::sort);
      cpuNanos.stacks().stream()
          .filter(stack -> stack.frames().get(0).startsWith("paths-"))
          .forEach(this::addNanos);
    }

    /**
     * The frames from the root on, without those of native code at the leaf. Such frames are above
     * the Java method that called native code, and change nothing below it.
     */
    private static List<String> javaFrames(Stack stack) {
      List<String> frames = stack.frames().subList(1, stack.frames().size());
      int count = frames.size();
      while (count > 1 && JAVA.stream().noneMatch(frames.get(count - 1)::startsWith)) {
        count--;
      }
      return frames.subList(0, count);
    }

    private void addNanos(Stack stack) {
      List<String> frames = javaFrames(stack);
      String path = pathAtWork(frames);
      if (path != null) {
        seenNanos.merge(path, stack.count(), Long::sum);
      } else if (!frames.get(0).startsWith("[") && !frames.contains(BURN)) {
        onTheWayNanos += stack.count();
      }
    }

    /** The recorded path at whose end this stack is at work; null if there is none. */
    private String pathAtWork(List<String> frames) {
      int burn = frames.indexOf(BURN);
      String path = String.join(";", frames.subList(0, burn + 1));
      boolean above = frames.stream().skip(burn + 1).allMatch(PathsIT::isBurning);
      return burn >= 0 && above && used.containsKey(path) ? path : null;
    }

    private void sort(Stack stack) {
      List<String> frames = javaFrames(stack);
      if (frames.get(0).startsWith("[")) {
        broken.merge(frames.get(0), stack.count(), Long::sum);
      } else if (frames.contains(BURN)) {
        burning += stack.count();
        if (pathAtWork(frames) == null) {
          wrong(frames, stack.count());
        }
      } else {
        onTheWay += stack.count();
        if (isBesideTheWay(frames)) {
          beside.merge(String.join(";", frames), stack.count(), Long::sum);
        } else if (!isOnTheWay(frames)) {
          wrong(frames, stack.count());
        }
      }
    }

    private boolean isOnTheWay(List<String> frames) {
      int known = known(frames);
      return known > 0 && frames.stream().skip(known).allMatch(PathsIT::isHelper);
    }

    private boolean isBesideTheWay(List<String> frames) {
      int known = known(frames);
      boolean beside = known > 0 && known < frames.size();
      for (int i = known; beside && i < frames.size(); i++) {
        beside = calls.contains(frames.subList(i - 1, i + 1));
      }
      return beside;
    }

    /** How many frames from the root are the beginning of a recorded path. */
    private int known(List<String> frames) {
      int known = frames.size();
      while (known > 0 && !beginnings.contains(frames.subList(0, known))) {
        known--;
      }
      return known;
    }

    private void wrong(List<String> frames, long count) {
      int known = known(frames);
      String last = known == 0 ? "nothing" : frames.get(known - 1);
      String rest = String.join(";", frames.subList(known, frames.size()));
      wrong.merge(known + " frames known, up to " + last + ", then " + rest, count, Long::sum);
    }

    private static long sum(Map<String, Long> counts) {
      return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    void assertFits(String mode, String walker) {
      List<String> off = new ArrayList<>();
      double all = sum(used);
      // Compares CPU times, in units of a mean sample. A late signal stands for all the CPU time
      // since the previous one, and that time goes to one path by chance. So a path's variance is
      // the sum of the squares of the samples' lengths, by the path's share. One sample far longer
      // than the others makes the distribution skew: the path that it hits may have it on top.
      double nanosASample = (double) sum(seenNanos) / burning;
      double squares = lengths.squares() / nanosASample / nanosASample;
      double longest = lengths.longest() / nanosASample;
      int expectedPaths = 0;
      double worst = 0;
      for (Map.Entry<String, Long> path : used.entrySet()) {
        double share = path.getValue() / all;
        double expected = burning * share;
        double count = seenNanos.getOrDefault(path.getKey(), 0L) / nanosASample;
        double sigma = Math.sqrt(squares * share * (1 - share));
        // A path with few expected samples, or none, may differ by a sample or two more than by
        // chance, because the clock is coarse.
        double tolerance = SIGMAS * sigma + (longest - 1) + (expected < ENOUGH ? 3 : 0);
        expectedPaths += expected >= ENOUGH ? 1 : 0;
        worst = Math.max(worst, expected >= ENOUGH ? Math.abs(count - expected) / sigma : 0);
        if (Math.abs(count - expected) > tolerance || count == 0 && expected >= ENOUGH) {
          off.add(
              String.format(
                  "%.1f samples, expected %.1f +- %.1f: %s",
                  count, expected, tolerance, path.getKey()));
        }
      }
      String summary =
          String.format(
              "PathsIT %s, %s: %d paths, %d of them with %.0f expected samples, %d seen; %d samples at"
                  + " work, of %.1f ms each, %.1f ms at most; %d on the way, %d beside it, %d wrong,"
                  + " broken %s; worst deviation %.1f sigma",
              mode,
              walker,
              used.size(),
              expectedPaths,
              ENOUGH,
              seenNanos.size(),
              burning,
              nanosASample / 1e6,
              lengths.longest() / 1e6,
              onTheWay,
              sum(beside),
              sum(wrong),
              broken,
              worst);
      System.out.println(summary);
      // As a rule, no path is wrong. About one stack in ten thousand is one frame short, because
      // the thread is about to call a method or has just called it.
      long wrongSamples = sum(wrong);
      assertTrue(
          wrongSamples <= Math.max(1, (burning + onTheWay) / 1000),
          () -> "stacks that match no path: " + wrong + "; " + summary);
      assertEquals(sum(seenNanos), lengths.sum(), "sums of the samples' lengths");
      assertTrue(
          off.isEmpty(), () -> summary + "\n" + String.join("\n", off) + "\nbeside: " + beside);
      assertTrue(expectedPaths >= 20, summary);
      // The interpreter always knows its position.
      long most = mode.equals("-Xint") ? 0 : Math.max(5, (burning + onTheWay) / 300);
      assertTrue(sum(beside) <= most, () -> summary + "\nbeside: " + beside);
      long brokenSamples = sum(broken);
      double few = 0.001 * (burning + onTheWay);
      assertTrue(brokenSamples <= few + 3 * Math.sqrt(few), summary);
    }

    /**
     * Stacks on the way are not compared with paths. Their share must be the threads' share of CPU
     * time outside of burn, or stacks at work would be among them.
     *
     * @param share the program's own account of that share
     * @param lengths the samples of the threads
     */
    void assertOnTheWay(double share, SampleLengths lengths) {
      double all = lengths.sum();
      double sigma = Math.sqrt(lengths.squares() * share * (1 - share)) / all;
      double tolerance = SIGMAS * sigma + (lengths.longest() - all / lengths.nanos().size()) / all;
      String message =
          String.format(
              "on the way %.2f %%, expected %.2f +- %.2f",
              100 * onTheWayNanos / all, 100 * share, 100 * tolerance);
      System.out.println(message);
      assertEquals(share, onTheWayNanos / all, tolerance, message);
    }
  }
}
