package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs the C tests in the {@link Machine} that the build names, and checks that this machine is of
 * the processor that the build names. Only {@code .ci/aarch64} runs this class.
 */
@Tag("machine")
class MachineIT {

  private static final long MINUTES = 10;

  /** Settings of programs that take too long in an emulator otherwise. */
  private static final Map<String, String> SETTINGS =
      Map.of("test_guard_chains", "SPPROF_ORDERS_APART=7");

  private record Ended(int status, List<String> out, List<String> err) {}

  @Test
  void shouldBeOfAnotherProcessor() throws Exception {
    Ended ended = run(TestPaths.project(), "/bin/busybox", "uname", "-m");
    assertEquals(List.of(System.getProperty("spprof.it.machine.processor")), ended.out());
  }

  @TestFactory
  Stream<DynamicTest> shouldPassTheTestsInC() throws Exception {
    Path directory = Path.of(System.getProperty("spprof.it.machine.programs"));
    List<Path> programs;
    try (Stream<Path> files = Files.list(directory)) {
      programs =
          files.filter(file -> file.getFileName().toString().startsWith("test_")).sorted().toList();
    }
    assertTrue(programs.size() > 10, () -> directory + " has only " + programs);
    return programs.stream()
        .map(
            program ->
                DynamicTest.dynamicTest(program.getFileName().toString(), () -> passes(program)));
  }

  private static void passes(Path program) throws Exception {
    long begun = System.nanoTime();
    List<String> command = new ArrayList<>();
    String setting = SETTINGS.get(program.getFileName().toString());
    if (setting != null) {
      System.out.printf("%s runs with %s%n", program.getFileName(), setting);
      command.addAll(List.of("/bin/busybox", "env", setting));
    }
    command.add(program.toString());
    Ended ended = run(program.getParent(), command.toArray(String[]::new));
    System.out.printf(
        "%s: %.1f s, %s%n", program.getFileName(), (System.nanoTime() - begun) / 1e9, ended.out());
    assertEquals(0, ended.status(), () -> String.join("\n", ended.err()));
  }

  private static Ended run(Path directory, String... command) throws Exception {
    Machine machine = Machine.given();
    assertNotNull(machine, "no machine is given: .ci/aarch64 runs this test");
    Process process = machine.start(directory, List.of(command));
    Lines out = new Lines("stdout", process.getInputStream());
    Lines err = new Lines("stderr", process.getErrorStream());
    if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
      process.destroy();
      throw new AssertionError("does not end: " + List.of(command) + "; " + out.all() + err.all());
    }
    out.awaitEnd(Await.PATIENCE);
    err.awaitEnd(Await.PATIENCE);
    return new Ended(process.exitValue(), out.all(), err.all());
  }
}
