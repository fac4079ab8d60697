package io.spprof.it.console;

import java.awt.AWTEvent;
import java.awt.Component;
import java.awt.Container;
import java.awt.Frame;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.InputEvent;
import java.awt.event.MouseEvent;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.swing.AbstractButton;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JTabbedPane;
import javax.swing.JTable;
import javax.swing.JTree;
import javax.swing.SwingUtilities;
import javax.swing.text.JTextComponent;

/**
 * The main class of a JVM that runs JConsole and acts as its user. It starts JConsole with its own
 * arguments, and reads commands from standard input, one a line, which it executes with the mouse
 * where a user would. It answers each command with one line that begins with {@code =}, or with
 * {@code !} if the command failed. A command selects a component by its name, its text, or its
 * type. If several components in view match, the command means the first of them. With {@code
 * NAME@OTHER} it means the first match of NAME after the first match of OTHER.
 */
public final class Driver {

  /** Shorter than a test waits for an answer. Even a slow machine must never need as long. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Robot robot = new Robot();

  /** Where the pointer was last seen by a component; null since it began to move. */
  private volatile Point pointer;

  /** How often a button was pressed since the pointer began to move. */
  private volatile int presses;

  /** The click count of the last press: 2 for the second press of a double click. */
  private volatile int clickCount;

  /** Whether a button was released beside the component that was pressed. */
  private volatile boolean isReleasedOutside;

  private Driver() throws Exception {
    robot.setAutoDelay(20);
    Toolkit.getDefaultToolkit()
        .addAWTEventListener(
            event -> saw((MouseEvent) event),
            AWTEvent.MOUSE_EVENT_MASK | AWTEvent.MOUSE_MOTION_EVENT_MASK);
  }

  /** Runs on the event thread, which alone writes these fields while the pointer is watched. */
  private void saw(MouseEvent event) {
    switch (event.getID()) {
      case MouseEvent.MOUSE_MOVED, MouseEvent.MOUSE_ENTERED ->
          pointer = event.getLocationOnScreen();
      case MouseEvent.MOUSE_PRESSED -> {
        clickCount = event.getClickCount();
        presses++;
      }
      case MouseEvent.MOUSE_RELEASED ->
          isReleasedOutside |= !event.getComponent().contains(event.getPoint());
      default -> {}
    }
  }

  /** Called by the JVM. */
  public static void main(String[] arguments) throws Exception {
    Driver driver = new Driver();
    Thread hands = new Thread(driver::run, "driver");
    hands.setDaemon(true);
    hands.start();
    Class.forName("sun.tools.jconsole.JConsole")
        .getMethod("main", String[].class)
        .invoke(null, (Object) arguments);
  }

