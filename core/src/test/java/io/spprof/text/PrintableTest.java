package io.spprof.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

final class PrintableTest {

  @Test
  void shouldKeepWhatIsPrintable() {
    assertEquals(" a~'=9", Printable.of(" a~'=9"));
    assertEquals("", Printable.of(""));
  }

  @Test
  void shouldReplaceWhatFoolsATerminal() {
    assertEquals("??[31m?é".replace('é', '?'), Printable.of("\n\u001b[31m\u202eé"));
  }

  @Test
  void shouldShortenWhatIsLong() {
    assertEquals("x".repeat(128) + "...", Printable.of("x".repeat(5_000)));
    assertEquals("x".repeat(128), Printable.of("x".repeat(128)));
  }

  @Test
  void shouldKeepTextInAnyLanguage() {
    String text = "wörker-3 线程 \ud83d\ude00 ١٢";
    assertSame(text, Printable.clean(text));
    assertEquals(text, Printable.line(text));
  }

  @Test
  void shouldReplaceWhatChangesItsNeighbours() {
    assertEquals("a b c  d", Printable.clean("a\nb\u0000c\u2028\u009bd"));
    assertEquals("\ufffda\ufffd\ufffd\ufffdb", Printable.clean("\u202ea\u2066\ufeff\u200bb"));
    assertEquals("\ufffd \ufffd", Printable.clean("\ud800 \udc00"));
    assertEquals("\ufffd\ufffd", Printable.clean("\udb40\udc41"), "a tag, of two chars");
  }

  @Test
  void shouldShortenALongLine() {
    assertEquals("x".repeat(2000) + "...", Printable.line("x".repeat(5_000)));
    assertEquals("x".repeat(1999) + "\ufffd...", Printable.line("x".repeat(1999) + "\ud83d\ude00"));
  }
}
