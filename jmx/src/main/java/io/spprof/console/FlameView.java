package io.spprof.console;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.FontMetrics;
import java.awt.Graphics;
import java.awt.Rectangle;
import java.awt.event.MouseAdapter;
import java.awt.event.MouseEvent;
import java.util.Locale;
import java.util.function.Predicate;
import javax.swing.JPanel;
import javax.swing.Scrollable;
import javax.swing.ToolTipManager;
import javax.swing.UIManager;

/**
 * Draws a flame graph, with callers above their callees. A click on a frame zooms in: the frame
 * gets the whole width. Its callers stay visible above it, and a click on a caller zooms out to the
 * caller.
 */
final class FlameView extends JPanel implements Scrollable {

  private static final long serialVersionUID = 1L;

  /**
   * The property that changes with each zoom. A listener then updates the share of the CPU time
   * that match the search, because the share depends on the zoom.
   */
  static final String ZOOM = "zoom";

  static final int ROW = 18;
  private static final double LEAST_WIDTH = 0.5;
  private static final Color MATCH = new Color(0xc2187a);
  private static final Color NATIVE = new Color(0xb9d8a8);
  private static final Color JVM = new Color(0x96cfc4);
  private static final Color SYSCALL = new Color(0xf0b0b8);
  private static final Color SYNTHETIC = new Color(0xcdc2da);
  private static final Color OTHER = new Color(0xc9d0d9);
  private static final Color DIM = new Color(0xdde2e8);

  private transient FlameTree tree;
  private transient Predicate<String> search;
  private int zoom;

  /**
   * The depth of the deepest frame below the zoomed frame, which decides the height of the
   * component.
   */
  private int deepest;

  FlameView() {
    setBackground(Color.WHITE);
    ToolTipManager.sharedInstance().registerComponent(this);
    getAccessibleContext().setAccessibleName("Flame graph");
    addMouseListener(
        new MouseAdapter() {
          @Override
          public void mouseClicked(MouseEvent event) {
            requestFocusInWindow(); // The panel's keys work only if a component in the panel has
            // the focus.
            int node = nodeAt(event.getX(), event.getY());
            if (node >= 0) {
              zoomTo(node);
            }
          }
        });
  }

  /** Shows another profile, not zoomed. */
  void show(FlameTree shown) {
    tree = shown;
    zoomTo(0);
  }

  /** Returns the tree on display; null before the first tree. */
  FlameTree tree() {
    return tree;
  }

  /** Highlights the frames whose names match; null ends the search. */
  void search(Predicate<String> isMatch) {
    search = isMatch;
    repaint();
  }

  int zoom() {
    return zoom;
  }

  void zoomTo(int node) {
    int before = zoom;
    zoom = node;
    deepest = deepestBelow(node);
    revalidate();
    repaint();
    firePropertyChange(ZOOM, before, node);
  }

  private boolean isAbove(int node) {
    return tree.isWithin(zoom, node) && node != zoom;
  }

  private double width(int node) {
    if (tree.isWithin(zoom, node)) {
      return getWidth();
    }
    return tree.total() == 0 ? 0 : (double) getWidth() * tree.nanos(node) / tree.nanos(zoom);
  }

  /**
   * Returns the node at a point; -1 if there is none. The method also finds a node that is too
   * narrow to be drawn.
   */
  int nodeAt(int x, int y) {
    if (tree == null || y < 0) {
      return -1;
    }
    int row = y / ROW;
    int node = zoom;
    while (tree.depth(node) > row) {
      node = tree.parent(node);
    }
    double left = 0;
    while (node >= 0 && tree.depth(node) < row) {
      int child = node + 1;
      while (child < tree.end(node) && x >= left + width(child)) {
        left += width(child);
        child = tree.end(child);
      }
      node = child < tree.end(node) ? child : -1;
    }
    return node;
  }

  @Override
  public String getToolTipText(MouseEvent event) {
    int node = nodeAt(event.getX(), event.getY());
    if (node < 0) {
      return null;
    }
    long nanos = tree.nanos(node);
    String frame = tree.name(node) + " (" + tree.kind(node).text() + "): ";
    String percent = percent(nanos, tree.total());
    if (!tree.isDifference()) {
      return frame + time(nanos) + " of CPU time, " + percent;
    }
    long before = tree.before(node);
    return String.format(
        Locale.ROOT,
        "%s%s; self %s; before %s (%s), after %s (%s) of CPU time",
        frame,
        tree.change(node).text(),
        tree.selfChange(node).text(),
        percent(before, tree.before(0)),
        time(before),
        percent,
        time(nanos));
  }

  /** Returns a time for people, for instance {@code 350 ms} or {@code 1,234.50 s}. */
  static String time(long nanos) {
    return nanos < 1_000_000_000
        ? String.format(Locale.ROOT, "%.0f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%,.2f s", nanos / 1e9);
  }

  static String percent(long part, long whole) {
    return String.format(Locale.ROOT, "%.2f %%", whole == 0 ? 0 : 100.0 * part / whole);
  }

