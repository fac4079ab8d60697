package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser.Rect;
import io.spprof.sampler.Drops;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** Tests the other views of a profile: methods, callers, flames, parts of the graph, pools. */
class FlameGraphViewsBrowserTest extends FlameGraphBrowserTestBase {

  @AfterEach
  void restoreWindow() {
    if (browser != null) {
      browser.resize(1400, 900);
    }
  }

  @Test
  void shouldListMethodsBySelfTime() {
    browser.press("l");
    assertTrue(browser.element("methods").isDisplayed());
    assertFalse(browser.element("threads").isDisplayed());
    assertEquals("7 methods", browser.text("methods-count"));
    assertEquals(
        List.of(
            "40.00 % 40.00 % 40 io.x.Stock.find",
            "20.00 % 20.00 % 20 java.util.HashMap.get",
            "17.00 % 52.00 % 52 io.x.Cart.price", // recurs on a stack
            "15.00 % 27.00 % 27 io.x.Cart.tax",
            "8.00 % 8.00 % 8 [unwalkable: stub]",
            "0.00 % 60.00 % 60 io.x.Main.main",
            "0.00 % 32.00 % 32 io.x.Worker.run"),
        rows());
  }

  @Test
  void shouldSortAndFilterMethods() {
    browser.press("l");
    browser.elements("#methods-head button").get(1).click();
    assertEquals("0.00 % 60.00 % 60 io.x.Main.main", rows().get(0));
    browser.elements("#methods-head button").get(1).click();
    assertEquals("8.00 % 8.00 % 8 [unwalkable: stub]", rows().get(0));
    assertEquals(
        "ascending", browser.elements("#methods-head th").get(1).getDomAttribute("aria-sort"));
    browser.element("methods-filter").sendKeys("cart");
    assertEquals(2, rows().size());
  }

  @Test
  void shouldCountTheZoomedFrameOnly() {
    browser.press("l");
    browser.click(browser.rect("worker-1"));
    assertTrue(rows().contains("10.00 % 10.00 % 10 io.x.Stock.find"), rows().toString());
    assertTrue(rows().contains("12.00 % 12.00 % 12 io.x.Cart.price"), rows().toString());
  }

  @Test
  void shouldHighlightTheMethodThatIsClicked() {
    browser.press("l");
    method("io.x.Cart.tax").click();
    assertEquals(27, browser.number("matchedPercent"), 1e-9);
    assertEquals("true", method("io.x.Cart.tax").getDomAttribute("aria-pressed"));
    method("io.x.Cart.tax").click();
    assertEquals("", browser.element("query").getDomProperty("value"));
  }

  @Test
  void shouldHighlightAMethodBeforeTheTableWasShown() {
    browser.search("\"io.x.Cart.tax\"");
    assertEquals(27, browser.number("matchedPercent"), 1e-9);
    choose("io.x.Stock.find", "Highlight all its frames");
    assertEquals(40, browser.number("matchedPercent"), 1e-9);
    browser.press("l");
    assertEquals("true", method("io.x.Stock.find").getDomAttribute("aria-pressed"));
  }

  @Test
  void shouldHighlightNoThread() {
    openMenu("main");
    assertEquals(
        List.of("Zoom", "Copy name", "Copy stack", "Hide this subtree", "Keep only this subtree"),
        items());
    browser.press(Keys.ESCAPE);
    openMenu("io.x.Stock.find");
    assertEquals("Highlight all its frames", items().get(1));
  }

  @Test
  void shouldOpenTheMenuAfterTheZoomLeftTheSelection() {
    browser.click(browser.rect("main"));
    browser.elements("#path button").get(1).click();
    browser.click(browser.rect("worker-1"));
    browser.press(Keys.BACK_SPACE, Keys.BACK_SPACE);
    assertEquals("main", browser.page("zoomed"));
    assertNull(browser.page("selected"));
    browser.press("x");
    assertTrue(browser.element("menu").isDisplayed());
    assertEquals("main", browser.page("selected"));
  }

  @Test
  void shouldFollowASelectionOutOfTheZoom() {
    browser.click(browser.rect("io.x.Cart.price"));
    openMenu("main"); // a caller
    browser.press(Keys.ESCAPE, Keys.ARROW_RIGHT);
    assertEquals("worker-1", browser.page("selected"));
    assertEquals("all", browser.page("zoomed"));
  }

