package io.spprof.it;

import io.spprof.testing.Installed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Runs programs to their end, and skips tests whose files or JDKs are not there. */
public final class Programs {

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param out the lines on its standard output
   * @param err the lines on its standard error
   */
  record Ended(int status, List<String> out, List<String> err) {}

  /** Makes a JVM wait for the answer of a JVM that it attaches to, for which the JDK has 10 s. */
  static final String PATIENT_ATTACH =
      "-Dsun.tools.attach.attachTimeout=" + Await.PATIENCE.toMillis();

  /** Makes the command line wait for each answer of its target, for which it has 30 s. */
  static final List<String> PATIENT_COMMAND =
      List.of("--timeout", Await.PATIENCE.toSeconds() + "s");

  private Programs() {}

  /** Like {@link Installed#require}, for a file. */
  static void requireFile(Path file) {
    Installed.require(
        Files.exists(file), "there is no " + file + ", so the tests that need it do not run");
  }

  /**
   * The home of another JDK than the one that runs the tests, from an environment variable: {@code
   * SPPROF_JDK_21} for 21. If its value is "none", the calling test is skipped. If the variable is
   * not set, the test is skipped or fails, as in {@link Installed#require}.
   */
  public static Path requireJdk(int feature) {
    String home = System.getenv("SPPROF_JDK_" + feature);
    Assumptions.assumeFalse("none".equals(home), "JDK " + feature + " is tested with another JDK");
    Installed.require(home != null, "no JDK " + feature + ", named by SPPROF_JDK_" + feature);
    return Path.of(home);
  }

  /** The home of the JDK that the targets run on by default; in the {@link Machine} if any. */
  public static Path targetsJdk() {
    return Machine.given() == null
        ? Path.of(System.getProperty("java.home"))
        : Machine.given().javaHome();
  }

  /** The content of a file, as the targets see it. */
  public static byte[] readAsTargets(Path file) throws IOException {
    return Machine.given() == null ? Files.readAllBytes(file) : Machine.given().read(file);
  }

  /** Runs a program where the targets run, to its end, and returns its exit status. */
  public static int statusWhereTargetsRun(List<String> command)
      throws IOException, InterruptedException {
    return runWhereTargetsRun(TestPaths.project(), command).status();
  }

  /** Runs a program in a directory, where the targets run; fails if it takes too long. */
  static Ended runWhereTargetsRun(Path directory, List<String> command)
      throws IOException, InterruptedException {
    return Machine.given() == null
        ? run(directory, command)
        : result(command, Machine.given().start(directory, command));
  }

  /** Runs a program in a directory; fails if it takes too long. */
  static Ended run(Path directory, List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.toFile());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    process.getOutputStream().close();
    return result(command, process);
  }

  private static Ended result(List<String> command, Process process)
      throws IOException, InterruptedException {
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
            "-J" + PATIENT_ATTACH,
            Long.toString(target.pid()),
            "JVMTI.agent_load",
            TestPaths.agentJar().toString()));
  }
}
