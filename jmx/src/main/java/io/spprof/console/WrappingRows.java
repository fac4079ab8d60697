package io.spprof.console;

import java.awt.Component;
import java.awt.Container;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Insets;
import java.awt.event.ComponentAdapter;
import java.awt.event.ComponentEvent;
import javax.swing.JPanel;

/**
 * A row of components that continues in further rows where the window is narrow. A plain {@link
 * FlowLayout} places the components in the same way, but asks for the height of one row, so the
 * others are cut off.
 */
final class WrappingRows extends JPanel {

  private static final long serialVersionUID = 1L;

  WrappingRows(Component... parts) {
    super(new Layout());
    for (Component part : parts) {
      add(part);
    }
    addComponentListener(
        new ComponentAdapter() {
          @Override
          public void componentResized(ComponentEvent event) {
            revalidate(); // The height depends on the width.
          }
        });
  }

  @Override
  public Dimension getMaximumSize() {
    return new Dimension(Integer.MAX_VALUE, getPreferredSize().height);
  }

  private static final class Layout extends FlowLayout {
    private static final long serialVersionUID = 1L;

    private Layout() {
      super(FlowLayout.LEADING, 8, 4);
    }

    @Override
    public Dimension preferredLayoutSize(Container target) {
      synchronized (target.getTreeLock()) {
        Insets insets = target.getInsets();
        int room = target.getWidth() - insets.left - insets.right - 2 * getHgap();
        if (target.getWidth() == 0) {
          return super.preferredLayoutSize(target);
        }
        int widest = 0;
        int width = 0;
        int rowHeight = 0;
        int height = getVgap();
        for (Component part : target.getComponents()) {
          if (!part.isVisible()) {
            continue;
          }
          Dimension size = part.getPreferredSize();
          if (width > 0 && width + size.width > room) { // as FlowLayout counts: without the gap
            height += rowHeight + getVgap();
            width = 0;
            rowHeight = 0;
          }
          width += (width > 0 ? getHgap() : 0) + size.width;
          rowHeight = Math.max(rowHeight, size.height);
          widest = Math.max(widest, width);
        }
        return new Dimension(
            widest + insets.left + insets.right + 2 * getHgap(),
            height + rowHeight + getVgap() + insets.top + insets.bottom);
      }
    }

    @Override
    public Dimension minimumLayoutSize(Container target) {
      return new Dimension(0, preferredLayoutSize(target).height);
    }
  }
}
