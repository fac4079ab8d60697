package io.spprof.it;

import io.spprof.testing.Installed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A program that runs as a container's program or a service would: in namespaces of its own, as a
 * user without rights. A test calls {@link #require} first, because not every machine allows a
 * sandbox.
 */
final class Sandbox implements AutoCloseable {

  /** The user of the recipes. No such user need exist. */
  static final String USER = "10001";

  private static final List<String> AS_USER =
      List.of(
          "setpriv",
          "--reuid=" + USER,
          "--regid=" + USER,
          "--clear-groups",
          "--no-new-privs",
          "--bounding-set=-all",
          "--inh-caps=-all");

  /**
   * Where the JDK under test is inside. Its own directory may be one that a test hides, such as
   * /opt, or be in one that only its owner may enter.
   */
  private static final Path JDK = Path.of("/mnt");

  /** What the tests mount, without their files. */
  private static final String PROBED_MOUNTS =
      String.join(
          "\n",
          "mount -t tmpfs tmpfs /opt",
          "mount -t tmpfs tmpfs /var/lib",
          "mount -t tmpfs -o noexec,nosuid,nodev,mode=1777 tmpfs /tmp",
          "mount -o remount,bind,ro /",
          "");

  /** Succeeds for whoever may mount. */
  private static final List<String> MOUNTS =
      List.of("unshare", "--mount", "--pid", "--fork", "sh", "-c", "mount -t tmpfs tmpfs /mnt");

  /** Why no sandbox runs here; "" if one does; null before the first probe. */
  private static String problem;

  private final Process process;
  private final Lines out;
  private final Lines err;
  private final long pid;

  /**
   * Skips the calling test for a user other than root, and for root without the right to mount, as
   * in many containers. If the JDK under test does not run in a sandbox for another reason, skips
   * the test or fails it, as {@link Installed#require}.
   */
  static synchronized void require() throws IOException, InterruptedException {
    Installed.require("unshare", "setpriv", "nsenter");
    Programs.Ended mounts = Programs.run(Path.of("/"), MOUNTS);
    Assumptions.assumeTrue(mounts.status() == 0, () -> "needs the right to mount: " + mounts);
    if (problem == null) {
      problem = probe();
    }
    Installed.require(problem.isEmpty(), "the JDK does not run in a sandbox here: " + problem);
  }

  /** A program of the JDK under test, by its path inside. */
  static String jdkProgram(String name) {
    return JDK.resolve("bin").resolve(name).toString();
  }

  private static String probe() throws IOException, InterruptedException {
    List<String> java = List.of(jdkProgram("java"), "-version");
    List<String> namespaces = List.of("--pid", "--mount-proc");
    Programs.Ended ended = Programs.run(Path.of("/"), command(namespaces, PROBED_MOUNTS, java));
    return ended.status() == 0 ? "" : ended.toString();
  }

  private static List<String> command(List<String> namespaces, String mounts, List<String> command)
      throws IOException {
    Path jdk = Path.of(System.getProperty("java.home")).toRealPath();
    List<String> all = new ArrayList<>(List.of("unshare", "--mount", "--fork", "--kill-child"));
    all.addAll(namespaces);
    String shell =
        "set -e\nmount --make-rprivate /\nmount --bind \"$1\" "
            + JDK
            + "\nshift\n"
            + mounts
            + "cd /\nexec \"$@\"\n";
    all.addAll(List.of("sh", "-c", shell, "sh", jdk.toString()));
    all.addAll(AS_USER);
    all.addAll(command);
    return all;
  }

  /**
   * Starts a program.
   *
   * @param namespaces flags of unshare
   * @param mounts shell commands that root runs in the new namespaces, before the program
   * @param command the program and its arguments
   */
  Sandbox(List<String> namespaces, String mounts, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command(namespaces, mounts, command));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    process = builder.start();
    out = new Lines("stdout of " + process.pid(), process.getInputStream());
    err = new Lines("stderr of " + process.pid(), process.getErrorStream());
    if (out.await(0, "READY"::equals, Await.PATIENCE).isEmpty()) {
      close();
      throw new IllegalStateException("it does not run: " + out.all() + err.all());
    }
    pid = process.children().findFirst().orElseThrow().pid();
  }

  /** The program's process id, as it is outside. */
  long pid() {
    return pid;
  }

  /** Runs another program inside, as the same user. */
  Programs.Ended inside(String... command) throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "--target=" + pid, "--mount", "--pid", "--wd=/"));
    all.addAll(AS_USER);
    all.addAll(List.of(command));
    return Programs.run(Path.of("/"), all);
  }

  /** Ends the program as a service manager does, and returns its exit status. */
  int terminate() throws InterruptedException {
    ProcessHandle.of(pid).orElseThrow().destroy();
    if (!process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end; " + out.all() + err.all());
    }
    return process.exitValue();
  }

  /** The lines on the program's standard error. */
  List<String> stderr() {
    return err.all();
  }

  @Override
  public void close() {
    // The program ends with its parent, see --kill-child.
    process.destroyForcibly();
    process.onExit().join();
  }
}
