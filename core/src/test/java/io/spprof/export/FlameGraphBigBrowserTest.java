package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/**
 * Tests the flame graph page with 100,000 distinct stacks. The page must show the right totals, and
 * draw no more than the canvas can show.
 */
@Tag("page")
class FlameGraphBigBrowserTest {

  private static final int STACKS = 100_000;

  /** A page of 1,400 pixels shows at most two rectangles a pixel, in as many rows as fit. */
  private static final int MOST_RECTS = 2 * 1400 * 45;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path dir;

  @Test
  void shouldStayRightAndBoundedWithManyStacks() throws IOException {
    try (Browser browser = Browser.start(dir.resolve("chromium"))) {
      Profile profile = SampleProfiles.web(STACKS, 24);
      assertTrue(profile.stackCount() >= STACKS);
      Path page = dir.resolve("big.html");
      long start = System.nanoTime();
      try (Writer writer = Files.newBufferedWriter(page)) {
        FlameGraphExporter.write(profile, writer);
      }
      say("written", start);
      System.out.printf("flame graph, %,d stacks: %,d bytes%n", STACKS, Files.size(page));

      start = System.nanoTime();
      browser.open(page);
      say("opened", start);
      System.out.printf(
          "flame graph: %,.0f nodes, script %.0f ms%n",
          browser.number("nodes"), browser.number("loadMillis"));
      assertEquals(profile.totalCpuNanos(), browser.number("totalNanos"));
      assertEquals(profile.totalSamples(), browser.number("totalSamples"));
      assertBounded(browser, "all");

      start = System.nanoTime();
      browser.search("Parser");
      say("searched, six keys", start);
      assertEquals(matchedPercent(profile, "Parser"), browser.number("matchedPercent"), 1e-9);
      assertBounded(browser, "search");

      start = System.nanoTime();
      browser.click("merge");
      say("merged", start);
      assertEquals(matchedPercent(profile, "Parser"), browser.number("matchedPercent"), 1e-9);
      assertBounded(browser, "merged");

      start = System.nanoTime();
      browser.elements("#threads-list .expand").get(0).click();
      say("pool opened", start);
      start = System.nanoTime();
      browser.elements("#threads-list .member input").get(0).click();
      say("one thread off", start);
      double off = profile.totalCpuNanos() - browser.number("totalNanos");
      assertEquals(hottestThreadNanos(profile), off, 1);
      assertBounded(browser, "thread off");

      Browser.Rect widest =
          browser.rects().stream()
              .filter(r -> r.name() != null && r.name().startsWith("io.shop."))
              .max(Comparator.comparingDouble(Browser.Rect::nanos))
              .orElseThrow();
      start = System.nanoTime();
      browser.click(widest);
      say("zoomed", start);
      assertEquals(widest.name(), browser.page("zoomed"));
      assertBounded(browser, "zoom");

      browser.press(Keys.ESCAPE);
      browser.press(Keys.ESCAPE);
      Browser.Rect run =
          browser.rects().stream()
              .filter(r -> r.name() == null)
              .max(Comparator.comparingDouble(Browser.Rect::width))
              .orElseThrow();
      browser.hover(run);
      assertTrue(
          browser.text("tip").contains("too narrow to draw"), run + " " + browser.text("tip"));
      browser.click(run);
      assertNotEquals("all", browser.page("zoomed"));
      assertBounded(browser, "run");

      start = System.nanoTime();
      browser.press(Keys.ESCAPE, "v");
      // Nearly every method has less than half a pixel, so most are drawn together.
      assertTrue(browser.rects().size() < MOST_RECTS);
      say("callers", start);
      assertEquals(profile.totalCpuNanos() - off, browser.number("totalNanos"));
      assertMatchesThatAreCutOff(browser);
      start = System.nanoTime();
      browser.press("l");
      assertTrue(browser.elements("#methods-rows tr").size() > 10);
      say("methods", start);
      browser.press("v");
      for (int i = 0; i < 30; i++) {
        browser.press(Keys.ARROW_DOWN);
      }
      String selected = (String) browser.page("selected");
      assertTrue(browser.rects().stream().anyMatch(r -> selected.equals(r.name())), selected);
    }
  }

