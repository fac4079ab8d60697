package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.it.load.Ending;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that a JVM that is sampled ends as it does without sampling, in each way in which a JVM
 * can end.
 */
class EndingIT {

  private static final int REPETITIONS = 2;
  private static final int SIGINT = 2;
  private static final String TRACE = "\tat ...";

  /** The exit status and the output on stdout and stderr, without figures and repetitions. */
  private record End(int status, List<String> out, List<String> err) {}

  @ParameterizedTest
  @CsvSource({
    "return, 0, ''",
    "exit, 7, ''",
    "halt, 8, ''",
    "exception, 1, ''",
    "overflow, 1, ''",
    "overflow-in-a-thread, 9, ''",
    "heap, 1, ''",
    "heap, 3, -XX:+ExitOnOutOfMemoryError",
    "caught, 0, ''",
    "TERM, 143, ''",
    "INT, 130, ''",
  })
  void shouldEndAsItDoesUnsampled(String how, int status, String flag) throws Exception {
    Assumptions.assumeFalse(
        how.equals("INT")
            && Machine.given() == null
            && Proc.ignores(ProcessHandle.current().pid(), SIGINT),
        "NOT TESTED: the test itself was started with SIGINT ignored, and so are its children");
    End unsampled = run(how, flag, null);
    assertEquals(status, unsampled.status(), unsampled.toString());
    assertEquals("sampled: false", unsampled.out().get(0), unsampled.toString());
    for (String engine : Engines.all().toList()) {
      for (int i = 0; i < REPETITIONS; i++) {
        End sampled = run(how, flag, engine);
        assertEquals("sampled: true", sampled.out().get(0), sampled.toString());
        assertEquals(unsampled.status(), sampled.status(), engine + ": " + sampled);
        assertEquals(unsampled.err(), sampled.err(), engine);
        assertEquals(withoutFirst(unsampled.out()), withoutFirst(sampled.out()), engine);
      }
    }
  }

  private static End run(String how, String flag, String engine) throws Exception {
    Path directory = TestPaths.newDirectory("ending-" + how.toLowerCase(java.util.Locale.ROOT));
    List<String> command = new ArrayList<>();
    command.add(Programs.targetsJdk().resolve("bin/java").toString());
    command.addAll(List.of("-Xmx32m", "-XX:-CreateCoredumpOnCrash"));
    // Keeps the JVM out of lists of JVMs: a test that attaches to all of them would leave its file
    // here.
    command.add("-XX:-UsePerfData");
    command.add("-Djava.io.tmpdir=" + directory);
    if (TargetJvm.defaultFeature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    if (!flag.isEmpty()) {
      command.add(flag);
    }
    if (engine != null) {
      command.add(
          "-javaagent:" + TestPaths.agentJar() + "=start=true,interval=100us,engine=" + engine);
    }
    command.addAll(
        List.of(
            "-classpath",
            TestPaths.classPathEntry(Ending.class).toString(),
            Ending.class.getName(),
            how));
    Programs.Ended ended = Programs.runWhereTargetsRun(directory, command);
    try (Stream<Path> left = Files.list(directory)) {
      // A file that is left would be a crash report, or one that a session did not delete. A JVM
      // that is halted deletes nothing.
      assertEquals(List.of(), left.toList(), how);
    }
    return new End(ended.status(), kinds(ended.out()), kinds(ended.err()));
  }

  /**
   * The kinds of lines. The depth of a stack overflow, and so the length of its trace, differs from
   * run to run. The trace of an OutOfMemoryError can be missing: the JVM keeps traces for four of
   * them, and any thread in a full heap uses them up. {@code -Xlog:exceptions} showed three that a
   * JIT compiler's thread took. RecorderTest checks how many the profiler takes.
   */
  private static List<String> kinds(List<String> lines) {
    List<String> kinds = new ArrayList<>();
    String last = "";
    for (String line : lines) {
      String kind = line.replaceFirst("^\\tat .*", TRACE);
      boolean isOfFullHeap = kind.equals(TRACE) && last.contains("OutOfMemoryError");
      if (!kind.equals(last) && !isOfFullHeap) {
        kinds.add(kind);
        last = kind;
      }
    }
    return kinds;
  }

  private static List<String> withoutFirst(List<String> lines) {
    return lines.subList(1, lines.size());
  }
}
