package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import one.convert.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmc.common.IMCFrame;
import org.openjdk.jmc.common.IMCStackTrace;
import org.openjdk.jmc.common.IMCThread;
import org.openjdk.jmc.common.item.IItem;
import org.openjdk.jmc.common.item.IItemIterable;
import org.openjdk.jmc.common.item.IType;
import org.openjdk.jmc.common.item.ItemFilters;
import org.openjdk.jmc.flightrecorder.JfrAttributes;
import org.openjdk.jmc.flightrecorder.JfrLoaderToolkit;

/**
 * Checks that every reader of JFR recordings can read the recordings that spprof exports, and that
 * all readers get the same contents.
 */
final class JfrExporterTest {

  private static final Profile PROFILE =
      ProfileText.lines(
              "main;a.b.C.main:12;a.b.C$$Lambda/0x00000000ff.run;java.util.HashMap.get:560 3",
              "main;a.b.C.main:13;a.b.C$$Lambda/0x00000000ff.run;java.util.HashMap.get:561 2 17ms",
              "w 1;[truncated];x.Y.z:7 2 25ms",
              "GC Thread#0;[native thread] 5",
              "ü – €;Unpackaged.größe:65535 1")
          .dropped(
              Drops.NONE.plus(DropReason.BUFFER_FULL, 20).plus(DropReason.COLLECTOR_ERROR, 1), 777)
          .unseen(333)
          .build();

  @TempDir private Path directory;

  private Path written(Profile profile) throws IOException {
    Path file = directory.resolve("p.jfr");
    try (OutputStream out = Files.newOutputStream(file)) {
      new Export(profile, ExportFormat.JFR).writeTo(out);
    }
    return file;
  }

  /** The expected totals. Recordings write a hidden class's name with a + before the address. */
  private static Map<String, StackTotals.Total> expected(Profile profile) {
    Map<String, StackTotals.Total> expected = new TreeMap<>();
    StackTotals.of(profile)
        .all()
        .forEach((stack, total) -> expected.put(stack.replace('/', '+'), total));
    return expected;
  }

  private static String name(String type, String method) {
    return type.isEmpty() ? method : type + "." + method;
  }

