package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.DropCounts;
import io.spprof.Profile;
import io.spprof.export.Browser.Rect;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

class FlameGraphBrowserTest {

  /** 100 samples, 1 s: main 60, worker-1 30, worker-2 10. */
  private static final Profile PROFILE =
      ProfileText.lines(
              "main;io.x.Main.main;io.x.Cart.price;java.util.HashMap.get 20",
              "main;io.x.Main.main;io.x.Cart.price;io.x.Cart.tax 15",
              "main;io.x.Main.main;io.x.Cart.price 5",
              "main;io.x.Main.main;io.x.Stock.find 20",
              "worker-1;io.x.Worker.run;io.x.Cart.price;io.x.Cart.tax;io.x.Cart.price 12",
              "worker-1;io.x.Worker.run;io.x.Stock.find 10",
              "worker-1;[unwalkable: stub] 8",
              "worker-2;io.x.Worker.run;io.x.Stock.find 10")
          .build();

  private static final double ALL = 1e9;

  /** The profile of a browser that was just killed can still be written to. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path dir;

  private static Browser browser;

  @BeforeAll
  static void startBrowser() {
    browser = Browser.start(dir.resolve("chromium"));
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void openPage() throws IOException {
    browser.preferScheme("light");
    open(PROFILE);
  }

  @AfterEach
  void shouldHaveLoggedNothingAndAskedForNothing() {
    assertEquals(List.of(), browser.console());
    for (String url : browser.requests()) {
      // chrome: is the browser's own first page.
      assertTrue(url.matches("(file|data|chrome):.*"), url);
    }
  }

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
  void shouldLeaveOutThreadsThatAreOff() {
    toggle("main");
    assertEquals(0.4 * ALL, browser.number("totalNanos"), 1);
    assertEquals(40, browser.number("totalSamples"));
    assertFalse(browser.frames().contains("main"));
    assertEquals("2 of 3 on", browser.text("threads-count"));

    browser.search("Stock.find");
    assertEquals(50, browser.number("matchedPercent"), 1e-9);

    browser.click("threads-none");
    assertEquals(0, browser.number("totalNanos"));
    assertEquals("All threads are switched off.", browser.text("empty"));
    assertEquals("0.00 % matched", browser.text("matched"));

    browser.click("threads-all");
    assertEquals(ALL, browser.number("totalNanos"));
    assertEquals(40, browser.number("matchedPercent"), 1e-9);
  }

  @Test
  void shouldShowOneThreadOnly() {
    thread("worker-2").findElement(By.cssSelector(".only")).click();

    assertEquals(0.1 * ALL, browser.number("totalNanos"), 1);
    assertTrue(browser.frames().contains("worker-2"));
    assertFalse(browser.frames().contains("main"));
  }

  @Test
  void shouldSwitchFilteredThreadsOnly() {
    browser.element("threads-filter").sendKeys("WORKER");
    assertEquals(2, browser.elements("#threads-list li:not([hidden])").size());

    browser.click("threads-none");
    assertEquals(0.6 * ALL, browser.number("totalNanos"), 1);

    browser.element("threads-filter").sendKeys(Keys.ESCAPE);
    assertEquals(3, browser.elements("#threads-list li:not([hidden])").size());
  }

  @Test
  void shouldShowEachThreadsShare() {
    assertEquals("60.00 %", thread("main").findElement(By.cssSelector(".percent")).getText());
    assertEquals("10.00 %", thread("worker-2").findElement(By.cssSelector(".percent")).getText());
  }

  @Test
  void shouldLeaveAZoomWhoseThreadGoesOff() {
    browser.click(browser.rect("io.x.Cart.price"));
    toggle("main");
    assertEquals("all", browser.page("zoomed"));
  }

  @Test
  void shouldMergeThreads() {
    browser.search("Cart.price");
    browser.press(Keys.ESCAPE, "m");

    assertEquals(true, browser.page("isMerged"));
    assertEquals(ALL, browser.number("totalNanos"));
    assertFalse(browser.frames().contains("main"));
    assertEquals(0.32 * ALL, browser.rect("io.x.Worker.run").nanos(), 1);

    toggle("worker-2");
    assertEquals(0.22 * ALL, browser.rect("io.x.Worker.run").nanos(), 1);
    browser.search("Cart.price");
    assertEquals(100 * 52 / 90.0, browser.number("matchedPercent"), 1e-9);

    browser.click("merge");
    assertEquals(100 * 52 / 90.0, browser.number("matchedPercent"), 1e-9);
    assertTrue(browser.frames().contains("main"));
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
        "io.x.Cart.price\nCPU time\n400 ms\nSelf\n50 ms\nSamples\n40 samples\n"
            + "Of all\n40.00 %\nOf parent\n66.67 %",
        browser.text("tip"));
  }

  @Test
  void shouldStateDropsAndUnwalkableSamplesPlainly() throws IOException {
    assertEquals("", browser.text("notices"));
    assertEquals("good", browser.element("figure-dropped").getDomAttribute("class"));

    open(
        ProfileText.lines("main;a.A.a 90", "main;[unwalkable: stub] 9")
            .dropped(new DropCounts(8, 0, 2, 0, 0, 0), 110_000_000L)
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
  void shouldShowTheSessionsFigures() {
    String figures = browser.text("figures").replace('\n', ' ');
    assertTrue(
        figures.startsWith(
            "CPU time 1 s Samples 100 Duration 60 s Started 2026-01-01 00:00:00 UTC Interval 10 ms"
                + " Engine ctimer Walker agct Overhead, model 0.25 %"
                + " Overhead, measured 0.11 % Dropped 0 Unwalkable 0"),
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
    browser.resize(900, 600);
    assertEquals(
        browser.number("visible()[0].width"),
        ((Number) browser.script("return document.getElementById('scroller').clientWidth"))
            .doubleValue());
    browser.resize(1400, 900);
    browser.pixelRatio(2);
    browser.rects();
    assertEquals(
        true,
        browser.script(
            "const c = document.getElementById('chart');"
                + "return c.width === 2 * c.clientWidth && c.height === 2 * c.clientHeight"));
    browser.resetPixelRatio();
  }

  private void toggle(String thread) {
    thread(thread).findElement(By.cssSelector("input")).click();
  }

  private WebElement thread(String name) {
    return browser.elements("#threads-list li").stream()
        .filter(row -> row.findElement(By.cssSelector(".name")).getText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void open(Profile profile) throws IOException {
    Path page = dir.resolve("page.html");
    try (Writer writer = Files.newBufferedWriter(page)) {
      FlameGraphExporter.write(profile, writer);
    }
    browser.open(page);
  }
}
