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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlameViewTest {

  private static final int WIDTH = 1000;

  private final FlameView view = new FlameView();

  @BeforeEach
  void showAProfile() throws IOException {
    // The tree: all 100; t1 70: x.A.a 60 (x.B.b 20), t2 30.
    String lines = "t1;x.A.a 40\nt1;x.A.a;x.B.b 20\nt1;y.C.c 10\nt2;x.A.a 30\n";
    view.setSize(WIDTH, 200);
    view.show(FlameTree.read(new BufferedReader(new StringReader(lines)), true));
  }

  private String at(int x, int row) {
    int node = view.nodeAt(x, row * FlameView.ROW + 1);
    return node < 0 ? "" : view.tree().name(node) + " " + view.tree().samples(node);
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
  void shouldCutNamesAtTheirPackageAndLibrariesAtTheirEnd() {
    FontMetrics text =
        new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).getGraphics().getFontMetrics();
    String method = "java.util.HashMap.get";
    String function = "libsomething.so.6+0x1098e1";
    assertEquals("HashMap.get", FlameView.fitting(method, text, text.stringWidth("HashMap.get")));
    assertEquals(function, FlameView.fitting(function, text, text.stringWidth(function)));
    String cut = FlameView.fitting(function, text, text.stringWidth(function) - 1);
    assertTrue(cut.startsWith("libsomething.so.6+0x"), cut);
    assertTrue(cut.endsWith("\u2026"), cut);
  }
}
