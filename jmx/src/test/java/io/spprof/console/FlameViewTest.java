package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
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
    view.show(FlameTree.read(new BufferedReader(new StringReader(lines)), Towers.THREADS));
  }

  private String at(int x, int row) {
    int node = view.nodeAt(x, row * FlameView.ROW + 1);
    return node < 0 ? "" : view.tree().name(node) + " " + view.tree().nanos(node);
  }

  private int pixel(int x, int row) {
    BufferedImage image = new BufferedImage(WIDTH, 200, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setClip(0, 0, WIDTH, 200);
    view.paint(g);
    g.dispose();
    return image.getRGB(x, row * FlameView.ROW + 1);
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
    view.show(FlameTree.read(new BufferedReader(new StringReader(lines)), Towers.THREADS));
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
}
