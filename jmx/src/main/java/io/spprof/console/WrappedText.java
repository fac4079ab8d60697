package io.spprof.console;

import java.awt.Dimension;
import java.awt.event.ComponentAdapter;
import java.awt.event.ComponentEvent;
import javax.swing.JTextArea;
import javax.swing.UIManager;

/**
 * A text for reading that continues in further rows where the window is narrow. The text may change
 * at any time, for instance while the user clicks at something below it. So that nothing below
 * moves, the text has room for two rows from the beginning, and keeps the rows that it had, unless
 * the width changes.
 */
final class WrappedText extends JTextArea {

  private static final long serialVersionUID = 1L;

  private static final int FEWEST_ROWS = 2;

  private int measuredWidth;
  private int greatestHeight; // so far, at this width, pixels

  WrappedText() {
    super(" ", FEWEST_ROWS, 0);
    setEditable(false);
    setLineWrap(true);
    setWrapStyleWord(true);
    setOpaque(false);
    setBorder(null);
    setFont(UIManager.getFont("Label.font"));
    addComponentListener(
        new ComponentAdapter() {
          @Override
          public void componentResized(ComponentEvent event) {
            revalidate(); // The height depends on the width.
          }
        });
  }

  @Override
  public Dimension getPreferredSize() {
    Dimension size = super.getPreferredSize();
    greatestHeight =
        measuredWidth == getWidth() ? Math.max(greatestHeight, size.height) : size.height;
    measuredWidth = getWidth();
    return new Dimension(size.width, greatestHeight);
  }

  @Override
  public Dimension getMaximumSize() {
    return new Dimension(Integer.MAX_VALUE, getPreferredSize().height);
  }

  @Override
  public Dimension getMinimumSize() {
    return new Dimension(0, getPreferredSize().height);
  }
}
