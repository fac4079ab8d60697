package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TerminalTest {

  @Test
  void shouldCutLongLinesOfAPageOnly() {
    assertEquals("\u001b[H\u001b[2J\u001b[?7lline\n\u001b[?7h", Terminal.inPlace("line\n"));
  }
}
