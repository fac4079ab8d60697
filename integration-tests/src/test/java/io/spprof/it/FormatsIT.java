package io.spprof.it;

import static io.spprof.export.ExportFormat.COLLAPSED;
import static io.spprof.export.ExportFormat.COLLAPSED_CPU;
import static io.spprof.export.ExportFormat.COLLAPSED_KINDS;
import static io.spprof.export.ExportFormat.COLLAPSED_KINDS_CPU;
import static io.spprof.export.ExportFormat.HTML;
import static io.spprof.export.ExportFormat.JFR;
import static io.spprof.export.ExportFormat.PPROF;
import static io.spprof.export.ExportFormat.SPEEDSCOPE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.ExportFormat;
import io.spprof.export.SavedProfile;
import io.spprof.testing.Installed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Streams a real profile in every format over a connection with passwords, dumps it into files, and
 * checks that all formats agree on the number of samples of each stack.
 */
class FormatsIT {

  private static final long RUN_NANOS = 6_000_000_000L;

  @TempDir private Path directory;

  @Test
  void shouldAgreeToTheSample() throws Exception {
    Installed.require("go");
    try (TargetJvm target =
            TargetJvm.h2(2)
                .authenticate()
                .agentOptions("dir=" + directory.resolve("dumps"))
                .start();
        BeanClient bean = BeanClient.connect(target, "control")) {
      bean.startWith("interval=1ms" + StackWalkers.option());
      Map<String, List<Long>> dumped = threadDump(target);
      long begun = target.cpuNanos();
      Await.until("it uses its CPU time", () -> target.cpuNanos() - begun > RUN_NANOS);
      // On a busy machine, a sample stands for several ticks.
      Await.until("samples", () -> bean.number("CollectedSamples") > 1000);
      // A stream opened during the session is complete, and later samples do not change it.
      long early = bean.openStream("collapsed");
      bean.stop();

      Map<String, byte[]> streamed = new TreeMap<>();
      for (ExportFormat format : ExportFormat.values()) {
        byte[] bytes = bean.readAll(bean.openStream(format.key()));
        String file = (String) bean.invoke("dumpToFile", "profile" + format.suffix());
        assertArrayEquals(Files.readAllBytes(Path.of(file)), bytes, file);
        streamed.put(format.key(), bytes);
      }

      Map<String, Long> expected = ofCollapsed(streamed.get("collapsed"));
      assertEquals(byStack(bean.collapsed()), expected);
      assertEquals(bean.number("CollectedSamples"), sum(expected));
      assertTrue(expected.size() > 100, "stacks: " + expected.size());
      assertSame("jfr", expected, ofJfr(streamed.get("jfr")));
      assertThreads(dumped);
      Pprof pprof = ofPprof(streamed.get("pprof"));
      assertSame("pprof", expected, pprof.samples);
      assertEquals(bean.number("SampledCpuTimeNanos"), sum(pprof.nanos));
      assertSame("speedscope", pprof.nanos, byStack(Speedscope.parse(streamed.get("speedscope"))));
      assertNoDifference(streamed, COLLAPSED, COLLAPSED_KINDS, HTML, JFR, PPROF);
      assertNoDifference(
          streamed, COLLAPSED_CPU, COLLAPSED_KINDS_CPU, HTML, JFR, PPROF, SPEEDSCOPE);
      long before = sum(ofCollapsed(bean.readAll(early)));
      assertTrue(before > 0 && before <= sum(expected), before + " of " + sum(expected));
    }
  }

  /** Compares files of one profile as the command {@code diff} does. */
  private void assertNoDifference(
      Map<String, byte[]> files, ExportFormat difference, ExportFormat... formats)
      throws IOException {
    SavedProfile first = saved(files, difference);
    for (ExportFormat format : formats) {
      StringBuilder lines = new StringBuilder();
      SavedProfile.writeDifference(first, saved(files, format), difference, lines);
      assertEquals("", lines.toString(), format.key());
    }
  }

  private SavedProfile saved(Map<String, byte[]> files, ExportFormat format) throws IOException {
    Path file = Files.write(directory.resolve("saved"), files.get(format.key()));
    return SavedProfile.read(file, format);
  }

  private static final Pattern DUMPED =
      Pattern.compile("\"(.+)\" #([0-9]+) .* nid=(0x[0-9a-f]+|[0-9]+) .*");

  /** The numbers of Java threads by the system and by the JVM, by name. */
  private static Map<String, List<Long>> threadDump(TargetJvm target) throws Exception {
    List<String> command =
        List.of(
            TestPaths.jdkProgram("jcmd").toString(),
            "-J" + Programs.PATIENT_ATTACH,
            Long.toString(target.pid()),
            "Thread.print");
    Map<String, List<Long>> ids = new TreeMap<>();
    for (String line : Programs.run(target.directory(), command).out()) {
      Matcher thread = DUMPED.matcher(line);
      if (thread.matches()) {
        ids.put(
            thread.group(1), List.of(Long.decode(thread.group(3)), Long.valueOf(thread.group(2))));
      }
    }
    return ids;
  }

  /** Checks threads and states of the recording that was written last. */
  private void assertThreads(Map<String, List<Long>> dumped) throws IOException {
    Map<String, List<Long>> recorded = new TreeMap<>();
    Map<String, Integer> states = new TreeMap<>();
    for (RecordedEvent event : RecordingFile.readAllEvents(directory.resolve("p.jfr"))) {
      if (event.getEventType().getName().equals("spprof.CPUTimeSample")) {
        RecordedThread thread = event.getThread("eventThread");
        if (thread.getJavaThreadId() > 0 && dumped.containsKey(thread.getJavaName())) {
          recorded.put(
              thread.getJavaName(), List.of(thread.getOSThreadId(), thread.getJavaThreadId()));
        }
        states.merge(event.getString("state"), 1, Integer::sum);
      }
    }
    assertTrue(recorded.size() >= 2, recorded + " of " + dumped);
    recorded.forEach((name, ids) -> assertEquals(dumped.get(name), ids, name));
    assertTrue(states.getOrDefault("NO_JAVA_THREAD", 0) > 0, states.toString());
    assertTrue(states.getOrDefault(ofJavaCode(), 0) > 100, states.toString());
  }

