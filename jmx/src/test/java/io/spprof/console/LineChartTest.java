package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.swing.UIManager;
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
    // The chart of the tab in which the legend has no room in one row.
    TimeSeries measured = new TimeSeries("measured", LINE);
    TimeSeries model = new TimeSeries("by the model", LINE.brighter());
    measured.add(1_000_000, 0.56);
    model.add(1_000_000, 0.08);
    LineChart chart = new LineChart("Overhead, % of one CPU", 0.1, measured, model);
    Set<Integer> tops = new TreeSet<>(); // of the legend's last row
    for (int width = chart.getMinimumSize().width; width < 700; width += 20) {
      for (Dimension size : List.of(chart.getMinimumSize(), chart.getPreferredSize())) {
        chart.setSize(width, size.height);
        Map<String, Rectangle> texts = texts(chart);
        tops.add(texts.get("by the model 0.08").y);
        assertTrue(texts.containsKey("1"), "the top of the scale: " + texts);
        assertEquals(List.of(), collisions(texts), chart.getSize().toString());
      }
    }
    assertEquals(2, tops.size(), "a legend of one row, and one of two rows");
  }

  /** Returns the texts of a chart, and the boxes that they fill. */
  private static Map<String, Rectangle> texts(LineChart chart) {
    Graphics2D g = mock(Graphics2D.class);
    FontMetrics font = chart.getFontMetrics(UIManager.getFont("Label.font"));
    when(g.create()).thenReturn(g);
    when(g.getFontMetrics()).thenReturn(font);
    Map<String, Rectangle> texts = new LinkedHashMap<>();
    doAnswer(
            call -> {
              String text = call.getArgument(0);
              int x = call.getArgument(1);
              int y = call.<Integer>getArgument(2) - font.getAscent();
              texts.put(text, new Rectangle(x, y, font.stringWidth(text), font.getHeight()));
              return null;
            })
        .when(g)
        .drawString(anyString(), anyInt(), anyInt());
    chart.paintComponent(g);
    return texts;
  }

  private static List<String> collisions(Map<String, Rectangle> texts) {
    List<String> collisions = new ArrayList<>();
    texts.forEach(
        (a, box) ->
            texts.forEach(
                (b, other) -> {
                  if (a.compareTo(b) < 0 && box.intersects(other)) {
                    collisions.add(a + " " + box + ", " + b + " " + other);
                  }
                }));
    return collisions;
  }
}
