package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser.Rect;
import io.spprof.profile.SampleTimes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** Tests the timeline above the graph. */
class FlameGraphTimelineBrowserTest extends FlameGraphBrowserTestBase {

  /**
   * A session of 60 s, in 120 slots. The samples follow each other, 10 ms apart: main 0 to 20 s,
   * then six workers, 4 s each, then the JVM's GC for 6 s, and nothing for the last 10 s.
   */
  @BeforeEach
  void openPhases() throws IOException {
    open(
        ProfileText.lines("main;io.x.Main.main;io.x.Cart.price 2000")
            .with("worker-1;io.x.Worker.run;io.x.Cart.price 400")
            .with("worker-2;io.x.Worker.run;io.x.Stock.find 400")
            .with("worker-3;io.x.Worker.run;io.x.Stock.find 400")
            .with("worker-4;io.x.Worker.run;io.x.Stock.find 400")
            .with("worker-5;io.x.Worker.run;io.x.Stock.find 400")
            .with("worker-6;io.x.Worker.run;io.x.Stock.find 400")
            .with("GC Thread#0;[native thread];libjvm.so`G1:v 600")
            .build());
  }

  @Test
  void shouldShowTheWholeTimeFirst() {
    assertTrue(browser.element("timeline").isDisplayed());
    assertEquals("60 s", browser.text("stretch"));
    assertFalse(browser.element("stretch-clear").isDisplayed());
    assertEquals(
        List.of("worker-* (6)", "main", "GC Thread#0"),
        browser.elements("#timeline-legend .cut").stream()
            .map(entry -> entry.getDomProperty("textContent"))
            .toList());
    assertEquals(50e9, browser.number("totalNanos"));
  }

  @Test
  void shouldFollowAStretchThatTheMouseSelects() {
    dragSlots(40, 55); // the workers 1 and 2

    assertEquals(List.of(40L, 56L), browser.page("stretch"));
    assertEquals(8e9, browser.number("totalNanos"));
    assertEquals(800, browser.number("totalSamples"));
    assertFalse(browser.frames().contains("main"));
    Rect all = browser.rect("all");
    assertEquals(all.width(), browser.rect("worker-* (6)").width(), 0.01);
    assertEquals(all.width() / 2, browser.rect("io.x.Cart.price").width(), 0.01);
    assertEquals(
        "00:00:20.0 \u2013 00:00:28.0, 8 s: 800 samples, 8 s CPU", browser.text("stretch"));
    // Table, threads and legend are of the stretch, too.
    assertEquals("100.00 %", percent("worker-* (6)"));
    assertEquals("0.00 %", percent("main"));
    browser.press("l");
    assertEquals(
        List.of(
            "50.00 % 50.00 % 400 io.x.Cart.price",
            "50.00 % 50.00 % 400 io.x.Stock.find", "0.00 % 100.00 % 800 io.x.Worker.run"),
        browser.elements("#methods-rows tr").stream().map(WebElement::getText).toList());
    assertEquals("Java Thread Match", legend());

    browser.click("stretch-clear");
    assertEquals(50e9, browser.number("totalNanos"));
    assertEquals("40.00 %", percent("main"));
    assertEquals("Java JVM [synthetic] Thread Match", legend());
    assertEquals("stretch-from", browser.focused());
  }

  @Test
  void shouldAddUpOverAllStretches() {
    double nanos = 0;
    double samples = 0;
    for (int from = 0; from < 120; from += 24) {
      dragSlots(from, from + 23);
      nanos += browser.number("totalNanos");
      samples += browser.number("totalSamples");
    }
    assertEquals(50e9, nanos);
    assertEquals(5000, samples);
  }

