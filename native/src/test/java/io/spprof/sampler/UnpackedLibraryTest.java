package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the directories into which the library is unpacked. */
final class UnpackedLibraryTest {

  /** The content is no library, so no directory accepts it. No other test uses this content. */
  private final byte[] content = UUID.randomUUID().toString().getBytes();

  @TempDir Path elsewhere;
  @TempDir Path chosen;

  private Path directory(int number) {
    return chosen.resolve(UnpackedLibrary.name(content, number));
  }

  private String refusal(LibraryDirectories directories) {
    return assertThrows(SamplerException.class, () -> UnpackedLibrary.load(content, directories))
        .getMessage();
  }

  @Test
  void shouldNotTouchWhatIsThereAlready() throws IOException {
    List<Path> theirs = new ArrayList<>();
    for (int i = 0; i < UnpackedLibrary.NAMED; i++) {
      Path directory = directory(i);
      if (i % 2 == 0) {
        Files.createDirectory(directory);
        theirs.add(Files.writeString(directory.resolve("theirs"), "theirs"));
      } else {
        Files.createSymbolicLink(directory, elsewhere);
      }
    }

    String refusal = refusal(new LibraryDirectories(chosen, null));

    // The library was also tried under the one name that nobody can predict.
    assertTrue(refusal.contains("invalid ELF header") || refusal.contains("too short"), refusal);
    for (Path file : theirs) {
      assertEquals("theirs", Files.readString(file));
      assertEquals(List.of(file), list(file.getParent()));
    }
    assertEquals(List.of(), list(elsewhere));
  }

  @Test
  void shouldLeaveNothingWhereItIsRefused() throws IOException {
    Path notThere = elsewhere.resolve("dumps");
    for (LibraryDirectories directories :
        List.of(
            new LibraryDirectories(chosen, null),
            new LibraryDirectories(null, chosen),
            new LibraryDirectories(null, notThere))) {
      refusal(directories);
      assertEquals(List.of(), list(chosen));
      assertEquals(List.of(), list(elsewhere));
    }
    for (Path directory : LibraryDirectories.DEFAULT.paths()) {
      assertTrue(Files.notExists(directory.resolve(UnpackedLibrary.name(content, 0))));
    }
    assertNull(MemoryFile.find(UnpackedLibrary.name(content, 0)), "a descriptor");
  }

  @Test
  void shouldTryOnlyTheChosenDirectory() {
    String refusal = refusal(new LibraryDirectories(chosen.resolve("missing"), elsewhere));

    assertTrue(refusal.contains(chosen + "/missing"), refusal);
    assertTrue(refusal.contains("libdir=PATH"), refusal);
    assertFalse(refusal.contains(elsewhere.toString()), refusal);
    assertFalse(refusal.contains("memory"), refusal);
  }

  @Test
  void shouldSayWhatIsWrongWithEachDirectory() throws IOException {
    Path file = Files.createFile(elsewhere.resolve("file"));

    String refusal = refusal(new LibraryDirectories(null, file));

    assertTrue(refusal.contains(TemporaryDirectory.path() + ": "), refusal);
    assertTrue(refusal.contains(file + " is not a directory"), refusal);
    assertTrue(refusal.contains("a file in memory: "), refusal);
  }

  /** The installed file is left alone, and the jar's library is unpacked next to it. */
  @Test
  void shouldNotLoadALibraryThatIsNotTheJarsOrThatOthersCanChange() throws IOException {
    Path there = LibraryDirectories.libraryIn(chosen);
    Files.writeString(there, "of another version");
    String refusal = refusal(new LibraryDirectories(chosen, null));
    assertTrue(refusal.contains(there + " is not the library of this jar"), refusal);
    assertEquals(List.of(there), list(chosen));

    Files.write(there, content);
    Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rw-rw-rw-"));
    refusal = refusal(new LibraryDirectories(chosen, null));
    assertTrue(refusal.contains("chmod go-w " + there), refusal);

    Files.delete(there);
    Files.createSymbolicLink(there, elsewhere);
    refusal = refusal(new LibraryDirectories(chosen, null));
    assertTrue(refusal.contains(there + " is not a file"), refusal);
    assertEquals(List.of(), list(elsewhere));
  }

  @Test
  void shouldNotUseADirectoryThatOthersCanWriteTo() throws IOException {
    Files.setPosixFilePermissions(chosen, PosixFilePermissions.fromString("rwxrwxrwx"));

    String refusal = refusal(new LibraryDirectories(chosen, null));

    assertTrue(refusal.contains("chmod go-w " + chosen), refusal);
  }

  @Test
  void shouldGiveAnotherBuildAnotherDirectory() {
    assertEquals(UnpackedLibrary.name(content, 0), UnpackedLibrary.name(content.clone(), 0));
    assertNotEquals(UnpackedLibrary.name(content, 0), UnpackedLibrary.name(new byte[36], 0));
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