  @Override
  protected void paintComponent(Graphics g) {
    super.paintComponent(g);
    if (tree == null) {
      return;
    }
    g.setFont(UIManager.getFont("Label.font"));
    Rectangle clip = g.getClipBounds();
    for (int node = tree.parent(zoom); node >= 0; node = tree.parent(node)) {
      draw(g, node, 0, getWidth());
    }
    double[] lefts = new double[deepest + 2];
    lefts[tree.depth(zoom)] = 0;
    int node = zoom;
    while (node < tree.end(zoom)) {
      int depth = tree.depth(node);
      double left = lefts[depth];
      double width = width(node);
      lefts[depth] = left + width;
      boolean isShown = width >= LEAST_WIDTH && (depth + 1) * ROW <= clip.y + clip.height + ROW;
      if (isShown) {
        lefts[depth + 1] = left;
        draw(g, node, left, width);
      }
      node = isShown ? node + 1 : tree.end(node);
    }
  }

  private void draw(Graphics g, int node, double left, double width) {
    String name = tree.name(node);
    boolean isMatch = search != null && search.test(name);
    int x = (int) Math.round(left);
    int drawn = Math.max(1, (int) Math.round(left + width) - x - (width > 4 ? 1 : 0));
    int y = tree.depth(node) * ROW;
    Color colour = isMatch ? MATCH : search != null ? DIM : colour(node);
    g.setColor(isAbove(node) ? lighter(colour) : colour);
    g.fillRect(x, y, drawn, ROW - 1);
    FontMetrics text = g.getFontMetrics();
    if (drawn > 24) {
      g.setColor(isMatch && !isAbove(node) ? Color.WHITE : Color.BLACK);
      String mark = tree.isDifference() ? tree.selfChange(node).mark() : "";
      if (text.stringWidth(mark) > drawn - 24) {
        mark = ""; // Without room for both, the name says more.
      }
      int room = drawn - 6 - text.stringWidth(mark);
      g.drawString(
          mark + fitting(name, tree.kind(node), text, room),
          x + 3,
          y + (ROW + text.getAscent()) / 2 - 2);
    }
  }

  /** Returns the name of a frame, cut in its middle if it is too wide. */
  static String fitting(String name, FlameKind kind, FontMetrics text, int room) {
    NameFitter fitter = new NameFitter(text);
    return switch (kind) {
      case ROOT, THREAD, POOL -> fitter.withoutMiddle(name, room);
      case JAVA, NATIVE, JVM, SYSCALL, SYNTHETIC -> fitter.fit(name, room);
    };
  }

  private Color colour(int node) {
    return tree.isDifference()
        ? DifferenceColours.of(tree.selfChange(node).level())
        : colour(tree.kind(node), tree.name(node));
  }

  /**
   * Returns the colour of a frame. The hue shows the kind of frame, with a hue of its own for the
   * JDK; the shade of Java code depends on the name. A frame therefore has the same colour
   * everywhere.
   */
  private static Color colour(FlameKind kind, String name) {
    return switch (kind) {
      case ROOT, THREAD, POOL -> OTHER;
      case NATIVE -> NATIVE;
      case JVM -> JVM;
      case SYSCALL -> SYSCALL;
      case SYNTHETIC -> SYNTHETIC;
      case JAVA -> ofJava(name);
    };
  }

  private static Color ofJava(String name) {
    boolean ofJdk = name.matches("(java|javax|jdk|sun|com\\.sun)\\..*");
    float shade = Math.floorMod(name.hashCode(), 7) / 7f;
    return ofJdk
        ? Color.getHSBColor(0.55f + 0.04f * shade, 0.22f + 0.1f * shade, 0.92f)
        : Color.getHSBColor(0.075f + 0.045f * shade, 0.45f + 0.12f * shade, 0.97f);
  }

  private static Color lighter(Color colour) {
    return new Color(
        (colour.getRed() + 255) / 2, (colour.getGreen() + 255) / 2, (colour.getBlue() + 255) / 2);
  }

  private int deepestBelow(int subtree) {
    int found = 0;
    for (int node = subtree; tree != null && node < tree.end(subtree); node++) {
      if (tree.nanos(node) > 0) { // A comparison can have a frame in the earlier profile only.
        found = Math.max(found, tree.depth(node));
      }
    }
    return found;
  }

  @Override
  public Dimension getPreferredSize() {
    return new Dimension(400, tree == null ? ROW : (deepest + 1) * ROW);
  }

  @Override
  public Dimension getPreferredScrollableViewportSize() {
    return new Dimension(400, 200);
  }

  @Override
  public int getScrollableUnitIncrement(Rectangle visible, int orientation, int direction) {
    return ROW;
  }

  @Override
  public int getScrollableBlockIncrement(Rectangle visible, int orientation, int direction) {
    return Math.max(ROW, visible.height - ROW);
  }

  @Override
  public boolean getScrollableTracksViewportWidth() {
    return true;
  }

  @Override
  public boolean getScrollableTracksViewportHeight() {
    return getParent() != null && getParent().getHeight() > getPreferredSize().height;
  }
}
