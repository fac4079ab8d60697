package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DownloadTest {

  private static final Path ALWAYS_FULL = Path.of("/dev/full");

  @TempDir private Path directory;

  private final MBeanServerConnection server = mock(MBeanServerConnection.class);
  private Path file;
  private Bean bean;

  @BeforeEach
  void openAStream() throws Exception {
    file = directory.resolve("p.collapsed");
    JMXConnector connector = mock(JMXConnector.class);
    when(connector.getMBeanServerConnection()).thenReturn(server);
    bean = new Bean(connector, new Target());
    when(server.invoke(any(), eq("openStream"), any(), any())).thenReturn(7L);
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1, 2}, new byte[] {3}, (Object) null);
  }

  private Download download(String... more) {
    Download download = new Download();
    CommandLine.populateCommand(download, more);
    return download;
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
  void shouldLeaveNoFileAndNoStreamWhenItFails() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1, 2})
        .thenThrow(new IOException("reset"));
    assertThrows(IOException.class, () -> toFile().from(bean));
    assertFalse(Files.exists(file));
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {7L}), any());
  }

  @Test
  void shouldLeaveAFileThatSomebodyElseMadeDuringTheDownload() throws Exception {
    when(server.invoke(any(), eq("openStream"), any(), any()))
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
    when(server.invoke(any(), eq("readStream"), any(), any()))
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
    when(server.invoke(any(), eq("readStream"), any(), any()))
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
}
