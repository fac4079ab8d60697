package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/**
 * Tests that people who use the keyboard or a screen reader reach all of the page. The checker axe
 * applies the rules of WCAG 2.1, levels A and AA, in each state of the page.
 */
class FlameGraphAccessibilityBrowserTest extends FlameGraphBrowserTestBase {

  private static final String AXE = "META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";

  /** A profile with all that the page can show: pools, drops, unwalkable stacks, a timeline. */
  private static final ProfileText FULL =
      ProfileText.lines(
              "main;io.x.Main.main;io.x.Cart.price;java.util.HashMap.get 2000",
              "main;io.x.Main.main;libc.so.6`memset:n 500",
              "main;io.x.Main.main;[syscall read]:k 300",
              "GC Thread#0;[native thread];libjvm.so`G1:v 600",
              "main;[unwalkable: stub] 80")
          .with(
              IntStream.range(0, 40)
                  .mapToObj(i -> "pool-" + i + ";io.x.Worker.run" + ";a.A.a".repeat(60) + " 9")
                  .toArray(String[]::new))
          .dropped(Drops.NONE.plus(DropReason.LATE, 20), 200_000_000L)
          .unwalkable(80);

  /** Conditions that hold in a state of the page. */
  private static final String LIGHT = "document.documentElement.dataset.theme === 'light'";

  private static final String DARK = "document.documentElement.dataset.theme === 'dark'";
  private static final String METHODS = "!byId('methods').hidden";
  private static final String THREADS = "!byId('threads').hidden";
  private static final String DIFFERENCE = "document.body.classList.contains('difference')";

  private static String axe;

  @BeforeAll
  static void readChecker() throws IOException {
    try (InputStream in =
        FlameGraphAccessibilityBrowserTest.class.getClassLoader().getResourceAsStream(AXE)) {
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @AfterEach
  void restoreWindow() {
    if (browser != null) {
      browser.resetPixelRatio();
    }
  }

  @Test
  void shouldHaveNoViolationsOnThePage() throws IOException {
    open(FULL.build());
    check("light", LIGHT);
    browser.press("l");
    browser.search("price");
    check("methods and search", METHODS + " && spprof.matchedPercent > 0");
    browser.press(Keys.ENTER, "n", "x");
    check("menu", "!byId('menu').hidden");
    browser.press(Keys.ESCAPE, "?");
    check("help", "byId('help').open");
    browser.press("?", "d", "t");
    check("dark", DARK + " && " + THREADS + " && !byId('help').open");
    browser.press("w", Keys.PAGE_UP);
    browser.click(browser.rect("main"));
    check("dark, stretch and zoom", "spprof.stretch[0] > 0 && spprof.zoomed === 'main'");
  }

  @Test
  void shouldHaveNoViolationsOnTheDifference() throws IOException {
    openDifference(PROFILE, FULL.build());
    check("light, methods", LIGHT + " && " + DIFFERENCE + " && " + METHODS);
    browser.press("t");
    check("threads", THREADS);
    browser.press("d");
    check("dark", DARK);
  }

  @Test
  void shouldHaveNoViolationsOnAPhone() throws IOException {
    browser.phone();
    open(FULL.build());
    check("graph", "byId('threads').hidden && byId('methods').hidden");
    browser.press("t");
    check("threads", THREADS);
    browser.press("l", "d");
    check("methods", METHODS + " && " + DARK);
    openDifference(PROFILE, FULL.build());
    check("difference", DIFFERENCE);
  }

  @Test
  void shouldScrollWithTheArrowKeys() throws IOException {
    browser.phone();
    open(FULL.build());
    browser.await("byId('figures').tabIndex === 0");
    browser.script("byId('figures').focus()");
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    browser.await("byId('figures').scrollLeft > 0");
    assertNull(browser.page("selected"));

    open(
        ProfileText.lines(
                IntStream.range(0, 80)
                    .mapToObj(i -> "main;io.x.Cart.price" + i + " 1")
                    .toArray(String[]::new))
            .build());
    browser.press("l");
    browser.script("document.querySelector('.table').focus()");
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN);
    browser.await("document.querySelector('.table').scrollTop > 0");
    assertNull(browser.page("selected"));
  }

  @Test
  void shouldReachEveryControlWithTheTabKey() throws IOException {
    open(FULL.build());
    browser.press("l");
    browser.search("price");
    Set<Object> wanted = visibleControls();
    assertTrue(wanted.size() > 15, wanted::toString);
    browser.script("document.activeElement.blur()");
    Set<Object> reached = new TreeSet<>();
    for (int i = 0; i < wanted.size() + 20; i++) {
      browser.press(Keys.TAB);
      reached.add(browser.script(NAME + "return name(document.activeElement)"));
    }
    wanted.removeAll(reached);
    assertEquals(Set.of(), wanted);
  }

  @Test
  void shouldSayWhatTheGraphShows() throws IOException {
    open(FULL.build());
    browser.press("/", Keys.ESCAPE);
    browser.script("byId('chart').focus()");
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN);
    // The details are announced, because they are a live region.
    assertEquals("polite", browser.element("details").getDomAttribute("aria-live"));
    assertTrue(browser.text("details").startsWith("io.x."), browser.text("details"));
    assertEquals("details", browser.element("chart").getDomAttribute("aria-describedby"));
  }

  /** A script that names a control: its id, or its label. */
  private static final String NAME =
      "const name = (at) => at.id || at.getAttribute('aria-label') || at.textContent || at.className;";

  /** The controls that are displayed. Of long lists, the first rows stand for all. */
  private static Set<Object> visibleControls() {
    List<?> names =
        (List<?>)
            browser.script(
                NAME
                    + "return [...document.querySelectorAll("
                    + "'button, input, canvas[tabindex], [role=slider], .table')]"
                    + ".filter((at) => at.offsetParent !== null && !at.disabled"
                    + " && !at.closest('tbody')).map(name)");
    return new TreeSet<>(names);
  }

  /** Checks the page in a state in which a condition holds. */
  private static void check(String state, String condition) {
    assertEquals(true, browser.script("return " + condition), state + " is not reached");
    browser.script("document.documentElement.scrollTop = 0; " + axe);
    Object violations =
        browser.asyncScript(
            "const done = arguments[0];"
                + "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then((all) =>"
                + " done(all.violations.map((rule) => rule.id + ': ' + rule.help + ': '"
                + " + rule.nodes.map((node) => node.html.slice(0, 200) + ' '"
                + " + node.any.concat(node.all, node.none).map((check) => check.message).join('; ')"
                + ").join(' | '))))");
    // The checker reads pixels of canvases, and the browser advises how to do that faster.
    List<String> log =
        browser.console().stream().filter(line -> !line.contains("willReadFrequently")).toList();
    assertEquals(List.of(), log, state);
    List<String> found = ((List<?>) violations).stream().map(String::valueOf).toList();
    assertEquals("", found.stream().collect(Collectors.joining("\n")), state);
  }
}