  @Test
  void shouldSelectWithTheKeyboard() {
    browser.press("w");
    assertEquals("stretch-from", browser.focused());
    browser.press(Keys.PAGE_UP, Keys.PAGE_UP, Keys.ARROW_RIGHT);
    browser.press(Keys.TAB);
    assertEquals("stretch-to", browser.focused());
    browser.press(Keys.HOME, Keys.ARROW_RIGHT);
    assertEquals(List.of(25L, 27L), browser.page("stretch"));
    assertEquals(1e9, browser.number("totalNanos"));
    WebElement end = browser.element("stretch-to");
    assertEquals("00:00:13.5 UTC", end.getDomAttribute("aria-valuetext"));
    assertEquals("27", end.getDomAttribute("aria-valuenow"));
    assertEquals("26", end.getDomAttribute("aria-valuemin"));

    browser.pressWith(Keys.SHIFT, Keys.END);
    assertEquals(List.of(118L, 120L), browser.page("stretch"));
    assertEquals("No samples in the selected stretch of time.", browser.text("empty"));
    // Keys of the sliders do nothing to the graph behind them.
    browser.press(Keys.ESCAPE);
    assertEquals(List.of(0L, 120L), browser.page("stretch"));
    assertFalse(browser.element("empty").isDisplayed());
  }

  @Test
  void shouldMoveAnEndWithTheMouse() {
    dragSlots(40, 55);
    WebElement end = browser.element("stretch-to");
    browser.drag(end.getRect().x + 4, end.getRect().y + 10, x(48.5));
    assertEquals(List.of(40L, 49L), browser.page("stretch"));
    dragSlots(60, 50); // to the left
    assertEquals(List.of(50L, 61L), browser.page("stretch"));
  }

  @Test
  void shouldEndADragsStretchWithEscape() {
    dragSlots(60, 70);
    assertEquals("stretch-to", browser.focused());
    browser.press(Keys.ESCAPE);
    assertEquals(List.of(0L, 120L), browser.page("stretch"));
  }

  @Test
  void shouldKeepZoomThreadsAndViews() {
    browser.click(browser.rect("main"));
    dragSlots(30, 50);
    assertEquals("main", browser.page("zoomed"));
    assertEquals(10.5e9, browser.number("totalNanos"));
    dragSlots(60, 70); // without a sample of main
    assertEquals("all", browser.page("zoomed"));
    assertTrue(text().endsWith(": 550 samples, 5.50 s CPU"), text());
    browser.press("v");
    assertEquals(5.5e9, browser.number("totalNanos"));
    browser.press("v", "m");
    assertEquals(5.5e9, browser.rect("io.x.Worker.run").nanos());
    toggle("worker-* (6)");
    assertEquals(0, browser.number("totalNanos"));
    assertEquals(
        "All stacks are hidden, or of threads that are switched off.", browser.text("empty"));
    assertTrue(text().endsWith(": 0 samples, 0 s CPU"), text());
  }

  /** The zoomed frame has samples in the slots 0 to 39, and the mouse comes from the right. */
  @Test
  void shouldKeepTheZoomWhereADragBeginsWithoutItsSamples() {
    browser.click(browser.rect("main"));
    dragSlots(50, 30);
    assertEquals(List.of(30L, 51L), browser.page("stretch"));
    assertEquals("main", browser.page("zoomed"));
    assertEquals("main", browser.page("selected"));
  }

  @Test
  void shouldShowTheDateWhereTheDayChanges() throws IOException {
    open(ProfileText.lines("main;io.x.Main.main 6000").secondsLater(86_370).build());
    dragSlots(50, 69);
    assertEquals(
        "2026-01-01 23:59:55.0 \u2013 2026-01-02 00:00:05.0, 10 s: 1,000 samples, 10 s CPU",
        text());
  }

  @Test
  void shouldDrawTheThreadsThatAreOn() throws IOException {
    int blue = pixel(50);
    int orange = pixel(10);
    assertEquals("#2f6fb5", hex(blue));
    assertEquals("#c2571a", hex(orange));
    assertEquals("#f5f7fa", hex(pixel(115))); // nothing ran

    toggle("main");
    assertEquals("#f5f7fa", hex(pixel(10)));
    assertEquals("#2f6fb5", hex(pixel(50)));
  }

  @Test
  void shouldShowASlotInTheTooltip() {
    browser.moveTo(x(50.5), browser.element("timeline-box").getRect().y + 20);
    assertEquals(
        "00:00:25.0 \u2013 00:00:25.5 UTC\nAll\n1.00 CPUs\nworker-* (6)\n1.00 CPUs",
        browser.text("tip"));
  }