  private void run() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String answer;
        try {
          String[] parts = line.split("\t", -1);
          answer = "= " + Objects.toString(act(parts), "");
        } catch (Exception | Error e) {
          answer = "! " + line + ": " + e;
        }
        System.out.println(answer.replace('\n', ' '));
      }
    } catch (java.io.IOException e) {
      // The test is gone.
    }
    Runtime.getRuntime().halt(0);
  }

  private Object act(String[] line) throws Exception {
    return switch (line[0]) {
      case "there" -> onEdt(() -> find(line[1]) != null);
      case "isOpen" -> onEdt(() -> isOpen(line[1]));
      case "text" -> onEdt(() -> text(needed(line[1])));
      case "enabled" -> onEdt(() -> needed(line[1]).isEnabled());
      case "set" ->
          onEdt(
              () -> {
                ((JTextComponent) needed(line[1])).setText(line[2]);
                return null;
              });
      case "click" -> click(() -> middle(needed(line[1])), 1);
      case "clickAt" ->
          click(
              () -> {
                Point corner = needed(line[1]).getLocationOnScreen();
                corner.translate(Integer.parseInt(line[2]), Integer.parseInt(line[3]));
                return corner;
              },
              1);
      case "tip" -> onEdt(() -> tip(line[1], Integer.parseInt(line[2]), Integer.parseInt(line[3])));
      case "press" -> press(Integer.parseInt(line[1]));
      case "tab" -> click(() -> tab(line[1]), 1);
      case "node" -> onEdt(() -> node(line[1]));
      case "cell" -> click(() -> cell(line[1], line[2]), Integer.parseInt(line[3]));
      case "rowHeight" -> onEdt(() -> rowHeight((JTable) needed(line[1]), line[2]));
      case "rows" -> onEdt(() -> rows((JTable) needed(line[1])));
      case "rowsInView" -> onEdt(() -> rowsInView((JTable) needed(line[1])));
      case "size" -> onEdt(() -> size(Integer.parseInt(line[1]), Integer.parseInt(line[2])));
      case "shot" -> shot(new File(line[1]));
      default -> throw new IllegalArgumentException("no such command");
    };
  }

  private static <T> T onEdt(Callable<T> call) throws Exception {
    FutureTask<T> task = new FutureTask<>(call);
    SwingUtilities.invokeAndWait(task);
    return task.get();
  }

  /**
   * Clicks so many times. A press counts only where a window takes it: a window that has just
   * opened may not be on the screen yet, and one behind a modal dialog takes none. So the pointer
   * must have been seen there first, and the presses must be seen, too. A component that moves away
   * before the button is released takes no click, so the click is made again.
   *
   * @return the click count of the last press; null if there is nothing to click at yet
   */
  private Object click(Callable<Point> where, int times) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    do {
      Point at = aim(where, deadline);
      if (at == null) {
        return null;
      }
      isReleasedOutside = false;
      for (int i = 0; i < times; i++) {
        robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
        robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
      }
      while (presses < times) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(presses + " presses at " + at + ": " + titles());
        }
        robot.waitForIdle();
      }
      robot.waitForIdle();
    } while (isReleasedOutside);
    return clickCount;
  }

  /** Moves the pointer until it is seen at the place; returns null if there is no place yet. */
  private Point aim(Callable<Point> where, long deadline) throws Exception {
    Point at;
    do {
      at = onEdt(where);
      if (at == null) {
        return null;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("no window takes the pointer at " + at + ": " + titles());
      }
      // Two moves, because the pointer may be there already.
      robot.mouseMove(at.x + 1, at.y);
      robot.waitForIdle();
      presses = 0;
      pointer = null;
      robot.mouseMove(at.x, at.y);
      robot.waitForIdle();
    } while (!at.equals(pointer) || !at.equals(onEdt(where)));
    return at;
  }

  /** The windows, for a message. */
  private static List<String> titles() {
    return Stream.of(Window.getWindows()).filter(Window::isShowing).map(Window::toString).toList();
  }

  private Object press(int key) {
    robot.keyPress(key);
    robot.keyRelease(key);
    robot.waitForIdle();
    return null;
  }

  private Object shot(File file) throws Exception {
    robot.waitForIdle();
    Rectangle area = onEdt(Driver::windows);
    ImageIO.write(robot.createScreenCapture(area), "png", file);
    return file.length();
  }

  /** The part of the screen that the windows cover. */
  private static Rectangle windows() {
    Rectangle area = new Rectangle();
    for (Window window : Window.getWindows()) {
      if (window.isShowing()) {
        area = area.isEmpty() ? window.getBounds() : area.union(window.getBounds());
      }
    }
    return area.intersection(new Rectangle(Toolkit.getDefaultToolkit().getScreenSize()));
  }

  /** Gives JConsole's main window a size, and moves it into the corner of the screen. */
  private static Object size(int width, int height) {
    for (Frame frame : Frame.getFrames()) {
      if (frame.isShowing()) {
        frame.setBounds(0, 0, width, height);
        frame.validate();
      }
    }
    return null;
  }

  private static Component needed(String which) {
    Component found = find(which);
    if (found == null) {
      throw new IllegalStateException("not there");
    }
    return found;
  }

  /** The component; null if there is none. */
  private static Component find(String which) {
    Iterator<Component> rest = all().iterator();
    int at = which.indexOf('@');
    if (at < 0) {
      return next(rest, which);
    }
    return next(rest, which.substring(at + 1)) == null ? null : next(rest, which.substring(0, at));
  }

  private static Component next(Iterator<Component> rest, String which) {
    while (rest.hasNext()) {
      Component component = rest.next();
      if (which.equals(component.getName())
          || which.equals(text(component))
          || isA(component, which)) {
        return component;
      }
    }
    return null;
  }

  /** The tooltip at a point of a component. */
  private static String tip(String which, int x, int y) {
    JComponent component = (JComponent) needed(which);
    return component.getToolTipText(
        new MouseEvent(component, MouseEvent.MOUSE_MOVED, 0, 0, x, y, 0, false));
  }

  private static boolean isA(Component component, String type) {
    for (Class<?> is = component.getClass(); is != null; is = is.getSuperclass()) {
      if (is.getSimpleName().equals(type)) {
        return true;
      }
    }
    return false;
  }

  private static List<Component> all() {
    List<Component> all = new ArrayList<>();
    for (Window window : Window.getWindows()) {
      if (window.isShowing()) {
        collect(window, all);
      }
    }
    return all;
  }

  private static void collect(Container container, List<Component> all) {
    for (Component component : container.getComponents()) {
      if (component.isShowing()) {
        all.add(component);
        if (component instanceof Container inner) {
          collect(inner, all);
        }
      }
    }
  }

  private static String text(Component component) {
    if (component instanceof JLabel label) {
      return label.getText();
    }
    if (component instanceof AbstractButton button) {
      return button.getText();
    }
    return component instanceof JTextComponent field ? field.getText() : null;
  }

  private static Point middle(Component component) {
    Point corner = component.getLocationOnScreen();
    corner.translate(component.getWidth() / 2, component.getHeight() / 2);
    return corner;
  }

  /** The tabbed pane that has a tab with this title; null if there is none. */
  private static JTabbedPane pane(String title) {
    for (Component component : all()) {
      if (component instanceof JTabbedPane pane && pane.indexOfTab(title) >= 0) {
        return pane;
      }
    }
    return null;
  }

  private static boolean isOpen(String title) {
    JTabbedPane pane = pane(title);
    return pane != null && pane.getSelectedIndex() == pane.indexOfTab(title);
  }

  private static Point tab(String title) {
    JTabbedPane pane = pane(title);
    if (pane == null) {
      return null;
    }
    Rectangle tab = pane.getBoundsAt(pane.indexOfTab(title));
    Point corner = pane.getLocationOnScreen();
    corner.translate(tab.x + tab.width / 2, tab.y + tab.height / 2);
    return corner;
  }

  /**
   * Selects a node in the tree in view. The path is a sequence of node names and may begin anywhere
   * in the tree.
   */
  private static boolean node(String path) {
    JTree tree = (JTree) find("JTree");
    if (tree == null) {
      return false;
    }
    int row = -1;
    for (String name : path.split("/")) {
      tree.expandRow(row); // the one above; -1 is none
      row++;
      while (row < tree.getRowCount() && !shown(tree, row).equals(name)) {
        row++;
      }
      if (row == tree.getRowCount()) {
        return false; // not there yet: JConsole fills the tree in the background
      }
    }
    // Only the last node is selected, because JConsole loads the view of each selected node in the
    // background, and that may come late.
    tree.setSelectionRow(row);
    return true;
  }

  private static String shown(JTree tree, int row) {
    Object node = tree.getPathForRow(row).getLastPathComponent();
    return tree.convertValueToText(node, false, false, false, row, false);
  }

  private static int row(JTable table, String first) {
    for (int row = 0; row < table.getRowCount(); row++) {
      if (first.equals(Objects.toString(table.getValueAt(row, 0)))) {
        return row;
      }
    }
    throw new IllegalStateException("no row " + first);
  }

  private static int rowHeight(JTable table, String first) {
    return table.getRowHeight(row(table, first));
  }

  /** The position of the cell to the right of the cell with this text. */
  private static Point cell(String which, String left) {
    JTable table = (JTable) needed(which);
    Rectangle cell = table.getCellRect(row(table, left), 1, true);
    table.scrollRectToVisible(cell);
    Point corner = table.getLocationOnScreen();
    corner.translate(cell.x + Math.min(20, cell.width / 2), cell.y + cell.height / 2);
    return corner;
  }

  private static String rows(JTable table) {
    StringBuilder rows = new StringBuilder();
    for (int row = 0; row < table.getRowCount(); row++) {
      for (int column = 0; column < table.getColumnCount(); column++) {
        rows.append(table.getValueAt(row, column))
            .append(column + 1 < table.getColumnCount() ? "|" : ";");
      }
    }
    return rows.toString();
  }

  /** The first column of the rows that can be seen without scrolling. */
  private static String rowsInView(JTable table) {
    List<String> names = new ArrayList<>();
    for (int row = 0; row < table.getRowCount(); row++) {
      if (table.getVisibleRect().contains(table.getCellRect(row, 0, false))) {
        names.add(Objects.toString(table.getValueAt(row, 0)));
      }
    }
    return String.join(",", names);
  }
}
