package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.ThreadState;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import one.convert.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmc.common.IMCFrame;
import org.openjdk.jmc.common.IMCStackTrace;
import org.openjdk.jmc.common.IMCThread;
import org.openjdk.jmc.common.item.IItem;
import org.openjdk.jmc.common.item.IItemIterable;
import org.openjdk.jmc.common.item.IType;
import org.openjdk.jmc.common.item.ItemFilters;
import org.openjdk.jmc.flightrecorder.JfrAttributes;
import org.openjdk.jmc.flightrecorder.JfrLoaderToolkit;
import org.openjdk.jmc.flightrecorder.jdk.JdkAggregators;

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

  private static final Profile ALL_KINDS =
      ProfileText.lines(
              "main;a.b.C.main:12;libc.so.6+0x9bf40:n;libzip.so`Java_x.y:n;[syscall futex]:k 2",
              "GC Thread#0;[native thread];libjvm.so`G1::run(std::vector<a.b>&)`1:v 5",
              "w;libc.so.6.Cls`x.m:7;[vdso]`clock_gettime:n 1")
          .build();

  @Test
  void shouldTellTheKindsOfFrames() throws IOException {
    Map<String, String> types = new TreeMap<>();
    for (RecordedEvent event : events(written(ALL_KINDS), "jdk.ExecutionSample")) {
      for (RecordedFrame frame : event.getStackTrace().getFrames()) {
        types.put(
            frame.getMethod().getType().getName() + " | " + frame.getMethod().getName(),
            frame.getType());
      }
    }
    assertEquals(
        Map.of(
            "a.b.C | main", "Java",
            " | libc.so.6+0x9bf40", "Native",
            "libzip.so | Java_x.y", "Native",
            " | [syscall futex]", "Kernel",
            " | [native thread]", "Native",
            "libjvm.so | G1::run(std::vector<a.b>&)`1", "C++",
            "libc.so.6.Cls`x | m", "Java",
            " | [vdso]`clock_gettime", "Native"),
        types);
  }

  @Test
  void shouldGiveFunctionsALibraryAndNoPackageInMissionControl() throws Exception {
    Map<String, String> packages = new TreeMap<>();
    for (IItemIterable items :
        JfrLoaderToolkit.loadEvents(written(ALL_KINDS).toFile())
            .apply(ItemFilters.type("jdk.ExecutionSample"))) {
      for (IItem item : items) {
        IMCStackTrace trace =
            JfrAttributes.EVENT_STACKTRACE.getAccessor(type(item)).getMember(item);
        for (IMCFrame frame : trace.getFrames()) {
          packages.put(
              frame.getMethod().getType().getFullName() + " " + frame.getType().getName(),
              frame.getMethod().getType().getPackage().getName());
        }
      }
    }
    assertEquals(
        Map.of(
            "a.b.C JAVA", "a.b",
            "libc.so.6.Cls`x JAVA", "libc.so.6",
            "libzip.so NATIVE", "",
            "libjvm.so CPP", "",
            " NATIVE", "",
            " KERNEL", ""),
        packages);
  }

  /** The converter shows a function without its library, and marks Java code and system calls. */
  @Test
  void shouldShowTheKindsInTheConverter() throws Exception {
    Path collapsed = directory.resolve("kinds.collapsed");
    Main.main(
        new String[] {
          "-o", "collapsed", "--dot", written(ALL_KINDS).toString(), collapsed.toString()
        });
    assertEquals(
        Set.of(
            "a.b.C.main_[j];libc.so.6+0x9bf40;Java_x.y;[syscall futex]_[k] 2",
            "[native thread];G1::run(std::vector<a.b>&)`1 5",
            "libc.so.6.Cls`x.m_[j];[vdso]`clock_gettime 1"),
        Set.copyOf(Files.readAllLines(collapsed)));
  }

  static Map<String, StackTotals.Total> readByJdk(Path file) throws IOException {
    StackTotals totals = new StackTotals();
    for (RecordedEvent event : events(file, "jdk.ExecutionSample")) {
      add(totals, event, "sampledThread", 1, 0);
    }
    for (RecordedEvent event : events(file, "spprof.CPUTimeSample")) {
      add(totals, event, "eventThread", 0, event.getDuration("samplingPeriod").toNanos());
    }
    return totals.all();
  }

  private static void add(
      StackTotals totals, RecordedEvent event, String thread, long samples, long cpuNanos) {
    List<String> frames = new ArrayList<>();
    for (RecordedFrame frame : event.getStackTrace().getFrames()) {
      String type = frame.getMethod().getType().getName();
      String separator = type.isEmpty() ? "" : frame.getType().equals("Java") ? "." : "`";
      frames.add(type + separator + frame.getMethod().getName());
    }
    totals.add(event.getThread(thread).getJavaName(), frames, samples, cpuNanos);
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
    assertEquals(expected(ALL_KINDS), readByJdk(written(ALL_KINDS)));
  }

  @Test
  void shouldBeReadByMissionControlToTheSample() throws Exception {
    Map<String, Long> expected = new TreeMap<>();
    expected(PROFILE).forEach((stack, total) -> expected.put(stack, total.samples()));

    assertEquals(expected, readByMissionControl(written(PROFILE)));
  }

  /** Both without an option and with {@code --cpu}, which selects samples by their state. */
  @ParameterizedTest
  @ValueSource(strings = {"--threads", "--cpu"})
  void shouldBeReadByTheConverterToTheSample(String option) throws Exception {
    Path collapsed = directory.resolve("converted.collapsed");
    Main.main(
        new String[] {
          "-o",
          "collapsed",
          option,
          "--threads",
          "--dot",
          written(PROFILE).toString(),
          collapsed.toString()
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
      assertEquals("STATE_DEFAULT", event.getString("state"));
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
  void shouldShowTheNumbersOfThreads() throws Exception {
    Profile profile =
        ProfileText.lines(
                "main;a.A.a 1",
                "several;a.A.a 1",
                "VM Thread;[native thread] 1",
                "GC Thread#0;[native thread] 1")
            .threadIds("main", 101, 1)
            .threadIds("VM Thread", 102, 0)
            .build();
    Path file = written(profile);

    Map<String, List<Long>> ids = new TreeMap<>();
    for (RecordedEvent event : events(file, "spprof.CPUTimeSample")) {
      RecordedThread thread = event.getThread("eventThread");
      // The field itself: for 0, getJavaThreadId() returns -1 on newer JDKs.
      ids.put(
          thread.getJavaName(), List.of(thread.getOSThreadId(), thread.getLong("javaThreadId")));
      assertEquals(thread.getJavaName(), thread.getOSName());
    }
    assertEquals(
        Map.of(
            "main", List.of(101L, 1L),
            "several", List.of(0L, 0L),
            "VM Thread", List.of(102L, 0L),
            "GC Thread#0", List.of(0L, 0L)),
        ids);
    String printed = run("jfr", "print", "--events", "jdk.ExecutionSample", file.toString());
    assertTrue(printed.contains("sampledThread = \"main\" (javaThreadId = 1)"), printed);
    assertTrue(printed.contains("sampledThread = \"VM Thread\" (osThreadId = 102)"), printed);
  }

  /** The other event keeps the state that the converter looks for. */
  @Test
  void shouldShowTheStateOfEachSample() throws Exception {
    ThreadState[] states = ThreadState.values();
    long[] cpuAndStates = new long[states.length];
    for (int i = 0; i < states.length; i++) {
      cpuAndStates[i] = SampleTimes.Chunk.cpuAndState(10_000_000 + i, states[i]);
    }
    int[] zeros = new int[states.length];
    SampleTimes times =
        new SampleTimes(
            List.of(new SampleTimes.Chunk(0, zeros, zeros, cpuAndStates, states.length)), 0);
    Path file = written(ProfileText.lines("main;a.A.a " + states.length).times(times).build());

    List<RecordedEvent> samples = events(file, "spprof.CPUTimeSample");
    for (int i = 0; i < states.length; i++) {
      assertEquals(states[i].name(), samples.get(i).getString("state"));
      assertEquals(10_000_000 + i, samples.get(i).getDuration("samplingPeriod").toNanos());
    }
    for (RecordedEvent event : events(file, "jdk.ExecutionSample")) {
      assertEquals("STATE_DEFAULT", event.getString("state"));
    }
    String printed = run("jfr", "print", "--events", "spprof.CPUTimeSample", file.toString());
    assertTrue(printed.contains("state = \"IN_NATIVE\""), printed);
  }

  @Test
  void shouldShowTheSession() throws IOException {
    List<RecordedEvent> sessions = events(written(PROFILE), "spprof.Session");

    assertEquals(1, sessions.size());
    RecordedEvent session = sessions.get(0);
    assertEquals("shop.jar", session.getString("program"));
    assertEquals("web-1", session.getString("host"));
    assertEquals(Instant.parse("2026-01-01T00:00:00Z"), session.getStartTime());
    assertEquals(Instant.parse("2026-01-01T00:01:00Z"), session.getEndTime());
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
  void shouldShowTheJvmWithoutArguments() throws Exception {
    Path file = written(PROFILE);
    RecordedEvent jvm = events(file, "jdk.JVMInformation").get(0);
    String version = "OpenJDK 64-Bit Server VM (17.0.15+6) JRE (17.0.15+6)";

    assertEquals("OpenJDK 64-Bit Server VM", jvm.getString("jvmName"));
    assertEquals(version, jvm.getString("jvmVersion"));
    assertEquals(null, jvm.getString("jvmArguments"));
    assertEquals(null, jvm.getString("jvmFlags"));
    assertEquals("shop.jar", jvm.getString("javaArguments"));
    assertEquals(Instant.parse("2025-12-31T16:53:20Z"), jvm.getInstant("jvmStartTime"));
    assertEquals(42, jvm.getLong("pid"));
    assertEquals(
        version,
        JfrLoaderToolkit.loadEvents(file.toFile()).getAggregate(JdkAggregators.JVM_VERSION));
  }

  @Test
  void shouldSayNothingOfAJvmThatIsNotKnown() throws Exception {
    ProfileText text = ProfileText.lines("main;a.A.a 1");
    text.jvm = JvmInfo.NONE;
    Path file = written(text.build());
    assertEquals(List.of(), events(file, "jdk.JVMInformation"));
    assertEquals("", events(file, "spprof.Session").get(0).getString("host"));
  }

  @Test
  void shouldSayWhichStacksCouldNotBeWalked() throws IOException {
    Profile profile =
        ProfileText.lines("m;[broken: stub];[at SafepointBlob+0x67];a.A.a 2", "m;a.A.b 5")
            .dropped(Drops.NONE.plus(DropReason.LATE, 4), 9)
            .build();
    Path file = written(profile);

    List<RecordedEvent> samples = events(file, "spprof.CPUTimeSample");
    assertEquals(2, samples.stream().filter(event -> event.getBoolean("failed")).count());
    assertEquals(0, samples.stream().filter(event -> event.getBoolean("biased")).count());
    assertEquals(7, samples.size());
    assertEquals(4, events(file, "spprof.CPUTimeSamplesLost").get(0).getInt("lostSamples"));
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
      String jvm = run("jfr", "view", "jvm-information", file.toString());
      assertTrue(jvm.matches("(?s).*PID: 42\n.*Program Arguments: shop.jar\n.*"), jvm);
    }
    if (Runtime.version().feature() >= 25) {
      String hot = run("jfr", "view", "cpu-time-hot-methods", file.toString());
      assertTrue(hot.matches("(?s).*java.util.HashMap.get\\(\\) +5 +38.46%.*"), hot);
      String statistics = run("jfr", "view", "cpu-time-statistics", file.toString());
      assertTrue(
          statistics.matches("(?s).*Successful Samples: 13\n.*Lost Samples: 21\n.*"), statistics);
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
