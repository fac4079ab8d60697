package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Tests that the page has room for all of its controls in windows of many widths. */
class FlameGraphWidthsBrowserTest extends FlameGraphBrowserTestBase {

  private static final List<Integer> WIDTHS =
      List.of(360, 390, 560, 599, 601, 700, 899, 901, 1024, 1118, 1280, 1366, 1440, 1920);

  private static final String MAIN_CLASS =
      "com.example.shop.warehouse.inventory.InventoryManagementApplication";

  /** What is wrong with the page: one line for each control that is not in the window. */
  private static final String OUTSIDE =
      "const found = [];"
          + "const over = document.documentElement.scrollWidth - innerWidth;"
          + "if (over > 0) found.push('the page is ' + over + ' px too wide');"
          + "const isIn = (at) => { const { left, right, width } = at.getBoundingClientRect();"
          + "  return width > 0 && left >= 0 && right <= innerWidth; };"
          + "const controls = [...document.querySelectorAll('button, input, #legend li, #details b')]"
          + "  .filter((at) => at.checkVisibility());"
          + "for (const at of controls) {"
          + "  if (!isIn(at)) found.push((at.id || at.textContent) + ' is outside'); }"
          + "for (const id of ['theme', 'help-open', 'threads-toggle', 'legend'])"
          + "  if (!byId(id).checkVisibility()) found.push(id + ' is hidden');"
          + "if (byId('scroller').clientHeight < 100) found.push('no room for the graph');"
          + "return found.join('\\n')";

  @AfterEach
  void restoreWindow() {
    if (browser != null) {
      browser.resetPixelRatio();
    }
  }

  @Test
  void shouldHaveRoomForThePageAtEveryWidth() throws IOException {
    open(profile(0));
    shouldHaveRoomInEveryState();
  }

  @Test
  void shouldHaveRoomForTheDifferenceAtEveryWidth() throws IOException {
    openDifference(profile(0), profile(500));
    browser.press("t");
    shouldHaveRoomInEveryState();
  }

  private static void shouldHaveRoomInEveryState() {
    browser.script("byId('chart').focus()");
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN);
    check("selected");
    browser.search("price");
    check("search");
    browser.script("byId('chart').focus()");
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN);
    browser.press(Keys.ARROW_DOWN, Keys.ENTER, Keys.ARROW_DOWN, "x");
    browser.script(
        "[...document.querySelectorAll('#menu button')]"
            + ".find((item) => item.textContent === 'Hide this subtree').click()");
    browser.press("l");
    assertEquals(true, browser.element("unhide").isDisplayed());
    assertEquals(true, browser.element("reset").isDisplayed());
    check("search, zoom, hidden stacks, methods");
    browser.press("?");
    check("help");
  }

  private static void check(String state) {
    for (int width : WIDTHS) {
      browser.window(width, 800);
      assertEquals("", browser.script(OUTSIDE), state + ", " + width + " px");
    }
    browser.resetPixelRatio();
  }

  /** A profile with long names, notices, frames of every kind and a timeline. */
  private static Profile profile(int more) {
    ProfileText text =
        ProfileText.lines(
                "order-synchronisation-of-the-warehouse-alpha;"
                    + MAIN_CLASS
                    + ".main;io.x.Cart.price;io.x.A.a;io.x.B.b;io.x.C.c;io.x.D.d;io.x.E.e;io.x.F.f;"
                    + "java.util.HashMap.get "
                    + (2000 + more),
                "order-synchronisation-of-the-warehouse-alpha;"
                    + MAIN_CLASS
                    + ".main;io.x.Cart.price;io.x.A.a;io.x.B.b;io.x.C.c;io.x.D.d;io.x.E.e 300",
                "main;io.x.Main.main;libc.so.6`memset:n 500",
                "main;io.x.Main.main;[syscall read]:k 300",
                "GC Thread#0;[native thread];libjvm.so`G1:v 600",
                "main;[unwalkable: stub] 80")
            .with(
                IntStream.range(0, 9)
                    .mapToObj(i -> "http-nio-8080-exec-" + i + ";io.x.Worker.run 40")
                    .toArray(String[]::new))
            .dropped(Drops.NONE.plus(DropReason.LATE, 20), 200_000_000L)
            .unseen(50_000_000L)
            .unwalkable(80);
    text.jvm =
        new JvmInfo(
            MAIN_CLASS, 24561, "web-1", "17.0.15+6", "OpenJDK Server VM", 1_767_200_000_000L);
    text.kernel = new KernelTimes(28_000_000_000L, 1_500_000_000L, 5_000_000_000L, 12_999_000_000L);
    return text.build();
  }
}
