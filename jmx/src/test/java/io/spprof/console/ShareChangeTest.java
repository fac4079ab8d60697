package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.FlameGraphDifference;
import java.awt.Color;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ShareChangeTest {

  private static final int MANY = 1_000_000;

  /** The numbers are those that the page shows in the browser tests of a difference. */
  @Test
  void shouldComputeChanceAsThePageDoes() {
    ShareChange grown = ShareChange.of(0.2, 100, 0.4, 200);
    assertEquals(20, grown.points(), 1e-9);
    assertEquals(11.55, grown.chance(), 0.005);
    assertFalse(grown.isChance());
    assertEquals("+20.00 ", grown.mark());
    assertEquals("+20.00 points", grown.text());

    ShareChange isNew = ShareChange.of(0, 20, 0.08, 2000);
    assertEquals(12.14, isNew.chance(), 0.005);
    assertTrue(isNew.isChance());
    assertEquals("\u2248+8.00 ", isNew.mark());
    assertEquals("+8.00 points, can be chance", isNew.text());

    assertEquals("\u2248\u22128.00 ", ShareChange.of(0.3, 100, 0.22, 200).mark());
    assertEquals("\u221220.00 ", ShareChange.of(0.3, 100, 0.1, 200).mark());
  }

  @Test
  void shouldBePaleWhereTheChangeCanBeChance() {
    assertEquals(1, ShareChange.of(0.4, 100, 0.5, 100).level());
    assertEquals(-1, ShareChange.of(0.5, 100, 0.4, 100).level());
    assertEquals(4, ShareChange.of(0.4, MANY, 0.51, MANY).level());
    assertEquals(-4, ShareChange.of(0.51, MANY, 0.4, MANY).level());
  }

  @Test
  void shouldBeDeeperTheMoreTheShareChanged() {
    double[] points = {0, 0.09, 0.11, 0.49, 0.51, 1.9, 2.1, 9.9, 10.1};
    int[] levels = {0, 0, 1, 1, 2, 2, 3, 3, 4};
    for (int i = 0; i < points.length; i++) {
      double share = points[i] / 100;
      long samples = 100L * MANY;
      assertEquals(levels[i], ShareChange.of(0, samples, share, samples).level(), share + "");
      assertEquals(-levels[i], ShareChange.of(share, samples, 0, samples).level(), share + "");
    }
  }

  @Test
  void shouldTakeAnyChangeForChanceWithoutSamples() {
    for (ShareChange change :
        List.of(ShareChange.of(0, 0, 0.5, MANY), ShareChange.of(0.5, MANY, 0, 0))) {
      assertTrue(change.isChance());
      assertEquals(1, Math.abs(change.level()));
    }
  }

  @Test
  void shouldHaveNoMarkWithoutAChange() {
    ShareChange same = ShareChange.of(0.7, 10, 0.7, 20);
    assertEquals("", same.mark());
    assertEquals("no change", same.text());
    ShareChange tiny = ShareChange.of(0.00001, 100L * MANY, 0.00004, 100L * MANY);
    assertEquals("", tiny.mark());
    assertEquals("+< 0.01 points", tiny.text());
    assertEquals(0, ShareChange.of(1, 3, 1 + 1e-16, 3).level(), "rounding");
  }

  @Test
  void shouldHaveTheThresholdsAndColoursOfThePage() throws IOException {
    String page;
    try (InputStream in =
        FlameGraphDifference.class.getResourceAsStream("flamegraph-difference.js")) {
      page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<Double> steps = new ArrayList<>();
    for (String step : only("static STEPS = \\[([0-9., ]+)]", page).split(",")) {
      steps.add(Double.parseDouble(step));
    }
    String light = page.substring(page.indexOf(".LIGHT = {"), page.indexOf(".DARK = {"));
    List<Color> neutral = colours(only("neutral: (.*),", light));
    List<Color> grown = colours(only("grown: (.*),", light));
    List<Color> shrunk = colours(only("shrunk: (.*),", light));

    assertEquals(4, steps.size());
    for (int level = 1; level <= steps.size(); level++) {
      assertEquals(steps.get(level - 1), ShareChange.STEPS[level - 1]);
      assertEquals(grown.get(level - 1), DifferenceColours.of(level));
      assertEquals(shrunk.get(level - 1), DifferenceColours.of(-level));
    }
    assertEquals(neutral.get(0), DifferenceColours.of(0));
  }

  private static String only(String regex, String text) {
    Matcher found = Pattern.compile(regex).matcher(text);
    assertTrue(found.find(), regex);
    return found.group(1);
  }

  /** Returns the colours that are written as {@code hsl(10 88% 91%)}. */
  private static List<Color> colours(String text) {
    return Pattern.compile("hsl\\((\\d+) (\\d+)% (\\d+)%\\)")
        .matcher(text)
        .results()
        .map(ShareChangeTest::colour)
        .toList();
  }

  private static Color colour(MatchResult hsl) {
    float lightness = Integer.parseInt(hsl.group(3)) / 100f;
    float chroma = (1 - Math.abs(2 * lightness - 1)) * Integer.parseInt(hsl.group(2)) / 100f;
    float brightness = lightness + chroma / 2;
    return Color.getHSBColor(
        Integer.parseInt(hsl.group(1)) / 360f, chroma / brightness, brightness);
  }
}