  @Test
  void shouldLeaveTheBrowsersKeysToTheBrowserWhileTheMenuIsOpen() {
    openMenu("main");
    browser.press(Keys.END);
    assertEquals("Keep only this subtree", focusedText());
    browser.press(Keys.ARROW_DOWN);
    assertEquals("Zoom", focusedText());
    browser.press(Keys.ARROW_UP, Keys.HOME);
    assertEquals("Zoom", focusedText());
    browser.press("t");
    assertTrue(browser.element("threads").isDisplayed());

    assertFalse(isTaken("{ key: 'F5' }"));
    assertFalse(isTaken("{ key: 'r', ctrlKey: true }"));
    assertTrue(isTaken("{ key: 'ArrowDown' }"));
    browser.pressWith(Keys.CONTROL, "f");
    assertEquals("query", browser.focused());
    assertFalse(browser.element("menu").isDisplayed());
  }

  @Test
  void shouldSayWhyTheGraphIsEmpty() {
    choose("main", "Hide this subtree");
    toggle("worker-1");
    toggle("worker-2");
    assertEquals(
        "All stacks are hidden, or of threads that are switched off.", browser.text("empty"));
    browser.click("unhide");
    assertFalse(browser.element("empty").isDisplayed());
    toggle("main");
    assertEquals("All threads are switched off.", browser.text("empty"));
  }

  @Test
  void shouldShowTheCallersOfEachMethod() {
    browser.press("v");
    Rect all = browser.rect("all");
    assertEquals(ALL, browser.number("totalNanos"));
    assertEquals(0.4 * all.width(), widest("io.x.Stock.find").width(), 0.01);
    browser.click(widest("io.x.Stock.find"));
    // Its callers: 20 of main, 10 of each worker.
    assertEquals(0.5 * all.width(), widest("io.x.Main.main").width(), 0.01);
    assertEquals(0.5 * all.width(), widest("io.x.Worker.run").width(), 0.01);
    assertEquals("true", browser.element("reverse").getDomAttribute("aria-pressed"));
    assertFalse(browser.element("merge").isEnabled());

    browser.press(Keys.ESCAPE);
    toggle("main");
    assertEquals(0.4 * ALL, browser.number("totalNanos"), 1);
    assertEquals(0.2 * ALL, widest("io.x.Stock.find").nanos(), 1);
    browser.press("v");
    assertTrue(browser.frames().contains("worker-1"));
  }

  @Test
  void shouldDrawFlamesFromTheBottom() {
    browser.press("i");
    Rect all = browser.rect("all");
    Rect main = browser.rect("main");
    assertEquals(all.y() - 20, main.y(), 0.01);
    assertEquals(main.y() - 20, browser.rect("io.x.Main.main").y(), 0.01);
    browser.press(Keys.ARROW_UP, Keys.ARROW_UP);
    assertEquals("io.x.Main.main", browser.page("selected"));
    browser.press(Keys.ARROW_DOWN);
    assertEquals("main", browser.page("selected"));
    browser.click(browser.rect("io.x.Cart.price"));
    assertEquals("io.x.Cart.price", browser.page("zoomed"));
    assertTrue(browser.rect("java.util.HashMap.get").y() < browser.rect("io.x.Cart.price").y());
  }

  @Test
  void shouldGoFromMatchToMatch() {
    assertFalse(browser.element("next").isDisplayed());
    browser.search("Stock.find");
    browser.press(Keys.ENTER);
    for (int i = 0; i < 4; i++) {
      browser.press("n");
      assertEquals("io.x.Stock.find", browser.page("selected"));
    }
    String path = browser.text("details");
    browser.press("N");
    browser.click("next");
    assertEquals(path, browser.text("details"));
  }

  @Test
  void shouldHideAndKeepSubtrees() {
    choose("io.x.Cart.price", "Hide this subtree");
    assertEquals(0.6 * ALL, browser.number("totalNanos"), 1);
    assertTrue(browser.text("path").contains("Show hidden stacks"), browser.text("path"));
    browser.click("unhide");
    assertEquals(ALL, browser.number("totalNanos"), 1);

    choose("worker-1", "Keep only this subtree");
    assertEquals(0.3 * ALL, browser.number("totalNanos"), 1);
    browser.press("v");
    assertEquals(0.3 * ALL, browser.number("totalNanos"), 1);
    browser.press("v", "m");
    assertEquals(0.3 * ALL, browser.number("totalNanos"), 1);

    choose("all", "Hide this subtree");
    assertEquals(ALL, browser.number("totalNanos"), 1);
  }

