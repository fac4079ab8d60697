package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileLibrary;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.testing.Installed;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks exports in pprof's format by reading them with {@code go tool pprof}, which is pprof
 * itself.
 */
final class PprofExporterTest {

  private static final Profile PROFILE =
      ProfileText.lines(
              "main;a.b.C.main:12;a.b.C$$Lambda/0x00000000ff.run;java.util.HashMap.get:560 3",
              "main;a.b.C.main:13;a.b.C$$Lambda/0x00000000ff.run;java.util.HashMap.get:561 2 17ms",
              "w 1;[truncated];x.Y.z:7 2 25ms",
              "ü – €;Unpackaged.größe:65535 1")
          .dropped(
              Drops.NONE.plus(DropReason.BUFFER_FULL, 20).plus(DropReason.COLLECTOR_ERROR, 1), 777)
          .unseen(333)
          .build();

  private static final Pattern SAMPLE = Pattern.compile(" +([0-9]+) +([0-9]+): ([0-9 ]+?) *");
  private static final Pattern THREAD = Pattern.compile(" +thread:\\[(.*?)](?: tid:\\[[0-9]+])?");
  private static final Pattern LOCATION =
      Pattern.compile(" +([0-9]+): 0x([0-9a-f]+) M=([0-9]+) (.+) :([0-9]+) s=0.*");

  @TempDir private Path directory;

  private String pprof(Profile profile, String... options) throws Exception {
    return pprof(directory, profile, options);
  }

  static String pprof(Path directory, Profile profile, String... options) throws Exception {
    Installed.require("go");
    Path file = directory.resolve("p.pb.gz");
    try (OutputStream out = Files.newOutputStream(file)) {
      new Export(profile, ExportFormat.PPROF).writeTo(out);
    }
    List<String> command = new ArrayList<>(List.of("go", "tool", "pprof"));
    command.addAll(List.of(options));
    command.add(file.toString());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PPROF_TMPDIR", directory.toString());
    builder.environment().put("HOME", directory.toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  static StackTotals totals(String raw) {
    Map<String, String> locations = new TreeMap<>();
    raw.lines()
        .map(LOCATION::matcher)
        .filter(Matcher::matches)
        .forEach(location -> locations.put(location.group(1), location.group(4)));
    StackTotals totals = new StackTotals();
    Matcher sample = null;
    for (String line : raw.lines().toList()) {
      Matcher thread = THREAD.matcher(line);
      if (thread.matches()) {
        List<String> frames = new ArrayList<>();
        for (String id : sample.group(3).split(" ")) {
          frames.add(locations.get(id));
        }
        totals.add(
            thread.group(1),
            frames,
            Long.parseLong(sample.group(1)),
            Long.parseLong(sample.group(2)));
      }
      Matcher next = SAMPLE.matcher(line);
      sample = next.matches() ? next : sample;
    }
    return totals;
  }

  @Test
  void shouldBeReadByPprofToTheSample() throws Exception {
    assertEquals(StackTotals.of(PROFILE).all(), totals(pprof(PROFILE, "-raw")).all());
  }

  @Test
  void shouldBeReadByPprofToTheSampleWhenItIsBig() throws Exception {
    Profile profile = SampleProfiles.web(5_000, 12);

    assertEquals(StackTotals.of(profile).all(), totals(pprof(profile, "-raw")).all());
  }

  @Test
  void shouldExportLinesAndWhatItIs() throws Exception {
    String raw = pprof(PROFILE, "-raw");

    assertTrue(raw.contains("a.b.C.main :12 "), raw);
    assertTrue(raw.contains("a.b.C.main :13 "), raw);
    assertTrue(raw.contains("Unpackaged.größe :65535 "), raw);
    assertTrue(raw.contains("PeriodType: cpu nanoseconds\nPeriod: 10000000\n"), raw);
    assertTrue(raw.contains("samples/count cpu/nanoseconds[dflt]"), raw);
    assertTrue(raw.contains("Time: 2026-01-01 00:00:00 +0000 UTC\nDuration: 1m0s\n"), raw);
    assertTrue(raw.contains("Comment: shop.jar, pid 42, host web-1, Java 17.0.15+6\n"), raw);
    assertTrue(raw.contains("Comment: dropped: 21 signals, 777 ns of CPU time"), raw);
    assertTrue(raw.contains("333 of them without a signal"), raw);
  }

  @Test
  void shouldSayNothingOfAJvmThatIsNotKnown() throws Exception {
    ProfileText text = ProfileText.lines("main;a.A.a 1");
    text.jvm = JvmInfo.NONE;
    String raw = pprof(text.build(), "-raw");
    assertEquals(
        List.of("spprof session 3", "engine ctimer, walker agct", "dropped"),
        raw.lines()
            .filter(line -> line.startsWith("Comment: "))
            .map(line -> line.substring("Comment: ".length()).split(":")[0])
            .toList(),
        raw);
    assertTrue(raw.contains("a.A.a"), raw);
  }

  @Test
  void shouldShowTheSystemsNumbersOfThreads() throws Exception {
    Profile profile =
        ProfileText.lines("main;a.A.a 1", "several;a.A.b 2", "tail;a.A.c 3")
            .threadIds("main", 101, 1)
            .threadIds("tail", 103, 3)
            .build();

    List<String> labels =
        pprof(profile, "-raw")
            .lines()
            .map(String::strip)
            .filter(l -> l.contains("thread:"))
            .toList();

    assertEquals(
        List.of("thread:[main] tid:[101]", "thread:[several]", "thread:[tail] tid:[103]"), labels);
  }

  @Test
  void shouldExportLibrariesWithTheirBuildIdsAndAddresses() throws Exception {
    ProfileLibrary libc = new ProfileLibrary("libc.so.6", "/usr/lib/libc.so.6", "0ab1");
    ProfileLibrary program = new ProfileLibrary("program", "", "");
    Profile text =
        ProfileText.lines(
                "main;a.B.c:7;libc.so.6`mem::set<int>::f:n;program+0x7010:n;[unknown]:n 3")
            .inLibrary("libc.so.6`mem::set<int>::f", libc, 0x9bf40)
            .inLibrary("program+0x7010", program, 0x7010)
            .build();
    String raw = pprof(text, "-raw");
    Map<String, String> locations = new TreeMap<>();
    raw.lines()
        .map(LOCATION::matcher)
        .filter(Matcher::matches)
        .forEach(
            location ->
                locations.put(location.group(4), location.group(2) + " in " + location.group(3)));
    assertEquals(
        Map.of(
            "a.B.c", "0 in 1",
            "[unknown]", "0 in 1",
            "mem::set<int>::f", "9bf40 in 3",
            "program+0x7010", "7010 in 2"),
        locations,
        raw);
    assertTrue(raw.contains("\n3: 0x0/0x9c000/0x0 /usr/lib/libc.so.6 0ab1 [FN]\n"), raw);
    assertTrue(raw.contains("\n2: 0x0/0x8000/0x0 program  [FN]\n"), raw);
  }

  @Test
  void shouldShowTheHottestFirst() throws Exception {
    String top = pprof(PROFILE, "-top", "-sample_index=cpu");

    assertTrue(top.contains("47ms 57.32% 57.32%       47ms 57.32%  java.util.HashMap.get"), top);
  }

  @Test
  void shouldBeReadWhenItIsEmpty() throws Exception {
    assertTrue(pprof(ProfileText.lines().build(), "-raw").contains("Samples:\n"));
  }
}
