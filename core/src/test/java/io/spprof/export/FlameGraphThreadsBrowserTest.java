package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
}