  @Test
  void shouldCopyAStack() {
    browser.script(
        "document.execCommand = () => { spprof.copied = document.activeElement.value; return true; };"
            + "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => {"
            + "  spprof.copied = text; } } });");
    choose("java.util.HashMap.get", "Copy stack");
    assertEquals(
        "main\nio.x.Main.main\nio.x.Cart.price\njava.util.HashMap.get", browser.page("copied"));
    browser.press("c");
    assertEquals("java.util.HashMap.get", browser.page("copied"));
  }

  @Test
  void shouldMakeThePoolOneTower() throws IOException {
    String[] lines =
        IntStream.rangeClosed(1, 6)
            .mapToObj(i -> "http-8080-exec-" + i + ";a.Server.run;a.Server.serve 10")
            .toArray(String[]::new);
    String[] all = java.util.Arrays.copyOf(lines, lines.length + 1);
    all[lines.length] = "main;a.Main.main 40";
    open(ProfileText.lines(all).build());

    assertEquals(0.6 * ALL, browser.rect("http-*-exec-* (6)").nanos(), 1);
    assertEquals(0.6 * ALL, browser.rect("a.Server.serve").nanos(), 1);
    assertFalse(browser.frames().contains("http-8080-exec-1"));
    assertEquals("7 threads, all on", browser.text("threads-count"));
    WebElement group = thread("http-*-exec-* (6)");
    assertEquals("60.00 %", group.findElement(By.cssSelector(".percent")).getText());

    group.findElement(By.cssSelector(".expand")).click();
    assertEquals(0.1 * ALL, browser.rect("http-8080-exec-1").nanos(), 1);
    toggle("http-8080-exec-1");
    assertEquals(0.9 * ALL, browser.number("totalNanos"), 1);
    assertEquals(
        true,
        group.findElement(By.cssSelector("input")).getDomProperty("indeterminate").equals("true"));
    group.findElement(By.cssSelector(".expand")).click();
    assertEquals(0.5 * ALL, browser.rect("http-*-exec-* (6)").nanos(), 1);

    browser.press("m");
    browser.click(browser.rect("a.Server.serve"));
    group.findElement(By.cssSelector(".expand")).click();
    assertEquals("a.Server.serve", browser.page("zoomed"));
    browser.press("m");
    assertEquals(0.1 * ALL, browser.rect("http-8080-exec-2").nanos(), 1);
  }

  @Test
  void shouldCutNamesInTheMiddle() {
    assertEquals(
        "abc\u2026xyz", browser.script("return cutInMiddle('abcdefghijklmnopqrstuvwxyz', 6)"));
    assertEquals("ab\u2026", browser.script("return cutInMiddle('abcdefghij', 2)"));
    assertEquals(
        "a.b.LongClassName.m LongClassName.m LongClas\u2026.m LongC\u2026.m Lon\u2026.m m",
        browser.script("return shorterMethods('a.b.LongClassName.m').join(' ')"));
  }

  @Test
  void shouldShowTheMethodsNameInThePathWhereThePackageHasNoRoom() throws IOException {
    String name = "org.example.very.deep.inside.the.packages.Repository.findByName";
    browser.phone();
    try {
      open(ProfileText.lines("main;a.A.a;" + name + " 3").build());
      browser.click(browser.rect(name));
      List<WebElement> crumbs = browser.elements("#path button");
      WebElement last = crumbs.get(crumbs.size() - 1);
      assertEquals(name, last.getDomAttribute("title"));
      assertEquals("Repository.findByName", last.findElement(By.cssSelector(".tail")).getText());
      assertEquals(
          true,
          browser.script(
              "const tail = document.querySelector('#path button:last-child .tail');"
                  + "return tail.scrollWidth <= tail.clientWidth"
                  + "  && tail.getBoundingClientRect().right <= innerWidth"));
      assertEquals(
          true,
          browser.script(
              "const head = document.querySelector('#path button:last-child .head');"
                  + "return head.scrollWidth > head.clientWidth"));
    } finally {
      browser.resetPixelRatio();
    }
  }

