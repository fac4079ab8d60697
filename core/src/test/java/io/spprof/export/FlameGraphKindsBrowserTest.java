package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.WebElement;

/** Tests how the page shows the kinds of frames: colours, legend, names, tooltip. */
class FlameGraphKindsBrowserTest extends FlameGraphBrowserTestBase {

  /** 100 samples with frames of every kind. */
  private static final Profile ALL_KINDS =
      ProfileText.lines(
              "main;io.x.Main.main;java.util.zip.Inflater.inflate;libz.so.1+0x44f0:n;libc.so.6`memset:n 20",
              "main;io.x.Main.main;jdk.internal.misc.Unsafe.park;libc.so.6`wait:n;[syscall futex]:k 30",
              "main;io.x.Main.main 10",
              "GC Thread#0;[native thread];libjvm.so`WorkerThread::run():v;"
                  + "libjvm.so`G1ParScanThreadState::steal_and_trim_queue(Queues*):v 40")
          .build();

  /** The names contradict the kinds, so a kind that is guessed from a name is wrong. */
  @Test
  void shouldTakeKindsFromTheDataAndNotFromNames() throws IOException {
    open(
        ProfileText.lines(
                "t;java.lang.Thread.run;a.b+0x10;x.so`f:n;[vm]:v;io.x.M.m:k;[note] 5",
                "t;java.io.File:n 5")
            .build());
    String kinds =
        "const page = spprof.names();"
            + "return page.map(([n, k]) => n + ' ' + Object.keys(Kind).find((x) => Kind[x] === k))"
            + ".sort().join('\\n')";
    assertEquals(
        """
        [note] SYNTHETIC
        [vm] JVM
        a.b+0x10 JAVA
        io.x.M.m SYSCALL
        java.io.File NATIVE
        java.lang.Thread.run JDK
        x.so`f NATIVE\
        """,
        browser.script(kinds));
  }

  @Test
  void shouldListOnlyTheKindsThatOccur() throws IOException {
    assertEquals(List.of("Java", "JDK", "[synthetic]", "Thread", "Match"), legend());

    open(ALL_KINDS);
    List<String> all =
        List.of(
            "Java",
            "JDK",
            "Native library",
            "JVM",
            "System call",
            "[synthetic]",
            "Thread",
            "Match");
    assertEquals(all, legend());
    assertEquals(all.size(), Set.copyOf(legendColours()).size());
    List<String> light = legendColours();
    browser.press("d");
    assertEquals(all.size(), Set.copyOf(legendColours()).size());
    assertNotEquals(light, legendColours());
  }

  /** WCAG 2 asks for a contrast of 4.5 for text of this size. */
  @Test
  void shouldBeReadableInEveryColour() {
    String least =
        "const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });"
            + "const rgb = (text) => { c.fillStyle = text; c.fillRect(0, 0, 1, 1);"
            + "  return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3); };"
            + "const light = (text) => { const [r, g, b] = rgb(text).map((v) => v / 255)"
            + "  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);"
            + "  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"
            + "const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);"
            + "  return (x + 0.05) / (y + 0.05); };"
            + "const least = ({ fills, texts }) => Math.min(...fills.map((shades, kind) =>"
            + "  Math.min(...shades.map((fill) => contrast(fill, texts[kind])))));"
            + "return Math.min(least(ProfileView.LIGHT), least(ProfileView.DARK));";
    double contrast = ((Number) browser.script(least)).doubleValue();
    assertTrue(contrast >= 4.5, "contrast " + contrast);
  }

  @Test
  void shouldSearchFramesOfEveryKind() throws IOException {
    open(ALL_KINDS);
    browser.search("libc.so.6`mem");
    assertEquals(20, browser.number("matchedPercent"), 1e-9);
    browser.search("[syscall futex]");
    assertEquals(30, browser.number("matchedPercent"), 1e-9);
    browser.click("regex");
    browser.search("^libjvm\\.so`");
    assertEquals(40, browser.number("matchedPercent"), 1e-9);
    browser.click(browser.rect("io.x.Main.main"));
    assertEquals("40.00 % matched, 0.00 % of the zoom", browser.text("matched"));
  }

  @Test
  void shouldShowTheLibraryOfAFunctionInTheTooltip() throws IOException {
    open(ALL_KINDS);
    browser.hover(browser.rect("libc.so.6`memset"));
    assertTrue(
        browser
            .text("tip")
            .startsWith("memset\nKind\nNative library\nLibrary\nlibc.so.6\nCPU time"),
        browser.text("tip"));
    browser.hover(browser.rect("[syscall futex]"));
    assertTrue(
        browser.text("tip").startsWith("[syscall futex]\nKind\nSystem call\nCPU time"),
        browser.text("tip"));
    browser.hover(browser.rect("libz.so.1+0x44f0"));
    assertTrue(
        browser.text("tip").startsWith("libz.so.1+0x44f0\nKind\nNative library\nCPU time"),
        browser.text("tip"));
  }

  /** The dots in the name of a library separate no class from its method. */
  @Test
  void shouldShortenNamesByTheirKind() {
    assertEquals("a.b.C.m | C.m | m", forms("a.b.C.m", "JAVA"));
    assertEquals("libc.so.6+0x1098e1", forms("libc.so.6+0x1098e1", "NATIVE"));
    assertEquals("libc.so.6`memset | memset", forms("libc.so.6`memset", "NATIVE"));
    assertEquals("[syscall futex] | futex", forms("[syscall futex]", "SYSCALL"));
    assertEquals("[C2] a.b.C.m", forms("[C2] a.b.C.m", "SYNTHETIC"));
    assertEquals(
        "l.so`A::B<x::y>::f(int (*)(c::d)) const | A::B<x::y>::f(int (*)(c::d)) const"
            + " | A::B<x::y>::f | f",
        forms("l.so`A::B<x::y>::f(int (*)(c::d)) const", "JVM"));
    assertEquals(
        "l.so`(anonymous namespace)::F<void (*)(int)>::operator()(int) const"
            + " | (anonymous namespace)::F<void (*)(int)>::operator()(int) const"
            + " | (anonymous namespace)::F<void (*)(int)>::operator() | operator()",
        forms("l.so`(anonymous namespace)::F<void (*)(int)>::operator()(int) const", "NATIVE"));
    assertEquals("l.so`f( | f( | f", forms("l.so`f(", "NATIVE"));
    assertEquals(
        "l.so`operator<<(x, y) | operator<<(x, y) | operator<<",
        forms("l.so`operator<<(x, y)", "NATIVE"));
  }

  private static String forms(String name, String kind) {
    return (String)
        browser.script("return shorterNames('" + name + "', Kind." + kind + ").join(' | ')");
  }

  private static List<String> legend() {
    return browser.elements("#legend li").stream().map(WebElement::getText).toList();
  }

  private static List<String> legendColours() {
    return browser.elements("#legend i").stream()
        .map(swatch -> swatch.getCssValue("background-color"))
        .toList();
  }
}
