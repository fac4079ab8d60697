package io.spprof.console;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.FontMetrics;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.Insets;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import javax.swing.JPanel;
import javax.swing.UIManager;

/**
 * Draws one or more {@link TimeSeries} as lines over time, on a scale that begins at zero. A legend
 * shows the last value of each series.
 */
final class LineChart extends JPanel {

  private static final long serialVersionUID = 1L;

  /**
   * The shortest stretch of time that a chart shows, in milliseconds. Without it, the first values
   * would fill the whole width.
   */
  private static final long LEAST_MILLIS = 60_000;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final String title;
  private final transient List<TimeSeries> lines;
  private final double leastTop;

  /**
   * Makes a chart without values.
   *
   * @param title the title, with the unit
   * @param leastTop the top of the scale while all values are smaller
   * @param lines the lines of the chart; the caller keeps them, adds values to them, and repaints
   */
  LineChart(String title, double leastTop, TimeSeries... lines) {
    this.title = title;
    this.leastTop = leastTop;
    this.lines = List.of(lines);
    int row = getFontMetrics(UIManager.getFont("Label.font")).getHeight();
    setPreferredSize(new Dimension(280, 9 * row)); // grows with the font
    setMinimumSize(new Dimension(160, 7 * row));
    getAccessibleContext().setAccessibleName(title);
  }

  /**
   * Returns the smallest of the numbers 1, 2 and 5 times a power of ten that is not less than the
   * argument. Such a number makes a readable top of a scale.
   */
  static double niceTop(double most) {
    double power = Math.pow(10, Math.floor(Math.log10(most)));
    for (double step : new double[] {1, 2, 5}) {
      if (step * power >= most * (1 - 1e-9)) {
        return step * power;
      }
    }
    return 10 * power;
  }

  /** Returns a number in a short form: 0.25, 3.1, 940, 12,000. */
  static String shown(double value) {
    if (Double.isNaN(value)) {
      return "-";
    }
    String format =
        value >= 100 || value == Math.rint(value) ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  private double top() {
    double most = leastTop;
    for (TimeSeries line : lines) {
      for (int i = 0; i < line.size(); i++) {
        if (line.value(i) > most) {
          most = line.value(i);
        }
      }
    }
    return niceTop(most);
  }

  @Override
  protected void paintComponent(Graphics graphics) {
    super.paintComponent(graphics);
    Graphics2D g = (Graphics2D) graphics.create();
    try {
      g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      g.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      g.setFont(UIManager.getFont("Label.font"));
      paint(g, g.getFontMetrics());
    } finally {
      g.dispose();
    }
  }

  private void paint(Graphics2D g, FontMetrics text) {
    double top = top();
    int labels = Math.max(text.stringWidth(shown(top)), text.stringWidth(shown(top / 2)));
    int row = text.getHeight();
    int legendRows = legendRows(text);
    // The margins around the lines. The upper half of the top's label is above the lines.
    int above = (1 + legendRows) * row + 6 + text.getAscent() / 2;
    Insets room = new Insets(above, labels + 10, row + 6, 8);
    int width = getWidth() - room.left - room.right;
    int height = getHeight() - room.top - room.bottom;
    g.setColor(getForeground());
    g.drawString(title, 4, text.getAscent() + 2);
    legend(g, text, row, legendRows > 1);
    if (width < 10 || height < 10) {
      return;
    }
    g.setColor(UIManager.getColor("TextField.background"));
    g.fillRect(room.left, room.top, width, height);
    for (int i = 0; i <= 2; i++) {
      int y = room.top + height - height * i / 2;
      g.setColor(new Color(128, 128, 128, 90));
      g.drawLine(room.left, y, room.left + width, y);
      g.setColor(getForeground());
      if (i == 1 && height < 2 * row) {
        continue; // The labels would touch.
      }
      String label = shown(top * i / 2);
      g.drawString(label, room.left - text.stringWidth(label) - 5, y + text.getAscent() / 2 - 1);
    }
    long last =
        lines.stream()
            .filter(l -> l.size() > 0)
            .mapToLong(l -> l.millis(l.size() - 1))
            .max()
            .orElse(0);
    if (last == 0) {
      return;
    }
    long first =
        lines.stream().filter(l -> l.size() > 0).mapToLong(l -> l.millis(0)).min().orElse(last);
    first = Math.min(first, last - LEAST_MILLIS);
    String begin = TIME.format(Instant.ofEpochMilli(first));
    String end = TIME.format(Instant.ofEpochMilli(last));
    int baseline = getHeight() - 4;
    if (text.stringWidth(begin) + text.stringWidth(end) + 8 <= width) {
      g.drawString(begin, room.left, baseline);
    }
    g.drawString(end, room.left + width - text.stringWidth(end), baseline);
    g.setStroke(new BasicStroke(1.6f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    for (TimeSeries line : lines) {
      g.setColor(line.colour());
      g.draw(path(line, first, last, top, room, width, height));
    }
  }

  private static Path2D path(
      TimeSeries line, long first, long last, double top, Insets room, int width, int height) {
    Path2D path = new Path2D.Double();
    boolean isGap = true;
    for (int i = 0; i < line.size(); i++) {
      double value = line.value(i);
      if (Double.isNaN(value)) {
        isGap = true;
        continue;
      }
      double x = room.left + (double) width * (line.millis(i) - first) / (last - first);
      double y = room.top + height * (1 - value / top);
      if (isGap) {
        path.moveTo(x, y);
      }
      path.lineTo(x, y);
      isGap = false;
    }
    return path;
  }

  private static String label(TimeSeries line) {
    double value = line.size() == 0 ? Double.NaN : line.value(line.size() - 1);
    return line.label() + " " + shown(value);
  }

  /** Returns how many rows the legend has: one, or if it has no room, one for each series. */
  private int legendRows(FontMetrics text) {
    int width = 4;
    for (TimeSeries line : lines) {
      width += 28 + text.stringWidth(label(line));
    }
    return width - 14 <= getWidth() ? 1 : lines.size();
  }

  private void legend(Graphics2D g, FontMetrics text, int row, boolean isColumn) {
    int x = 4;
    int y = row + text.getAscent() + 3;
    for (TimeSeries line : lines) {
      String label = label(line);
      g.setColor(line.colour());
      g.fillRect(x, y - text.getAscent() / 2, 10, 3);
      g.setColor(getForeground());
      g.drawString(label, x + 14, y);
      if (isColumn) {
        y += row;
      } else {
        x += 14 + text.stringWidth(label) + 14;
      }
    }
  }
}
