package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser.Rect;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

class FlameGraphBrowserTest extends FlameGraphBrowserTestBase {

  @Test
  void shouldDrawWidthsInProportionToTime() {
    Rect all = browser.rect("all");
    assertEquals(ALL, browser.number("totalNanos"));
    assertEquals(100, browser.number("totalSamples"));
    assertEquals(0.6 * all.width(), browser.rect("main").width(), 0.01);
    assertEquals(0.4 * all.width(), browser.rect("io.x.Cart.price").width(), 0.01);
    assertEquals(0.1 * all.width(), browser.rect("worker-2").width(), 0.01);
    // The thread with the most time comes first.
    assertEquals(all.x(), browser.rect("main").x(), 0.01);
    // A frame's own time is to the right of its callees.
    assertEquals(browser.rect("io.x.Cart.price").x(), browser.rect("io.x.Cart.tax").x(), 0.01);
  }

  @Test
  void shouldCountNestedMatchesOnce() {
    browser.search("cart.PRICE");

    assertEquals(52, browser.number("matchedPercent"), 1e-9);
    assertEquals("52.00 % matched", browser.text("matched"));
    assertTrue(browser.rect("io.x.Cart.price").isMatch());
    assertFalse(browser.rect("io.x.Stock.find").isMatch());
  }

  @Test
  void shouldSearchPlainTextLiterally() {
    browser.search("io.x.Cart.*");
    assertEquals(0, browser.number("matchedPercent"));
    browser.search("[unwalkable");
    assertEquals(8, browser.number("matchedPercent"), 1e-9);
  }

  @Test
  void shouldSearchByRegularExpressionAndSayWhenItIsNone() {
    browser.click("regex");
    browser.search("^io\\.x\\.(Stock|Cart\\.tax)");
    assertEquals(40 + 15 + 12, browser.number("matchedPercent"), 1e-9);

    browser.search("(");
    assertEquals("Invalid regular expression", browser.text("matched"));
    assertEquals("true", browser.element("query").getDomAttribute("aria-invalid"));
    assertEquals(0, browser.number("matchedPercent"));

    browser.click("regex");
    assertEquals("0.00 % matched", browser.text("matched"));
  }

  @Test
  void shouldMatchFramesAndNotThreads() {
    browser.search("worker-");
    assertEquals(0, browser.number("matchedPercent"));
  }

  @Test
  void shouldZoomByClickAndResetByEscape() {
    double whole = browser.rect("all").width();
    browser.click(browser.rect("io.x.Cart.price"));

    assertEquals("io.x.Cart.price", browser.page("zoomed"));
    assertEquals(whole, browser.rect("io.x.Cart.price").width(), 0.01);
    assertEquals(whole * 20 / 40, browser.rect("java.util.HashMap.get").width(), 0.01);
    assertFalse(browser.frames().contains("worker-1"));

    browser.press(Keys.ESCAPE);
    assertEquals("all", browser.page("zoomed"));
    assertTrue(browser.frames().contains("worker-1"));
  }

  @Test
  void shouldGoBackOneZoomByBackspace() {
    browser.click(browser.rect("main"));
    browser.click(browser.rect("io.x.Cart.price"));

    browser.press(Keys.BACK_SPACE);
    assertEquals("main", browser.page("zoomed"));
    browser.press(Keys.BACK_SPACE);
    assertEquals("all", browser.page("zoomed"));
    browser.press(Keys.BACK_SPACE);
    assertEquals("all", browser.page("zoomed"));
  }

  @Test
  void shouldZoomOutByACallerAndByTheBreadcrumbs() {
    browser.click(browser.rect("io.x.Cart.price"));
    browser.click(browser.rect("io.x.Main.main"));
    assertEquals("io.x.Main.main", browser.page("zoomed"));

    List<WebElement> crumbs = browser.elements("#path button");
    assertEquals(
        List.of("Reset zoom", "all", "main", "io.x.Main.main"),
        crumbs.stream().map(WebElement::getText).toList());
    crumbs.get(2).click();
    assertEquals("main", browser.page("zoomed"));
    browser.click("reset");
    assertEquals("all", browser.page("zoomed"));
  }

