package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.ExportFormat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Runs JVMs that end at their first OutOfMemoryError, even if code catches it. In each of them, a
 * session's tables are full, and the profile is asked for in every way. The JVMs must survive.
 */
class FullHeapTest {

  /** Runs the JVM to its end, and returns what it printed, one line an answer. */
  private static List<String> run(String heap, int parallel, String options) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:MaxDirectMemorySize=1g", // for the ring, which is not on the heap
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                FullHeap.class.getName(),
                Integer.toString(parallel),
                options)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    List<String> lines = said.lines().toList();
    assertEquals("DONE", lines.get(lines.size() - 1), said);
    for (ExportFormat format : ExportFormat.values()) {
      String answer = "stream " + format.key() + " ";
      assertTrue(lines.stream().anyMatch(line -> line.startsWith(answer)), said);
    }
    return lines;
  }

  private static String line(List<String> lines, String beginning) {
    return lines.stream()
        .filter(line -> line.startsWith(beginning))
        .findFirst()
        .orElseThrow(() -> new AssertionError(beginning + " is missing in " + lines));
  }

  private static long number(List<String> lines, String name) {
    return Long.parseLong(line(lines, name + " ").substring(name.length() + 1));
  }

  @Test
  void shouldRefuseTextsThatTheHeapHasNoRoomFor() throws Exception {
    List<String> lines = run("128m", 16, "memory=32m");
    assertTrue(
        number(lines, "MemoryLimitBytes") > 16L << 20,
        "the memory outside of the heap, and an eighth of the heap");
    assertTrue(line(lines, "report").contains(" has "), lines::toString);
    assertTrue(line(lines, "collapsed [10]").contains(" has "), lines::toString);
    String all = line(lines, "collapsed [0]");
    assertTrue(all.contains("refused: collapsed has "), all);
    assertTrue(all.contains("use openStream(\"collapsed\")"), all);
    for (String each : lines) {
      assertTrue(!each.contains("refused") || each.contains("openStream"), each);
    }
  }

  @Test
  void shouldLimitMemoryByTheHeap() throws Exception {
    List<String> lines = run("64m", 8, "memory=256m");
    long limit = number(lines, "MemoryLimitBytes");
    assertTrue(
        limit > 64L << 20 && limit < 160L << 20,
        "the ring has the size asked for, the tables do not");
    assertTrue(number(lines, "MemoryUsedBytes") <= limit + (64 << 10), lines::toString);
    String error = line(lines, "LastError");
    assertTrue(error.contains("the heap of 64 MiB is small"), error);
    assertTrue(error.contains("-Xmx"), error);
  }

  @Test
  void shouldLiveInASmallHeapWithTheDefaults() throws Exception {
    List<String> lines = run("24m", 8, "");
    assertTrue(number(lines, "MemoryLimitBytes") < 32L << 20, lines::toString);
    assertTrue(line(lines, "report").contains(" has "), lines::toString);
  }
}
