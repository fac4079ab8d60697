package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.ExportFormat;
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
        String dumped = (String) bean.invoke("dumpToFile", "profile" + format.suffix());
        assertArrayEquals(Files.readAllBytes(Path.of(dumped)), bytes, dumped);
        streamed.put(format.key(), bytes);
      }

      Map<String, Long> expected = ofCollapsed(streamed.get("collapsed"));
      assertEquals(byStack(bean.collapsed()), expected);
      assertEquals(bean.number("CollectedSamples"), sum(expected));
      assertTrue(expected.size() > 100, "stacks: " + expected.size());
      assertSame("jfr", expected, ofJfr(streamed.get("jfr")));
      Pprof pprof = ofPprof(streamed.get("pprof"));
      assertSame("pprof", expected, pprof.samples);
      assertEquals(bean.number("SampledCpuTimeNanos"), sum(pprof.nanos));
      assertSame("speedscope", pprof.nanos, byStack(Speedscope.parse(streamed.get("speedscope"))));
      long before = sum(ofCollapsed(bean.readAll(early)));
      assertTrue(before > 0 && before <= sum(expected), before + " of " + sum(expected));
    }
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
  private static final Pattern THREAD = Pattern.compile(" +thread:\\[(.*)]");
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
