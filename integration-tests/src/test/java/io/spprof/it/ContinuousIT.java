package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.management.openmbean.CompositeData;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests a continuous session, which never ends, while the H2 load runs: every query about a range
 * of its past must be answered, to the sample.
 */
@Tag("system")
class ContinuousIT {

  /**
   * The least samples of a range that is compared. On a busy machine, a single window may have few.
   */
  private static final long ENOUGH = 3000;

  /** One line of the output of the operation windows(). */
  private record Line(Instant from, Instant to, long samples, long drops, long cpuMillis) {
    static Line of(String text) {
      String[] words = text.trim().split(" +");
      return new Line(
          Instant.parse(words[0]),
          Instant.parse(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]));
    }
  }

  private static List<Line> windows(BeanClient bean) throws Exception {
    return bean.query("windows").lines().skip(1).map(Line::of).toList();
  }

  /**
   * Waits until there are enough samples, in two or more windows that are complete.
   *
   * @param first the index of the first window that counts
   */
  private static void awaitSamples(BeanClient bean, int first) throws Exception {
    Await.until(
        "a profile from window " + first + " on",
        () -> {
          List<Line> windows = windows(bean);
          int open = windows.size() - 1;
          return open >= first + 2
              && windows.subList(first, open).stream().mapToLong(Line::samples).sum() > ENOUGH;
        });
  }

  private static Collapsed collapsed(BeanClient bean, String range) throws Exception {
    return Collapsed.parse((String) bean.invokeWith("collapsedOf", range, 0));
  }

  private static Map<List<String>, Long> sums(Collapsed... profiles) {
    Map<List<String>, Long> sums = new HashMap<>();
    for (Collapsed profile : profiles) {
      profile.stacks().forEach(stack -> sums.merge(stack.frames(), stack.count(), Long::sum));
    }
    return sums;
  }

  @Test
  void shouldAnswerForAnyPartOfThePastToTheSample() throws Exception {
    try (TargetJvm target =
            TargetJvm.h2(2)
                .agentOptions("mode=continuous,window=1s,interval=1ms,start=true")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      assertTrue(bean.text("Options").contains("mode=continuous,window=1s,retention=1h"));
      Await.until("windows", () -> windows(bean).size() > 6);
      String last = "last=2s";
      assertTrue(collapsed(bean, last).total() < collapsed(bean, "").total());
      assertTrue(((String) bean.invoke("reportOf", last)).contains("org.h2."), "hot methods");
      assertTrue(((String) bean.invoke("flameGraphOf", last)).contains("<html"));
      bean.stop();

      List<Line> windows = windows(bean);
      Collapsed all = collapsed(bean, "");
      assertEquals(windows.stream().mapToLong(Line::samples).sum(), all.total());
      assertEquals(bean.number("CollectedSamples"), all.total());
      assertEquals(bean.number("DroppedSamples"), windows.stream().mapToLong(Line::drops).sum());
      for (int i = 1; i < windows.size(); i++) {
        assertEquals(windows.get(i - 1).to(), windows.get(i).from());
      }
      // The time exactly as windows() prints it, so that no rounding of clocks can move the border.
      Instant border = windows.get(3).from();
      Collapsed before = collapsed(bean, "to=" + border);
      Collapsed after = collapsed(bean, "from=" + border);
      assertEquals(sums(all), sums(before, after));
      assertEquals(windows.subList(0, 3).stream().mapToLong(Line::samples).sum(), before.total());

      String first = "to=" + border;
      String rest = "from=" + border;
      assertEquals("", bean.invokeWith("collapsedDifference", first, first));
      long change = 0;
      for (String line :
          ((String) bean.invokeWith("collapsedDifference", first, rest)).lines().toList()) {
        String[] words = line.split(" (?=[0-9]+ [0-9]+$)| (?=[0-9]+$)");
        change += Long.parseLong(words[2]) - Long.parseLong(words[1]);
      }
      assertEquals(after.total() - before.total(), change);

      Object lines = bean.invokeWith("collapsedDifference", first, rest);
      Path file =
          Path.of((String) bean.invokeWith("dumpDifferenceToFile", "d.collapsed", first, rest));
      assertEquals(lines, Files.readString(file));
      Files.delete(file);
      Files.delete(file.getParent());
      long id = (Long) bean.invokeWith("openDifferenceStream", "collapsed", first, rest);
      assertEquals(lines, new String(bean.readAll(id), StandardCharsets.UTF_8));

      String same = (String) bean.invokeWith("flameGraphDifference", first, first);
      assertTrue(same.contains("<html") && same.contains("\"before\":{"));
      assertTrue(same.chars().allMatch(c -> c < 128));
      assertTrue(
          ((String) bean.invokeWith("flameGraphDifference", first, rest))
              .contains("\"totalSamples\":" + before.total() + ","));

      CompositeData kept = (CompositeData) bean.get("Kept");
      assertEquals(windows.size(), kept.get("windows"));
      assertTrue(bean.number("OldestSampleAgeSeconds") >= 5);
    }
  }

  @Test
  void shouldShowInABrowserWhatADeployChanged(@TempDir Path directory) throws Exception {
    try (Browser browser = Browser.start(directory.resolve("chromium"));
        TargetJvm target =
            TargetJvm.h2(2)
                .agentOptions("mode=continuous,window=1s,interval=1ms,start=true")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      int first = windows(bean).size(); // The load is ready, so this window has nothing but load.
      awaitSamples(bean, first);
      int deploy = windows(bean).size() - 1;
      target.ask("reports");
      int deployed = windows(bean).size();
      awaitSamples(bean, deployed);
      bean.stop();
      List<Line> windows = windows(bean);
      // Neither range contains a window of the deployment.
      String before = "from=" + windows.get(first).from() + ",to=" + windows.get(deploy).from();
      String after = "from=" + windows.get(deployed).from();

      String page = (String) bean.invokeWith("flameGraphDifference", before, after);
      browser.open(Files.writeString(directory.resolve("difference.html"), page));
      browser.click(
          "by-self"); // by total time: what the report calls has changed, not its own code
      browser.click("merge");
      assertEquals(collapsed(bean, after).total(), browser.number("totalSamples"));
      String more = label(browser, "io.spprof.it.load.H2Oltp.report");
      assertTrue(more.startsWith("+"), more);
      browser.screenshot(TestPaths.output("flame-graph-difference.png"));
      browser.click("widths");
      assertEquals(collapsed(bean, before).total(), browser.number("totalSamples"));
      String less = label(browser, "io.spprof.it.load.H2Oltp.transfer");
      assertTrue(less.startsWith("\u2212"), less);
      assertEquals(List.of(), browser.console());

      String same = (String) bean.invokeWith("flameGraphDifference", before, before);
      browser.open(Files.writeString(directory.resolve("same.html"), same));
      assertTrue(browser.text("notices").contains("No difference"), browser.text("notices"));
    }
  }

  /** The label of a frame where it is widest. */
  private static String label(Browser browser, String frame) {
    return browser.rects().stream()
        .filter(rect -> frame.equals(rect.name()))
        .max(Comparator.comparingDouble(Browser.Rect::width))
        .orElseThrow()
        .label();
  }

  @Test
  void shouldWriteEveryFormatOfAStretch() throws Exception {
    try (TargetJvm target = TargetJvm.h2(2).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("mode=continuous,window=1s,interval=1ms");
      Await.until("windows", () -> windows(bean).size() > 4);
      bean.stop();
      List<Line> windows = windows(bean);
      Line second = windows.get(1);
      String range = "from=" + second.from() + ",to=" + second.to();

      assertEquals(second.samples(), collapsed(bean, range).total());
      Path file = Path.of((String) bean.invokeWith("dumpToFileOf", "second.jfr", range));
      long events = 0;
      try (RecordingFile recording = new RecordingFile(file)) {
        while (recording.hasMoreEvents()) {
          RecordedEvent event = recording.readEvent();
          if (event.getEventType().getName().equals("jdk.ExecutionSample")) {
            events++;
            assertTrue(
                !event.getStartTime().isBefore(second.from().minusSeconds(1))
                    && !event.getStartTime().isAfter(second.to().plusSeconds(1)),
                event.getStartTime() + " is not in " + second);
          }
        }
      }
      assertEquals(second.samples(), events);
      Files.delete(file);
      Files.delete(file.getParent());

      long id = (Long) bean.invokeWith("openStreamOf", "collapsed", range);
      String text = new String(bean.readAll(id), StandardCharsets.UTF_8);
      assertEquals(second.samples(), Collapsed.parse(text).total());
    }
  }

  @Test
  void shouldWriteWhatIsKeptAsTheJvmExits(@TempDir Path directory) throws Exception {
    Path dumps = directory.resolve("dumps");
    try (TargetJvm target =
            TargetJvm.h2(2)
                .agentOptions(
                    "mode=continuous,window=1s,interval=1ms,start=true,onexit=dump,dir=" + dumps)
                .expectOnStderr(line -> line.startsWith("spprof: " + dumps))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      Await.until(
          "windows and samples",
          () -> windows(bean).size() > 2 && bean.number("CollectedSamples") > 200);
      assertTrue(Files.notExists(dumps));
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(dumps)) {
      files = all.toList();
    }
    assertEquals(1, files.size(), files::toString);
    assertTrue(files.get(0).getFileName().toString().startsWith("spprof-exit-"));
    assertTrue(
        RecordingFile.readAllEvents(files.get(0)).stream()
                .filter(event -> event.getEventType().getName().equals("jdk.ExecutionSample"))
                .count()
            > 100);
  }

  @Test
  void shouldRefuseWhatIsNoRangeOrNotKept() throws Exception {
    try (TargetJvm target = TargetJvm.h2(1).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.start();
      refused(bean, "String", IllegalArgumentException.class, "valid: last=");
      refused(bean, "last=5m", IllegalStateException.class, "mode=continuous");
      bean.stop();
      bean.startWith("mode=continuous,window=1s");
      refused(bean, "String", IllegalArgumentException.class, "valid: last=");
      refused(
          bean,
          "from=2020-01-01T00:00:00Z,to=2020-01-02T00:00:00Z",
          IllegalArgumentException.class,
          "nothing is kept of that time");
      assertInstanceOf(
          IllegalArgumentException.class,
          BeanClient.refusalOf(() -> bean.invokeWith("dumpToFileOf", "../x.html", "last=5m")));
      assertEquals("RUNNING", bean.text("State"));
      bean.stop();
    }
  }

  private static void refused(BeanClient bean, String range, Class<?> how, String message) {
    List<Callable<?>> calls =
        List.of(
            () -> bean.invoke("reportOf", range),
            () -> bean.invokeWith("flameGraphDifference", range, ""),
            () -> bean.invokeWith("flameGraphDifference", "", range));
    for (Callable<?> call : calls) {
      Throwable refusal = BeanClient.refusalOf(call);
      assertInstanceOf(how, refusal);
      assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }
  }
}
