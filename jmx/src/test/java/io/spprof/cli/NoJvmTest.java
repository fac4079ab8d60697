package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests commands with a process that is no JVM and does not handle SIGQUIT: the signal would end
 * the process, so commands must not send it.
 */
@EnabledOnOs(OS.LINUX)
class NoJvmTest {

  private static final long SIGQUIT = 1 << 2; // its bit in a signal mask

  @TempDir private Path directory;

  private Process process;
  private String pid;

  @BeforeEach
  void start() throws Exception {
    process = new ProcessBuilder("env", "--default-signal=QUIT", "sleep", "1000").start();
    pid = Long.toString(process.pid());
    // Wait until env has been replaced by sleep.
    while (process.isAlive() && !status("Name:").contains("sleep")) {
      Thread.sleep(1);
    }
    assertEquals(0, mask("SigCgt:") & SIGQUIT, "sleep does not handle it");
    assertEquals(0, mask("SigIgn:") & SIGQUIT, "it would end sleep");
  }

  @AfterEach
  void end() {
    process.destroyForcibly();
  }

  private String status(String field) throws Exception {
    return Files.readAllLines(Path.of("/proc", pid, "status")).stream()
        .filter(line -> line.startsWith(field))
        .findFirst()
        .orElseThrow();
  }

  private long mask(String field) throws Exception {
    return Long.parseUnsignedLong(status(field).substring(field.length()).strip(), 16);
  }

  /**
   * Runs a command and checks that the process is alive. A signal that was sent is delivered by the
   * time the sender's next system call returns.
   */
  private void assertAlive(List<String> command) {
    assertTrue(process.isAlive(), command::toString);
  }

  @Test
  void shouldSurviveEveryCommand() {
    String file = directory.resolve("p.html").toString();
    for (List<String> command :
        List.of(
            List.of("attach", pid),
            List.of("start", pid),
            List.of("stop", pid),
            List.of("status", pid),
            List.of("top", pid, "-n", "1"),
            List.of("dump", pid, "-o", file),
            List.of("profile", pid, "-d", "1s", "-o", file))) {
      CommandRun run = CommandRun.of(command);
      assertAlive(command);
      assertEquals(CommandFailure.UNREACHABLE, run.status(), run::toString);
      assertTrue(run.err().contains("process " + pid + " is no JVM"), run::toString);
      assertTrue(run.err().contains("nothing was sent"), run::toString);
    }
  }

  /** Performance data like that of a JVM that was killed and whose pid another process has now. */
  @Test
  void shouldSurviveAListWithStalePerformanceData() throws Exception {
    Path ofThisJvm =
        Path.of(
            "/tmp/hsperfdata_" + System.getProperty("user.name"),
            Long.toString(ProcessHandle.current().pid()));
    assumeTrue(Files.exists(ofThisJvm), "this JVM writes no performance data");
    Path stale = Files.copy(ofThisJvm, ofThisJvm.resolveSibling(pid));
    try {
      CommandRun run = CommandRun.of(List.of("list"));
      assertAlive(List.of("list"));
      assertEquals(0, run.status());
      assertFalse(run.out().lines().anyMatch(line -> line.startsWith(pid + " ")), run::toString);
    } finally {
      Files.delete(stale);
    }
  }
}
