package io.spprof.console;

import java.awt.Color;
import javax.swing.BorderFactory;
import javax.swing.JComponent;
import javax.swing.JLabel;

/**
 * The colours of a flame graph that compares two profiles: red where a share grew, blue where it
 * shrank, the deeper the more it changed. The colours are those of the page of a difference.
 */
final class DifferenceColours {

  /** The colours by level, from the lowest. */
  private static final int[] COLOURS = {
    0x5092e2, 0x81b4ee, 0xb1d1f6, 0xd9e9fc, 0xe5e8eb, 0xfcdbd4, 0xf8b4aa, 0xf2897d, 0xe9564e
  };

  private DifferenceColours() {}

  /** Returns the colour of a level, which {@link ShareChange#level()} explains. */
  static Color of(int level) {
    return new Color(COLOURS[ShareChange.STEPS.length + level]);
  }

  /** Makes a legend: the colours from the greatest loss to the greatest growth. */
  static JComponent legend() {
    int most = ShareChange.STEPS.length;
    JLabel[] parts = new JLabel[COLOURS.length + 3];
    parts[0] = new JLabel("Share of self time shrank");
    for (int level = -most; level <= most; level++) {
      parts[level + most + 1] = swatch(level);
    }
    parts[COLOURS.length + 1] = new JLabel("grew, points");
    parts[COLOURS.length + 2] = new JLabel("\u2248 pale: can be chance");
    return new WrappingRows(parts);
  }

  private static JLabel swatch(int level) {
    double step = level == 0 ? 0 : ShareChange.STEPS[Math.abs(level) - 1];
    String sign = level == 0 ? "" : level > 0 ? "+" : "\u2212";
    JLabel swatch = new JLabel(sign + Words.number(step));
    swatch.setOpaque(true);
    swatch.setBackground(of(level));
    swatch.setForeground(Color.BLACK);
    swatch.setBorder(BorderFactory.createEmptyBorder(1, 6, 1, 6));
    return swatch;
  }
}
