package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.awt.event.KeyEvent;
import java.nio.file.Files;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests JConsole with the profiler while the H2 load runs: with JConsole's own panes and with the
 * plugin's tab, for a local JVM and over connections with passwords.
 */
class JConsoleIT {

  @BeforeAll
  static void requireJConsole() {
    JConsole.require();
  }

  private static TargetJvm.Builder load() {
    return TargetJvm.h2(2);
  }

  private static void logIn(JConsole console, TargetJvm target, String role) throws Exception {
    console.awaitThere("Connect");
    console.act("click", "Remote Process:");
    console.act("set", "JTextField", "127.0.0.1:" + target.port());
    console.act("set", "JTextField@Username:", role);
    console.act("set", "JPasswordField", role);
    Await.until("Connect", () -> console.act("enabled", "Connect").equals("true"));
    console.act("click", "Connect");
    withoutEncryption(console);
  }

  /** Confirms the connection without encryption. JConsole asks for that even for a process id. */
  private static void withoutEncryption(JConsole console) throws Exception {
    console.awaitThere("Insecure connection");
    console.act("click", "Insecure connection");
  }

  private static long millis(BeanClient bean, String figure) throws Exception {
    return (Long) ((CompositeData) bean.get("Session")).get(figure);
  }

  private static String time(long millis) {
    return DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT)
        .format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
  }

  @Test
  void shouldDriveASessionFromThePluginsTab() throws Exception {
    try (TargetJvm target = load().start();
        BeanClient bean = BeanClient.connect(target);
        JConsole console = new JConsole(Long.toString(target.pid()))) {
      withoutEncryption(console);
      console.openTab("spprof");
      console.awaitText("spprof.state", "^IDLE");
      console.act("set", "spprof.options", "interval=1");
      console.act("click", "spprof.start");
      console.awaitText("spprof.message", "interval=1.*valid");
      assertEquals(0, bean.number("SessionsStarted"));

      console.act("set", "spprof.options", "interval=1ms,mode=continuous,window=1s");
      console.act("click", "spprof.start");
      console.awaitText("spprof.message", "Session 1 is running");
      console.awaitText("spprof.state", "^RUNNING, session 1");
      assertEquals("RUNNING", bean.text("State"));
      console.awaitText("spprof.figures", "ctimer, vm, every 1 ms of CPU time; [0-9,]{5}");
      Await.until("hot methods", () -> console.act("rows", "spprof.methods").contains("org.h2."));
      console.awaitText("spprof.methodsOf", "^[0-9,]+ samples, [0-9:]{8} to [0-9:]{8}$");
      console.shot("jconsole-hot-methods");
      choose(console, "spprof.stretch", 2);
      Await.until("ten seconds and more", () -> millis(bean, "durationMillis") > 12_000);
      long start = millis(bean, "startTimeMillis");
      console.awaitText(
          "spprof.methodsOf", "samples, (" + time(start - 1) + "|" + time(start + 1) + ") to");

      console.openTab("Flame graph");
      console.awaitText("spprof.flame.status", "^[0-9,.]+ m?s of CPU time");
      console.shot("jconsole-plugin"); // the picture in README.md
      console.act("set", "spprof.flame.query", "MVStore");
      double matched = percent(console.awaitText("spprof.flame.matched", "% matched$"), 0);
      console.shot("jconsole-flame-graph");
      assertTrue(matched > 1 && matched < 100, "mvstore: " + matched);
      assertEquals("false", console.act("enabled", "spprof.flame.reset"));
      // Clicks into the second row at the left: the thread with the most CPU time.
      console.act("clickAt", "spprof.flame.view", "20", "27");
      String zoomed = console.awaitText("spprof.flame.matched", "of the zoom");
      assertEquals(matched, percent(zoomed, 0), zoomed);
      console.shot("jconsole-flame-graph-zoomed");
      console.act("click", "spprof.flame.reset");
      console.awaitText("spprof.flame.matched", "% matched$");
      console.act("clickAt", "spprof.flame.view", "20", "27");
      console.awaitText("spprof.flame.matched", "of the zoom");
      console.act("press", Integer.toString(KeyEvent.VK_ESCAPE));
      console.awaitText("spprof.flame.matched", "% matched$");
      console.act("set", "spprof.flame.query", "worker-");
      assertTrue(percent(console.awaitText("spprof.flame.matched", "matched"), 0) > 1);
      console.act("click", "spprof.flame.byThread");
      assertEquals("0.00 % matched", console.awaitText("spprof.flame.matched", "^0.00"));
      String before = console.act("text", "spprof.flame.status");
      console.act("click", "spprof.flame.follow");
      console.awaitText(
          "spprof.flame.status", "^(?!" + Pattern.quote(before) + ")[0-9,.]+ m?s of CPU time");
      console.act("click", "spprof.flame.follow");

      target.ask("reports"); // The load changes, after the minute has begun.
      assertEquals("true", console.act("enabled", "spprof.flame.range"));
      assertEquals("false", console.act("enabled", "spprof.flame.compare"));
      assertEquals("false", console.act("enabled", "spprof.flame.difference"));
      console.act("set", "spprof.flame.query", "");
      console.act("click", "spprof.flame.byThread");
      Await.until("time before the last minute", () -> millis(bean, "durationMillis") > 70_000);
      String whole = console.act("text", "spprof.flame.status");
      choose(console, "spprof.flame.range", 1);
      console.awaitText(
          "spprof.flame.status", "^(?!" + Pattern.quote(whole) + ")[0-9,.]+ m?s of CPU time");
      assertEquals("true", console.act("enabled", "spprof.flame.difference"));
      assertEquals("false", console.act("there", "spprof.flame.legend"));
      console.act("click", "spprof.flame.compare");
      console.awaitText(
          "spprof.flame.status", "^[0-9,.]+ s of CPU time, and [0-9,.]+ m?s before, read at");
      assertEquals("true", console.act("there", "spprof.flame.legend"));
      String tip = console.act("tip", "spprof.flame.view", "20", "27");
      assertTrue(
          tip.matches(
              "worker-\\* \\(2 threads\\) .*; before [0-9.]+ % \\([0-9,.]+ m?s\\),"
                  + " after [0-9.]+ % \\([0-9,.]+ s\\) of CPU time"),
          tip);
      console.act("size", "1000", "1200"); // A method that changed is deep in the graph.
      console.shot("jconsole-difference");
      console.act("set", "spprof.flame.query", "H2Oltp.report");
      double reports = percent(console.awaitText("spprof.flame.matched", "% matched$"), 0);
      assertTrue(reports > 1 && reports < 100, "reports: " + reports);
      choose(console, "spprof.flame.range", -1);
      console.awaitText("spprof.flame.status", "^[0-9,.]+ s of CPU time, read at");
      assertEquals("false", console.act("there", "spprof.flame.legend"));

      console.act("click", "spprof.stop");
      String shown = console.awaitText("spprof.message", "^Session 1: ");
      console.awaitText("spprof.state", "^IDLE, session 1");
      long collected = bean.number("CollectedSamples");
      String samples = String.format(Locale.ROOT, ": %,d samples, ", collected);
      assertTrue(shown.contains(samples), shown);
      console.act("click", "spprof.flame.refresh");
      double seconds = bean.number("SampledCpuTimeNanos") / 1e9;
      String all = String.format(Locale.ROOT, "^%,.2f s of CPU time", seconds);
      console.awaitText("spprof.flame.status", all);

      console.act("set", "spprof.options", "interval=1ms");
      console.act("click", "spprof.start");
      Await.until(
          "no ranges of time", () -> console.act("enabled", "spprof.flame.range").equals("false"));
      assertEquals(List.of(), console.stderr());
    }
  }

  /** Chooses an entry of a box, so many entries below the chosen one; above it if negative. */
  private static void choose(JConsole console, String box, int below) throws Exception {
    console.act("click", box);
    for (int i = 0; i < Math.abs(below); i++) {
      console.act("press", Integer.toString(below > 0 ? KeyEvent.VK_DOWN : KeyEvent.VK_UP));
    }
    console.act("press", Integer.toString(KeyEvent.VK_ENTER));
  }

  private static double percent(String text, int index) {
    Matcher numbers = Pattern.compile("([0-9.]+) %").matcher(text);
    for (int i = 0; i <= index; i++) {
      assertTrue(numbers.find(), text);
    }
    return Double.parseDouble(numbers.group(1));
  }

  @Test
  @Tag("system")
  void shouldDriveASessionFromItsOwnPanesWithAPassword() throws Exception {
    try (TargetJvm target = load().authenticate().start();
        BeanClient bean = BeanClient.connect(target, "control");
        JConsole console = new JConsole()) {
      logIn(console, target, "control");
      console.openTab("MBeans");
      console.openNode("io.spprof/Spprof/Operations");
      console.awaitThere("startWith");
      console.act("set", "JTextField@startWith", "interval=1ms");
      console.shot("jconsole-operations");
      console.act("click", "startWith");
      Await.until("a session", () -> bean.text("State").equals("RUNNING"));
      assertTrue(bean.text("Options").startsWith("interval=1ms,"), bean.text("Options"));
      console.awaitThere("OK"); // confirms the dialog with the returned value
      console.act("click", "OK");

      console.openNode("io.spprof/Spprof/Attributes");
      console.awaitThere("Refresh");
      // The gauges are of the last ten seconds; at first they have the cost of the start.
      Await.until("ten seconds and more", () -> millis(bean, "durationMillis") > 12_000);
      Await.until(
          "it samples",
          () -> {
            console.act("click", "Refresh");
            return console.act("rows", "JTable").matches("CollectedSamples\\|[1-9].*");
          });
      // The picture in README.md, and the attributes in it, which a test compares with the bean's.
      console.act("size", "1000", "900");
      Await.until(
          "all attributes in view",
          () -> console.act("rowsInView", "JTable").equals(String.join(",", bean.names())));
      console.shot("jconsole-attributes");
      Files.write(TestPaths.output("jconsole-attributes.txt"), bean.names());
      // JConsole draws the chart in the table's cell, which becomes higher.
      int low = Integer.parseInt(console.act("rowHeight", "JTable", "CollectedSamples"));
      assertEquals("2", console.act("cell", "JTable", "CollectedSamples", "2"));
      Await.until(
          "a chart",
          () -> Integer.parseInt(console.act("rowHeight", "JTable", "CollectedSamples")) > 4 * low);
      Thread.sleep(2500); // so that the screenshot shows a few points
      console.shot("jconsole-chart");

      console.openNode("io.spprof/Spprof/Operations");
      console.awaitThere("stop");
      console.act("click", "stop");
      Await.until("its end", () -> bean.text("State").equals("IDLE"));
      assertEquals(1, bean.number("SessionsStarted"));
    }
  }

  @Test
  @Tag("system")
  void shouldShowAllToAReadOnlyRoleAndSayWhatIsNotAllowed() throws Exception {
    try (TargetJvm target = load().authenticate().start();
        BeanClient bean = BeanClient.connect(target, "control");
        JConsole console = new JConsole()) {
      bean.startWith("interval=1ms");
      logIn(console, target, "monitor");
      console.openTab("spprof");
      console.awaitText("spprof.state", "^RUNNING, session 1");
      Await.until("hot methods", () -> console.act("rows", "spprof.methods").contains("org.h2."));
      console.act("click", "spprof.stop");
      console.awaitText("spprof.message", "^connect as a role that may write: .*refuses the call");
      console.openTab("Flame graph");
      console.awaitText(
          "spprof.flame.status", "Cannot read the profile: connect as a role that may write");
      console.shot("jconsole-read-only");
      assertEquals("RUNNING", bean.text("State"));
      bean.stop();
    }
  }

  @Test
  void shouldSayWhereTheAgentIsNotLoaded() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .flags("-XX:+EnableDynamicAgentLoading")
                .noAgent()
                .start();
        JConsole console = new JConsole(Long.toString(target.pid()))) {
      withoutEncryption(console);
      console.openTab("spprof");
      console.awaitText("spprof.message", "not loaded in this JVM\\. .* attach PID");
      assertEquals("false", console.act("enabled", "spprof.start"));

      console.awaitThere("spprof.attach");
      console.act("click", "spprof.attach");
      console.awaitText("spprof.state", "^IDLE");
      console.awaitText("spprof.message", "^ $");
      assertEquals("true", console.act("enabled", "spprof.start"));
    }
  }
}
