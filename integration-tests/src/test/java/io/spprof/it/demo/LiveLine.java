package io.spprof.it.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A status line: on a terminal it is overwritten each time, elsewhere each update is a new line.
 */
final class LiveLine {

  private final PrintStream out;
  private final boolean terminal;
  private int width;

  LiveLine(PrintStream out) {
    this.out = out;
    this.terminal = isTerminal();
  }

  void show(String text) {
    if (terminal) {
      width = Math.max(width, text.length());
      out.print("\r" + text + " ".repeat(width - text.length()));
      out.flush();
    } else {
      out.println(text);
    }
  }

  void end() {
    if (terminal) {
      out.println();
    }
  }

  /**
   * Whether the output is a terminal. {@link System#console()} is null without a terminal on some
   * JDKs only.
   */
  private static boolean isTerminal() {
    try {
      String file = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }
}