  @Test
  void shouldShowTheShareOfTheZoom() {
    browser.search("HashMap");
    browser.click(browser.rect("io.x.Cart.price"));
    assertEquals("20.00 % matched, 50.00 % of the zoom", browser.text("matched"));
  }

  @Test
  void shouldMoveTheSelectionByArrowsAndZoomByEnter() {
    browser.press(Keys.ARROW_DOWN);
    assertEquals("main", browser.page("selected"));
    browser.press(Keys.ARROW_RIGHT);
    assertEquals("worker-1", browser.page("selected"));
    browser.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT);
    assertEquals("main", browser.page("selected"));
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN);
    assertEquals("java.util.HashMap.get", browser.page("selected"));
    browser.press(Keys.ARROW_UP);
    assertEquals("io.x.Cart.price", browser.page("selected"));
    assertTrue(browser.text("details").contains("io.x.Cart.price"), browser.text("details"));
    assertTrue(
        browser.text("details").contains("400 ms CPU, 50 ms self, 40 samples, 40.00 % of all"),
        browser.text("details"));

    browser.press(Keys.ENTER);
    assertEquals("io.x.Cart.price", browser.page("zoomed"));
    browser.press(Keys.ESCAPE);
    assertEquals("all", browser.page("zoomed"));
    assertNull(browser.page("selected"));
  }

  @Test
  void shouldFocusSearchByKeys() {
    browser.press("/");
    assertEquals("query", browser.focused());
    browser.press("tdm?");
    assertEquals("tdm?", browser.element("query").getDomProperty("value"));
    assertEquals(false, browser.page("isMerged"));

    browser.press(Keys.ESCAPE);
    assertEquals("", browser.element("query").getDomProperty("value"));
    assertNotEquals("query", browser.focused());

    browser.pressWith(Keys.CONTROL, "f");
    assertEquals("query", browser.focused());
  }

  @Test
  void shouldShowAndHideThreadsAndHelpByKeys() {
    assertTrue(browser.element("threads").isDisplayed());
    double narrow = browser.rect("all").width();
    browser.press("t");
    assertFalse(browser.element("threads").isDisplayed());
    assertTrue(browser.rect("all").width() > narrow + 200);
    browser.press("t");
    assertTrue(browser.element("threads").isDisplayed());

    browser.press("?");
    assertTrue(browser.element("help").isDisplayed());
    browser.press(Keys.ESCAPE);
    assertFalse(browser.element("help").isDisplayed());
  }

  @Test
  void shouldFollowTheSystemsSchemeAndTheToggle() throws IOException {
    assertEquals(false, browser.page("isDark"));
    browser.press("d");
    assertEquals(true, browser.page("isDark"));
    assertEquals(
        "rgb(19, 23, 28)",
        browser.script("return getComputedStyle(document.body).backgroundColor"));
    browser.click("theme");
    assertEquals(false, browser.page("isDark"));

    browser.preferScheme("dark");
    open(PROFILE);
    assertEquals(true, browser.page("isDark"));
  }

  @Test
  void shouldShowATooltip() {
    browser.hover(browser.rect("io.x.Cart.price"));

    assertTrue(browser.element("tip").isDisplayed());
    assertEquals(
        "io.x.Cart.price\nKind\nJava\nCPU time\n400 ms\nSelf\n50 ms\nSamples\n40 samples\n"
            + "Of all\n40.00 %\nOf parent\n66.67 %",
        browser.text("tip"));
  }

  @Test
  void shouldStateDropsAndUnwalkableSamplesPlainly() throws IOException {
    assertEquals("", browser.text("notices"));
    assertEquals("good", browser.element("figure-dropped").getDomAttribute("class"));

    open(
        ProfileText.lines("main;a.A.a 90", "main;[unwalkable: stub] 9")
            .dropped(
                Drops.NONE.plus(DropReason.BUFFER_FULL, 8).plus(DropReason.LATE, 2), 110_000_000L)
            .unwalkable(9)
            .build());

    String notices = browser.text("notices");
    assertTrue(
        notices.contains("10 signals dropped: 110 ms of CPU time, 10.00 % of all, is missing"),
        notices);
    assertTrue(notices.contains("bufferFull 8"), notices);
    assertTrue(notices.contains("late 2"), notices);
    assertFalse(notices.contains("foreign"), notices);
    assertTrue(notices.contains("9 samples unwalkable, 9.09 % of all"), notices);
    assertEquals("bad", browser.element("figure-dropped").getDomAttribute("class"));
    assertEquals("warn", browser.element("figure-unwalkable").getDomAttribute("class"));
  }

  @Test
  void shouldSayWhatALargeWaitForACpuMeans() throws IOException {
    ProfileText text = ProfileText.lines("main;a.A.a 90"); // a session of 60 s
    text.kernel = new KernelTimes(8_000_000_000L, 1_500_000_000L, 499_000_000L, 2_999_000_000L);
    open(text.build());
    assertEquals("", browser.text("notices"), "less than 5 % of each");
    assertNull(browser.element("figure-wait").getDomAttribute("class"));
    assertTrue(browser.text("figures").replace('\n', ' ').contains("User, system 8 s, 1.50 s"));

    text.kernel = new KernelTimes(8_000_000_000L, 1_500_000_000L, 500_000_000L, 3_000_000_000L);
    open(text.build());
    String notices = browser.text("notices");
    assertTrue(notices.contains("Threads waited 500 ms for a CPU, 5.00 % of the time"), notices);
    assertTrue(notices.contains("The process was throttled for 3 s: the CPU quota"), notices);
    assertEquals("warn", browser.element("figure-wait").getDomAttribute("class"));
    assertEquals("warn", browser.element("figure-throttled").getDomAttribute("class"));
  }

  @Test
  void shouldShowTheSessionsFigures() {
    String figures = browser.text("figures").replace('\n', ' ');
    assertTrue(
        figures.startsWith(
            "CPU time 1 s Samples 100 Duration 60 s Started 2026-01-01 00:00:00 UTC"
                + " JVM shop.jar, pid 42, host web-1, Java 17.0.15+6"
                + " User, system 0 s, 0 s CPU wait not known Throttled not known"
                + " Sampled CPU time, every 10 ms Engine ctimer Walker agct Debug info exact Overhead, measured 0.11 %"
                + " Overhead, model 0.25 % Dropped 0 Unwalkable 0"),
        figures);
  }

  @Test
  void shouldShowTheStretchOfALongerSession() throws IOException {
    open(ProfileText.lines("t;a.A.a 5").sessionSecondsEarlier(3600).build());
    String figures = browser.text("figures").replace('\n', ' ');
    assertTrue(
        figures.contains(
            " Started 2025-12-31 23:00:00 UTC"
                + " Stretch 2026-01-01 00:00:00 \u2013 00:01:00 UTC JVM "),
        figures);
  }

  @Test
  void shouldSayThatAnEmptyProfileIsEmpty() throws IOException {
    open(ProfileText.lines().build());
    assertEquals("This profile has no samples.", browser.text("empty"));
    browser.search("x");
    assertEquals("0.00 % matched", browser.text("matched"));
    browser.press(Keys.ESCAPE, Keys.ARROW_DOWN, Keys.ENTER, "m");
  }

  @Test
  void shouldFillTheWindowAtEverySizeAndPixelRatio() {
    String fills =
        "const [all] = spprof.visible(), c = document.getElementById('chart'), r = devicePixelRatio;"
            + "return all.width === document.getElementById('scroller').clientWidth"
            + " && c.width === r * c.clientWidth && c.height === r * c.clientHeight";
    browser.resize(900, 600);
    assertEquals(true, browser.script(fills));
    browser.resize(1400, 900);
    assertEquals(true, browser.script(fills));
    browser.pixelRatio(2);
    assertEquals(2L, browser.script("return devicePixelRatio"));
    assertEquals(true, browser.script(fills));
    browser.resetPixelRatio();
  }
}
