package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the sampler in a JVM of its own, in a sandbox (seccomp) that forbids system calls by their
 * x86-64 numbers.
 */
final class SandboxTest {

  private static final int SECCOMP = 317; // the number on x86-64

  @TempDir Path directory;

  private static final String TIMER_CREATE = "222";
  private static final String TIMER_SETTIME = "223";
  private static final String SETITIMER = "38";
  private static final String MEMBARRIER = "324";
  private static final String EPERM = "1";
  private static final String ENOSYS = "38";

  @BeforeEach
  void assumeX86() {
    Assumptions.assumeTrue(
        System.getProperty("os.arch").equals("amd64"),
        "NOT TESTED: the numbers of system calls are x86-64's");
  }

  @ParameterizedTest
  @CsvSource({
    "CTIMER, ITIMER, 222, 38, timer_create, engine=itimer",
    "CTIMER, ITIMER, 223, 1, timer_settime, engine=itimer",
    "ITIMER, CTIMER, 38, 38, setitimer, engine=ctimer",
  })
  void shouldNameWhatIsForbiddenAndTheEngineThatWorks(
      Engine forbidden, Engine allowed, String systemCall, String error, String name, String remedy)
      throws Exception {
    List<String> said = run(forbidden + "," + allowed, error, systemCall);

    String refusal = said.get(0);
    assertTrue(refusal.startsWith("refused: no thread could get a CPU timer"), said.toString());
    assertTrue(refusal.contains("the system call " + name), said.toString());
    assertTrue(refusal.contains("error " + error), said.toString());
    assertTrue(refusal.contains("use " + remedy), said.toString());
    assertEquals("started", said.get(1), said.toString());
  }

  @Test
  void shouldPromiseNoEngineWhereBothAreForbidden() throws Exception {
    List<String> said = run("CTIMER,ITIMER", EPERM, TIMER_CREATE, SETITIMER);

    assertTrue(said.get(0).contains("the system call timer_create is forbidden"), said.toString());
    assertTrue(said.get(0).contains("engine=itimer does not work here either"), said.toString());
    assertTrue(said.get(1).contains("the system call setitimer"), said.toString());
    assertTrue(said.get(1).contains("engine=ctimer does not work here either"), said.toString());
    said.forEach(line -> assertFalse(line.contains("use engine="), line));
  }

  @ParameterizedTest
  @ValueSource(strings = {EPERM, ENOSYS})
  void shouldSayThatTheKernelCannotBeAskedAtAStop(String error) throws Exception {
    List<String> said = run("CTIMER,ITIMER", error, MEMBARRIER);

    for (int i = 0; i < 4; i += 2) {
      String problem = said.get(i);
      assertTrue(problem.contains("membarrier is forbidden here"), said.toString());
      assertTrue(problem.contains("(error " + error + ")"), said.toString());
      assertTrue(problem.contains("allow membarrier in the sandbox"), said.toString());
      assertEquals(error.equals(ENOSYS), problem.contains("Linux 4.14"), said.toString());
      assertEquals("started", said.get(i + 1), said.toString());
    }
  }

  /**
   * The program of a JVM of its own. Its arguments are engines, an error number, and the system
   * calls that fail with this error.
   */
  static final class Sandbox {
    public static void main(String[] args) {
      for (String systemCall : args[2].split(",")) {
        forbid(Integer.parseInt(systemCall), Integer.parseInt(args[1]));
      }
      for (String engine : args[0].split(",")) {
        start(Engine.valueOf(engine));
      }
    }

    private static void start(Engine engine) {
      NativeSampler sampler = new NativeSampler();
      try {
        sampler.start(
            new SamplerConfig(engine, Walker.AUTO, NativeFrames.NONE, 10_000_000, 64, 1 << 20));
        if (!sampler.environmentProblem().isEmpty()) {
          System.out.println("problem: " + sampler.environmentProblem());
        }
        sampler.stop();
        sampler.release();
        System.out.println("started");
      } catch (SamplerException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }

    /** Forbids a system call for all threads of the process. */
    private static void forbid(int systemCall, int error) {
      Memory filter = new Memory(4 * Long.BYTES);
      instruction(filter, 0, 0x20, 0, 0, 0); // load the number of the system call
      instruction(filter, 1, 0x15, 0, 1, systemCall); // if it is this one,
      instruction(filter, 2, 0x06, 0, 0, 0x00050000 | error); // SECCOMP_RET_ERRNO
      instruction(filter, 3, 0x06, 0, 0, 0x7fff0000); // SECCOMP_RET_ALLOW
      Memory program = new Memory(2 * Long.BYTES);
      program.setShort(0, (short) 4);
      program.setPointer(Long.BYTES, filter);
      NativeLibrary c = NativeLibrary.getInstance("c");
      check(c.getFunction("prctl"), 38 /* PR_SET_NO_NEW_PRIVS */, 1L, 0L, 0L, 0L);
      check(
          c.getFunction("syscall"),
          (long) SECCOMP,
          1L /* SECCOMP_SET_MODE_FILTER */,
          1L /* SECCOMP_FILTER_FLAG_TSYNC */,
          program);
    }

    private static void instruction(Pointer to, int index, int code, int jt, int jf, int k) {
      long at = (long) index * Long.BYTES;
      to.setShort(at, (short) code);
      to.setByte(at + 2, (byte) jt);
      to.setByte(at + 3, (byte) jf);
      to.setInt(at + 4, k);
    }

    private static void check(Function function, Object... arguments) {
      if (function.invokeInt(arguments) != 0) {
        throw new IllegalStateException(function.getName() + " failed");
      }
    }
  }

  private List<String> run(String engines, String error, String... systemCalls) throws Exception {
    String classPath =
        Stream.of(NativeSampler.class, Native.class, StringUtils.class, Sandbox.class)
            .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
            .map(URL::getPath)
            .collect(Collectors.joining(":"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + directory,
                "-cp",
                classPath,
                Sandbox.class.getName(),
                engines,
                error,
                String.join(",", systemCalls))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output.lines().toList();
  }
}
