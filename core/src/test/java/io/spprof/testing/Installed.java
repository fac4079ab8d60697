package io.spprof.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Skips tests whose programs are not installed. */
public final class Installed {

  private Installed() {}

  /**
   * Skips the calling test if one of these programs is not installed. If {@code
   * SPPROF_REQUIRE_PROGRAMS=1} is set in the environment, as in CI, the test fails instead.
   *
   * @param programs names that are looked up in PATH, or absolute paths
   */
  public static void require(String... programs) {
    for (String program : programs) {
      require(
          isInstalled(program),
          program + " is not installed, so the tests that need it do not run");
    }
  }

  /** Does the same for any condition, with the reason why the test cannot run without it. */
  public static void require(boolean isMet, String reason) {
    if (!isMet && "1".equals(System.getenv("SPPROF_REQUIRE_PROGRAMS"))) {
      throw new AssertionError(reason);
    }
    Assumptions.assumeTrue(isMet, reason);
  }

  /** Whether a program is installed. For programs that CI does not install either. */
  public static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory).resolve(program)));
  }

  /**
   * The C compiler that also builds the sampler: the value of the environment variable CC, {@code
   * cc} without it. Skips the calling test if there is none.
   *
   * @return the beginning of a command
   */
  public static List<String> compiler() {
    String variable = System.getenv("CC");
    String command = variable == null || variable.isBlank() ? "cc" : variable.strip();
    List<String> words = List.of(command.split("\\s+"));
    require(words.get(0));
    return words;
  }
}
