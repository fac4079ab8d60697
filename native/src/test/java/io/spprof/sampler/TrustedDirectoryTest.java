package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TrustedDirectoryTest {

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "40700, 1000, ''",
    "40755, 1000, ''",
    "40755, 0,    ''",
    "41777, 0,    ''",
    "40777, 1000, chmod go-w",
    "40777, 0,    chmod go-w",
    "40775, 1000, chmod go-w",
    "40700, 1001, uid 1001",
    "41777, 1001, uid 1001",
    "100600, 1000, is not a directory",
    "20666, 0,    is not a directory"
  })
  void shouldTrustOnlyWhatNobodyElseCanChange(String mode, int owner, String problem)
      throws IOException {
    String found = TrustedDirectory.problem(Path.of("/x"), Integer.parseInt(mode, 8), owner, 1000);
    assertTrue(problem.isEmpty() ? found.isEmpty() : found.contains(problem), found);
    assertTrue(found.isEmpty() || found.startsWith("/x "), found);
  }

  @Test
  void shouldTrustNothingBelowWhatOthersCanChange() throws IOException {
    Path open = Files.createDirectory(directory.resolve("open"));
    Path below = Files.createDirectories(open.resolve("a/b"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), open.resolve("a"));
    Path second = Files.createSymbolicLink(directory.resolve("second"), Path.of("link/../a"));
    for (Path path : new Path[] {below, link.resolve("b"), second.resolve("b")}) {
      assertEquals("", TrustedDirectory.problem(path), "links of our own");
    }
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    for (Path path :
        new Path[] {below, link.resolve("b"), second.resolve("b"), open.resolve("none")}) {
      String problem = TrustedDirectory.problem(path);
      assertTrue(problem.contains("chmod go-w " + open.toRealPath()), problem);
    }
    assertEquals("", TrustedDirectory.problemOfItself(below));
  }

  @Test
  void shouldEndWhereLinksLeadInACircle() throws IOException {
    Path circle = directory.resolve("circle");
    Files.createSymbolicLink(circle, circle);
    assertThrows(
        FileSystemLoopException.class, () -> TrustedDirectory.problem(circle.resolve("x")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp", "/var/tmp", "/"})
  void shouldTrustTheSystemsOwn(String path) throws IOException {
    assertEquals("", TrustedDirectory.problem(Path.of(path).toRealPath()));
  }

  @Test
  void shouldSeeWhatTheSystemHas() throws IOException {
    assertEquals("", TrustedDirectory.problem(directory));
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
    assertTrue(TrustedDirectory.problem(link).contains("is a link"));
    Path file = Files.createFile(directory.resolve("file"));
    assertTrue(TrustedDirectory.problem(file).contains("not a directory"));
    assertThrows(
        NoSuchFileException.class, () -> TrustedDirectory.problem(directory.resolve("none")));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertTrue(TrustedDirectory.problem(directory).contains("mode 777"));
  }
}
