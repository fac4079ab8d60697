package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ExportTest {

  private static final Profile PROFILE = SampleProfiles.web(500, 7);

  private static byte[] whole(ExportFormat format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(PROFILE, format).writeTo(out);
    return out.toByteArray();
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void shouldBeTheSameWhateverTheBlocks(ExportFormat format) throws IOException {
    byte[] expected = whole(format);
    Random random = new Random(1);
    for (int round = 0; round < 5; round++) {
      Export export = new Export(PROFILE, format);
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      byte[] block = export.read(1);
      while (block.length > 0) {
        read.write(block);
        int most = 1 + random.nextInt(round == 0 ? 50 : 20_000);
        block = export.read(most);
        assertTrue(block.length <= most);
      }
      assertArrayEquals(expected, read.toByteArray());
      assertEquals(0, export.read(10).length, "the end is the end");
    }
  }

  @Test
  void shouldBeWhatTheTextExportersWrite() throws IOException {
    StringBuilder collapsed = new StringBuilder();
    CollapsedExporter.write(PROFILE, 0, collapsed);
    StringBuilder page = new StringBuilder();
    FlameGraphExporter.write(PROFILE, page);
    StringBuilder report = new StringBuilder();
    TextReport.write(PROFILE, report);

    assertEquals(collapsed.toString(), text(ExportFormat.COLLAPSED));
    assertEquals(page.toString(), text(ExportFormat.HTML));
    assertEquals(report.toString(), text(ExportFormat.TEXT));
  }

  private static String text(ExportFormat format) throws IOException {
    return new String(whole(format), StandardCharsets.UTF_8);
  }

  @Test
  void shouldEncodeWhateverANameHolds() throws IOException {
    Profile profile =
        ProfileText.lines()
            .row("ü\ud800 €\ud83d\ude00", List.of("a.Bé.c", "x\u0000.y"), 2, 5)
            .build();
    for (ExportFormat format : ExportFormat.values()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      new Export(profile, format).writeTo(out);
      assertTrue(out.size() > 0, format.key());
    }
  }

  @Test
  void shouldFindFormatsByNameAndSuffix() {
    assertEquals(ExportFormat.JFR, ExportFormat.ofKey("jfr"));
    assertEquals(ExportFormat.TEXT, ExportFormat.ofKey("txt"));
    assertEquals(ExportFormat.PPROF, ExportFormat.ofKey("pb.gz"));
    assertEquals(ExportFormat.PPROF, ExportFormat.ofFileName("a.pb.gz"));
    assertEquals(ExportFormat.SPEEDSCOPE, ExportFormat.ofFileName("a.speedscope.json"));
    assertEquals(null, ExportFormat.ofFileName("a.gz"));
    for (String wrong : List.of("", "JFR", "String", "jfr ", "a\nb\u001b[31m")) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> ExportFormat.ofKey(wrong));
      assertTrue(e.getMessage().endsWith("valid: " + ExportFormat.keys()), e.getMessage());
      assertTrue(e.getMessage().chars().allMatch(c -> c >= ' ' && c <= '~'), e.getMessage());
    }
  }

  /** Exports 200 MB and more from a JVM whose heap has room for little more than the profile. */
  @Test
  void shouldWriteMoreThanTheHeapHolds() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx80m",
                "-cp",
                System.getProperty("java.class.path"),
                BigExport.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains("COLLAPSED "), output);
  }

  /** The main class of the child JVM that the test of a big profile starts. */
  static final class BigExport {

    private static final int STACKS = 100_000;
    private static final int DEPTH = 50;
    private static final int METHODS = 2_000;

    private BigExport() {}

    public static void main(String[] args) throws IOException {
      Profile profile = profile();
      for (ExportFormat format : ExportFormat.values()) {
        Export export = new Export(profile, format);
        long bytes = 0;
        byte[] block = export.read(1 << 18);
        while (block.length > 0) {
          bytes += block.length;
          block = export.read(1 << 18);
        }
        System.out.println(format + " " + bytes);
        if (format == ExportFormat.COLLAPSED && bytes < 200_000_000) {
          throw new AssertionError("not big enough for this check: " + bytes);
        }
      }
    }

    private static Profile profile() {
      Random random = new Random(1);
      List<String> names = new ArrayList<>();
      int[] methods = new int[METHODS];
      for (int i = 0; i < METHODS; i++) {
        names.add("com.example.some.application.module" + i % 100 + ".SomeService.operation" + i);
        methods[i] = i;
      }
      int perChunk = (1 << Stacks.CHUNK_BITS) / DEPTH;
      int[][] chunks = new int[STACKS / perChunk + 1][1 << Stacks.CHUNK_BITS];
      int[] positions = new int[STACKS];
      short[] depths = new short[STACKS];
      int[] rows = new int[STACKS];
      long[] samples = new long[STACKS];
      long[] nanos = new long[STACKS];
      for (int i = 0; i < STACKS; i++) {
        positions[i] = i / perChunk * (1 << Stacks.CHUNK_BITS) + i % perChunk * DEPTH;
        depths[i] = DEPTH;
        for (int j = 0; j < DEPTH; j++) {
          chunks[i / perChunk][i % perChunk * DEPTH + j] = random.nextInt(METHODS);
        }
        rows[i] = i;
        samples[i] = 1;
        nanos[i] = 10_000_000;
      }
      Profile empty = ProfileText.lines().build();
      List<SampleTimes.Chunk> times = new ArrayList<>();
      for (int from = 0; from < STACKS; from += 4000) {
        int[] ofChunk = Arrays.copyOfRange(rows, from, from + 4000);
        times.add(new SampleTimes.Chunk(from, new int[4000], ofChunk, nanos, 4000));
      }
      return new Profile(
          empty.info(),
          names.stream().map(ProfileMethod::java).toList(),
          new Frames(methods, new int[METHODS], METHODS),
          List.of(ProfileThread.java("main")),
          new Stacks(chunks, positions, depths, STACKS),
          new Rows(rows, new int[STACKS], samples, nanos, STACKS),
          new SampleTimes(times, 0));
    }
  }
}
