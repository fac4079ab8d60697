package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Compares the weights of all formats with those of the profile. The samples stand for different
 * CPU times, as with a budget: the stack with the most samples has the least CPU time.
 */
final class WeightsTest {

  private static final Profile PROFILE =
      ProfileText.lines(
              "main;a.A.a;b.B.b 9 90ms",
              "w-1;a.A.a;b.B.b 2 1400ms",
              "w-2;a.A.a;b.B.b 1 1000ms",
              "w-2;a.A.a 3 120ms",
              "GC Thread#0;[native thread];libjvm.so`gc:v 4 41ms")
          .build();

  @TempDir private Path directory;

  private static byte[] export(ExportFormat format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(PROFILE, format).writeTo(out);
    return out.toByteArray();
  }

  private static String text(ExportFormat format) throws IOException {
    return new String(export(format), StandardCharsets.UTF_8);
  }

  private static Map<String, Long> folded(String text) {
    Map<String, Long> stacks = new TreeMap<>();
    for (String line : text.split("\n")) {
      int blank = line.lastIndexOf(' ');
      String stack = line.substring(0, blank).replaceAll("_\\[[jk]]", "");
      stacks.put(stack, Long.valueOf(line.substring(blank + 1)));
    }
    return stacks;
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void shouldBeThoseOfTheProfile(ExportFormat format) throws Exception {
    StackTotals expected = StackTotals.of(PROFILE);
    switch (format) {
      case COLLAPSED, COLLAPSED_KINDS -> assertEquals(expected.samples(), folded(text(format)));
      case COLLAPSED_CPU, COLLAPSED_KINDS_CPU ->
          assertEquals(expected.cpuNanos(), folded(text(format)));
      case HTML -> {
        PageData.Part page = PageData.of(text(format)).after();
        assertEquals(expected.samples(), page.samples());
        assertEquals(expected.cpuNanos(), page.cpuNanos());
      }
      case JFR ->
          assertEquals(
              expected.all(),
              JfrExporterTest.readByJdk(Files.write(directory.resolve("p.jfr"), export(format))));
      case PPROF ->
          assertEquals(
              expected.all(),
              PprofExporterTest.totals(PprofExporterTest.pprof(directory, PROFILE, "-raw")).all());
      case SPEEDSCOPE -> {
        assertEquals(expected.cpuNanos(), SpeedscopeExporterTest.totals(export(format)).cpuNanos());
        assertEquals(
            Map.of(
                ";a.A.a;b.B.b", 2_490_000_000L,
                ";a.A.a", 120_000_000L,
                ";[native thread];libjvm.so`gc", 41_000_000L),
            SpeedscopeExporterTest.allThreads(export(format)));
      }
      case TEXT -> {
        assertContains(text(format), "CPU time +2.65 s in 19 samples");
        assertContains(text(format), "93.93 +93.93 +2.49 s +2.49 s +12 +Java +b.B.b");
        assertContains(text(format), "52.81 +1.40 s +2 +w-1");
      }
    }
  }

  @Test
  void shouldOrderFoldedStacksByTheirWeight() throws IOException {
    assertTrue(text(ExportFormat.COLLAPSED).startsWith("main;a.A.a;b.B.b 9\n"));
    assertTrue(text(ExportFormat.COLLAPSED_CPU).startsWith("w-1;a.A.a;b.B.b 1400000000\n"));
    assertTrue(
        text(ExportFormat.COLLAPSED_KINDS_CPU).startsWith("w-1;a.A.a_[j];b.B.b_[j] 1400000000\n"));
  }

  private static void assertContains(String text, String pattern) {
    assertTrue(Pattern.compile(pattern).matcher(text).find(), () -> pattern + " in " + text);
  }
}
