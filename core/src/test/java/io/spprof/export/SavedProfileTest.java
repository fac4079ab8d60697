package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SavedProfileTest {

  private static final String DAMAGED = "is damaged, or of another version of spprof";
  private static final Profile BEFORE = SampleProfiles.web(2_000, 12);
  private static final Profile AFTER = SampleProfiles.web(3_000, 7);

  private static byte[] saved(Profile profile, ExportFormat format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(profile, format).writeTo(out);
    return out.toByteArray();
  }

  private static SavedProfile read(Profile profile, ExportFormat format) throws IOException {
    return SavedProfile.read(saved(profile, format), format);
  }

  private static String difference(SavedProfile before, SavedProfile after, ExportFormat format)
      throws IOException {
    StringBuilder out = new StringBuilder();
    SavedProfile.writeDifference(before, after, format, out);
    return out.toString();
  }

  private static String refused(byte[] content, ExportFormat format) {
    return assertThrows(IllegalArgumentException.class, () -> SavedProfile.read(content, format))
        .getMessage();
  }

  @Test
  void shouldMakeOfTwoPagesTheSameAsOfTheirProfiles() throws IOException {
    SavedProfile before = read(BEFORE, ExportFormat.HTML);
    SavedProfile after = read(AFTER, ExportFormat.HTML);

    StringBuilder page = new StringBuilder();
    FlameGraphDifference.write(BEFORE, AFTER, page);
    assertEquals(page.toString(), difference(before, after, ExportFormat.HTML));

    StringBuilder lines = new StringBuilder();
    CollapsedDifference.write(BEFORE, AFTER, lines);
    assertEquals(lines.toString(), difference(before, after, ExportFormat.COLLAPSED));
  }

  @Test
  void shouldCompareAnEmptyProfile() throws IOException {
    SavedProfile empty = read(Profile.EMPTY, ExportFormat.HTML);
    PageData page =
        PageData.of(difference(empty, read(AFTER, ExportFormat.HTML), ExportFormat.HTML));
    assertEquals(0, page.before().totalSamples());
    assertEquals(AFTER.totalSamples(), page.after().totalSamples());
  }

  @Test
  void shouldCompareFoldedStacks() throws IOException {
    SavedProfile before = read(BEFORE, ExportFormat.COLLAPSED);
    SavedProfile after = read(AFTER, ExportFormat.COLLAPSED);
    StringBuilder lines = new StringBuilder();
    CollapsedDifference.write(BEFORE, AFTER, lines);
    assertEquals(lines.toString(), difference(before, after, ExportFormat.COLLAPSED));

    String message =
        assertThrows(
                IllegalArgumentException.class, () -> difference(before, after, ExportFormat.HTML))
            .getMessage();
    assertTrue(message.contains("no CPU time"), message);
    SavedProfile page = read(AFTER, ExportFormat.HTML);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> difference(before, page, ExportFormat.COLLAPSED))
            .getMessage();
    assertTrue(message.contains("different formats"), message);
  }

  @Test
  void shouldReadAThreadWhoseNameBeginsWithAHash() throws IOException {
    Profile profile =
        ProfileText.lines()
            .row("#1 worker", List.of("a.A.a"), 5, 50)
            .row("main", List.of("a.A.a"), 1, 10)
            .build();
    SavedProfile empty = SavedProfile.read(new byte[0], ExportFormat.COLLAPSED);
    assertEquals(
        "#1 worker;a.A.a 5 0\nmain;a.A.a 1 0\n",
        difference(read(profile, ExportFormat.COLLAPSED), empty, ExportFormat.COLLAPSED));
  }

  @ParameterizedTest
  @EnumSource(
      names = {"COLLAPSED_CPU", "COLLAPSED_KINDS_CPU", "JFR", "PPROF", "SPEEDSCOPE", "TEXT"})
  void shouldRefuseFormatsThatCannotBeCompared(ExportFormat format) throws IOException {
    String message = refused(saved(BEFORE, format), format);
    assertTrue(message.contains("save both profiles as .html"), message);
  }

  @Test
  void shouldRefuseADifference() throws IOException {
    StringBuilder page = new StringBuilder();
    FlameGraphDifference.write(BEFORE, AFTER, page);
    String message = refused(bytes(page.toString()), ExportFormat.HTML);
    assertTrue(message.contains("a difference already"), message);

    StringBuilder lines = new StringBuilder();
    CollapsedDifference.write(BEFORE, AFTER, lines);
    message = refused(bytes(lines.toString()), ExportFormat.COLLAPSED);
    assertTrue(message.contains("a difference already"), message);
    // The name of a method can end in a number.
    SavedProfile.read(bytes("main;a.A.gives 1 5\nmain;a.A.a 1\n"), ExportFormat.COLLAPSED);
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
    SavedProfile.read(bytes(good), ExportFormat.HTML);
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
      assertEquals(DAMAGED, refused(bytes(damaged), ExportFormat.HTML));
    }
    String deep = "main" + ";a.A.a".repeat(16_385) + " 1";
    assertEquals(DAMAGED, refused(bytes(deep), ExportFormat.COLLAPSED));
  }

  @Test
  void shouldRefuseADamagedFile() throws IOException {
    String page = new String(saved(BEFORE, ExportFormat.HTML), StandardCharsets.US_ASCII);
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
      String message = refused(bytes(damaged), ExportFormat.HTML);
      assertTrue(message.startsWith("is "), message);
    }
    for (String damaged : new String[] {"main", "main 5", "main;a.A.a x", "main;a.A.a -1"}) {
      String message = refused(bytes("main;a.A.a 1\n" + damaged), ExportFormat.COLLAPSED);
      assertTrue(message.endsWith("in line 2"), message);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
