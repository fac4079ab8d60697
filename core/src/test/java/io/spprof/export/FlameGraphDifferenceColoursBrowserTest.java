package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser.Rect;
import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.WebElement;

/** Tests the colours of a difference, and the marks of what can be chance. */
class FlameGraphDifferenceColoursBrowserTest extends FlameGraphDifferenceTestBase {

  @Test
  void shouldColourTheCulpritAndNotItsCallers() throws IOException {
    openDifference(PROFILE, AFTER);
    assertEquals("true", browser.element("by-self").getDomAttribute("aria-pressed"));
    assertRed("java.util.HashMap.get");
    assertNeutral("io.x.Main.main");
    assertNeutral("main");
    assertBlue("io.x.Stock.find");
    assertEquals("+20.00 java.util.HashMap.get", browser.rect("java.util.HashMap.get").label());
    assertEquals("main", browser.rect("main").label());

    browser.press("v"); // The first frame of a reversed stack is the method itself.
    assertRed("java.util.HashMap.get");
  }

  @Test
  void shouldBeRedWhereTheShareGrewAndBlueWhereItShrank() throws IOException {
    assertRed("main");
    assertRed("io.x.Cart.price");
    assertRed("java.util.HashMap.get");
    assertRed("worker-3");
    assertBlue("worker-1");
    assertBlue("io.x.Stock.find");
    assertNeutral("all");
    assertNeutral("io.x.Cart.tax"); // twice the time, of twice the total
    assertNeutral("io.x.Worker.run");
    assertTrue(
        redness("io.x.Main.main") <= redness("java.util.HashMap.get"),
        "the more it grew, the deeper");
  }

  @Test
  void shouldBeDeeperTheMoreTheShareChanged() throws IOException {
    compare(
        many("t;s.S.s 500000", "t;a.A.a 100000", "t;b.B.b 100000", "t;c.C.c 300000"),
        many("t;s.S.s 485500", "t;a.A.a 102000", "t;b.B.b 110000", "t;c.C.c 302500"));
    assertEquals("+0.20 a.A.a", browser.rect("a.A.a").label());
    assertEquals("+1.00 b.B.b", browser.rect("b.B.b").label());
    assertTrue(redness("a.A.a") > 0);
    assertTrue(redness("b.B.b") > redness("a.A.a"));
    assertEquals(redness("c.C.c"), redness("a.A.a"));
  }

  /** A profile without times, because there are so many samples. */
  private static Profile many(String... lines) {
    return ProfileText.lines(lines).times(new SampleTimes(List.of(), 1_000_000)).build();
  }

  @Test
  void shouldMarkWhatCanBeChance() throws IOException {
    // The same shares, of few samples and of many.
    compare(
        ProfileText.lines("t;a.A.a 40", "t;b.B.b 60").build(),
        ProfileText.lines("t;a.A.a 50", "t;b.B.b 50").build());
    int pale = redness("a.A.a");
    assertTrue(pale > 20, "redness " + pale);
    assertEquals("\u2248+10.00 a.A.a", browser.rect("a.A.a").label());
    browser.hover(browser.rect("a.A.a"));
    assertTrue(
        browser
            .text("tip")
            .contains(
                "Change\n+10.00 points, can be chance\n"
                    + "Change of self\n+10.00 points, can be chance\n"),
        browser.text("tip"));
    assertTrue(
        browser.elements("#legend li").stream()
            .anyMatch(entry -> entry.getText().equals("\u2248 pale: can be chance")));

    compare(many("t;a.A.a 400000", "t;b.B.b 600000"), many("t;a.A.a 500000", "t;b.B.b 500000"));
    assertTrue(redness("a.A.a") > 2 * pale, redness("a.A.a") + ", pale " + pale);
    assertEquals("+10.00 a.A.a", browser.rect("a.A.a").label());
    browser.hover(browser.rect("a.A.a"));
    assertFalse(browser.text("tip").contains("can be chance"), browser.text("tip"));
  }

  /** None of 20 samples does not prove that the frame was not there. */
  @Test
  void shouldMarkAChangeFromFewSamplesWithoutTheFrame() throws IOException {
    compare(
        ProfileText.lines("t;a.A.a 20").build(),
        ProfileText.lines("t;a.A.a 1840", "t;b.B.b 160").build());
    String label = browser.rect("b.B.b").label();
    assertTrue(label.startsWith("\u2248+8.00 "), label);
    browser.hover(browser.rect("b.B.b"));
    // 160 of 2,020 samples: 2 x sqrt(0.0792 x 0.9208 x (1 / 20 + 1 / 2000))
    assertTrue(
        browser.text("tip").endsWith("By chance\nup to 12.14 points, of self 12.14"),
        browser.text("tip"));
  }

  @Test
  void shouldBeNeutralThroughoutForAProfileAndItself() throws IOException {
    compare(PROFILE, PROFILE);
    assertTrue(browser.text("notices").contains("No difference"), browser.text("notices"));
    Set<String> names = browser.rects().stream().map(Rect::name).collect(Collectors.toSet());
    assertTrue(names.contains("java.util.HashMap.get"), names::toString);
    BufferedImage photo = browser.photo();
    for (Rect rect : browser.rects()) {
      assertEquals(0, redness(photo, rect), 20, rect.toString());
      assertFalse(rect.label().matches("[+\u2212].*"), rect.label());
    }
    browser.hover(browser.rect("io.x.Cart.price"));
    assertTrue(browser.text("tip").contains("Change\nno change"), browser.text("tip"));
  }

  @Test
  void shouldSeeNoDifferenceInAStretchTwiceAsLong() throws IOException {
    compare(
        ProfileText.lines("t;a.A.a 7", "t;b.B.b 3").build(),
        ProfileText.lines("t;a.A.a 14", "t;b.B.b 6").build());
    assertTrue(browser.text("notices").contains("No difference"), browser.text("notices"));
    assertNeutral("a.A.a");
  }

  @Test
  void shouldExplainTheColours() throws IOException {
    List<WebElement> swatches = browser.elements("#legend b");
    assertEquals(
        List.of("\u221210", "\u22122", "\u22120.5", "\u22120.1", "0", "+0.1", "+0.5", "+2", "+10"),
        swatches.stream().map(WebElement::getText).toList());
    assertEquals("grew by 10 points or more", swatches.get(8).getDomAttribute("title"));
    String light = swatches.get(8).getCssValue("background-color");
    browser.press("d");
    assertFalse(browser.elements("#legend b").get(8).getCssValue("background-color").equals(light));
    assertRed("java.util.HashMap.get");
    assertBlue("worker-1");
    assertNeutral("all");
    browser.press("?");
    assertTrue(browser.text("help").contains("widths of before, or of after"));
  }

  @Test
  void shouldSayOfWhichTimeTheColoursAre() {
    String self = "Red, + : the share of the frame's self time grew; blue";
    String total = "Red, + : the share of the frame's total time grew; blue";
    assertTrue(browser.text("notices").startsWith(total), browser.text("notices"));
    browser.press("s");
    assertTrue(browser.text("notices").startsWith(self), browser.text("notices"));
    browser.press("s");
    assertTrue(browser.text("notices").startsWith(total), browser.text("notices"));
    browser.press("v");
    String callers = "Red, + : the share of the self time of the column's method grew; blue";
    assertTrue(browser.text("notices").startsWith(callers), browser.text("notices"));
    browser.press("v");
    assertTrue(browser.text("notices").startsWith(total), browser.text("notices"));
  }
}
