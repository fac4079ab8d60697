package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TerminalTest {

  @Test
  void shouldCutLongLinesOfAPageOnly() {
    assertEquals("\u001b[H\u001b[2J\u001b[?7lline\n\u001b[?7h", Terminal.inPlace("line\n"));
  }

  @Test
  void shouldReadTheSizeThatSttyPrints() {
    Terminal.Size other = Terminal.Size.USUAL;
    assertEquals(new Terminal.Size(200, 50), Terminal.size("50 200\n", other));
    assertEquals(other, Terminal.size("0 0\n", other), "a serial line");
    assertEquals(other, Terminal.size("", other), "no stty");
    assertEquals(other, Terminal.size("50 200000000000\n", other));
  }
}
