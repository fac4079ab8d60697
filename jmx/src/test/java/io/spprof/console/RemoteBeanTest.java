package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.export.ExportFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import javax.swing.SwingUtilities;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteBeanTest {

  @TempDir private Path directory;

  private final MBeanServerConnection server = mock(MBeanServerConnection.class);
  private final RemoteBean bean = new RemoteBean(() -> server);

  @BeforeEach
  void openAStream() throws Exception {
    when(server.invoke(any(), eq("openStream"), any(), any())).thenReturn(7L);
  }

  @Test
  void shouldCopyAStreamToItsEndAndCloseIt() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1, 2}, new byte[] {3}, (Object) null);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringBuilder progress = new StringBuilder();

    bean.copy("jfr", out, bytes -> progress.append(bytes).append(' '));

    assertArrayEquals(new byte[] {1, 2, 3}, out.toByteArray());
    assertEquals("2 3 ", progress.toString());
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {7L}), any());
  }

  /** A server such as WebSphere's adds keys to the name. */
  @Test
  void shouldFindABeanThatTheServerRenamed() throws Exception {
    ObjectName name = new ObjectName(RemoteBean.OBJECT_NAME + ",cell=c,process=server1");
    when(server.getAttributes(any(), any())).thenThrow(new InstanceNotFoundException());
    assertThrows(InstanceNotFoundException.class, bean::read);
    when(server.queryNames(new ObjectName(RemoteBean.OBJECT_NAME + ",*"), null))
        .thenReturn(Set.of(name));
    doReturn(new AttributeList()).when(server).getAttributes(eq(name), any());

    bean.read();
    bean.stop();

    verify(server).invoke(eq(name), eq("stop"), any(), any());
  }

  @Test
  void shouldCloseAStreamThatFails() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any())).thenThrow(new IOException("gone"));
    assertThrows(
        IOException.class, () -> bean.copy("jfr", new ByteArrayOutputStream(), bytes -> {}));
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {7L}), any());
  }

  @Test
  void shouldLeaveNoPartOfAFileWhenADownloadFailsAndSayWhy() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1, 2})
        .thenThrow(new IOException("connection reset"));
    Path file = directory.resolve("p.html");

    assertEquals("Cannot save " + file + ": connection reset", save(file));

    assertFalse(Files.exists(file));
  }

  @Test
  void shouldSaveButNotOverwrite() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1, 2}, (Object) null);
    Path file = directory.resolve("p.pb.gz");

    assertEquals(file + ": 2 bytes", save(file));
    verify(server).invoke(any(), eq("openStream"), eq(new Object[] {"pprof"}), any());
    assertEquals(file + " exists; choose another name", save(file));
    assertArrayEquals(new byte[] {1, 2}, Files.readAllBytes(file));
  }

  @Test
  void shouldRefuseASuffixThatNamesNoFormat() throws Exception {
    String shown = save(directory.resolve("p.exe"));
    assertTrue(shown.startsWith("The suffix of p.exe names no format; valid: .html .jfr"), shown);
    assertNull(SaveButton.format(Path.of("x")));
  }

  /** The plugin uses no class of the profiler, so its own table of formats is checked here. */
  @Test
  void shouldKnowEveryFormatByItsSuffix() {
    for (ExportFormat format : ExportFormat.values()) {
      assertEquals(format.key(), SaveButton.format(Path.of("x" + format.suffix())));
    }
  }

  /** Saves the profile and returns the last message. */
  private String save(Path file) throws Exception {
    AtomicReference<String> shown = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    SwingUtilities.invokeAndWait(
        () ->
            new SaveButton(
                    null,
                    bean,
                    (text, isError) -> {
                      if (!text.startsWith("Writing ")) {
                        shown.set(text);
                        done.countDown();
                      }
                    })
                .save(file));
    assertTrue(done.await(30, TimeUnit.SECONDS));
    return shown.get();
  }

  @Test
  void shouldReadAnOlderAgentWithFewerAttributes() throws Exception {
    AttributeList some = new AttributeList();
    some.add(new Attribute("State", "RUNNING"));
    some.add(new Attribute("CollectedSamples", 5L));
    when(server.getAttributes(any(), any())).thenReturn(some);

    Reading reading = bean.read();

    assertTrue(reading.isRunning());
    assertEquals(5, reading.number("CollectedSamples"));
    assertTrue(Double.isNaN(reading.number("MemoryUsedBytes")));
    assertEquals("", reading.text("LastError"));
    assertEquals(0, reading.hotMethods().size());
  }

  @Test
  void shouldGiveRatesOfOneJvmOnly() {
    Reading first = new Reading(1_000_000_000L, 0, Map.of("Signals", 100L));
    Reading later = new Reading(3_000_000_000L, 0, Map.of("Signals", 150L));
    assertEquals(25, later.rate("Signals", first));
    assertTrue(Double.isNaN(first.rate("Signals", later)));
  }

  @Test
  void shouldSayWhatToDo() {
    assertTrue(
        RemoteBean.meaning(new InstanceNotFoundException("io.spprof:type=Spprof"))
            .contains("attach PID"));
    assertEquals(
        "connect as a role that may write: the target refuses the call (no)",
        RemoteBean.meaning(new SecurityException("no")));
    assertEquals(
        "interval=1 is bad",
        RemoteBean.meaning(
            new RuntimeMBeanException(new IllegalArgumentException("interval=1 is bad"))));
  }
}
