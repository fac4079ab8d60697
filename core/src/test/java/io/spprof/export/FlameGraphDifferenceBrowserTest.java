package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser.Rect;
import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** Tests the page that compares two profiles, but for its colours. */
class FlameGraphDifferenceBrowserTest extends FlameGraphDifferenceTestBase {

  @Test
  void shouldBeAsWideAsTheTimeAfter() {
    Rect all = browser.rect("all");
    assertEquals(2e9, browser.number("totalNanos"));
    assertEquals(200, browser.number("totalSamples"));
    assertEquals(0.65 * all.width(), browser.rect("main").width(), 0.01);
    assertEquals(0.13 * all.width(), browser.rect("worker-3").width(), 0.01);
    assertFalse(browser.frames().contains("worker-2"));
    assertEquals("false", browser.element("widths").getDomAttribute("aria-pressed"));
  }

  @Test
  void shouldShowWhatARecordingDoesNotHave() throws IOException {
    SampleTimes.Chunk last =
        new SampleTimes.Chunk(0, new int[2], new int[] {0, 1}, new long[] {10, 10}, 2);
    Profile before =
        ProfileText.lines("main;a.A.a 5", "main;a.A.b 7")
            .times(new SampleTimes(List.of(last), 10))
            .build();
    SavedProfile recording = saved(before, ExportFormat.JFR);
    StringBuilder page = new StringBuilder();
    SavedProfile.writeDifference(
        recording, saved(AFTER, ExportFormat.HTML), ExportFormat.HTML, page);
    browser.open(Files.writeString(dir.resolve("recording.html"), page));
    String figures = browser.text("figures").replaceAll("\\s+", " ");
    assertTrue(figures.contains("User, system before not known CPU wait before not"), figures);
    assertTrue(figures.contains("Debug info before not known Debug info after exact"), figures);
    String notices = browser.text("notices");
    assertTrue(notices.contains("Before: the recording lacks 10 samples of the session"), notices);
    assertFalse(notices.contains("After: the recording"), notices);
  }

  private static SavedProfile saved(Profile profile, ExportFormat format) throws IOException {
    Path file = dir.resolve("saved");
    try (OutputStream out = Files.newOutputStream(file)) {
      new Export(profile, format).writeTo(out);
    }
    return SavedProfile.read(file, format);
  }

  @Test
  void shouldListWhatChangedMostInSelfTimeFirst() {
    List<String> rows =
        browser.elements("#methods-rows tr").stream().map(WebElement::getText).toList();
    assertEquals(
        List.of(
            "\u221220.00 \u221220.00 20.00 % io.x.Stock.find",
            "+20.00 +20.00 40.00 % java.util.HashMap.get",
            "+13.00 +13.00 13.00 % io.x.Fresh.work",
            "\u22128.00 \u22128.00 0.00 % [unwalkable: stub]",
            "\u2248\u22125.00 +15.00 12.00 % io.x.Cart.price",
            "\u00b10 \u00b10 15.00 % io.x.Cart.tax",
            "\u00b10 \u2248+5.00 0.00 % io.x.Main.main",
            "\u00b10 \u2248+3.00 0.00 % io.x.Worker.run"),
        rows);
    // 41 of 300 samples: 2 x sqrt(0.137 x 0.863 x (1 / 100 + 1 / 200)) = 8.4 points: may be chance.
    List<String> marks =
        browser.elements("#methods-rows td:first-child").stream()
            .map(cell -> cell.getDomAttribute("class"))
            .toList();
    assertEquals(
        List.of("shrunk", "grown", "grown", "shrunk", "chance", "chance"), marks.subList(0, 6));
  }

  @Test
  void shouldShowTheSignInTheLabel() {
    assertEquals("\u2248+5.00 main", browser.rect("main").label());
    assertEquals("+15.00 io.x.Cart.price", browser.rect("io.x.Cart.price").label());
    assertEquals("\u2248\u22128.00 worker-1", browser.rect("worker-1").label());
    assertEquals("io.x.Cart.tax", browser.rect("io.x.Cart.tax").label());
    assertEquals("all", browser.rect("all").label());
    // A narrow frame shows the sign only.
    browser.window(700, 700);
    try {
      String label = browser.rect("worker-3").label();
      assertTrue(label.startsWith("+w"), label);
    } finally {
      browser.resetPixelRatio();
    }
  }

