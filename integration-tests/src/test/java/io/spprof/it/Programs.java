package io.spprof.it;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Runs programs to their end, and skips tests whose programs are not installed. */
public final class Programs {

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param out the lines on its standard output
   * @param err the lines on its standard error
   */
  record Ended(int status, List<String> out, List<String> err) {}

  private Programs() {}

  /**
   * Skips the calling test if one of these programs is not installed. If {@code
   * SPPROF_REQUIRE_PROGRAMS=1} is set in the environment, the test fails instead.
   */
  static void require(String... programs) {
    for (String program : programs) {
      require(
          program,
          Stream.of(System.getenv("PATH").split(File.pathSeparator))
              .anyMatch(directory -> Files.isExecutable(Path.of(directory, program))));
    }
  }

  /** Like {@link #require}, for a file. */
  static void requireFile(Path file) {
    require(file.toString(), Files.exists(file));
  }

  /**
   * The home of another JDK than the one that runs the tests, from an environment variable: {@code
   * SPPROF_JDK_21} for 21. If its value is "none", the calling test is skipped. If the variable is
   * not set, the test is skipped or fails, as in {@link #require}.
   */
  public static Path requireJdk(int feature) {
    String home = System.getenv("SPPROF_JDK_" + feature);
    Assumptions.assumeFalse("none".equals(home), "JDK " + feature + " is tested with another JDK");
    require("JDK " + feature + ", by SPPROF_JDK_" + feature + ",", home != null);
    return Path.of(home);
  }

  private static void require(String name, boolean isThere) {
    String reason = name + " is not installed, so the tests that need it do not run";
    if (!isThere && "1".equals(System.getenv("SPPROF_REQUIRE_PROGRAMS"))) {
      throw new AssertionError(reason);
    }
    Assumptions.assumeTrue(isThere, reason);
  }

  /** Runs a program in a directory; fails if it takes too long. */
  static Ended run(Path directory, List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.toFile());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    process.getOutputStream().close();
    Lines out = new Lines("stdout of " + process.pid(), process.getInputStream());
    Lines err = new Lines("stderr of " + process.pid(), process.getErrorStream());
    if (!process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("does not end: " + command + "; " + out.all() + err.all());
    }
    out.awaitEnd(Await.PATIENCE);
    err.awaitEnd(Await.PATIENCE);
    return new Ended(process.exitValue(), out.all(), err.all());
  }

  /** Loads the agent into a running target with jcmd, as an operator would. */
  static Ended attach(TargetJvm target) throws IOException, InterruptedException {
    return run(
        target.directory(),
        List.of(
            TestPaths.jdkProgram("jcmd").toString(),
            Long.toString(target.pid()),
            "JVMTI.agent_load",
            TestPaths.agentJar().toString()));
  }
}
