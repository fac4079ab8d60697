package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.export.ExportFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import javax.swing.SwingUtilities;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.stubbing.OngoingStubbing;

class RemoteBeanTest {

  @TempDir private Path directory;

  private final MBeanServerConnection server = mock(MBeanServerConnection.class);
  private final RemoteBean bean = new RemoteBean(() -> server);

  @BeforeEach
  void openAStream() throws Exception {
    when(server.invoke(any(), eq("openStream"), any(), any())).thenReturn(7L);
  }

  @Test
  void shouldTakeTheOptionsHelpFromTheTarget() throws Exception {
    assertEquals("", optionsHelp(), "an older target has none");
    MBeanParameterInfo options =
        new MBeanParameterInfo("options", "java.lang.String", "the keys: a=1;\n b=2");
    assertEquals("the keys: a=1;  b=2", optionsHelp(options));
  }

  private String optionsHelp(MBeanParameterInfo... parameters) throws Exception {
    MBeanOperationInfo start =
        new MBeanOperationInfo(
            "startWith", "starts", parameters, "long", MBeanOperationInfo.ACTION);
    when(server.getMBeanInfo(any()))
        .thenReturn(new MBeanInfo("x", "x", null, null, new MBeanOperationInfo[] {start}, null));
    return bean.optionsHelp();
  }