  @Test
  void shouldStayRightAndBoundedWithManyStacksOfTwoProfiles() throws IOException {
    try (Browser browser = Browser.start(dir.resolve("chromium"))) {
      Profile after = SampleProfiles.web(STACKS, 24);
      Profile before = SampleProfiles.web(STACKS / 2, 20);
      Path page = dir.resolve("big-difference.html");
      long start = System.nanoTime();
      try (Writer writer = Files.newBufferedWriter(page)) {
        FlameGraphDifference.write(before, after, writer);
      }
      say("difference written", start);
      System.out.printf("flame graph, difference: %,d bytes%n", Files.size(page));

      start = System.nanoTime();
      browser.open(page);
      say("difference opened", start);
      System.out.printf(
          "flame graph, difference: %,.0f nodes, script %.0f ms%n",
          browser.number("nodes"), browser.number("loadMillis"));
      assertEquals(after.totalCpuNanos(), browser.number("totalNanos"));
      assertBounded(browser, "difference");

      start = System.nanoTime();
      browser.search("Parser");
      say("difference searched, six keys", start);
      assertEquals(matchedPercent(after, "Parser"), browser.number("matchedPercent"), 1e-9);

      start = System.nanoTime();
      browser.click("widths");
      say("widths of before", start);
      assertEquals(before.totalCpuNanos(), browser.number("totalNanos"));
      assertEquals(before.totalSamples(), browser.number("totalSamples"));
      assertEquals(matchedPercent(before, "Parser"), browser.number("matchedPercent"), 1e-9);
      assertBounded(browser, "widths of before");

      start = System.nanoTime();
      browser.click("merge");
      say("difference merged", start);
      assertEquals(matchedPercent(before, "Parser"), browser.number("matchedPercent"), 1e-9);
      assertBounded(browser, "difference merged");
    }
  }

  /** All callers of so many stacks are too many for the page, but the search finds them. */
  private static void assertMatchesThatAreCutOff(Browser browser) {
    assertTrue(browser.text("details").contains("there are too many callers"));
    browser.search("ThreadPoolExecutor");
    double reversed = browser.number("matchedPercent");
    browser.press(Keys.ENTER, "v");
    assertTrue(reversed > 50, reversed + " % matched");
    assertEquals(browser.number("matchedPercent"), reversed, 1e-9);
    browser.press("v", Keys.ESCAPE);
  }

  private static void assertBounded(Browser browser, String what) {
    int rects = browser.rects().size();
    System.out.printf(
        "flame graph, %s: %,d rectangles in %.1f ms%n", what, rects, browser.number("drawMillis"));
    assertTrue(rects > 10 && rects < MOST_RECTS, rects + " rectangles");
    assertTrue(browser.rects().stream().allMatch(r -> r.width() >= 0.49));
  }

  private static double matchedPercent(Profile profile, String part) {
    long nanos = 0;
    for (int row = 0; row < profile.rowCount(); row++) {
      int stack = profile.stack(row);
      for (int i = 0; i < profile.depth(stack); i++) {
        if (profile.frameName(profile.frame(stack, i)).contains(part)) {
          nanos += profile.cpuNanos(row);
          break;
        }
      }
    }
    return 100.0 * nanos / profile.totalCpuNanos();
  }

  private static long hottestThreadNanos(Profile profile) {
    long[] nanos = new long[profile.threads().size()];
    for (int row = 0; row < profile.rowCount(); row++) {
      nanos[profile.thread(row)] += profile.cpuNanos(row);
    }
    return Arrays.stream(nanos).max().orElseThrow();
  }

  private static void say(String what, long start) {
    System.out.printf("flame graph, %s: %d ms%n", what, (System.nanoTime() - start) / 1_000_000);
  }
}
