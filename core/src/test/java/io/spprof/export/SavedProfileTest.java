package io.spprof.export;

import static io.spprof.export.ExportFormat.COLLAPSED;
import static io.spprof.export.ExportFormat.COLLAPSED_CPU;
import static io.spprof.export.ExportFormat.COLLAPSED_KINDS;
import static io.spprof.export.ExportFormat.COLLAPSED_KINDS_CPU;
import static io.spprof.export.ExportFormat.HTML;
import static io.spprof.export.ExportFormat.JFR;
import static io.spprof.export.ExportFormat.PPROF;
import static io.spprof.export.ExportFormat.SPEEDSCOPE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileLibrary;
import io.spprof.profile.SampleTimes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SavedProfileTest {

  private static final String DAMAGED = "is damaged, or of another version of spprof";
  private static final Profile BEFORE = SampleProfiles.web(2_000, 12);
  private static final Profile AFTER = SampleProfiles.web(3_000, 7);

  @TempDir private static Path directory;

  private static byte[] saved(Profile profile, ExportFormat format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(profile, format).writeTo(out);
    return out.toByteArray();
  }

  private static SavedProfile read(Profile profile, ExportFormat format) throws IOException {
    return read(saved(profile, format), format);
  }

  private static SavedProfile read(byte[] content, ExportFormat format) throws IOException {
    return format == JFR
        ? SavedProfile.read(Files.write(directory.resolve("file"), content), format)
        : SavedProfile.read(content, format);
  }

  private static String difference(SavedProfile before, SavedProfile after, ExportFormat format)
      throws IOException {
    StringBuilder out = new StringBuilder();
    SavedProfile.writeDifference(before, after, format, out);
    return out.toString();
  }

  private static String refused(byte[] content, ExportFormat format) {
    return assertThrows(IllegalArgumentException.class, () -> read(content, format)).getMessage();
  }

  @Test
  void shouldMakeOfTwoPagesTheSameAsOfTheirProfiles() throws IOException {
    SavedProfile before = read(BEFORE, HTML);
    SavedProfile after = read(AFTER, HTML);

    StringBuilder page = new StringBuilder();
    FlameGraphDifference.write(BEFORE, AFTER, page);
    assertEquals(page.toString(), difference(before, after, HTML));

    StringBuilder lines = new StringBuilder();
    CollapsedDifference.write(BEFORE, AFTER, lines);
    assertEquals(lines.toString(), difference(before, after, COLLAPSED));
  }

  @ParameterizedTest
  @EnumSource(names = {"HTML", "JFR"})
  void shouldCompareAnEmptyProfile(ExportFormat format) throws IOException {
    SavedProfile empty = read(Profile.EMPTY, format);
    PageData page = PageData.of(difference(empty, read(AFTER, HTML), HTML));
    assertEquals(0, page.before().totalSamples());
    assertEquals(AFTER.totalSamples(), page.after().totalSamples());
  }

  @Test
  void shouldCompareFoldedStacks() throws IOException {
    SavedProfile before = read(BEFORE, COLLAPSED);
    SavedProfile after = read(AFTER, COLLAPSED);
    StringBuilder lines = new StringBuilder();
    CollapsedDifference.write(BEFORE, AFTER, lines);
    assertEquals(lines.toString(), difference(before, after, COLLAPSED));
  }

  /** Two profiles with frames of every kind, in threads that share a name, and odd characters. */
  private static Profile kinds(int samples) {
    ProfileLibrary libc = new ProfileLibrary("libc.so.6", "/usr/lib/libc.so.6", "0ab1");
    ProfileLibrary program = new ProfileLibrary("program", "", "");
    ProfileLibrary quoted = new ProfileLibrary("a'b.so", "/opt/a`b.so", "");
    return ProfileText.unsharedLines(
            "main;a.B.c:7;libc.so.6`mem::set<int>::f:n;[syscall read]:k " + samples,
            "main;a.B.c:8;libc.so.6+0x10:n 2 33ms",
            "w 1;[native thread];program+0x7010:n;a'b.so`g:n;[unknown native code]:n 3",
            "w 1;[native thread];program`main:n 4 " + samples + "ms",
            "w 2;a.b.C$$Lambda+x/0x00ff.run:3;[vdso]`clock_gettime:n " + samples,
            "w 1;[unknown library]+0x30:n 2",
            "w 1;[truncated];libjvm.so`JVM_Sleep:v 5")
        .row("all threads", List.of("a.B;c", "größe\n"), samples, 7)
        .inLibrary("libc.so.6`mem::set<int>::f", libc, 0x9bf40)
        .inLibrary("libc.so.6+0x10", libc, 0x10)
        .inLibrary("program+0x7010", program, 0x7010)
        .inLibrary("program`main", program, 0x8010)
        .inLibrary("a'b.so`g", quoted, 0x10)
        .build();
  }

  private static Stream<Arguments> formatsOfSamples() {
    return pairs(COLLAPSED, COLLAPSED_KINDS, HTML, JFR, PPROF);
  }

  private static Stream<Arguments> formatsOfCpuTime() {
    return pairs(COLLAPSED_CPU, COLLAPSED_KINDS_CPU, HTML, JFR, PPROF, SPEEDSCOPE);
  }

  private static Stream<Arguments> pairs(ExportFormat... formats) {
    return Arrays.stream(formats)
        .flatMap(first -> Arrays.stream(formats).map(second -> Arguments.of(first, second)));
  }

  @ParameterizedTest
  @MethodSource("formatsOfSamples")
  void shouldCompareSamplesOfAnyTwoFormats(ExportFormat first, ExportFormat second)
      throws IOException {
    compare(first, second, COLLAPSED);
  }

  @ParameterizedTest
  @MethodSource("formatsOfCpuTime")
  void shouldCompareCpuTimeOfAnyTwoFormats(ExportFormat first, ExportFormat second)
      throws IOException {
    compare(first, second, COLLAPSED_CPU);
  }

  /** Files must give the same as the profiles that they were made from. */
  private static void compare(ExportFormat first, ExportFormat second, ExportFormat difference)
      throws IOException {
    for (List<Profile> pair : List.of(List.of(BEFORE, AFTER), List.of(kinds(1), kinds(9)))) {
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      Export.ofDifference(pair.get(0), pair.get(1), difference).writeTo(expected);
      SavedProfile before = read(pair.get(0), first);
      String actual = difference(before, read(pair.get(1), second), difference);
      assertTrue(actual.lines().count() > 1, actual);
      assertEquals(expected.toString(StandardCharsets.UTF_8), actual);
      assertEquals("", difference(before, read(pair.get(0), second), difference));
    }
  }

  @Test
  void shouldSayByWhatTwoFilesCanBeCompared() throws IOException {
    assertEquals(
        "a .html difference needs the session's figures, which a .collapsed file does not have;"
            + " save both profiles as .html",
        refusedDifference(COLLAPSED, COLLAPSED_CPU, HTML));
    assertEquals(
        "a .html difference needs the session's figures, which a .pb.gz file does not have; write a"
            + " .collapsed difference, or write a .cpu.collapsed difference, or save both profiles"
            + " as .html",
        refusedDifference(HTML, PPROF, HTML));
    assertEquals(
        "a .collapsed difference needs numbers of samples, which a .json file does not have; write a"
            + " .cpu.collapsed difference, or save both profiles as .html",
        refusedDifference(HTML, SPEEDSCOPE, COLLAPSED));
    assertEquals(
        "a .cpu.collapsed difference needs CPU time, which a .kinds.collapsed file does not have;"
            + " write a .collapsed difference, or save both profiles as .html",
        refusedDifference(COLLAPSED_KINDS, PPROF, COLLAPSED_CPU));
    assertEquals(
        "a difference cannot be pprof; valid: collapsed, collapsed-cpu, html (files .collapsed,"
            + " .cpu.collapsed, .html)",
        refusedDifference(HTML, HTML, PPROF));
  }

  private static String refusedDifference(
      ExportFormat first, ExportFormat second, ExportFormat difference) throws IOException {
    SavedProfile before = read(BEFORE, first);
    SavedProfile after = read(AFTER, second);
    return assertThrows(IllegalArgumentException.class, () -> difference(before, after, difference))
        .getMessage();
  }

  @Test
  void shouldReadAThreadWhoseNameBeginsWithAHash() throws IOException {
    Profile profile =
        ProfileText.lines()
            .row("#1 worker", List.of("a.A.a"), 5, 50)
            .row("main", List.of("a.A.a"), 1, 10)
            .build();
    SavedProfile empty = SavedProfile.read(new byte[0], COLLAPSED);
    assertEquals(
        "#1 worker;a.A.a 5 0\nmain;a.A.a 1 0\n",
        difference(read(profile, COLLAPSED), empty, COLLAPSED));
  }

  @Test
  void shouldRefuseAReport() throws IOException {
    assertEquals(
        "is .txt, which cannot be compared, because a report has no stacks; save both profiles as"
            + " .html",
        refused(saved(BEFORE, ExportFormat.TEXT), ExportFormat.TEXT));
  }

  @Test
  void shouldReadWhatPprofHasWrittenAgain() throws Exception {
    PprofExporterTest.pprof(directory, kinds(3), "-proto", "-output=" + directory + "/again.pb.gz");
    byte[] again = Files.readAllBytes(directory.resolve("again.pb.gz"));
    assertEquals("", difference(read(kinds(3), HTML), read(again, PPROF), COLLAPSED_CPU));
  }

  @ParameterizedTest
  @EnumSource(names = {"HTML", "JFR", "PPROF", "SPEEDSCOPE"})
  void shouldRefuseAFileThatIsCutAnywhere(ExportFormat format) throws IOException {
    byte[] whole = saved(kinds(3), format);
    boolean isText = format == HTML || format == SPEEDSCOPE;
    int end = isText ? indexOfTail(whole, format) : whole.length;
    for (int length = 0; length < end; length++) {
      String message = refused(Arrays.copyOf(whole, length), format);
      assertTrue(message.startsWith("is "), message);
    }
  }

  /** Returns where the part of a text begins that a reader does not need. */
  private static int indexOfTail(byte[] file, ExportFormat format) {
    String text = new String(file, StandardCharsets.US_ASCII);
    int data = text.indexOf("<script id=\"data\"");
    return format == HTML ? text.indexOf("</script>", data) : text.length() - 1;
  }

  /** The bytes inside of a file, as someone could write them who means harm. */
  @Test
  void shouldRefuseDamageInsideOfPprof() throws IOException {
    byte[] whole = SavedPprof.unpacked(saved(kinds(3), PPROF), 1 << 20);
    Random random = new Random(1);
    int refused = 0;
    for (int round = 0; round < 5_000; round++) {
      byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length) + 1);
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        SavedProfile.read(packed(damaged), PPROF);
      } catch (IllegalArgumentException e) {
        assertTrue(e.getMessage().startsWith("is "), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 1_000, "refused: " + refused);
  }

  /** A damaged recording is refused, or has other figures; it does not stop the JDK's reader. */
  @Test
  void shouldRefuseDamageInsideOfARecording() throws IOException {
    byte[] whole = saved(kinds(3), JFR);
    Random random = new Random(1);
    int refused = 0;
    for (int round = 0; round < 1_000; round++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        read(damaged, JFR);
      } catch (IllegalArgumentException e) {
        assertTrue(e.getMessage().matches("(is|has) .*"), e.getMessage());
        refused++;
      } catch (OutOfMemoryError | StackOverflowError e) {
        refused++; // The command reports this.
      }
    }
    assertTrue(refused > 200, "refused: " + refused);
  }

  /** The JDK's reader waits for ever for the end of a chunk that seems to be unfinished. */
  @Test
  void shouldRefuseARecordingThatIsNotFinished() throws IOException {
    for (int at : new int[] {64, 24}) { // the state; the place of the metadata
      byte[] damaged = saved(kinds(3), JFR);
      Arrays.fill(damaged, at, at + Long.BYTES, (byte) (at == 64 ? -1 : 0));
      assertEquals(DAMAGED, refused(damaged, JFR));
    }
  }

  @Test
  void shouldReadARecordingOfSeveralChunks() throws IOException {
    Profile profile = ProfileText.lines("main;a.A.a 70000", "w;[truncated];a.A.b 1000").build();
    byte[] whole = saved(profile, JFR);
    assertEquals("", difference(read(profile, HTML), read(whole, JFR), COLLAPSED));

    int firstChunk = (int) ByteBuffer.wrap(whole).getLong(Long.BYTES);
    assertTrue(firstChunk < whole.length);
    assertEquals("is damaged: samples are missing", refused(Arrays.copyOf(whole, firstChunk), JFR));
    byte[] twice = Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(whole, 0, twice, whole.length, whole.length);
    assertEquals("has 2 sessions; give recordings of one session each", refused(twice, JFR));
  }

  @Test
  void shouldRefuseARecordingOfAnotherProgram() throws IOException {
    Path file = directory.resolve("other.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      recording.stop();
      recording.dump(file);
    }
    assertEquals("is no recording of spprof", refused(Files.readAllBytes(file), JFR));
    assertEquals("is no recording of spprof", refused(bytes("name,value"), JFR));
  }

  @Test
  void shouldSayThatARecordingLacksSamples() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 5", "main;a.A.b 7");
    SampleTimes.Chunk last =
        new SampleTimes.Chunk(0, new int[2], new int[] {0, 1}, new long[] {11, 12}, 2);
    SavedProfile saved = read(text.times(new SampleTimes(List.of(last), 10)).build(), JFR);
    assertEquals(10, saved.missingSamples());
    assertEquals(0, read(BEFORE, JFR).missingSamples());
    assertEquals(0, read(BEFORE, HTML).missingSamples());
    SavedProfile none = SavedProfile.read(new byte[0], COLLAPSED_CPU);
    assertEquals("main;a.A.b 0 12\nmain;a.A.a 0 11\n", difference(none, saved, COLLAPSED_CPU));
    String page = difference(saved, read(BEFORE, HTML), HTML);
    assertTrue(page.contains("\"samplesWithoutTime\":10,"), page);
  }

  /** The JDK's reader gives null for such names. */
  @Test
  void shouldReadNamesWithoutCharacters() throws IOException {
    Profile profile = ProfileText.lines().row("", List.of("a.A.a", ""), 2, 20).build();
    assertEquals("", difference(read(profile, HTML), read(profile, JFR), COLLAPSED));
  }

  /**
   * The page of two recordings differs from that of two pages by what a recording does not have.
   */
  @Test
  void shouldMakeAPageOfRecordings() throws IOException {
    Profile before = kinds(1);
    Profile after = AFTER;
    String ofPages = difference(read(before, HTML), read(after, HTML), HTML);
    String ofRecordings = difference(read(before, JFR), read(after, JFR), HTML);
    assertEquals(
        withoutWhatRecordingsLack(ofPages),
        withoutWhatRecordingsLack(ofRecordings).replace("\"samplesWithoutTime\":0,", ""));
    assertTrue(ofRecordings.contains("\"userCpuNanos\":-1,"), ofRecordings);
  }

  private static String withoutWhatRecordingsLack(String page) {
    return page.replaceAll("\"(user|system|cpuWait|throttled)[A-Za-z]*\":[-0-9]+,", "")
        .replaceAll("\"(overhead|measuredOverhead)Percent\":[0-9.]+,", "")
        .replaceAll("\"debugInfo\":\"EXACT\",", "")
        .replaceAll("\"running\":false,", "")
        .replaceAll("\"sessionStartMillis\":[0-9]+,", "")
        .replaceAll("\"drops\":\\[[^]]*\\]", "\"drops\":[]");
  }

  private static byte[] packed(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  @Test
  void shouldUnpackNoMoreThanItMay() throws IOException {
    byte[] small = packed(new byte[1 << 20]);
    assertTrue(small.length < 2_000);
    assertEquals(1 << 20, SavedPprof.unpacked(small, 1 << 20).length);
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> SavedPprof.unpacked(small, (1 << 20) - 1))
            .getMessage();
    assertTrue(message.startsWith("unpacks to more than 1048575 bytes"), message);
  }

  /** Returns a file of pprof with one sample. */
  private static byte[] pprof(String unit, String label, int lines) throws IOException {
    Protobuf top = new Protobuf();
    Protobuf message = new Protobuf();
    Protobuf part = new Protobuf();
    for (String text : List.of("", "samples", "count", "cpu", unit, label, "main", "a.A.a")) {
      top.string(PprofExporter.STRING, text);
    }
    top.message(PprofExporter.SAMPLE_TYPE, message.number(1, 1).number(2, 2));
    top.message(PprofExporter.SAMPLE_TYPE, message.number(1, 3).number(2, 4));
    top.message(PprofExporter.FUNCTION, message.number(1, 1).number(2, 7));
    message.number(1, 1);
    for (int i = 0; i < lines; i++) {
      message.message(4, part.number(1, 1));
    }
    top.message(PprofExporter.LOCATION, message);
    message.number(1, 1).number(2, 1).number(2, 5_000).message(3, part.number(1, 5).number(2, 6));
    top.message(PprofExporter.SAMPLE, message);
    return packed(top.bytes().take(top.bytes().size()));
  }

  @Test
  void shouldRefuseFilesOfOtherPrograms() throws IOException {
    SavedProfile ours = SavedProfile.read(pprof("nanoseconds", "thread", 1), PPROF);
    SavedProfile none = SavedProfile.read(new byte[0], COLLAPSED_CPU);
    assertEquals("main;a.A.a 0 5000\n", difference(none, ours, COLLAPSED_CPU));
    assertEquals(
        "is no pprof file of spprof: its samples have no value cpu/nanoseconds",
        refused(pprof("seconds", "thread", 1), PPROF));
    assertEquals(
        "is no pprof file of spprof: a sample has no label thread",
        refused(pprof("nanoseconds", "goroutine", 1), PPROF));
    assertEquals(
        "is no pprof file of spprof: a location has 2 lines",
        refused(pprof("nanoseconds", "thread", 2), PPROF));
    assertEquals(
        "is no file of spprof for speedscope",
        refused(bytes("{\"exporter\":\"other\",\"profiles\":[]}"), SPEEDSCOPE));
    assertEquals(DAMAGED, refused(bytes("name,value"), SPEEDSCOPE));
  }

  @Test
  void shouldRefuseDamageInsideOfSpeedscope() throws IOException {
    String whole = new String(saved(kinds(3), SPEEDSCOPE), StandardCharsets.US_ASCII);
    for (String damaged :
        List.of(
            whole.replace("\"shared\"", "\"other\""),
            whole.replace("\"weights\"", "\"other\""),
            whole.replace("\"weights\":[", "\"weights\":[-1,"),
            whole.replace("\"samples\":[[", "\"samples\":[[4711,"),
            whole.replace("\"samples\":[[", "\"samples\":[[0.5,"),
            whole.replace("\"samples\":[[", "\"samples\":" + "[".repeat(100_000)))) {
      assertTrue(!damaged.equals(whole));
      assertEquals(DAMAGED, refused(bytes(damaged), SPEEDSCOPE));
    }
    assertEquals(
        "is damaged: CPU time is missing",
        refused(bytes(whole.replaceFirst("\"endValue\":[0-9]+", "\"endValue\":1")), SPEEDSCOPE));
  }

  @Test
  void shouldRefuseSumsThatNoNumberHolds() {
    String most = "main;a.A.a 999999999999999999\n";
    SavedProfile.read(bytes(most.repeat(9)), COLLAPSED_CPU);
    assertEquals(DAMAGED, refused(bytes(most.repeat(10)), COLLAPSED_CPU));
  }

  @Test
  void shouldRefuseADifference() throws IOException {
    StringBuilder page = new StringBuilder();
    FlameGraphDifference.write(BEFORE, AFTER, page);
    String message = refused(bytes(page.toString()), HTML);
    assertTrue(message.contains("a difference already"), message);

    StringBuilder lines = new StringBuilder();
    CollapsedDifference.write(BEFORE, AFTER, lines);
    message = refused(bytes(lines.toString()), COLLAPSED);
    assertTrue(message.contains("a difference already"), message);
    // The name of a method can end in a number.
    SavedProfile.read(bytes("main;a.A.gives 1 5\nmain;a.A.a 1\n"), COLLAPSED);
  }

  /** Returns a page with two names, a thread and a row, whose stacks have these bytes. */
  private static String page(int... stacks) {
    byte[] bytes = new byte[stacks.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) stacks[i];
    }
    return "<script id=\"data\" type=\"text/plain\">{\"totalSamples\":1,\"names\":[\"a\",\"b\"],"
        + "\"kinds\":[0,0],\"threads\":[\"t\"],\"unitNanos\":1,\"rows\":1}\n"
        + Base64.getEncoder().encodeToString(bytes)
        + "\n</script>";
  }

  @Test
  void shouldRefuseNumbersThatAreOutOfRange() {
    String good = page(0, 1, 0, 1, 0, 1, 1); // keep, fresh, name, rows, thread, samples, units
    SavedProfile.read(bytes(good), HTML);
    for (String damaged :
        new String[] {
          page(1, 1, 0, 1, 0, 1, 1),
          page(0, 1, 2, 1, 0, 1, 1),
          page(0, 1, 0, 1, 1, 1, 1),
          page(0, 1, 0, 1, 0, 1),
          page(0, 0x81, 0x80, 1, 1, 0, 1, 1), // 16,385 frames
          page(0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 0, 1, 1),
          good.replace("\n", "\n!"),
          good.replace("\"rows\":1", "\"rows\":1x"),
          good.replace("\"rows\":", "\"rows\";"),
          good.replace("\"a\"", "\"\\u00zz\""),
          good.replace("\"rows\":1", "\"deep\":" + "[".repeat(100_000))
        }) {
      assertEquals(DAMAGED, refused(bytes(damaged), HTML));
    }
    String deep = "main" + ";a.A.a".repeat(16_385) + " 1";
    assertEquals(DAMAGED, refused(bytes(deep), COLLAPSED));
  }

  @Test
  void shouldRefuseADamagedFile() throws IOException {
    String page = new String(saved(BEFORE, HTML), StandardCharsets.US_ASCII);
    String samples = "\"totalSamples\":" + BEFORE.totalSamples();
    for (String damaged :
        new String[] {
          "",
          "<!DOCTYPE html><html></html>",
          page.substring(0, page.length() / 2),
          page.replace(samples, "\"totalSamples\":1"),
          page.replace("\"unitNanos\":", "\"other\":"),
          page.replace("\"engine\":\"", "\"engine\":\"</script><script>alert(1)</script>"),
          page.replace("\"engine\":\"", "\"engine\":\"&lt;")
        }) {
      assertTrue(!damaged.equals(page));
      String message = refused(bytes(damaged), HTML);
      assertTrue(message.startsWith("is "), message);
    }
    for (String damaged : new String[] {"main", "main 5", "main;a.A.a x", "main;a.A.a -1"}) {
      String message = refused(bytes("main;a.A.a 1\n" + damaged), COLLAPSED);
      assertTrue(message.endsWith("in line 2"), message);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
