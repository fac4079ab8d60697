package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** jmxterm in a script, with -e: the status says whether every line worked. */
class ScriptedClientIT {

  private static final List<String> FIGURES =
      List.of("Signals", "CollectedSamples", "DroppedSamples", "OverheadPercent");

  @Test
  void shouldEndWithStatusZeroAndNumbers() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 2, 0).start()) {
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
      // "stop" answers on one line; then the two counts, which are of the same only session.
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

  private static Programs.Ended jmxterm(TargetJvm target, String... lines) throws Exception {
    Path directory = TestPaths.newDirectory("jmxterm");
    Path script = directory.resolve("script");
    Files.write(script, List.of(lines));
    return Programs.run(
        directory,
        List.of(
            TestPaths.jdkProgram("java").toString(),
            "-Duser.home=" + directory,
            "-jar",
            TestPaths.library("jmxterm.jar").toString(),
            "-l",
            "127.0.0.1:" + target.port(),
            "-n",
            "-e",
            "-v",
            "silent",
            "-i",
            script.toString()));
  }
}
