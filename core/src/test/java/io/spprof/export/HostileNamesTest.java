package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks that names in a profile cannot forge lines of a text export, control a terminal, or
 * reverse the text next to them.
 */
class HostileNamesTest {

  private static final String HOSTILE =
      "a\nforged 100 %\r\u001b[31m\u0000\u0085\u009b2J\u2028x\u2029\u202e\u2066\u200f\ufeff\u00ad"
          + "\ud800 b\udc00;c";

  private static Profile profile(String name) {
    return ProfileText.lines("main;a.B.c 3")
        .row("pool-1-" + name, List.of("root", name), 5, 5_000_000)
        .row("pool-2-" + name, List.of("[" + name + "]"), 5, 5_000_000)
        .build();
  }

  private static byte[] export(String name, ExportFormat format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(profile(name), format).writeTo(out);
    return out.toByteArray();
  }

  private static String text(String name, ExportFormat format) throws IOException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(export(name, format)))
        .toString();
  }

  @ParameterizedTest
  @EnumSource(names = {"COLLAPSED", "HTML", "SPEEDSCOPE", "TEXT"})
  void shouldNotReachAReader(ExportFormat format) throws IOException {
    String text = text(HOSTILE, format);
    text.codePoints()
        .filter(c -> c != '\n')
        .forEach(
            c -> {
              int type = Character.getType(c);
              assertTrue(
                  type != Character.CONTROL
                      && type != Character.FORMAT
                      && type != Character.SURROGATE
                      && type != Character.LINE_SEPARATOR
                      && type != Character.PARAGRAPH_SEPARATOR,
                  () -> format + " has U+" + Integer.toHexString(c));
            });
    assertEquals(text("harmless", format).lines().count(), text.lines().count());
  }

  @Test
  void shouldStayAsTheyAreInFormatsForPrograms() throws IOException {
    byte[] name = ("pool-1-" + HOSTILE).getBytes(StandardCharsets.UTF_8);
    assertTrue(contains(export(HOSTILE, ExportFormat.JFR), name));
    byte[] pprof =
        new GZIPInputStream(new ByteArrayInputStream(export(HOSTILE, ExportFormat.PPROF)))
            .readAllBytes();
    assertTrue(contains(pprof, name));
  }

  private static boolean contains(byte[] whole, byte[] part) {
    return new String(whole, StandardCharsets.ISO_8859_1)
        .contains(new String(part, StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void shouldBeTheSameInEveryLocale(ExportFormat format) throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.ROOT);
    try {
      byte[] expected = export("harmless", format);
      for (String tag : List.of("ar-EG-u-nu-arab", "de-DE", "tr-TR", "hi-IN-u-nu-deva")) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertArrayEquals(expected, export("harmless", format), tag);
      }
    } finally {
      Locale.setDefault(before);
    }
  }
}
