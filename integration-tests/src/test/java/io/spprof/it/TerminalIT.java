package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.testing.Installed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the command line in a terminal of a chosen size, which the program {@code script} makes. */
@Tag("system")
class TerminalIT {

  private static final String CONTROL = "\u001b\\[[?0-9;]*[a-zA-Z]";

  @TempDir private Path directory;

  @BeforeAll
  static void requireATerminal() {
    Installed.require("script", "stty");
  }

  /**
   * Runs a command in a terminal, and returns what it prints.
   *
   * @param environment variables, for instance {@code TERM=xterm}
   * @param size for instance {@code cols 80 rows 24}
   */
  private List<String> inTerminal(List<String> environment, String size, String... arguments)
      throws Exception {
    String command =
        Stream.of(
                TestPaths.shortJava().stream(),
                Stream.of("-jar", TestPaths.agentJar().toString()),
                Stream.of(arguments))
            .flatMap(words -> words)
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" ", "stty " + size + " && exec ", ""));
    List<String> all = new ArrayList<>(List.of("env", "-u", "NO_COLOR"));
    all.addAll(environment);
    all.addAll(List.of("script", "-qec", command, "/dev/null"));
    Programs.Ended ended = Programs.run(directory, all);
    assertEquals(0, ended.status(), ended::toString);
    return ended.out();
  }

  private static List<String> withoutControl(List<String> lines) {
    return lines.stream().map(line -> line.replaceAll(CONTROL, "")).toList();
  }

  private static boolean hasControl(List<String> lines) {
    return String.join("", lines).contains("\u001b");
  }

  private static void fit(int columns, List<String> lines) {
    for (String line : lines) {
      assertTrue(line.length() <= columns, line.length() + ": " + line);
    }
  }

  @Test
  void shouldFitThePagesOfTopIntoTheWindow() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      Await.until("samples", () -> bean.number("CollectedSamples") > 100);
      String[] top = {"top", "127.0.0.1:" + target.port(), "-n", "1"};
      String cut = "  io[.]spp.*\u2026[.](Busy|Spin)[.]\\w+";
      String whole = "  io[.]spprof[.]it[.]load[.](Busy|Spin)[.]\\w+";

      List<String> narrow = inTerminal(List.of("TERM=xterm"), "cols 55 rows 10", top);
      assertTrue(hasControl(narrow), narrow::toString);
      List<String> page = withoutControl(narrow);
      assertTrue(page.stream().anyMatch(line -> line.matches(".*" + cut)), page::toString);
      fit(80, page); // the lines of figures have no more than the usual width
      assertTrue(page.stream().filter(line -> !line.isBlank()).count() <= 9, page::toString);

      for (String size : List.of("cols 80 rows 24", "cols 200 rows 50", "cols 0 rows 0")) {
        List<String> wide = withoutControl(inTerminal(List.of("TERM=xterm"), size, top));
        assertTrue(wide.stream().anyMatch(line -> line.matches(".*" + whole)), wide::toString);
        fit(size.contains("200") ? 200 : 80, wide);
      }

      List<String> dumb = inTerminal(List.of("TERM=dumb"), "cols 55 rows 10", top);
      assertFalse(hasControl(dumb), dumb::toString);
      assertTrue(dumb.stream().anyMatch(line -> line.matches(".*" + cut)), dumb::toString);
      bean.stop();
    }
  }

  @Test
  void shouldFitTheHelpIntoTheWindow() throws Exception {
    for (String command : List.of("", "profile", "top", "diff")) {
      String[] help =
          Stream.of(command, "--help").filter(word -> !word.isEmpty()).toArray(String[]::new);
      for (int columns : new int[] {80, 200}) {
        String size = "cols " + columns + " rows 24";
        List<String> coloured = inTerminal(List.of("TERM=xterm"), size, help);
        assertTrue(hasControl(coloured), coloured::toString);
        fit(columns, withoutControl(coloured));
        List<String> plain = inTerminal(List.of("TERM=xterm", "NO_COLOR=1"), size, help);
        assertEquals(withoutControl(coloured), plain);
        List<String> dumb = inTerminal(List.of("TERM=dumb"), size, help);
        assertFalse(hasControl(dumb), dumb::toString);
        fit(80, dumb);
      }
    }
  }
}