  @Test
  void shouldCopyAStreamToItsEndAndCloseIt() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1, 2}, new byte[] {3}, (Object) null);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringBuilder progress = new StringBuilder();

    bean.copy("jfr", "", out, bytes -> progress.append(bytes).append(' '));

    assertArrayEquals(new byte[] {1, 2, 3}, out.toByteArray());
    assertEquals("2 3 ", progress.toString());
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {7L}), any());
  }

  /** A server such as WebSphere's adds keys to the name. */
  @Test
  void shouldFindABeanThatTheServerRenamed() throws Exception {
    ObjectName name = new ObjectName(RemoteBean.OBJECT_NAME + ",cell=c,process=server1");
    when(server.getAttributes(any(), any())).thenThrow(new InstanceNotFoundException());
    assertThrows(InstanceNotFoundException.class, () -> bean.read("HotMethods"));
    when(server.queryNames(new ObjectName(RemoteBean.OBJECT_NAME + ",*"), null))
        .thenReturn(Set.of(name));
    doReturn(new AttributeList()).when(server).getAttributes(eq(name), any());

    bean.read("HotMethods");
    bean.stop();

    verify(server).invoke(eq(name), eq("stop"), any(), any());
  }

  @Test
  void shouldCloseAStreamThatFails() throws Exception {
    when(server.invoke(any(), eq("readStream"), any(), any())).thenThrow(new IOException("gone"));
    assertThrows(
        IOException.class, () -> bean.copy("jfr", "", new ByteArrayOutputStream(), bytes -> {}));
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

  /** Without the range, a user who sees ten minutes would get hours. */
  @Test
  void shouldSaveTheTimeThatTheGraphIsOf() throws Exception {
    when(server.invoke(any(), eq("openStreamOf"), any(), any())).thenReturn(8L);
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1}, null, new byte[] {1}, null, new byte[] {1}, null);
    Path ten = directory.resolve("ten.jfr");
    Path one = directory.resolve("one.jfr");
    Path hour = directory.resolve("hour.jfr");

    assertEquals(ten + ": 1 bytes, the last 10 minutes", save(ten, "10"));
    assertEquals(one + ": 1 bytes, the last minute", save(one, "1"));
    assertEquals(hour + ": 1 bytes, the last hour", save(hour, "60"));

    verify(server).invoke(any(), eq("openStreamOf"), eq(new Object[] {"jfr", "last=10m"}), any());
    verify(server).invoke(any(), eq("openStreamOf"), eq(new Object[] {"jfr", "last=1m"}), any());
  }

  private String save(Path file) throws Exception {
    return save(file, "");
  }

  /** Saves the profile and returns the last message. */
  private String save(Path file, String minutes) throws Exception {
    AtomicReference<String> shown = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    SwingUtilities.invokeAndWait(
        () ->
            new SaveButton(
                    null,
                    bean,
                    () -> minutes,
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
  void shouldAttachToAProcessOfThisMachineOnly() throws Exception {
    String own = ManagementFactory.getRuntimeMXBean().getName();
    String host = own.substring(own.indexOf('@'));
    long start = ManagementFactory.getRuntimeMXBean().getStartTime();
    assertEquals(ProcessHandle.current().pid(), processId(own, start));
    assertEquals(-1, processId(ProcessHandle.current().pid() + "@elsewhere.example", start));
    assertEquals(-1, processId("999999999999" + host, start));
    assertEquals(-1, processId("hostile", start));
    assertEquals(-1, processId("", start));
    // A JVM of another machine that has the same name, or of a container.
    assertEquals(-1, processId(own, start - 60_000));
    assertEquals(-1, processId(own, start + 60_000));
    assertEquals(-1, processId(own, null));
    Process other = new ProcessBuilder("sleep", "60").start();
    try {
      long begin = other.info().startInstant().orElse(Instant.now()).toEpochMilli();
      assertEquals(-1, processId(other.pid() + host, begin), "no JVM");
    } finally {
      other.destroyForcibly();
    }
  }

  private long processId(String name, Long startMillis) throws Exception {
    when(server.getAttribute(any(), eq("Name"))).thenReturn(name);
    when(server.getAttribute(any(), eq("StartTime"))).thenReturn(startMillis);
    return bean.localProcess();
  }

  @Test
  void shouldCopyARangeOfTime() throws Exception {
    when(server.invoke(any(), eq("openStreamOf"), any(), any())).thenReturn(8L);
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1}, (Object) null);

    bean.copy("jfr", "last=10m", new ByteArrayOutputStream(), bytes -> {});

    verify(server).invoke(any(), eq("openStreamOf"), eq(new Object[] {"jfr", "last=10m"}), any());
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {8L}), any());
  }

  @Test
  void shouldSaveTheDifferenceToTheSameTimeBefore() throws Exception {
    answerDifferences("pa", "ge");
    Path file = directory.resolve("difference.html");

    assertEquals("The difference is in " + file + ".", saveDifference(file));
    assertEquals("page", Files.readString(file));
    Object[] arguments = {"html", "from=-20m,to=-10m", "last=10m"};
    verify(server).invoke(any(), eq("openDifferenceStream"), eq(arguments), any());
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {9L}), any());
    assertEquals(file + " exists; choose another name", saveDifference(file));
    assertEquals("page", Files.readString(file));
    verify(server, times(1)).invoke(any(), eq("openDifferenceStream"), any(), any());
  }

  @Test
  void shouldLeaveNoPartOfADifferenceThatFails() throws Exception {
    answerDifferences();
    when(server.invoke(any(), eq("readStream"), any(), any()))
        .thenReturn(new byte[] {1})
        .thenThrow(new IOException("connection reset"));
    Path file = directory.resolve("difference.html");
    assertEquals("Cannot save the difference: connection reset", saveDifference(file));
    assertFalse(Files.exists(file));
    verify(server).invoke(any(), eq("closeStream"), eq(new Object[] {9L}), any());

    when(server.invoke(any(), eq("openDifferenceStream"), any(), any()))
        .thenThrow(
            new RuntimeMBeanException(new IllegalArgumentException("nothing is kept of that")));
    assertEquals("Cannot save the difference: nothing is kept of that", saveDifference(file));
    assertFalse(Files.exists(file));
  }

  private void answerDifferences(String... blocks) throws Exception {
    when(server.invoke(any(), eq("openDifferenceStream"), any(), any())).thenReturn(9L);
    OngoingStubbing<Object> reads = when(server.invoke(any(), eq("readStream"), any(), any()));
    for (String block : blocks) {
      reads = reads.thenReturn(block.getBytes(StandardCharsets.UTF_8));
    }
    reads.thenReturn(null);
  }

  /** Saves a difference of ten minutes and returns the last message. */
  private String saveDifference(Path file) throws Exception {
    AtomicReference<String> shown = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(2); // the first message says that it begins
    SwingUtilities.invokeAndWait(
        () ->
            new DifferenceButton(
                    bean,
                    () -> "10",
                    (text, isError) -> {
                      shown.set(text);
                      done.countDown();
                    })
                .save(file, false));
    assertTrue(done.await(30, TimeUnit.SECONDS));
    return shown.get();
  }

  /** The user can choose another range while a difference is saved. */
  @Test
  void shouldBeEnabledAfterASaveAsWasWantedMeanwhile() throws Exception {
    answerDifferences("page");
    for (boolean isWanted : new boolean[] {true, false}) {
      AtomicReference<DifferenceButton> button = new AtomicReference<>();
      CountDownLatch done = new CountDownLatch(2);
      SwingUtilities.invokeAndWait(
          () -> {
            button.set(new DifferenceButton(bean, () -> "10", (text, isError) -> done.countDown()));
            button.get().save(directory.resolve(isWanted + ".html"), false);
            assertFalse(button.get().isEnabled());
            button.get().setEnabled(isWanted);
            assertFalse(button.get().isEnabled());
          });
      assertTrue(done.await(30, TimeUnit.SECONDS));
      SwingUtilities.invokeAndWait(() -> assertEquals(isWanted, button.get().isEnabled()));
    }
  }

  @Test
  void shouldReadAnOlderAgentWithFewerAttributes() throws Exception {
    AttributeList some = new AttributeList();
    some.add(new Attribute("State", "RUNNING"));
    some.add(new Attribute("CollectedSamples", 5L));
    when(server.getAttributes(any(), any())).thenReturn(some);

    Reading reading = bean.read("HotMethods");

    assertTrue(reading.isRunning());
    assertEquals(5, reading.number("CollectedSamples"));
    assertTrue(Double.isNaN(reading.number("MemoryUsedBytes")));
    assertEquals("", reading.text("LastError"));
    assertSame(Reading.HotMethods.NONE, reading.hotMethods());
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
