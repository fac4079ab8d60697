package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests the bean with scripts for jmxterm, run with its option -e. The exit status must say whether
 * every line of the script succeeded.
 */
@Tag("system")
class ScriptedClientIT {

  private static final List<String> FIGURES =
      List.of("Signals", "CollectedSamples", "DroppedSamples", "OverheadPercent");

  @Test
  void shouldEndWithStatusZeroAndNumbers() throws Exception {
    try (TargetJvm target = TargetJvm.h2(2).start()) {
      Programs.Ended script =
          jmxterm(
              target,
              "bean io.spprof:type=Spprof",
              "run startWith interval=1ms,depth=64",
              "get -s " + String.join(" ", FIGURES),
              "run stop",
              "get -s CollectedSamples",
              "get -s Session.collected",
              "run collapsed 3");
      assertEquals(0, script.status(), script.toString());
      List<String> printed = script.out().stream().filter(line -> !line.isBlank()).toList();
      assertTrue(printed.size() >= 1 + FIGURES.size() + 4, script.toString());
      assertEquals("1", printed.get(0), "the session's id");
      for (String figure : printed.subList(1, 1 + FIGURES.size())) {
        assertTrue(Double.parseDouble(figure) >= 0, script.toString());
      }
      // "stop" prints one line; then come the two counts, which are of the only session.
      long collected = Long.parseLong(printed.get(2 + FIGURES.size()));
      assertEquals(collected, Long.parseLong(printed.get(3 + FIGURES.size())));
      assertTrue(collected > 0, script.toString());
    }
  }

  @Test
  void shouldFailTheScriptWhenALineIsRefused() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start()) {
      Programs.Ended script = jmxterm(target, "bean io.spprof:type=Spprof", "run startWith String");
      assertNotEquals(0, script.status(), script.toString());
    }
  }

  @Test
  void shouldRunTheScriptsOfTheDocumentsOverAPassword() throws Exception {
    try (TargetJvm target = TargetJvm.h2(2).authenticate().start();
        BeanClient bean = BeanClient.connect(target, "control")) {
      assertEquals(List.of("1"), example(target, "start.jmx", "control"));
      Await.until("it samples", () -> bean.number("CollectedSamples") > 100);

      List<String> polled = example(target, "poll.jmx", "monitor");
      assertEquals("RUNNING", polled.get(0), polled::toString);
      assertTrue(Long.parseLong(polled.get(1)) > 100, polled::toString);
      assertTrue(Double.parseDouble(polled.get(3)) > 0, polled::toString);
      assertEquals(6, polled.size(), polled::toString);

      String refused = Examples.text("start.jmx").replace("control", "monitor");
      assertNotEquals(0, jmxterm(lines(target, refused)).status());

      List<String> fetched = example(target, "fetch.jmx", "control");
      assertTrue(fetched.get(0).startsWith("session=1 "), fetched::toString);
      assertTrue(
          fetched.stream().anyMatch(line -> line.matches("worker-[01];.*org\\.h2\\..* [0-9]+")),
          fetched::toString);
      assertEquals("IDLE", bean.text("State"));
    }
  }

  /** Runs an example script with its role, and returns what it printed. */
  private static List<String> example(TargetJvm target, String name, String role) throws Exception {
    String text = Examples.text(name);
    assertTrue(text.contains("-u " + role), text);
    Programs.Ended script = jmxterm(lines(target, text));
    assertEquals(0, script.status(), script.toString());
    return script.out().stream().filter(line -> !line.isBlank()).toList();
  }

  private static List<String> lines(TargetJvm target, String text) {
    return text.replace(":7091", ":" + target.port()).lines().toList();
  }

  private static Programs.Ended jmxterm(TargetJvm target, String... lines) throws Exception {
    List<String> all = new ArrayList<>(List.of("open 127.0.0.1:" + target.port()));
    all.addAll(List.of(lines));
    return jmxterm(all);
  }

  private static Programs.Ended jmxterm(List<String> lines) throws Exception {
    Path directory = TestPaths.newDirectory("jmxterm");
    Path script = directory.resolve("script");
    Files.write(script, lines);
    List<String> command = new ArrayList<>(TestPaths.shortJava());
    command.addAll(
        List.of(
            "-Duser.home=" + directory,
            "-jar",
            TestPaths.library("jmxterm.jar").toString(),
            "-n",
            "-e",
            "-v",
            "silent",
            "-i",
            script.toString()));
    return Programs.run(directory, command);
  }
}
