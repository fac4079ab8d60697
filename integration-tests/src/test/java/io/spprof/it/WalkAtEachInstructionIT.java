package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.spprof.it.load.Stepped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Executes real code of C1, C2, the interpreter and the JVM's stubs one instruction at a time, and
 * walks the stack at each instruction. The walk must be what the processor has executed: {@code
 * native/src/test/c/stepping.h} explains how this is known. Each test runs a JVM in another mode.
 */
class WalkAtEachInstructionIT {

  private static final String LIBRARY = "libstepping.so";

  private static final Pattern NUMBER = Pattern.compile("([a-z]+)=(\\d+)");

  @Test
  void shouldBeRightInTheInterpreter() throws Exception {
    Map<String, Long> found = step(10, "-Xint");
    assertTrue(found.get("interpreter") > 50_000, found::toString);
  }

  @Test
  void shouldBeRightInCodeOfC1() throws Exception {
    Map<String, Long> found = step(300, "-XX:TieredStopAtLevel=1");
    assertTrue(found.get("compiled") > 10_000 && found.get("incomplete") > 500, found::toString);
  }

  @Test
  void shouldBeRightInCodeOfC2() throws Exception {
    Map<String, Long> found = step(12_000, "-XX:-TieredCompilation");
    assertTrue(found.get("compiled") > 5_000 && found.get("incomplete") > 300, found::toString);
  }

  @Test
  void shouldBeRightWithAllCompilers() throws Exception {
    Map<String, Long> found = step(3_000, "-XX:+TieredCompilation");
    assertTrue(found.get("compiled") > 5_000 && found.get("incomplete") > 500, found::toString);
  }

  private static Map<String, Long> step(int warmUps, String mode) throws Exception {
    Path library = library();
    List<String> command =
        new ArrayList<>(
            List.of(
                Programs.targetsJdk().resolve("bin/java").toString(),
                "-Xmx256m",
                "-Xbatch",
                "-XX:+UseSerialGC",
                "-XX:-StackTraceInThrowable",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=dontinline,io.spprof.it.load.Stepped*::*",
                "-XX:CompileCommand=exclude,io.spprof.it.load.Stepped$Interpreted::*",
                mode));
    if (TargetJvm.defaultFeature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(
        List.of(
            "-classpath",
            TestPaths.classPathEntry(Stepped.class).toString(),
            Stepped.class.getName(),
            library.toString(),
            Integer.toString(warmUps)));
    Programs.Ended ended = Programs.runWhereTargetsRun(TestPaths.newDirectory("stepped"), command);
    String out = String.join("\n", ended.out());
    assertEquals(0, ended.status(), () -> out + ended.err());
    Map<String, Long> found = numbers(out);
    assertEquals(0, found.get("wrong"), out);
    assertTrue(found.containsKey("compared"), out);
    // The known instants in which the JVM has no anchor, at each of its calls of Java code.
    assertTrue(found.get("rootless") < found.get("steps") / 1_000, out);
    return found;
  }

  private static Map<String, Long> numbers(String out) {
    Map<String, Long> numbers = new java.util.TreeMap<>();
    Matcher number = NUMBER.matcher(out);
    while (number.find()) {
      numbers.putIfAbsent(number.group(1), Long.valueOf(number.group(2)));
    }
    return numbers;
  }

  /**
   * The library, which contains the walker. The C compiler that built the project builds it, or
   * {@code .ci/aarch64} has built it for the {@link Machine}.
   */
  private static synchronized Path library() throws IOException, InterruptedException {
    if (Machine.given() != null) {
      return Path.of(System.getProperty("spprof.it.machine.programs")).resolveSibling(LIBRARY);
    }
    assumeTrue(
        Arrays.asList("amd64", "aarch64").contains(System.getProperty("os.arch"))
            && System.getProperty("os.name").equals("Linux"),
        "the walker vm does not support this platform");
    Path directory = TestPaths.project().resolve("native");
    ProcessBuilder make = new ProcessBuilder("make", "--no-print-directory", "-s", "stepping");
    make.directory(directory.toFile());
    make.environment().put("JAVA_HOME", System.getProperty("java.home"));
    make.redirectErrorStream(true);
    Process process = make.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    Path library = directory.resolve("target/ctest").resolve(LIBRARY);
    assertTrue(process.exitValue() == 0 && Files.exists(library), output);
    return library;
  }
}
