package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mockingDetails;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.spprof.export.TextReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.MBeanException;
import javax.management.MBeanServerConnection;
import javax.management.RuntimeMBeanException;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {

  private static final String HEADING = "   self %  total %      samples  method";

  private static final long FAR = Long.MAX_VALUE / 2;
  private static final String CONTINUOUS = "interval=10ms,mode=continuous";

  /** The second window is that of the range, which begins at 123,456 ms. */
  private static final String WINDOWS =
      """
      from                 to                        samples  drops  cpu_ms
      1970-01-01T00:01:50Z 1970-01-01T00:02:00Z         1000    100      10
      1970-01-01T00:02:00Z 1970-01-01T00:02:10.123Z     2000     20      20
      1970-01-01T00:02:10.123Z 1970-01-01T00:02:13Z       30      3       3
      """;

  @TempDir private Path directory;

  private final List<String> warnings = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong(); // the time
  private StreamingTarget target;
  private MBeanServerConnection server;
  private Path file;
  private Recording recording;

  @BeforeEach
  void answer() throws Exception {
    file = directory.resolve("p.collapsed");
    target = new StreamingTarget();
    server = target.server;
    recording = record("-o", file.toString());
    target
        .operation("startWith")
        .thenAnswer(
            call -> {
              answers("RUNNING", "mode=session", 3);
              return 3L;
            });
    target
        .operation("stop")
        .thenAnswer(
            call -> {
              answers("IDLE", "mode=session", 3);
              return null;
            });
    target.operation("readStream").thenReturn(new byte[] {1, 2}, null, new byte[] {1, 2, 3}, null);
    answers("IDLE", "mode=session", 2);
  }

  private Recording record(String... output) {
    Download download = StreamingTarget.download(output);
    return new Recording(target.bean, download, "duration=70s", 0, nanos::get, warnings::add);
  }

  private static CompositeData record(Map<String, ?> values) throws OpenDataException {
    String[] names = values.keySet().toArray(String[]::new);
    OpenType<?>[] types =
        Arrays.stream(names)
            .map(name -> values.get(name) instanceof Double ? SimpleType.DOUBLE : SimpleType.LONG)
            .toArray(OpenType<?>[]::new);
    return new CompositeDataSupport(new CompositeType("R", "R", names, names, types), values);
  }

  private void answers(String state, String options, long session) throws Exception {
    answers(state, options, session, 100_000);
  }

  private void answers(String state, String options, long session, long keptFrom) throws Exception {
    AttributeList all = new AttributeList();
    all.add(new Attribute("State", state));
    all.add(new Attribute("Options", options));
    Map<String, ?> figures =
        Map.of("id", session, "collected", 10L, "dropped", 1L, "measuredOverheadPercent", 0.254);
    all.add(new Attribute("Session", record(figures)));
    all.add(new Attribute("Kept", record(Map.of("fromMillis", keptFrom, "toMillis", 123_456L))));
    when(server.getAttributes(any(), any())).thenReturn(all);
  }

  private void continuous() throws Exception {
    answers("RUNNING", CONTINUOUS, 5);
    windows(WINDOWS);
  }

  private void windows(String... tables) throws Exception {
    String[] more = Arrays.copyOfRange(tables, 1, tables.length);
    target.operation("windows").thenReturn(tables[0], (Object[]) more);
  }

  /** Takes a stretch of a session whose windows are these. Returns what the user is told. */
  private String saidOfStretch(String... tables) throws Exception {
    continuous();
    windows(tables);
    recording.begin("");
    return recording.finish();
  }

  private List<String> files() {
    return List.of(directory.toFile().list());
  }

  private void verifyStops(int count) throws Exception {
    verify(server, times(count)).invoke(any(), eq("stop"), any(), any());
  }

  @Test
  void shouldStartAndStopASessionOfItsOwn() throws Exception {
    recording.begin("");
    assertEquals(3, recording.id());
    assertTrue(recording.isOurs());
    String said = recording.finish();

    assertTrue(said.startsWith("session 3: 10 samples, 1 dropped, measured overhead 0.25 %"), said);
    assertTrue(said.endsWith(file + ": 2 bytes"), said);
    assertEquals(List.of("p.collapsed"), files());
    verifyStops(1);
  }

  @Test
  void shouldTakeAStretchOfAContinuousSessionAndLeaveItRunning() throws Exception {
    continuous();
    recording.begin("");
    String said = recording.finish();

    assertEquals(5, recording.id());
    assertFalse(recording.isOurs());
    assertTrue(
        said.startsWith(
            "session 5: 2,030 samples, 23 dropped from 1970-01-01T00:02:00Z to"
                + " 1970-01-01T00:02:13Z; it goes on"),
        said);
    assertEquals(List.of(), warnings);
    verify(server)
        .invoke(any(), eq("openStreamOf"), eq(new Object[] {"collapsed", "from=123456"}), any());
    verify(server, never()).invoke(any(), eq("startWith"), any(), any());
    verifyStops(0);
  }

  @Test
  void shouldRefuseOptionsForASessionThatRuns() throws Exception {
    continuous();
    CommandFailure refused =
        assertThrows(CommandFailure.class, () -> recording.begin("interval=1ms"));
    assertTrue(refused.getMessage().contains("leave out --options"), refused::getMessage);
  }

  @Test
  void shouldSaveWhatWasFetchedWhenTheTargetEnds() throws Exception {
    recording.begin("");
    recording.fetchIfDue(FAR);
    assertEquals(1, files().size());
    assertFalse(Files.exists(file), "it is not complete");
    when(server.invoke(any(), any(), any(), any())).thenThrow(new IOException("gone"));

    recording.rescue();

    assertEquals(List.of("p.collapsed"), files());
    assertEquals(2, Files.size(file));
    assertTrue(recording.saved().contains("p.collapsed: 2 bytes"), recording::saved);
  }

  @Test
  void shouldSaveAllUpToNowWhenItIsInterrupted() throws Exception {
    recording.begin("");
    recording.fetchIfDue(FAR);
    recording.rescue();

    assertEquals(3, Files.size(file));
    assertEquals(List.of("p.collapsed"), files());
    verifyStops(1);
  }

  @Test
  void shouldSaveNothingWhereNothingWasFetched() throws Exception {
    recording.begin("");
    when(server.invoke(any(), any(), any(), any())).thenThrow(new IOException("gone"));
    recording.rescue();

    assertEquals(List.of(), files());
    assertEquals("nothing is saved: the profile was not fetched yet", recording.saved());
  }

  @Test
  void shouldNotFetchTheProfileOfSomebodyElsesNextSession() throws Exception {
    recording.begin("");
    recording.fetchIfDue(FAR);
    recording.endedByOthers();
    recording.rescue();

    assertEquals(2, Files.size(file));
    verifyStops(0);
  }

  @Test
  void shouldNotReplaceAFileThatSomebodyElseMadeMeanwhile() throws Exception {
    recording.begin("");
    recording.fetchIfDue(FAR);
    Files.writeString(file, "theirs");
    recording.rescue();

    assertEquals("theirs", Files.readString(file));
    Path part = part();
    assertEquals(3, Files.size(part));
    assertTrue(
        recording.saved().contains("exists")
            && recording.saved().endsWith("the profile is in " + part),
        recording::saved);
  }

  /** Waits until this many downloads were due, and have ended. */
  private void fetch(int downloads, long endNanos) throws Exception {
    while (downloads() < downloads) {
      recording.fetchIfDue(endNanos);
    }
  }

  private long downloads() {
    return mockingDetails(server).getInvocations().stream()
        .filter(call -> call.getMethod().getName().equals("invoke"))
        .filter(call -> call.getArgument(1).equals("closeStream"))
        .count();
  }

  /** The file of a download that could not get its final name. */
  private Path part() {
    List<String> parts = files().stream().filter(name -> name.endsWith(".part")).toList();
    assertEquals(1, parts.size(), parts::toString);
    return directory.resolve(parts.get(0));
  }

  @Test
  void shouldKeepTheProfileThatCannotGetItsName() throws Exception {
    recording.begin("");
    Files.writeString(file, "theirs");
    CommandFailure failure = assertThrows(CommandFailure.class, recording::finish);
    recording.rescue();

    assertEquals("theirs", Files.readString(file));
    assertEquals(2, Files.size(part()));
    assertTrue(failure.getMessage().endsWith("the profile is in " + part()), failure::getMessage);
    assertEquals("", recording.saved(), "the failure says it");
  }

  @Test
  void shouldStopASessionWhateverFailsAfterItsStart() throws Exception {
    AttributeList idle = server.getAttributes(null, null);
    when(server.getAttributes(any(), any())).thenReturn(idle).thenThrow(new IOException("reset"));
    target.operation("startWith").thenReturn(3L);
    recording.begin("");
    assertTrue(recording.isOurs());
  }

  @Test
  void shouldGoOnAfterADownloadThatFails() throws Exception {
    target
        .operation("readStream")
        .thenThrow(new MBeanException(new IOException("no room")))
        .thenThrow(new RuntimeMBeanException(new IllegalStateException("4 streams are open")))
        .thenThrow(new RuntimeMBeanException(new IllegalStateException("4 streams are open")))
        .thenReturn(new byte[] {1}, (Object) null);
    recording.begin("");
    for (int i = 0; i < 3; i++) {
      fetch(i + 1, FAR);
      assertEquals(List.of(), files());
    }
    assertEquals(2, warnings.size(), warnings::toString);
    assertTrue(warnings.get(0).contains("no room"), warnings::toString);
    assertTrue(warnings.get(1).contains("4 streams are open"), warnings::toString);

    recording.finish();
    assertEquals(1, Files.size(file));
  }

  @Test
  void shouldGoOnIfThereIsNoRoomForADownload() throws Exception {
    Path missing = directory.resolve("missing");
    Files.createDirectory(missing);
    recording = record("-o", missing.resolve("p.collapsed").toString());
    recording.begin("");
    Files.delete(missing);
    recording.fetchIfDue(FAR);

    assertTrue(warnings.get(0).contains("there is no directory for "), warnings::toString);
  }

  @Test
  void shouldEndWhenTheTargetIsGone() throws Exception {
    recording.begin("");
    target.operation("readStream").thenThrow(new IOException("reset"));
    assertThrows(IOException.class, () -> recording.fetchIfDue(FAR));
  }

  @Test
  void shouldGiveUpADownloadAtTheEnd() throws Exception {
    recording.begin("");
    long end = nanos.get() + 1_000_000_000L;
    target
        .operation("readStream")
        .thenAnswer(
            call -> {
              boolean isWhole = nanos.addAndGet(10_000_000) > 2 * end; // a block takes 10 ms
              return isWhole ? null : new byte[] {9, 9, 9, 9};
            });
    recording.fetchIfDue(end);

    assertEquals(end, nanos.get());
    assertEquals(1, downloads());
    assertEquals(List.of(), files());
    assertEquals(List.of(), warnings);
  }

  @Test
  void shouldSaveASessionWhoseDurationIsOver() throws Exception {
    recording.begin("");
    answers("IDLE", "mode=session", 3);
    target.operation("stop").thenThrow(new RuntimeMBeanException(new IllegalStateException("no")));
    recording.finish();

    assertEquals(2, Files.size(file));
  }

  @Test
  void shouldSaveASessionThatEndsByItselfWhileItIsStopped() throws Exception {
    recording.begin("");
    target
        .operation("stop")
        .thenAnswer(
            call -> {
              answers("IDLE", "mode=session", 3);
              throw new RuntimeMBeanException(new IllegalStateException("no session runs"));
            });
    recording.finish();
    assertEquals(2, Files.size(file));
  }

  @Test
  void shouldFailIfTheStopFailsAndTryAgain() throws Exception {
    recording.begin("");
    target
        .operation("stop")
        .thenAnswer(
            call -> {
              answers("FAILED", "mode=session", 3);
              throw new RuntimeMBeanException(new IllegalStateException("a handler is in flight"));
            })
        .thenAnswer(
            call -> {
              answers("IDLE", "mode=session", 3);
              return null;
            });
    RuntimeException failure = assertThrows(RuntimeException.class, recording::finish);
    assertTrue(String.valueOf(Target.failure(failure)).contains("a handler is in flight"));
    recording.rescue();

    verifyStops(2);
    assertEquals(2, Files.size(file));
  }

  @Test
  void shouldNotCountAWindowThatEndsWhereTheStretchBegins() throws Exception {
    String said =
        saidOfStretch(WINDOWS.replace("00:02:00Z", "00:02:03.500Z")); // 44 ms behind the beginning
    assertTrue(said.startsWith("session 5: 2,030 samples, 23 dropped"), said);
  }

  @Test
  void shouldSayNothingOfAFileAfterAPipeThatBreaks() throws Exception {
    recording = record("-o", "/dev/null", "--overwrite", "--format", "collapsed");
    recording.begin("");
    target.operation("readStream").thenThrow(new IOException("reset"));
    assertThrows(IOException.class, recording::finish);
    recording.rescue();
    assertEquals("", recording.saved());
  }

  @Test
  void shouldNotStopTheNextSession() throws Exception {
    recording.begin("");
    recording.fetchIfDue(FAR);
    answers("RUNNING", "mode=session", 4);
    CommandFailure refused = assertThrows(CommandFailure.class, recording::finish);
    recording.rescue();

    assertEquals("session 3 has ended, and session 4 has begun", refused.getMessage());
    assertEquals(2, Files.size(file));
    verifyStops(0);
  }

  @Test
  void shouldSayThatTheFiguresOfAStretchAreNotExact() throws Exception {
    String said = saidOfStretch(WINDOWS, WINDOWS.replace("2000", "2001"));
    assertTrue(said.startsWith("session 5: about 2,031 samples, 23 dropped"), said);
  }

  /** The target computes its clock anew for each answer. */
  @Test
  void shouldSayTheExactFiguresOfAStretchThoughItsClockMoves() throws Exception {
    String said = saidOfStretch(WINDOWS, WINDOWS.replace("00:02:00Z", "00:02:00.001Z"));
    assertTrue(said.startsWith("session 5: 2,030 samples, 23 dropped"), said);
  }

  @Test
  void shouldWarnIfTheBeginningOfAStretchIsNotKept() throws Exception {
    continuous();
    recording.begin("");
    answers("RUNNING", CONTINUOUS, 5, 126_456);
    recording.finish();
    assertEquals(
        List.of(
            "the session keeps nothing any more of the first 3 s, see its retention and memory"),
        warnings);
  }

  @Test
  void shouldTakeTheHottestMethodsOfItsStretch() throws Exception {
    continuous();
    recording.begin("");
    when(server.invoke(any(), eq("reportOf"), eq(new Object[] {"from=123456"}), any()))
        .thenReturn(
            "spprof\n"
                + TextReport.METHODS_HEADING
                + "\n  9 a\u001b\n  8 b\n  7 c\n\nThreads\n  6");
    assertEquals(List.of(HEADING, "  9 a ", "  8 b"), recording.hottest(2, 80));
    assertEquals(4, recording.hottest(5, 80).size());

    target.operation("reportOf").thenThrow(new IOException("gone"));
    assertEquals(List.of(), recording.hottest(5, 80));
  }

  @Test
  void shouldFitTheHottestMethodsIntoTheTerminal() throws Exception {
    String name = "org.springframework.data.jpa.repository.support.SimpleJpaRepository.findAll";
    continuous();
    recording.begin("");
    String line =
        String.format(
            "  %7.2f  %7.2f %12s %12s %,12d  %-9s  %s",
            17.25, 99.5, "1.73 s", "9.95 s", 1234, "Java", name);
    target.operation("reportOf").thenReturn(TextReport.METHODS_HEADING + "\n" + line);
    assertEquals(
        List.of(
            HEADING,
            "    17.25    99.50        1,234  org.springframewor….SimpleJpaRepository.findAll"),
        recording.hottest(5, 80));
    assertEquals(
        "    17.25    99.50        1,234  " + name, recording.hottest(5, Integer.MAX_VALUE).get(1));
  }
}