  @Test
  void shouldReportSamplesWithoutTimes() throws IOException {
    int[] micros = {30_000_000, 30_010_000};
    open(
        ProfileText.lines("main;io.x.Main.main 1000")
            .times(
                new SampleTimes(
                    List.of(
                        new SampleTimes.Chunk(
                            0, micros, new int[2], new long[] {10_000_000, 10_000_000}, 2)),
                    998))
            .build());
    assertEquals("60 s; 998 samples without a known time", browser.text("stretch"));
    assertEquals("#e2e6eb", hex(pixel(20)));
    dragSlots(0, 119);
    assertEquals(1000, browser.number("totalSamples"));
    dragSlots(1, 119);
    assertEquals(2, browser.number("totalSamples"));
    assertEquals(
        "00:00:00.5 \u2013 00:01:00.0, 59.50 s: 2 samples, 20 ms CPU;"
            + " not all times before 00:00:30.5 are kept",
        text());
    dragSlots(10, 19);
    assertEquals("00:00:05.0 \u2013 00:00:10.0, 5 s: times before 00:00:30.0 are not kept", text());
    assertEquals(
        "No samples in the selected stretch of time: times before 00:00:30.0 are not kept.",
        browser.text("empty"));
    assertTrue(browser.text("tip").contains("All\nnot known\n"), browser.text("tip"));
    dragSlots(61, 70);
    assertEquals("00:00:30.5 \u2013 00:00:35.5, 5 s: 0 samples, 0 s CPU", text());
    assertEquals("No samples in the selected stretch of time.", browser.text("empty"));
  }

  @Test
  void shouldHaveNoTimelineWithoutTimes() throws IOException {
    open(ProfileText.lines("main;io.x.Main.main 10").times(new SampleTimes(List.of(), 10)).build());
    assertFalse(browser.element("timeline").isDisplayed());
    browser.press("w", "?");
    assertFalse(browser.text("help").contains("stretch of time"));
  }

  /** The description of the stretch. */
  private static String text() {
    return browser.text("stretch");
  }

  /** Drags the mouse from the middle of a slot to the middle of another. */
  private static void dragSlots(int from, int to) {
    browser.drag(x(from + 0.5), browser.element("timeline-box").getRect().y + 20, x(to + 0.5));
  }

  /** The x coordinate of a place in the timeline, in slots. */
  private static double x(double slot) {
    var box = browser.element("timeline-box").getRect();
    return box.x + box.width * slot / 120;
  }

  /** The share of a thread, also while the list is hidden. */
  private static String percent(String thread) {
    return (String)
        browser.script(
            "return [...document.querySelectorAll('#threads-list li')]"
                + ".find((row) => row.querySelector('.name').textContent === '"
                + thread
                + "').querySelector('.percent').textContent");
  }

  private static String legend() {
    return String.join(
        " ", browser.elements("#legend li").stream().map(WebElement::getText).toList());
  }

  /** The colour near the foot of a bar. */
  private static int pixel(int slot) throws IOException {
    BufferedImage photo = browser.photo();
    var box = browser.element("timeline-box").getRect();
    return photo.getRGB((int) x(slot + 0.5), box.y + box.height - 20);
  }

  private static String hex(int rgb) {
    return String.format("#%06x", rgb & 0xFFFFFF);
  }

  @Test
  void shouldShowTheEndOfEachNameInTheLegend() throws IOException {
    ProfileText text = ProfileText.lines();
    int samples = 900;
    for (String end : List.of("alpha", "beta", "gamma", "delta", "epsilon")) {
      text.with("order-synchronisation-of-the-warehouse-" + end + ";a.A.a " + (samples -= 9));
    }
    open(text.with("main;a.A.a 9", "toggle;a.A.a 8").build());
    browser.window(1440, 800);
    try {
      assertEquals(
          List.of(
              "order-s\u2026ouse-alpha",
              "order-s\u2026house-beta",
              "order-s\u2026ouse-gamma",
              "order-s\u2026ouse-delta",
              "order-s\u2026se-epsilon",
              "2 other"),
          browser.script(
              FlameGraphThreadsBrowserTest.SHOWN
                  + "return [...document.querySelectorAll('#timeline-legend .cut')].map(shown)"));
      assertEquals(
          false,
          browser.script(
              "const list = byId('timeline-legend'); return list.scrollWidth > list.clientWidth"));
    } finally {
      browser.resetPixelRatio();
    }
  }
}
