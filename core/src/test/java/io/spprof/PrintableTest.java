package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