  /** The state of most samples, which AsyncGetCallTrace does not report. */
  private static String ofJavaCode() {
    return StackWalkers.option().contains("agct") ? "UNKNOWN" : "IN_JAVA";
  }

  private static long sum(Map<String, Long> stacks) {
    return stacks.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void assertSame(String format, Map<String, Long> expected, Map<String, Long> is) {
    assertEquals(top(expected), top(is), format + ": the twenty hottest");
    assertEquals(expected, is, format);
  }

  private static List<String> top(Map<String, Long> stacks) {
    return stacks.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(20)
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .toList();
  }

  private static Map<String, Long> ofCollapsed(byte[] bytes) {
    return byStack(Collapsed.parse(new String(bytes, StandardCharsets.UTF_8)));
  }

  /**
   * The samples by stack. The name of a hidden class has a plus in recordings where other formats
   * have a slash.
   */
  private static Map<String, Long> byStack(Collapsed profile) {
    return profile.stacks().stream()
        .collect(
            Collectors.toMap(
                stack -> String.join(";", stack.frames()).replace('/', '+'),
                Collapsed.Stack::count,
                Long::sum,
                TreeMap::new));
  }

  private static void add(
      Map<String, Long> stacks, String thread, List<String> leafFirst, long value) {
    List<String> frames = new ArrayList<>(leafFirst);
    frames.add(thread);
    Collections.reverse(frames);
    stacks.merge(String.join(";", frames).replace('/', '+'), value, Long::sum);
  }

  private Map<String, Long> ofJfr(byte[] bytes) throws IOException {
    Path file = Files.write(directory.resolve("p.jfr"), bytes);
    Map<String, Long> stacks = new TreeMap<>();
    int withLine = 0;
    for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
      if (event.getEventType().getName().equals("jdk.ExecutionSample")) {
        List<String> frames = new ArrayList<>();
        for (RecordedFrame frame : event.getStackTrace().getFrames()) {
          String type = frame.getMethod().getType().getName();
          String separator = type.isEmpty() ? "" : frame.getType().equals("Java") ? "." : "`";
          frames.add(type + separator + frame.getMethod().getName());
          withLine += frame.getLineNumber() > 0 ? 1 : 0;
        }
        add(stacks, event.getThread("sampledThread").getJavaName(), frames, 1);
      }
    }
    assertTrue(withLine > 1000, "frames with a line: " + withLine);
    return stacks;
  }

  /** A frame's name as other formats have it: a function stands after its library. */
  private static String withLibrary(String mapping, Matcher location) {
    String name = location.group(3);
    String library = mapping.substring(mapping.lastIndexOf('/') + 1);
    boolean isWhole = location.group(2).equals("1") || name.startsWith(library + "+0x");
    return isWhole ? name : library + "`" + name;
  }

  private record Pprof(Map<String, Long> samples, Map<String, Long> nanos) {}

  private static final Pattern SAMPLE = Pattern.compile(" +([0-9]+) +([0-9]+): ([0-9 ]+?) *");
  private static final Pattern THREAD = Pattern.compile(" +thread:\\[(.*?)](?: tid:\\[[0-9]+])?");
  private static final Pattern LOCATION =
      Pattern.compile(" +([0-9]+): 0x[0-9a-f]+ M=([0-9]+) (.+) :([0-9]+) s=0.*");
  private static final Pattern MAPPING =
      Pattern.compile("([0-9]+): 0x0/0x[0-9a-f]+/0x0 (.*?) [0-9a-f]* \\[FN].*");

  private Pprof ofPprof(byte[] bytes) throws Exception {
    Path file = Files.write(directory.resolve("p.pb.gz"), bytes);
    ProcessBuilder builder =
        new ProcessBuilder("go", "tool", "pprof", "-raw", file.toString())
            .redirectErrorStream(true);
    builder.environment().put("HOME", directory.toString());
    Process process = builder.start();
    String raw = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), raw);
    Map<String, String> mappings = new TreeMap<>();
    raw.lines()
        .map(MAPPING::matcher)
        .filter(Matcher::matches)
        .forEach(mapping -> mappings.put(mapping.group(1), mapping.group(2)));
    Map<String, String> locations = new TreeMap<>();
    raw.lines()
        .map(LOCATION::matcher)
        .filter(Matcher::matches)
        .forEach(
            location ->
                locations.put(
                    location.group(1), withLibrary(mappings.get(location.group(2)), location)));
    Pprof pprof = new Pprof(new TreeMap<>(), new TreeMap<>());
    Matcher sample = null;
    for (String line : raw.lines().toList()) {
      Matcher thread = THREAD.matcher(line);
      if (thread.matches()) {
        List<String> frames = new ArrayList<>();
        for (String id : sample.group(3).split(" ")) {
          frames.add(locations.get(id));
        }
        add(pprof.samples, thread.group(1), frames, Long.parseLong(sample.group(1)));
        add(pprof.nanos, thread.group(1), frames, Long.parseLong(sample.group(2)));
      }
      Matcher next = SAMPLE.matcher(line);
      sample = next.matches() ? next : sample;
    }
    return pprof;
  }
}
