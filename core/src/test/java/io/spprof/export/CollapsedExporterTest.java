package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollapsedExporterTest {

  @Test
  void shouldWriteRootFirstAndHottestFirst() throws IOException {
    Profile profile =
        ProfileText.lines("main;a.A.a 2", "w 1;a.A.a;b.B.b 7", "main;c.C.c 5").build();

    assertEquals("w 1;a.A.a;b.B.b 7\nmain;c.C.c 5\nmain;a.A.a 2\n", collapsed(profile, 0));
  }

  @Test
  void shouldCountSamplesNotTime() throws IOException {
    Profile profile = ProfileText.lines("main;a.A.a 2 5000ms", "main;b.B.b 3 30ms").build();

    assertEquals("main;b.B.b 3\nmain;a.A.a 2\n", collapsed(profile, 0));
  }

  @Test
  void shouldOrderEquallyHotStacksByText() throws IOException {
    Profile profile = ProfileText.lines("m;b.B.b 1", "m;a.A.a 1", "m;c.C.c 1").build();

    assertEquals("m;a.A.a 1\nm;b.B.b 1\nm;c.C.c 1\n", collapsed(profile, 0));
  }

  @Test
  void shouldMergeRowsOfEqualText() throws IOException {
    Profile profile =
        ProfileText.unsharedLines("w;a.A.a;b.B.b 3", "w;a.A.a 1", "w;a.A.a;b.B.b 4").build();

    assertEquals(3, profile.stackCount());
    assertEquals(3, profile.threads().size());
    assertEquals("w;a.A.a;b.B.b 7\nw;a.A.a 1\n", collapsed(profile, 0));
  }

  @Test
  void shouldMergeNamesThatDifferInReplacedCharactersOnly() throws IOException {
    Profile profile =
        ProfileText.lines()
            .row("a;b", List.of("x.X.x"), 1, 1)
            .row("a,b", List.of("x.X.x"), 2, 1)
            .build();

    assertEquals("a,b;x.X.x 3\n", collapsed(profile, 0));
  }

  @Test
  void shouldNotMergeThreadsOfDifferentNames() throws IOException {
    Profile profile = ProfileText.lines("v;a.A.a 1", "w;a.A.a 2").build();

    assertEquals("w;a.A.a 2\nv;a.A.a 1\n", collapsed(profile, 0));
  }

  @Test
  void shouldWriteNoMoreThanMaxStacksLines() throws IOException {
    Profile profile = ProfileText.lines("m;a.A.a 1", "m;b.B.b 3", "m;c.C.c 2").build();

    assertEquals("m;b.B.b 3\nm;c.C.c 2\n", collapsed(profile, 2));
    assertEquals(collapsed(profile, 0), collapsed(profile, 3));
    assertEquals(collapsed(profile, 0), collapsed(profile, Integer.MAX_VALUE));
  }

  @Test
  void shouldRejectNegativeMaxStacks() {
    Profile profile = ProfileText.lines("m;a.A.a 1").build();

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> collapsed(profile, -1));

    assertEquals("maxStacks=-1 is out of range; valid: 0 (all stacks) or more", e.getMessage());
  }

  @Test
  void shouldReplaceWhatWouldBreakALine() throws IOException {
    Profile profile =
        ProfileText.lines()
            .row("a;b\nc\r\td\u2028e\u0085f", List.of("x;y.Z\u0000z", " "), 1, 1)
            .row("", List.of("[truncated]", "p.Q.q"), 2, 1)
            .build();

    assertEquals(
        "[unnamed];[truncated];p.Q.q 2\na,b c  d e f;x,y.Z z;[unnamed] 1\n", collapsed(profile, 0));
  }

  @Test
  void shouldSurviveAStrictEncoder(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("p.collapsed");
    Profile profile =
        ProfileText.lines()
            .row("half \uD83D pair", List.of("\uDE00.x", "whole \uD83D\uDE00"), 1, 1)
            .build();

    try (Writer writer = Files.newBufferedWriter(file)) {
      CollapsedExporter.write(profile, 0, writer);
    }

    assertEquals("half \uFFFD pair;\uFFFD.x;whole \uD83D\uDE00 1\n", Files.readString(file));
  }

  @Test
  void shouldWriteNothingForAnEmptyProfile() throws IOException {
    assertEquals("", collapsed(ProfileText.lines().build(), 0));
  }

  @Test
  void shouldAddUpToAllSamplesWhateverTheNames() throws IOException {
    Random random = new Random(7);
    ProfileText text = ProfileText.lines();
    for (int i = 0; i < 500; i++) {
      List<String> stack = new ArrayList<>();
      for (int depth = 1 + random.nextInt(5); depth > 0; depth--) {
        stack.add(randomName(random));
      }
      text.row(randomName(random), stack, 1 + random.nextInt(9), 1);
    }
    Profile profile = text.build();

    long sum = 0;
    List<String> lines = collapsed(profile, 0).lines().toList();
    for (String line : lines) {
      assertTrue(line.matches("[^;]+(;[^;]+)+ [1-9][0-9]*"), line);
      sum += Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    }
    assertEquals(profile.totalSamples(), sum);
    assertEquals(
        lines.size(),
        lines.stream().map(l -> l.substring(0, l.lastIndexOf(' '))).distinct().count());
  }

  @Test
  void shouldPassOnAnIOException() {
    Profile profile = ProfileText.lines("m;a.A.a 1").build();

    assertThrows(
        IOException.class, () -> CollapsedExporter.write(profile, 0, new FullAppendable()));
  }

  private static String randomName(Random random) {
    String alphabet = "ab;\n\r \u2028\uD83D\uDE00\u0000.";
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      name.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return name.toString();
  }

  private static String collapsed(Profile profile, int maxStacks) throws IOException {
    StringBuilder out = new StringBuilder();
    CollapsedExporter.write(profile, maxStacks, out);
    return out.toString();
  }

  @Test
  void shouldMarkTheKindsOnRequest() throws IOException {
    Profile profile =
        ProfileText.lines(
                "t_[j];a.B.c;libc.so.6`f:n;[syscall read]:k 3",
                "g;[native thread];libjvm.so`JVM_GC:v 2")
            .build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(profile, ExportFormat.COLLAPSED_KINDS).writeTo(out);
    assertEquals(
        "t_[j];a.B.c_[j];libc.so.6`f;[syscall read]_[k] 3\ng;[native thread];libjvm.so`JVM_GC 2\n",
        out.toString(StandardCharsets.UTF_8));
    assertEquals(ExportFormat.COLLAPSED_KINDS, ExportFormat.ofFileName("p.kinds.collapsed"));
    assertEquals(ExportFormat.COLLAPSED, ExportFormat.ofFileName("p.collapsed"));
    assertEquals(ExportFormat.COLLAPSED_KINDS, ExportFormat.ofKey("collapsed-kinds"));
  }
}
