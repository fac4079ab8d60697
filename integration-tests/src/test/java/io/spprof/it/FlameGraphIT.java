package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser;
import io.spprof.it.load.Busy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Tests the flame graph page and the text report that the bean returns. */
class FlameGraphIT {

  private static final long FEW_SAMPLES = 100;
  private static final String WORK = "io.spprof.it.load.H2Oltp.work";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  @Test
  void shouldHandOutOneSelfContainedPage() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 3, 30).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertWhole(bean.query("flameGraph"));
      bean.startWith("interval=1ms");
      Await.until(
          "samples of each thread",
          () -> {
            Collapsed profile = bean.collapsed();
            return Stream.of("busy-0", "busy-1", "busy-2").allMatch(busy -> profile.with(busy) > 0);
          });
      assertWhole(bean.query("flameGraph"));
      bean.stop();
      String page = bean.query("flameGraph");
      assertWhole(page);
      assertTrue(page.contains("Busy.spin"), "the hot method is on the page");
      assertTrue(page.contains("busy-0"), "and its thread");
    }
  }

  @Test
  void shouldReportInWordsAndFigures() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 3).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertFalse(bean.query("report").isBlank());
      bean.startWith("interval=1ms");
      Await.until(
          "the method that uses the CPU time", () -> bean.query("report").contains("Spin.steps"));
      String stopped = bean.stop();
      assertEquals(1, stopped.lines().count(), stopped);
      String report = bean.query("report");
      assertTrue(report.contains("Spin.steps"), report);
      String collected =
          String.format(Locale.ROOT, " in %,d sample", bean.number("CollectedSamples"));
      assertTrue(report.contains(collected), report);
    }
  }

  /** The widths on the page are CPU time. The numbers in the collapsed format are samples. */
  @Test
  void shouldBeSearchedZoomedAndFilteredInABrowser() throws Exception {
    try (Browser browser = Browser.start(directory.resolve("chromium"));
        TargetJvm target = TargetJvm.h2(2).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      // On a busy machine, a sample stands for several ticks, and a thread gets few.
      Await.until(
          "samples of a thread", () -> ofWorker0(bean.collapsed()).total() > 3 * FEW_SAMPLES);
      bean.stop();
      Collapsed samples = bean.collapsed();
      Collapsed nanos = bean.cpuNanos();

      browser.open(Files.writeString(directory.resolve("h2.html"), bean.query("flameGraph")));
      assertShows(samples, nanos, browser);
      browser.search("h2");
      assertMatches(nanos, browser);
      browser.screenshot(TestPaths.output("flame-graph-h2.png"));

      browser.clickOnly("worker-0");
      Collapsed samplesOfOne = ofWorker0(samples);
      Collapsed nanosOfOne = ofWorker0(nanos);
      assertShows(samplesOfOne, nanosOfOne, browser);
      assertMatches(nanosOfOne, browser);

      browser.click(widest(browser, WORK));
      assertEquals(WORK, browser.page("zoomed"));
      String shown = String.format(Locale.ROOT, " %,d samples, ", below(WORK, samplesOfOne));
      assertTrue(browser.text("details").contains(shown), shown + browser.text("details"));
      browser.screenshot(TestPaths.output("flame-graph-h2-worker-0.png"));
      browser.click("reset");
      assertEquals("all", browser.page("zoomed"));

      browser.click("threads-all");
      assertShows(samples, nanos, browser);
      assertEquals(List.of(), browser.console());
    }
  }

  private static void assertShows(Collapsed samples, Collapsed nanos, Browser browser) {
    assertTrue(samples.total() > FEW_SAMPLES, "samples: " + samples.total());
    assertEquals(samples.total(), browser.number("totalSamples"));
    assertEquals(nanos.total(), browser.number("totalNanos"));
  }

  private static void assertMatches(Collapsed nanos, Browser browser) {
    double percent = browser.number("matchedPercent");
    assertEquals(percentOfH2(nanos), percent, 1e-9);
    assertEquals(String.format(Locale.ROOT, "%.2f %% matched", percent), browser.text("matched"));
  }

  /** The page's search leaves out threads and ignores case. */
  private static double percentOfH2(Collapsed profile) {
    long matched =
        profile.count(
            stack ->
                stack.frames().stream()
                    .skip(1)
                    .anyMatch(frame -> frame.toLowerCase(Locale.ROOT).contains("h2")));
    return 100.0 * matched / profile.total();
  }

  private static Collapsed ofWorker0(Collapsed profile) {
    return new Collapsed(
        profile.stacks().stream().filter(s -> s.frames().get(0).equals("worker-0")).toList());
  }

  private static Browser.Rect widest(Browser browser, String name) {
    return browser.rects().stream()
        .filter(rect -> name.equals(rect.name()))
        .max(Comparator.comparingDouble(Browser.Rect::width))
        .orElseThrow();
  }

  /** The samples of a frame at the place where it has the most. */
  private static long below(String frame, Collapsed profile) {
    return profile.stacks().stream()
        .filter(stack -> stack.frames().contains(frame))
        .collect(
            Collectors.groupingBy(
                stack -> stack.frames().subList(0, stack.indexOf(frame::equals) + 1),
                Collectors.summingLong(Collapsed.Stack::count)))
        .values()
        .stream()
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  private static void assertWhole(String page) {
    String text = page.strip().toLowerCase(Locale.ROOT);
    assertTrue(text.startsWith("<!doctype html>"), () -> page.substring(0, 80));
    assertTrue(text.endsWith("</html>"), () -> page.substring(page.length() - 80));
    assertFalse(text.matches("(?s).*(src|href)\\s*=\\s*[\"']?(https?:)?//.*"), "needs no network");
  }
}