  @Test
  void shouldShowBothSharesAndTimesInTheTooltip() {
    browser.hover(browser.rect("java.util.HashMap.get"));
    String tip = browser.text("tip");
    assertTrue(
        tip.startsWith(
            "java.util.HashMap.get\nKind\nJDK\nChange\n+20.00 points\n"
                + "Change of self\n+20.00 points\n"
                + "Before\n20.00 %, 200 ms CPU, 20 samples\nAfter\n40.00 %, 800 ms CPU, 80 samples\n"
                + "Self before\n20.00 %, 200 ms CPU\nSelf after\n40.00 %, 800 ms CPU\n"),
        tip);
    // 100 of 300 samples: 2 x sqrt(1 / 3 x 2 / 3 x (1 / 100 + 1 / 200))
    assertTrue(tip.endsWith("By chance\nup to 11.55 points, of self 11.55"), tip);

    browser.hover(browser.rect("worker-3"));
    assertTrue(
        browser
            .text("tip")
            .contains(
                "Change\n+13.00 points, new\nChange of self\nno change\nBefore\n0.00 %, 0 s CPU, 0 samples\n"),
        browser.text("tip"));

    browser.click(browser.rect("worker-1"));
    assertTrue(
        browser
            .text("details")
            .contains(
                "\u22128.00 points, can be chance: before 30.00 % (300 ms CPU), after 22.00 % (440 ms CPU)"),
        browser.text("details"));
  }

  @Test
  void shouldKnowTheKindsOfFramesOfBoth() throws IOException {
    compare(
        ProfileText.lines("t;a.A.a 50", "t;a.A.a;libc.so.6`memset:n 50").build(),
        ProfileText.lines("t;libjvm.so`JVM_GC:v 40", "t;a.A.a;[syscall read]:k 60").build());
    browser.hover(browser.rect("libjvm.so`JVM_GC"));
    assertTrue(
        browser.text("tip").startsWith("JVM_GC\nKind\nJVM\nLibrary\nlibjvm.so\nChange\n+40.00"),
        browser.text("tip"));
    browser.hover(browser.rect("[syscall read]"));
    assertTrue(browser.text("tip").contains("Kind\nSystem call\nChange"), browser.text("tip"));
    browser.press("b");
    browser.hover(browser.rect("libc.so.6`memset"));
    assertTrue(browser.text("tip").contains("Kind\nNative library\n"), browser.text("tip"));
    assertEquals("\u221250.00 libc.so.6`memset", browser.rect("libc.so.6`memset").label());
    browser.search("`");
    assertEquals("50.00 % matched, \u221210.00 points", browser.text("matched"));
  }

  @Test
  void shouldShowWhatVanishedInTheWidthsOfBefore() throws IOException {
    browser.click("widths");

    Rect all = browser.rect("all");
    assertEquals("true", browser.element("widths").getDomAttribute("aria-pressed"));
    assertEquals(1e9, browser.number("totalNanos"));
    assertEquals(0.6 * all.width(), browser.rect("main").width(), 0.01);
    assertEquals(0.1 * all.width(), browser.rect("worker-2").width(), 0.01);
    assertFalse(browser.frames().contains("worker-3"));
    // The colour does not depend on which profile gives the widths.
    assertRed("io.x.Cart.price");
    assertBlue("worker-2");
    assertNeutral("io.x.Cart.tax");
    browser.hover(browser.rect("worker-2"));
    assertTrue(browser.text("tip").contains("\u221210.00 points, gone"), browser.text("tip"));

    browser.press("b");
    assertTrue(browser.frames().contains("worker-3"));
    assertFalse(browser.frames().contains("worker-2"));
  }

  @Test
  void shouldLeaveAZoomThatHasNoWidth() throws IOException {
    browser.click(browser.rect("worker-3"));
    browser.press("b");
    assertEquals("all", browser.page("zoomed"));

    browser.click(browser.rect("io.x.Cart.price"));
    browser.press("b");
    assertEquals("io.x.Cart.price", browser.page("zoomed"));
    assertRed("io.x.Cart.price");
    browser.press(Keys.ESCAPE);
    assertEquals("all", browser.page("zoomed"));
  }

  @Test
  void shouldCompareTheThreadsThatAreOn() throws IOException {
    browser.press("t");
    browser.clickOnly("worker-1");
    // Stock.find's share of the thread was 20 %, and the rest was unwalkable. Shares are of the
    // thread's own total now.
    assertEquals("\u2248+12.12 io.x.Stock.find", browser.rect("io.x.Stock.find").label());
    assertNeutral("worker-1");

    browser.click("threads-none");
    assertEquals("All threads are switched off.", browser.text("empty"));
    browser.click("threads-all");
    assertBlue("worker-1");
  }

  @Test
  void shouldShowEachThreadsShareAndChange() {
    browser.press("t");
    assertEquals("65.00 % +5.00", share("main"));
    assertEquals("22.00 % \u22128.00", share("worker-1"));
    assertEquals("0.00 % \u221210.00", share("worker-2"));
    assertEquals(4, browser.elements("#threads-list li").size());
  }

  @Test
  void shouldMergeThreads() {
    browser.press("m");
    // Before 32 of 100, after 70 of 200.
    assertEquals("\u2248+3.00 io.x.Worker.run", browser.rect("io.x.Worker.run").label());
    assertFalse(browser.frames().contains("main"));
    browser.press("b");
    assertEquals(0.32 * ALL, browser.rect("io.x.Worker.run").nanos(), 1);
    assertEquals("\u2248+3.00 io.x.Worker.run", browser.rect("io.x.Worker.run").label());
  }

