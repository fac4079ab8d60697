package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.event.MouseEvent;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlameViewTest {

  private static final int WIDTH = 1000;

  private final FlameView view = new FlameView();

  @BeforeEach
  void showAProfile() throws IOException {
    // The tree: all 100; t1 70: x.A.a 60 (x.B.b 20), t2 30.
    String lines = "t1;x.A.a_[j] 40\nt1;x.A.a_[j];x.B.b_[j] 20\nt1;y.C.c_[j] 10\nt2;x.A.a_[j] 30\n";
    view.setSize(WIDTH, 200);
    view.show(tree(lines));
  }

  private static FlameTree tree(String lines) throws IOException {
    return FlameTree.of(new FlameProfile(lines, 0, null), Towers.THREADS);
  }

  private String at(int x, int row) {
    int node = view.nodeAt(x, row * FlameView.ROW + 1);
    return node < 0 ? "" : view.tree().name(node) + " " + view.tree().nanos(node);
  }

  private BufferedImage picture() {
    BufferedImage image = new BufferedImage(WIDTH, 200, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setClip(0, 0, WIDTH, 200);
    view.paint(g);
    g.dispose();
    return image;
  }

  private int pixel(int x, int row) {
    return picture().getRGB(x, row * FlameView.ROW + 1);
  }

  @Test
  void shouldFindTheNodeAtAPoint() {
    assertEquals("all 100", at(999, 0));
    assertEquals("t1 70", at(699, 1));
    assertEquals("t2 30", at(701, 1));
    assertEquals("x.A.a 60", at(599, 2));
    assertEquals("y.C.c 10", at(601, 2));
    assertEquals("x.B.b 20", at(199, 3));
    assertEquals("", at(201, 3));
    assertEquals("", at(5, 9));
  }

  @Test
  void shouldGiveAZoomedFrameTheWholeWidth() {
    view.zoomTo(view.nodeAt(100, 2 * FlameView.ROW + 1));

    assertEquals("all 100", at(999, 0));
    assertEquals("t1 70", at(999, 1));
    assertEquals("x.A.a 60", at(999, 2));
    assertEquals("x.B.b 20", at(332, 3));
    assertEquals("", at(335, 3));
    view.zoomTo(view.nodeAt(999, FlameView.ROW + 1));
    assertEquals("y.C.c 10", at(999, 2));
  }

  @Test
  void shouldDrawFramesWhereTheyAreAndMatchesInAnotherColour() {
    int background = pixel(500, 9);
    assertNotEquals(background, pixel(100, 3));
    assertEquals(background, pixel(300, 3));
    int before = pixel(100, 3);
    view.search("x.B.b"::equals);
    assertNotEquals(before, pixel(100, 3));
    assertEquals(0xffc2187a, pixel(100, 3));
    assertNotEquals(0xffc2187a, pixel(650, 2));
  }

  @Test
  void shouldCutNamesInTheirMiddle() {
    FontMetrics text =
        new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).getGraphics().getFontMetrics();
    String method = "java.util.HashMap.get";
    assertEquals("HashMap.get", fitting(method, FlameKind.JAVA, text, "HashMap.get"));
    String address = "libsomething.so.6+0x1098e1";
    assertEquals(address, fitting(address, FlameKind.NATIVE, text, address));
    String cut = fitting(address, FlameKind.NATIVE, text, "libsomething.so.6");
    assertTrue(cut.matches("libs.*\u2026.*98e1"), cut);
    String named = "libsomething.so.6`a::B<c.d>::e";
    assertEquals("a::B<c.d>::e", fitting(named, FlameKind.JVM, text, "a::B<c.d>::e"));
    String call = "[syscall a.b.c]";
    cut = fitting(call, FlameKind.SYSCALL, text, "[syscall a.b");
    assertTrue(cut.matches("\\[sys.*\u2026.*c]"), cut);
    String pool = "http.nio.8080.exec-* (10 threads)";
    cut = fitting(pool, FlameKind.POOL, text, "http.nio.8080.exec-*");
    assertTrue(cut.matches("http.*\u2026.*threads\\)"), "a thread has no package: " + cut);
  }

  private static String fitting(String name, FlameKind kind, FontMetrics text, String room) {
    String fitted = FlameView.fitting(name, kind, text, text.stringWidth(room));
    assertTrue(text.stringWidth(fitted) <= text.stringWidth(room), fitted);
    return fitted;
  }

  @Test
  void shouldDrawEachKindInAColourOfItsOwn() throws IOException {
    String lines =
        "a.b_[j];x.A.a_[j] 10\na.b_[j];libc.so.6`f 9\na.b_[j];libjvm.so`f 8\n"
            + "a.b_[j];[syscall read]_[k] 7\na.b_[j];[note] 6\na.b_[j];java.util.A.a_[j] 5\n";
    view.show(tree(lines));
    assertEquals("a.b_[j] 45", at(5, 1), "a thread has no suffix");
    Set<Integer> colours = new HashSet<>();
    double left = 0;
    for (int width = 10; width >= 5; width--) {
      colours.add(pixel((int) (left + 2), 2));
      left += WIDTH * width / 45.0;
    }
    colours.add(pixel(2, 1));
    assertEquals(7, colours.size());
  }

  private void showADifference(String before, String after) throws IOException {
    view.show(
        FlameTree.of(
            new FlameProfile(after, 1000, new FlameProfile(before, 1000, null)), Towers.THREADS));
  }

  private String tip(int x, int row) {
    return view.getToolTipText(
        new MouseEvent(view, MouseEvent.MOUSE_MOVED, 0, 0, x, row * FlameView.ROW + 1, 0, false));
  }

  private static int rgb(int level) {
    return DifferenceColours.of(level).getRGB();
  }

  @Test
  void shouldColourADifferenceByTheChangeOfSelfTime() throws IOException {
    showADifference(
        "t;m.M.main_[j] 100\nt;m.M.main_[j];a.A.more_[j] 300\nt;m.M.main_[j];b.B.less_[j] 500\n"
            + "t;gone.G.g_[j];gone.G.h_[j];gone.G.i_[j] 100\n",
        "t;m.M.main_[j] 200\nt;m.M.main_[j];a.A.more_[j] 1000\nt;m.M.main_[j];b.B.less_[j] 600\n"
            + "t;m.M.main_[j];c.C.fresh_[j] 200\n");
    assertEquals("m.M.main 2000", at(999, 2));
    assertEquals("a.A.more 1000", at(499, 3));
    assertEquals("b.B.less 600", at(799, 3));
    assertEquals("c.C.fresh 200", at(899, 3));
    assertEquals("", at(901, 3));
    assertEquals("", at(999, 4), "what is gone has no width");
    assertEquals(4 * FlameView.ROW, view.getPreferredSize().height, "nor height");

    assertEquals(rgb(0), pixel(1, 0));
    assertEquals(rgb(0), pixel(1, 1));
    assertEquals(rgb(0), pixel(1, 2), "the caller did not change itself");
    assertEquals(rgb(4), pixel(1, 3));
    assertEquals(rgb(-4), pixel(501, 3));
    assertEquals(rgb(4), pixel(801, 3));
    assertEquals(Color.WHITE.getRGB(), pixel(950, 3));
    view.search("b.B.less"::equals);
    assertEquals(0xffc2187a, pixel(501, 3));
    assertNotEquals(rgb(4), pixel(1, 3));
  }

  @Test
  void shouldSayBeforeAfterAndChangeInTheTooltip() throws IOException {
    assertEquals("x.A.a (Java): 0 ms of CPU time, 60.00 %", tip(1, 2));
    showADifference(
        "t;m.M.main_[j] 100000000\nt;m.M.main_[j];a.A.more_[j] 300000000\nu 600000000\n",
        "t;m.M.main_[j] 190000000\nt;m.M.main_[j];a.A.more_[j] 1010000000\nu 800000000\n");
    assertEquals(
        "m.M.main (Java): +20.00 points; self \u22120.50 points, can be chance;"
            + " before 40.00 % (400 ms), after 60.00 % (1.20 s) of CPU time",
        tip(1, 2));
  }

  @Test
  void shouldShowTheRootAloneWhereNothingIsLeftAfter() throws IOException {
    showADifference("t;a 5\n", "");
    assertEquals("all 0", at(999, 0));
    assertEquals("", at(1, 1));
    assertEquals(FlameView.ROW, view.getPreferredSize().height);
    assertEquals(rgb(0), pixel(1, 0));
    assertEquals(Color.WHITE.getRGB(), pixel(1, 1));
  }

  @Test
  void shouldPutTheChangeBeforeANameWithRoom() throws IOException {
    showADifference("t;a 50\nt;b 50\n", "t;a 97\nt;b 3\n");
    int narrow = darkPixels(970, 1000);
    int wide = darkPixels(0, 970);
    showADifference("t;a 97\nt;b 3\n", "t;a 97\nt;b 3\n");
    assertTrue(wide > 3 * darkPixels(0, 970), "+47.00 a, and a alone: " + wide);
    assertEquals(narrow, darkPixels(970, 1000), "no room for more than the name");
  }

  /** Counts the pixels of letters in a part of the third row. */
  private int darkPixels(int from, int to) {
    BufferedImage image = picture();
    int dark = 0;
    for (int x = from; x < to; x++) {
      for (int y = 2 * FlameView.ROW; y < 3 * FlameView.ROW; y++) {
        dark += (image.getRGB(x, y) & 0xFF) < 0x40 ? 1 : 0;
      }
    }
    return dark;
  }
}
