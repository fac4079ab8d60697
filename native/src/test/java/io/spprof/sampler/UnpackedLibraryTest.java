package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where it is unpacked to; the places are in a directory that anybody can write to. */
final class UnpackedLibraryTest {

  /** No library, so it is refused in every place; and of no other test's content. */
  private final byte[] content = UUID.randomUUID().toString().getBytes();

  @TempDir Path elsewhere;

  @AfterEach
  void removePlaces() throws IOException {
    for (int i = 0; i < UnpackedLibrary.NAMED; i++) {
      Path place = UnpackedLibrary.directory(content, i);
      Files.deleteIfExists(place.resolve("theirs"));
      Files.deleteIfExists(place);
    }
  }

  @Test
  void shouldNotTouchWhatIsThereAlready() throws IOException {
    List<Path> theirs = new ArrayList<>();
    for (int i = 0; i < UnpackedLibrary.NAMED; i++) {
      Path place = UnpackedLibrary.directory(content, i);
      if (i % 2 == 0) {
        Files.createDirectory(place);
        theirs.add(Files.writeString(place.resolve("theirs"), "theirs"));
      } else {
        Files.createSymbolicLink(place, elsewhere);
      }
    }

    SamplerException refused =
        assertThrows(SamplerException.class, () -> UnpackedLibrary.load(content));

    // It was tried in the one place whose name cannot be foreseen.
    assertTrue(refused.getMessage().contains("could not be loaded"), refused.getMessage());
    for (Path file : theirs) {
      assertEquals("theirs", Files.readString(file));
      assertEquals(List.of(file), list(file.getParent()));
    }
    assertEquals(List.of(), list(elsewhere));
  }

  @Test
  void shouldLeaveNothingWhereItIsRefused() {
    assertThrows(SamplerException.class, () -> UnpackedLibrary.load(content));

    for (int i = 0; i < UnpackedLibrary.NAMED; i++) {
      assertTrue(Files.notExists(UnpackedLibrary.directory(content, i)));
    }
  }

  @Test
  void shouldGiveAnotherBuildAnotherPlace() {
    assertEquals(
        UnpackedLibrary.directory(content, 0), UnpackedLibrary.directory(content.clone(), 0));
    assertNotEquals(
        UnpackedLibrary.directory(content, 0), UnpackedLibrary.directory(new byte[36], 0));
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
