package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.spprof.console.Reading.HotMethod;
import java.awt.Component;
import java.awt.Container;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
import javax.management.openmbean.CompositeData;
import javax.swing.AbstractButton;
import javax.swing.JComboBox;
import javax.swing.JLabel;
import javax.swing.JScrollPane;
import javax.swing.JTable;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;
import javax.swing.SwingWorker;
import javax.swing.plaf.basic.BasicHTML;
import javax.swing.table.TableColumn;
import org.junit.jupiter.api.Test;

class SpprofTabTest {

  private static final String OPTIONS =
      "interval=10ms,memory=32m,depth=512,engine=auto,walker=auto,mode=continuous,window=10s,"
          + "retention=1h,native=all";

  private final MBeanServerConnection server = mock(MBeanServerConnection.class);
  private final SpprofTab tab = new SpprofTab(new RemoteBean(() -> server));

  private static Reading reading() {
    return new Reading(0, 1_000_000, values());
  }

  private static Map<String, Object> values() {
    Map<String, Object> values = new HashMap<>();
    values.put("State", "RUNNING");
    values.put("LastError", "");
    values.put("Options", OPTIONS);
    values.put("Engine", "ctimer");
    values.put("StackWalker", "vm");
    for (String name : Reading.READ) {
      values.putIfAbsent(name, 12_345_678L);
    }
    return values;
  }

  private void show() throws Exception {
    SwingUtilities.invokeAndWait(() -> tab.show(reading()));
  }

  @Test
  void shouldShowTheBeginningOfTheOptions() throws Exception {
    show();
    JTextField options = (JTextField) named(tab, "spprof.options");
    assertEquals(OPTIONS, options.getText());
    assertEquals(0, options.getCaretPosition());
  }

  @Test
  void shouldShowEverythingInANarrowWindow() throws Exception {
    show();
    SwingUtilities.invokeAndWait(() -> named(tab, "spprof.flame.legend").setVisible(true));
    for (int width : new int[] {1400, 560, 800}) {
      SwingUtilities.invokeAndWait(() -> tab.setSize(width, 800));
      SwingUtilities.invokeAndWait(this::layOutToTheEnd);
      List<String> cut = new ArrayList<>();
      SwingUtilities.invokeAndWait(() -> collectCut(tab, cut));
      assertEquals(List.of(), cut, "width " + width);
    }
  }

  /** A control that moves between the press and the release of a button takes no click. */
  @Test
  void shouldMoveNoControlWhenTextsChange() throws Exception {
    for (int width = 560; width < 1400; width += 3) {
      int wide = width;
      SwingUtilities.invokeAndWait(
          () -> {
            tab.setSize(wide, 800);
            tab.show(reading(9_000, 9));
            layOutToTheEnd();
            Map<String, Rectangle> before = controls();
            tab.show(reading(3_599_000, 12_345_678));
            ((JTextField) named(tab, "spprof.flame.query")).setText("none");
            layOutToTheEnd();
            // The figures may need a row more where the window is narrow, once.
            Map<String, Rectangle> after = controls();
            if (wide > 800) {
              assertEquals(before, after, "width " + wide);
            }
            tab.show(reading(9_000, 9));
            ((JTextField) named(tab, "spprof.flame.query")).setText("");
            layOutToTheEnd();
            assertEquals(after, controls(), "width " + wide);
          });
    }
  }

  private static Reading reading(long durationMillis, long number) {
    Map<String, Object> values = values();
    values.replaceAll((name, value) -> value instanceof Long ? number : value);
    values.put("Session", session(durationMillis, number));
    return new Reading(0, 1_000_000, values);
  }

  private static CompositeData session(long durationMillis, long number) {
    CompositeData session = mock(CompositeData.class);
    when(session.containsKey(any())).thenReturn(true);
    when(session.get(any())).thenReturn(number);
    when(session.get("durationMillis")).thenReturn(durationMillis);
    return session;
  }

  /** Must be called on the event dispatch thread. */
  private void layOutToTheEnd() {
    // A layout gives widths. The components then ask for heights that depend on their widths.
    for (int pass = 0; pass < 3; pass++) {
      layOut(tab);
    }
  }

  /** Where the controls and the graph are in the tab. */
  private Map<String, Rectangle> controls() {
    Map<String, Rectangle> places = new HashMap<>();
    collectControls(tab, places);
    assertTrue(places.size() > 12, places::toString);
    return places;
  }

  private void collectControls(Container container, Map<String, Rectangle> places) {
    for (Component part : container.getComponents()) {
      if (isControl(part) || part instanceof FlameView || part instanceof JTable) {
        places.put(
            part.getName(),
            SwingUtilities.convertRectangle(part.getParent(), part.getBounds(), tab));
      }
      if (part instanceof Container inner) {
        collectControls(inner, places);
      }
    }
  }

  /** Rows that are counted but not there would be a gap. */
  @Test
  void shouldCountTheRowsThatThereAre() throws Exception {
    SwingUtilities.invokeAndWait(
        () -> {
          tab.show(reading());
          for (int width = 300; width < 1400; width++) {
            tab.setSize(width, 800);
            layOutToTheEnd();
            collectGaps(tab, width);
          }
        });
  }

  private static void collectGaps(Container container, int width) {
    for (Component part : container.getComponents()) {
      if (part instanceof WrappingRows rows && rows.isVisible()) {
        int bottom = 0;
        for (Component inner : rows.getComponents()) {
          bottom = Math.max(bottom, inner.isVisible() ? inner.getY() + inner.getHeight() : 0);
        }
        assertEquals(bottom + 4, rows.getPreferredSize().height, "width " + width);
      }
      if (part instanceof Container inner) {
        collectGaps(inner, width);
      }
    }
  }

