package io.spprof.cli;

import static io.spprof.cli.StreamingTarget.download;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.verify;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {

  private static final Path ALWAYS_FULL = Path.of("/dev/full");

  @TempDir private Path directory;

  private StreamingTarget target;
  private Path file;
  private Bean bean;

  @BeforeEach
  void openAStream() throws Exception {
    file = directory.resolve("p.collapsed");
    target = new StreamingTarget();
    bean = target.bean;
    target.operation("readStream").thenReturn(new byte[] {1, 2}, new byte[] {3}, (Object) null);
  }

  private Download toFile() {
    return download("-o", file.toString());
  }

  @Test
  void shouldWriteAllBlocks() throws Exception {
    assertEquals(file + ": 3 bytes", toFile().from(bean));
    assertEquals(3, Files.size(file));
  }

  @Test
  void shouldRefuseADirectoryThatIsNotThereBeforeAnythingElse() {
    Path nowhere = directory.resolve("missing").resolve("p.html");
    CommandFailure refused =
        assertThrows(CommandFailure.class, () -> download("-o", nowhere.toString()).check());
    assertTrue(refused.getMessage().startsWith("there is no directory for "), refused::getMessage);
    assertThrows(
        CommandFailure.class,
        () -> download("-o", directory.toString(), "--format", "jfr", "--overwrite").check());
  }

  @Test
  void shouldLeaveNoFileAndNoStreamWhenItFails() throws Exception {
    target
        .operation("readStream")
        .thenReturn(new byte[] {1, 2})
        .thenThrow(new IOException("reset"));
    assertThrows(IOException.class, () -> toFile().from(bean));
    assertFalse(Files.exists(file));
    verify(target.server).invoke(any(), eq("closeStream"), eq(new Object[] {7L}), any());
  }

  @Test
  void shouldLeaveAFileThatSomebodyElseMadeDuringTheDownload() throws Exception {
    target
        .operation("openStream")
        .thenAnswer(
            call -> {
              Files.writeString(file, "theirs");
              return 7L;
            });
    assertThrows(CommandFailure.class, () -> toFile().from(bean));
    assertEquals("theirs", Files.readString(file));
  }

  @Test
  void shouldReplaceAFileOnlyWhenAllOfTheNewOneIsThere() throws Exception {
    Files.writeString(file, "old");
    Path link = Files.createSymbolicLink(directory.resolve("link.collapsed"), file);
    target
        .operation("readStream")
        .thenReturn(new byte[] {'n'})
        .thenAnswer(
            call -> {
              assertEquals("old", Files.readString(file));
              return new byte[] {'e', 'w'};
            })
        .thenReturn(null);
    download("-o", link.toString(), "--overwrite").from(bean);
    assertEquals("new", Files.readString(file));
    assertTrue(Files.isSymbolicLink(link));
    Files.delete(link);
    assertArrayEquals(new String[] {"p.collapsed"}, directory.toFile().list());
  }

  @Test
  void shouldKeepTheOldFileWhenTheNewOneFails() throws Exception {
    Files.writeString(file, "old");
    target
        .operation("readStream")
        .thenReturn(new byte[] {1, 2})
        .thenThrow(new IOException("reset"));
    Download download = download("-o", file.toString(), "--overwrite");
    assertThrows(IOException.class, () -> download.from(bean));
    assertEquals("old", Files.readString(file));
    assertArrayEquals(new String[] {"p.collapsed"}, directory.toFile().list());
  }

  @Test
  void shouldNotDeleteADevice() throws Exception {
    assumeTrue(Files.exists(ALWAYS_FULL));
    Files.createSymbolicLink(file, ALWAYS_FULL);
    Download download = download("-o", file.toString(), "--overwrite");
    String message = assertThrows(CommandFailure.class, () -> download.from(bean)).getMessage();
    assertTrue(message.contains("still in the target"), message);
    assertTrue(Files.exists(ALWAYS_FULL));
    Files.delete(file); // deletes the link, so it still exists
  }

  /** Such as from a container in which the command had the same pid, and was killed. */
  @Test
  void shouldPassByWhatAKilledCommandLeft() throws Exception {
    Path stale = part(file, 1);
    Files.writeString(stale, "stale");
    assertEquals(file + ": 3 bytes", toFile().from(bean));
    target.operation("readStream").thenReturn(new byte[] {4}, (Object) null);
    download("-o", file.toString(), "--overwrite").from(bean);

    assertArrayEquals(new byte[] {4}, Files.readAllBytes(file));
    assertEquals("stale", Files.readString(stale));
    assertEquals(2, directory.toFile().list().length);
  }

  @Test
  void shouldNotHaveTheFinalNameBeforeAllIsThere() throws Exception {
    target
        .operation("readStream")
        .thenReturn(new byte[] {1, 2})
        .thenAnswer(
            call -> {
              assertFalse(Files.exists(file));
              assertTrue(Files.exists(part(file, 1)));
              return null;
            });
    toFile().from(bean);
    assertArrayEquals(new String[] {"p.collapsed"}, directory.toFile().list());
  }

  @Test
  void shouldSayWhyAFileCannotBeWritten() {
    LocalFile local = new LocalFile(file, true);
    String missing = local.failure(new NoSuchFileException("/x")).getMessage();
    assertTrue(missing.startsWith("there is no directory for "), missing);
    assertEquals(
        "cannot write " + file + ": No space left on device",
        local.failure(new FileSystemException("/x", null, "No space left on device")).getMessage());
    assertEquals(
        "cannot write " + file + ": you may not make a file in its directory",
        local.failure(new AccessDeniedException("/x")).getMessage());
  }

  private static Path part(Path file, int number) {
    long pid = ProcessHandle.current().pid();
    return file.resolveSibling(file.getFileName() + "." + pid + "." + number + ".part");
  }
}