  @Test
  void shouldShowTheMethodsNameInTheTableWhereThePackageHasNoRoom() throws IOException {
    open(
        ProfileText.lines(
                "t;org.example.very.deep.inside.the.packages.Repository.findByName 3",
                "t;libjvm.so`" + "x".repeat(80) + "End:v 2")
            .build());
    browser.press("l");
    List<WebElement> names = browser.elements("#methods-rows button");
    assertEquals("Repository.findByName", names.get(0).getText());
    assertEquals(
        "org.example.very.deep.inside.the.packages.Repository.findByName",
        names.get(0).getDomAttribute("aria-label"));
    assertTrue(names.get(1).getText().matches("x+\u2026x+End"), names.get(1).getText());
    for (WebElement name : names) {
      Object overflow =
          browser.script(
              "const button = document.querySelector('[title=\""
                  + name.getDomAttribute("title")
                  + "\"]');"
                  + "return button.scrollWidth > button.clientWidth");
      assertEquals(false, overflow, name.getText());
    }
  }

  @Test
  void shouldShowNoBannerForALittleTimeThatIsMissing() throws IOException {
    open(ProfileText.lines("main;a.A.a 5000").dropped(Drops.NONE, 40_000_000L).build());
    assertEquals("", browser.text("notices"));
    assertTrue(
        browser
            .element("figure-dropped")
            .getDomAttribute("title")
            .contains("40 ms of CPU time, 0.08 % of all, is missing below: no signal came for it"));
    open(ProfileText.lines("main;a.A.a 5000").dropped(Drops.NONE, 60_000_000L).build());
    String notices = browser.text("notices");
    assertTrue(notices.contains("0.12 % of all, is missing"), notices);
    assertTrue(notices.contains("notSignalled 60 ms"), notices);
  }

  @Test
  void shouldLeaveTheRoomOfAPhoneToTheGraph() throws IOException {
    browser.resize(500, 844); // The browser makes no smaller window.
    open(PROFILE);
    assertFalse(browser.element("threads").isDisplayed());
    assertTrue(browser.rect("all").width() > 450);
    long height = ((Number) browser.script("return byId('scroller').clientHeight")).longValue();
    assertTrue(height > 400, "height " + height);
    assertTrue(browser.element("legend").isDisplayed());
  }

  @Test
  void shouldLeaveHalfOfANarrowPhoneToTheGraph() throws IOException {
    browser.phone();
    try {
      open(PROFILE);
      assertEquals(390L, browser.script("return innerWidth"));
      long height = ((Number) browser.script("return byId('scroller').clientHeight")).longValue();
      assertTrue(height > 844 / 2, "height " + height);
    } finally {
      browser.resetPixelRatio();
    }
  }

  @Test
  void shouldNotWarnOfOneUnwalkableSampleAmongThousands() throws IOException {
    open(ProfileText.lines("main;a.A.a 5000", "main;[unwalkable: stub] 1").unwalkable(1).build());
    assertEquals("", browser.text("notices"));
    assertEquals("warn", browser.element("figure-unwalkable").getDomAttribute("class"));
  }

  private static List<String> rows() {
    return browser.elements("#methods-rows tr").stream().map(WebElement::getText).toList();
  }

  private static WebElement method(String name) {
    return browser.elements("#methods-rows button").stream()
        .filter(button -> button.getText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Rect widest(String name) {
    return browser.rects().stream()
        .filter(rect -> name.equals(rect.name()))
        .max((a, b) -> Double.compare(a.width(), b.width()))
        .orElseThrow();
  }

  /** Opens the menu of a frame, and chooses an item. */
  private static void choose(String frame, String item) {
    openMenu(frame);
    browser.elements("#menu button").stream()
        .filter(button -> button.getText().equals(item))
        .findFirst()
        .orElseThrow()
        .click();
  }

  private static void openMenu(String frame) {
    browser.hover(browser.rect(frame));
    browser.script(
        "const { x, y, width } = spprof.visible().find((rect) => rect.name === '"
            + frame
            + "');"
            + "byId('chart').dispatchEvent(new MouseEvent('contextmenu',"
            + " { clientX: x + width / 2, clientY: y + 5, bubbles: true, cancelable: true }))");
  }

  /** The texts of the menu's items that are shown. */
  private static List<String> items() {
    return browser.elements("#menu button").stream()
        .filter(WebElement::isDisplayed)
        .map(WebElement::getText)
        .toList();
  }

  private static String focusedText() {
    return (String) browser.script("return document.activeElement.textContent");
  }

  /** Returns whether the page takes a key from the browser. */
  private static boolean isTaken(String key) {
    return (Boolean)
        browser.script(
            "const event = new KeyboardEvent('keydown', Object.assign("
                + key
                + ", { bubbles: true, cancelable: true }));"
                + "document.activeElement.dispatchEvent(event);"
                + "return event.defaultPrevented;");
  }
}