  @Test
  void shouldShowTheChangeOfTheMatches() {
    browser.search("Stock.find");
    assertEquals(20, browser.number("matchedPercent"), 1e-9);
    assertEquals("20.00 % matched, \u221220.00 points", browser.text("matched"));
    browser.press(Keys.ESCAPE, "b");
    browser.search("Cart.tax");
    assertEquals(27, browser.number("matchedPercent"), 1e-9);
    assertEquals("27.00 % matched, no change", browser.text("matched"));
  }

  @Test
  void shouldNameBothStretches() {
    String figures = browser.text("figures").replace('\n', ' ');
    assertTrue(
        figures.startsWith(
            "Before 2026-01-01 00:00:00 \u2013 00:01:00 UTC, 100 samples, 1 s CPU"
                + " After 2026-01-01 01:00:00 \u2013 01:01:00 UTC, 200 samples, 2 s CPU"
                + " JVM shop.jar, pid 42, host web-1, Java 17.0.15+6 User"),
        figures);
    assertTrue(figures.contains("Dropped before 0 Unwalkable before 0 Dropped after 0"), figures);
    String notices = browser.text("notices");
    assertTrue(notices.contains("of each stretch's own CPU time"), notices);
    assertFalse(notices.contains("No difference"), notices);
    assertEquals(
        "spprof flame graph of a difference, session 3, shop.jar, pid 42, host web-1, Java 17.0.15+6",
        browser.script("return document.title"));
  }

  @Test
  void shouldShowBothEnginesWhereTheyDiffer() throws IOException {
    ProfileText before = ProfileText.lines("main;a.A.a 90");
    before.engine = "itimer";
    compare(before.build(), ProfileText.lines("main;a.A.a 90").build());
    String figures = browser.text("figures").replace('\n', ' ');
    assertTrue(
        figures.contains("Engine before itimer Engine after ctimer Walker agct Debug info exact"),
        figures);
  }

  @Test
  void shouldSayInWhichStretchThreadsWaited() throws IOException {
    ProfileText before = ProfileText.lines("main;a.A.a 90"); // a session of 60 s
    ProfileText after = ProfileText.lines("main;a.A.a 90");
    before.kernel = new KernelTimes(8_000_000_000L, 1_500_000_000L, 500_000_000L, 0);
    after.kernel = new KernelTimes(8_000_000_000L, 1_500_000_000L, 0, 3_000_000_000L);
    compare(before.build(), after.build());
    String notices = browser.text("notices");
    assertTrue(notices.contains("Before: threads waited 500 ms for a CPU"), notices);
    assertTrue(notices.contains("After: the process was throttled for 3 s"), notices);
  }

  @Test
  void shouldReportWhatIsMissingInEither() throws IOException {
    compare(
        ProfileText.lines("main;a.A.a 90")
            .dropped(Drops.NONE.plus(DropReason.BUFFER_FULL, 8).plus(DropReason.LATE, 2), 1)
            .build(),
        ProfileText.lines("main;a.A.a 90").unwalkable(9).build());
    String notices = browser.text("notices");
    assertTrue(notices.contains("Before: 10 signals dropped"), notices);
    assertTrue(notices.contains("After: 9 samples unwalkable"), notices);
    assertFalse(notices.contains("Before: 9"), notices);
    assertEquals("bad", browser.element("figure-dropped-before").getDomAttribute("class"));
    assertEquals("good", browser.element("figure-dropped-after").getDomAttribute("class"));
  }

  @Test
  void shouldTakeAStretchWithoutSamples() throws IOException {
    compare(PROFILE, ProfileText.lines().build());
    assertEquals("No samples after.", browser.text("empty"));
    browser.press("b");
    assertFalse(browser.element("empty").isDisplayed());
    assertBlue("main");
    assertEquals("\u2248\u221260.00 main", browser.rect("main").label());
    browser.hover(browser.rect("main"));
    assertTrue(
        browser.text("tip").endsWith("By chance\nany change: there are no samples after"),
        browser.text("tip"));
    browser.search("Cart");

    compare(ProfileText.lines().build(), ProfileText.lines().build());
    assertEquals("No samples after.", browser.text("empty"));
    assertTrue(browser.text("notices").contains("No difference"));
  }

  @Test
  void shouldHaveNothingOfThisOnAnOrdinaryPage() throws IOException {
    open(PROFILE);
    assertFalse(browser.element("widths").isDisplayed());
    browser.press("b");
    assertEquals(1e9, browser.number("totalNanos"));
    assertEquals("main", browser.rect("main").label());
    assertEquals(0, browser.elements("#legend b").size());
    browser.press("?");
    assertFalse(browser.text("help").contains("widths of before"));
  }

  private String share(String thread) {
    return thread(thread).findElement(By.cssSelector(".percent")).getText();
  }

  @Test
  void shouldHideTheTooltipWhenTheFramesMove() {
    for (String key : List.of("l", "t", "i", "s")) {
      browser.hover(browser.rect("all"));
      browser.hover(browser.rect("io.x.Cart.price"));
      assertTrue(browser.element("tip").isDisplayed(), key);
      browser.press(key);
      assertFalse(browser.element("tip").isDisplayed(), key);
    }
  }
}