  private static List<RecordedEvent> events(Path file, String type) throws IOException {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(type))
        .toList();
  }

  @Test
  void shouldMarkFramesOfNativeCode() throws IOException {
    Profile profile =
        ProfileText.lines(
                "main;a.b.C.main:12;libc.so.6+0x9bf40:-1 2", "GC Thread#0;[native thread] 5")
            .build();
    Path file = written(profile);
    assertEquals(expected(profile), readByJdk(file));
    Map<String, String> types = new TreeMap<>();
    for (RecordedEvent event : events(file, "jdk.ExecutionSample")) {
      for (RecordedFrame frame : event.getStackTrace().getFrames()) {
        types.put(frame.getMethod().getName(), frame.getType());
      }
    }
    assertEquals("Native", types.get("libc.so.6+0x9bf40"));
    assertEquals("Java", types.get("main"));
    assertEquals("Java", types.get("[native thread]"));
  }

  private static Map<String, StackTotals.Total> readByJdk(Path file) throws IOException {
    StackTotals totals = new StackTotals();
    long interval = events(file, "spprof.Session").get(0).getLong("interval");
    for (RecordedEvent event : events(file, "jdk.ExecutionSample")) {
      add(totals, event, 1, interval);
    }
    for (RecordedEvent event : events(file, "spprof.CpuTime")) {
      add(totals, event, 0, event.getLong("cpuTime") - interval);
    }
    return totals.all();
  }

  private static void add(StackTotals totals, RecordedEvent event, long samples, long cpuNanos) {
    List<String> frames = new ArrayList<>();
    for (RecordedFrame frame : event.getStackTrace().getFrames()) {
      frames.add(name(frame.getMethod().getType().getName(), frame.getMethod().getName()));
    }
    totals.add(event.getThread("sampledThread").getJavaName(), frames, samples, cpuNanos);
  }

  private static Map<String, Long> readByMissionControl(Path file) throws Exception {
    StackTotals totals = new StackTotals();
    for (IItemIterable items :
        JfrLoaderToolkit.loadEvents(file.toFile()).apply(ItemFilters.type("jdk.ExecutionSample"))) {
      for (IItem item : items) {
        IMCStackTrace trace =
            JfrAttributes.EVENT_STACKTRACE.getAccessor(type(item)).getMember(item);
        IMCThread thread = JfrAttributes.EVENT_THREAD.getAccessor(type(item)).getMember(item);
        List<String> frames = new ArrayList<>();
        for (IMCFrame frame : trace.getFrames()) {
          frames.add(
              name(frame.getMethod().getType().getFullName(), frame.getMethod().getMethodName()));
        }
        totals.add(thread.getThreadName(), frames, 1, 0);
      }
    }
    return totals.samples();
  }

  @SuppressWarnings("unchecked")
  private static IType<IItem> type(IItem item) {
    return (IType<IItem>) item.getType();
  }

  @Test
  void shouldBeReadByTheJdkToTheSample() throws IOException {
    assertEquals(expected(PROFILE), readByJdk(written(PROFILE)));
  }

  @Test
  void shouldBeReadByMissionControlToTheSample() throws Exception {
    Map<String, Long> expected = new TreeMap<>();
    expected(PROFILE).forEach((stack, total) -> expected.put(stack, total.samples()));

    assertEquals(expected, readByMissionControl(written(PROFILE)));
  }

  @Test
  void shouldBeReadByTheConverterToTheSample() throws Exception {
    Path collapsed = directory.resolve("converted.collapsed");
    Main.main(
        new String[] {
          "-o", "collapsed", "--threads", "--dot", written(PROFILE).toString(), collapsed.toString()
        });

    Map<String, Long> read = new TreeMap<>();
    for (String line : Files.readAllLines(collapsed)) {
      int blank = line.lastIndexOf(' ');
      // "[main tid=1];a.B.c_[j]"
      String stack =
          line.substring(1, blank).replaceFirst(" tid=[0-9]+]", "").replaceAll("_\\[[a-z0-9]]", "");
      read.merge(stack, Long.valueOf(line.substring(blank + 1)), Long::sum);
    }
    Map<String, Long> expected = new TreeMap<>();
    expected(PROFILE).forEach((stack, total) -> expected.put(stack, total.samples()));
    assertEquals(expected, read);
  }

  @Test
  void shouldExportLinesTimesAndStates() throws IOException {
    Path file = written(PROFILE);

    List<String> lines = new ArrayList<>();
    List<RecordedEvent> samples = events(file, "jdk.ExecutionSample");
    for (RecordedEvent event : samples) {
      StringBuilder line = new StringBuilder();
      event.getStackTrace().getFrames().forEach(f -> line.append(f.getLineNumber()).append(' '));
      lines.add(line.toString().strip());
      assertEquals("STATE_RUNNABLE", event.getString("state"));
    }
    assertEquals("560 0 12", lines.get(0));
    assertEquals("561 0 13", lines.get(3));
    assertEquals("7 0", lines.get(5));
    assertEquals("65535", lines.get(12));
    assertTrue(samples.get(5).getStackTrace().isTruncated());
    Instant start = Instant.ofEpochMilli(PROFILE.info().session().startTimeMillis());
    for (int i = 0; i < samples.size(); i++) {
      assertEquals(start.plusMillis(10 * i), samples.get(i).getStartTime());
    }
  }

  @Test
  void shouldShowTheSession() throws IOException {
    List<RecordedEvent> sessions = events(written(PROFILE), "spprof.Session");

    assertEquals(1, sessions.size());
    RecordedEvent session = sessions.get(0);
    assertEquals(3, session.getLong("sessionId"));
    assertEquals(PROFILE.info().session().options(), session.getString("options"));
    assertEquals("ctimer", session.getString("engine"));
    assertEquals("agct", session.getString("walker"));
    assertEquals(PROFILE.totalSamples(), session.getLong("samples"));
    assertEquals(PROFILE.totalCpuNanos(), session.getLong("cpuTime"));
    assertEquals(21, session.getLong("droppedSamples"));
    assertEquals(777, session.getLong("droppedCpuTime"));
    assertEquals(333, session.getLong("unseenCpuTime"));
    assertEquals(0, session.getLong("olderSamples"));
  }

  @Test
  void shouldSayHowManySamplesAreTooOldForIt() throws IOException {
    Profile profile =
        ProfileText.lines("main;a.A.a 10").times(new SampleTimes(List.of(), 10)).build();
    Path file = written(profile);

    assertEquals(10, events(file, "spprof.Session").get(0).getLong("olderSamples"));
    assertEquals(List.of(), events(file, "jdk.ExecutionSample"));
  }

  @Test
  void shouldBeAFileOfManyChunksWithoutADifference() throws Exception {
    Profile profile = SampleProfiles.web(20_000, 12); // more frames than fit into one chunk
    Path file = written(profile);

    assertTrue(run("jfr", "summary", file.toString()).matches("(?s).*Chunks: [2-9].*"));
    assertEquals(expected(profile), readByJdk(file));
  }

  @Test
  void shouldBeReadByTheCommand() throws Exception {
    Path file = written(PROFILE);

    String summary = run("jfr", "summary", file.toString());
    assertTrue(summary.matches("(?s).*jdk.ExecutionSample +13 .*"), summary);
    String printed = run("jfr", "print", "--events", "jdk.ExecutionSample", file.toString());
    assertTrue(printed.contains("java.util.HashMap.get() line: 560"), printed);
    assertTrue(printed.contains("sampledThread = \"GC Thread#0\""), printed);
    if (Runtime.version().feature() >= 21) {
      String hot = run("jfr", "view", "hot-methods", file.toString());
      assertTrue(hot.matches("(?s).*java.util.HashMap.get\\(\\) +5 +38.46%.*"), hot);
    }
  }

  private static String run(String command, String... arguments) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", command).toString());
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
