package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.export.ExportFormat;
import io.spprof.jmx.AgentMain;
import io.spprof.jmx.Version;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what the command line prints without a target: its help, and errors of usage. */
class UsageTest {

  @TempDir private Path directory;

  private static String printed(String... arguments) {
    CommandRun run = CommandRun.of(List.of(arguments));
    assertEquals(0, run.status(), run::toString);
    assertEquals("", run.err());
    return run.out();
  }

  /** Runs a command that must fail with one line on stderr, and nothing on stdout. */
  private static void fails(int status, List<String> parts, String... arguments) {
    CommandRun run = CommandRun.of(List.of(arguments));
    assertEquals(status, run.status(), run::toString);
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().startsWith("spprof: "), run::toString);
    for (String part : parts) {
      assertTrue(run.err().contains(part), run::toString);
    }
  }

  private static void usage(List<String> parts, String... arguments) {
    fails(CommandFailure.USAGE, parts, arguments);
  }

  @Test
  void shouldPrintItsUsage() {
    String usage = printed("--help");
    assertTrue(usage.startsWith("Usage: java -jar spprof-agent.jar COMMAND "), usage);
    assertTrue(usage.contains("-javaagent:spprof-agent.jar"), usage);
    assertTrue(usage.contains("Exit status: 0 done, 1 refused"), usage);
    assertEquals(usage, printed());
    assertEquals("spprof " + Version.get(), printed("--version").strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"list", "attach", "start", "stop", "status", "top", "dump", "profile", "diff"})
  void shouldPrintTheUsageOfACommand(String command) {
    String usage = printed(command, "--help");
    assertTrue(printed("--help").contains("\n  " + command + " "), command);
    assertTrue(
        usage.matches(
            "(?s)Usage: java -jar spprof-agent.jar " + command + " (\\[|TARGET BEFORE).*"),
        usage);
    assertTrue(usage.contains("\n  java -jar spprof-agent.jar " + command), "an example: " + usage);
    assertFalse(usage.contains(" Is a process id"), usage);
    assertEquals(
        !command.equals("list") && !command.equals("attach"),
        usage
            .replaceAll("\\s+", " ")
            .contains(" A process id, the main class or jar of a JVM here"),
        usage);
    assertEquals("spprof " + Version.get(), printed(command, "--version").strip());
    for (String line : usage.lines().toList()) {
      assertTrue(line.length() <= 80, "80 columns: " + line);
    }
  }

  @Test
  void shouldListEveryOptionOfASessionWithItsValuesAndDefault() {
    List<String> defaults = List.of(ProfilerConfig.DEFAULT.toOptions().split(","));
    for (String command : List.of("attach", "start", "profile")) {
      String usage = printed(command, "--help");
      for (String help : ProfilerConfig.HELP) {
        String line =
            usage.lines().filter(l -> l.startsWith("  " + help + " ")).findFirst().orElseThrow();
        String key = help.substring(0, help.indexOf('='));
        String value =
            defaults.stream()
                .filter(pair -> pair.startsWith(key + "="))
                .map(pair -> pair.substring(key.length() + 1))
                .findFirst()
                .orElse("none");
        assertTrue(line.matches("  .{40,} " + value + " +\\S.*"), "default and meaning: " + line);
      }
    }
  }

  @Test
  void shouldListTheAgentsSettingsWhereTheyCount() {
    for (String setting : AgentMain.settings()) {
      assertTrue(
          printed("attach", "--help")
              .lines()
              .anyMatch(l -> l.matches("  \\Q" + setting + "\\E +(false|none) +\\w.*")),
          setting);
      assertFalse(printed("start", "--help").contains(setting), setting);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dump", "profile"})
  void shouldListEveryFormat(String command) {
    String usage = printed(command, "--help");
    for (ExportFormat format : ExportFormat.values()) {
      String line = "  \\Q" + format.suffix() + "\\E +" + format.key() + " +\\w.*";
      assertTrue(usage.lines().anyMatch(l -> l.matches(line)), format::key);
    }
  }

  @Test
  void shouldDescribeTheFileOfADifference() {
    String usage = printed("diff", "--help");
    assertTrue(usage.contains("spprof-diff-TIME"), usage);
    assertFalse(usage.contains("spprof-TARGET-TIME") || usage.contains("see below"), usage);
  }

  @Test
  void shouldTakeOnlyLocalJvmsForAttach() {
    String usage = printed("attach", "--help");
    assertFalse(usage.contains("host:port") || usage.contains("--user"), usage);
    usage(List.of("attach", "process id"), "attach", "127.0.0.1:1");
    usage(List.of("'--user=x'"), "attach", "1", "--user=x");
  }

  @Test
  void shouldSayWhatIsWrongAndWhatToDo() {
    usage(List.of("'frob'", "list, attach, start", "--help"), "frob");
    usage(List.of("TARGET", "status --help"), "status");
    usage(List.of("'no such'", "host:port", "list"), "status", "no such");
    usage(List.of("p.exe", ".html", "--format"), "dump", "1", "-o", "p.exe");
    usage(List.of("'exe'", "jfr"), "dump", "1", "-o", "p.exe", "--format", "exe");
    usage(List.of("'exe'", "jfr"), "dump", "1", "--format", "exe");
    String file = directory.resolve("p.html").toString();
    usage(List.of("'3x'", "1s to 23h"), "profile", "1", "-d", "3x", "-o", file);
    usage(List.of("'0'", "1s to 23h"), "profile", "1", "-d", "0", "-o", file);
    usage(List.of("'10s,interval=1ms'", "1s to 23h"), "profile", "1", "-d", "10s,interval=1ms");
    usage(List.of("is a directory"), "dump", "1", "-o", "/");
    usage(List.of("--methods 0", "1 to 20"), "top", "1", "--methods", "0");
    usage(List.of("--last '5s'", "10s, 1m or all"), "top", "1", "--last", "5s");
    fails(
        CommandFailure.UNREACHABLE,
        List.of("127.0.0.1:1", "refused", "port"),
        "status",
        "127.0.0.1:1");
    fails(CommandFailure.UNREACHABLE, List.of("4000000000", "list"), "status", "4000000000");
    assertEquals(List.of(), Stream.of(directory.toFile().list()).toList());
  }

  @Test
  void shouldTakeANumberWithoutAUnitAsSeconds() {
    assertEquals(10, Spans.seconds("-d", "10"));
    assertEquals(600, Spans.seconds("-d", "10m"));
  }
}
