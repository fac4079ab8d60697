package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** Tests the page's list of threads and the merging of threads. */
class FlameGraphThreadsBrowserTest extends FlameGraphBrowserTestBase {

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

  /** Both names have more letters than the list has room for, and differ at their ends. */
  @Test
  void shouldCutNamesInTheirMiddle() throws IOException {
    open(
        ProfileText.lines(
                "order-synchronisation-of-the-warehouse-alpha;a.A.a 6",
                "order-synchronisation-of-the-warehouse-beta;a.A.a 4",
                "C2 CompilerThre;a.A.a 1",
                "VM Thread;a.A.a 1")
            .build());
    assertEquals(
        List.of("order-s\u2026se-alpha", "order-s\u2026use-beta", "C2 CompilerThre", "VM Thread"),
        browser.script(SHOWN + "return [...document.querySelectorAll('.name')].map(shown)"));
    assertEquals(
        List.of(2L, 2L, 2L, 1L),
        browser.script(
            "return [...document.querySelectorAll('.name')].map(n => n.children.length)"),
        "a short name has no hole");
    assertEquals(
        "order-synchronisation-of-the-warehouse-beta 33.33 %",
        thread("order-synchronisation-of-the-warehouse-beta")
            .findElement(By.cssSelector("input"))
            .getDomAttribute("aria-label"));
  }

  /**
   * A script that returns which text is visible: of a head that is cut, its first seven letters.
   */
  static final String SHOWN =
      "const isCut = (at) => at.scrollWidth > at.clientWidth;"
          + "const shown = (at) => [...at.children].map((part) => !isCut(part) ? part.textContent"
          + "  : part.className === 'head' ? part.textContent.slice(0, 7) + '\u2026'"
          + "  : part.textContent + ' is cut').join('');";

  /** The text report groups Java threads in the same way. */
  @Test
  void shouldGroupThreadsWhoseNamesDifferInAnyNumber() throws IOException {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      names.add("pool-" + i + "-thread-1");
      names.add("RMI TCP Connection(" + i + ")-10.0.0." + (1 + i % 2));
    }
    open(
        ProfileText.lines(names.stream().map(name -> name + ";a.A.a 10").toArray(String[]::new))
            .build());
    for (String name : names) {
      assertFalse(browser.frames().contains(name), name);
    }
    Set<String> groups =
        Set.copyOf(names.stream().map(ThreadGroups::pattern).map(name -> name + " (4)").toList());
    assertEquals(Set.of("pool-*-thread-* (4)", "RMI TCP Connection(*)-*.*.*.* (4)"), groups);
    for (String group : groups) {
      assertEquals(0.4 * ALL, browser.rect(group).nanos(), 1);
      assertTrue(thread(group).isDisplayed());
    }
  }
}
