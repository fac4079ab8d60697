package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineChartTest {

  private static final Color LINE = new Color(0x123456);

  private static int drawn(LineChart chart) {
    chart.setSize(300, 150);
    BufferedImage image = new BufferedImage(300, 150, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    chart.paint(g);
    g.dispose();
    int count = 0;
    for (int y = 45; y < 150; y++) { // below the legend
      for (int x = 0; x < 300; x++) {
        count += image.getRGB(x, y) == LINE.getRGB() ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void shouldEndItsScaleAtARoundNumber() {
    assertEquals(0.1, LineChart.niceTop(0.1));
    assertEquals(0.2, LineChart.niceTop(0.11), 1e-12);
    assertEquals(500, LineChart.niceTop(364));
    assertEquals(1000, LineChart.niceTop(501));
    assertEquals(1000, LineChart.niceTop(1000));
  }

  @Test
  void shouldShowNumbersInTheirShortestForm() {
    assertEquals("0", LineChart.shown(0));
    assertEquals("0.25", LineChart.shown(0.25));
    assertEquals("31.4", LineChart.shown(31.42));
    assertEquals("12,000", LineChart.shown(12_000.4));
    assertEquals("-", LineChart.shown(Double.NaN));
  }

  @Test
  void shouldDrawItsLineWithGapsWhereThereIsNoValue() {
    TimeSeries whole = new TimeSeries("x", LINE);
    TimeSeries gaps = new TimeSeries("x", LINE);
    TimeSeries nothing = new TimeSeries("x", LINE);
    for (int i = 0; i < 60; i++) {
      whole.add(1_000_000 + 1000 * i, 3);
      gaps.add(1_000_000 + 1000 * i, i % 20 < 10 ? 3 : Double.NaN);
      nothing.add(1_000_000 + 1000 * i, Double.NaN);
    }
    int all = drawn(new LineChart("c", 1, whole));
    int some = drawn(new LineChart("c", 1, gaps));
    assertTrue(all > 200, "pixels: " + all);
    assertTrue(some > all / 4 && some < all * 3 / 4, some + " of " + all);
    assertEquals(0, drawn(new LineChart("c", 1, nothing)));
    assertEquals(0, drawn(new LineChart("c", 1, new TimeSeries("x", LINE))));
  }

  @Test
  void shouldForgetTheOldestValues() {
    TimeSeries series = new TimeSeries("x", LINE);
    for (int i = 0; i < TimeSeries.CAPACITY + 5; i++) {
      series.add(i, 2 * i);
    }
    assertEquals(TimeSeries.CAPACITY, series.size());
    assertEquals(5, series.millis(0));
    assertEquals(2 * (TimeSeries.CAPACITY + 4), series.value(series.size() - 1));
  }

  @Test
  void shouldNotLetLabelsCollide() {
    // Two series whose legend has no room in one row.
    TimeSeries one = new TimeSeries("by the model of all that", LINE);
    TimeSeries two = new TimeSeries("measured by the clock", LINE.brighter());
    one.add(1_000_000, 1);
    two.add(1_000_000, 1);
    LineChart chart = new LineChart("c", 1, one, two);
    assertEquals(List.of(1, 2), List.of(markRows(chart, 700), markRows(chart, 180)));
  }

  /** In how many rows the marks of the legend stand. */
  private static int markRows(LineChart chart, int width) {
    chart.setSize(width, 200);
    BufferedImage image = new BufferedImage(width, 200, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    chart.paint(g);
    g.dispose();
    int rows = 0;
    boolean isMark = false;
    for (int y = 0; y < 100; y++) {
      int rgb = image.getRGB(6, y);
      boolean now = rgb == LINE.getRGB() || rgb == LINE.brighter().getRGB();
      rows += now && !isMark ? 1 : 0;
      isMark = now;
    }
    return rows;
  }
}