  @Test
  void shouldShowClassAndMethodInANarrowTable() throws Exception {
    String method = "com.example.shop.warehouse.Inventory$PriceCalculationService.calculate";
    SwingUtilities.invokeAndWait(
        () -> {
          JTable table = (JTable) named(tab, "spprof.methods");
          ((HotMethodsModel) table.getModel()).show(List.of(new HotMethod(method, 1, 1, 1)));
          assertEquals(method, cell(table, 900).getText());
          assertNull(cell(table, 900).getToolTipText());
          for (int width : new int[] {350, 250, 150}) {
            JLabel cell = cell(table, width);
            assertTrue(cell.getText().matches(".+\u2026.*[.]calculate"), cell.getText());
            assertTrue(cell.getPreferredSize().width <= width, "Swing would cut its end");
            assertEquals(method, cell.getToolTipText());
            assertEquals(method, cell.getAccessibleContext().getAccessibleName());
          }
        });
  }

  private static JLabel cell(JTable table, int width) {
    TableColumn column = table.getColumnModel().getColumn(0);
    column.setWidth(width);
    return (JLabel) table.prepareRenderer(table.getCellRenderer(0, 0), 0, 0);
  }

  /** A part of a name from the target may look like a page, which could load others. */
  @Test
  void shouldNotTakeAPartOfANameForAPage() throws Exception {
    SwingUtilities.invokeAndWait(
        () -> {
          JTable table = (JTable) named(tab, "spprof.methods");
          String method = "a.long.name.of.a.package.<html><b>x.y";
          ((HotMethodsModel) table.getModel()).show(List.of(new HotMethod(method, 1, 1, 1)));
          JLabel cell = cell(table, 90);
          assertTrue(cell.getText().startsWith("<html"), cell.getText());
          assertNull(cell.getClientProperty(BasicHTML.propertyKey));
        });
  }

  @Test
  void shouldShowAReadingWithoutTheHelpOfTheOptions() throws Exception {
    AttributeList all = new AttributeList();
    values().forEach((name, value) -> all.add(new Attribute(name, value)));
    when(server.getAttributes(any(), any())).thenReturn(all);
    when(server.getMBeanInfo(any())).thenThrow(new SecurityException("no"));

    read();

    assertEquals(OPTIONS, ((JTextField) named(tab, "spprof.options")).getText());
  }

  @Test
  void shouldSayThatTheAgentIsNotLoadedWhereTheProcessIsNotKnown() throws Exception {
    when(server.getAttributes(any(), any())).thenThrow(new InstanceNotFoundException());
    when(server.getAttribute(any(), any())).thenThrow(new SecurityException("no"));

    read();

    String message = ((JLabel) named(tab, "spprof.message")).getText();
    assertTrue(message.startsWith("spprof is not loaded in this JVM"), message);
    assertFalse(named(tab, "spprof.attach").isVisible());
  }

  /** Reads the bean, and waits until the tab shows the result. */
  private void read() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    SwingWorker<?, ?> reader = tab.newReader();
    reader.addPropertyChangeListener(
        event -> {
          if (event.getNewValue() == SwingWorker.StateValue.DONE) {
            done.countDown();
          }
        });
    reader.execute();
    assertTrue(done.await(30, TimeUnit.SECONDS));
    SwingUtilities.invokeAndWait(() -> {}); // The tab shows the result on this thread.
  }

  /** The controls that have no label of their own. */
  @Test
  void shouldNameItsChoices() {
    assertEquals("Time of the methods", accessibleName("spprof.stretch"));
    assertEquals("Time of the graph", accessibleName("spprof.flame.range"));
  }

  private String accessibleName(String name) {
    return named(tab, name).getAccessibleContext().getAccessibleName();
  }

  @Test
  void shouldMakeATooltipOfTheOptionsWithoutMarkup() {
    assertEquals(
        "<html>the keys: a=1 (&lt;b&gt;)<br>c=2</html>",
        SpprofTab.tooltip("the keys: a=1 (<b>); c=2"));
  }

  private static Component named(Container container, String name) {
    for (Component part : container.getComponents()) {
      if (name.equals(part.getName())) {
        return part;
      }
      Component inner = part instanceof Container inside ? named(inside, name) : null;
      if (inner != null) {
        return inner;
      }
    }
    return null;
  }

  /** Lays out without a window: a window would invalidate what changes its size. */
  private static void layOut(Container container) {
    container.invalidate();
    container.doLayout();
    for (Component part : container.getComponents()) {
      if (part instanceof Container inner) {
        layOut(inner);
      }
    }
  }

  /**
   * Collects the visible components that are not wholly inside of their containers, and the
   * controls that are narrower than they can be.
   */
  private static void collectCut(Container container, List<String> cut) {
    Rectangle all = new Rectangle(container.getSize());
    for (Component part : container.getComponents()) {
      // Swing has components of no width, which draw the cells of others.
      boolean isOutside = part.getWidth() > 0 && !all.contains(part.getBounds());
      boolean isSqueezed = isControl(part) && part.getWidth() < part.getMinimumSize().width;
      if (part.isVisible() && (isOutside || isSqueezed)) {
        cut.add(part.getClass().getSimpleName() + " " + part.getName() + " " + part.getBounds());
      }
      if (part instanceof Container inner && !(part instanceof JScrollPane)) {
        collectCut(inner, cut);
      }
    }
  }

  private static boolean isControl(Component part) {
    boolean isOfType =
        part instanceof AbstractButton || part instanceof JComboBox || part instanceof JTextField;
    return isOfType && part.getName() != null && part.getName().startsWith("spprof.");
  }
}
