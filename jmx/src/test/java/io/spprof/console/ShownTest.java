package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.spprof.text.Printable;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShownTest {

  private static final String HOSTILE = "a\u001b[2J\nb\u202ec";
  private static final String CLEAN = "a [2J b\ufffdc";

  @Test
  void shouldHaveTheRulesOfAllOtherOutputs() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      String text = "a" + Character.toString(c) + "b";
      assertEquals(Printable.line(text), Shown.line(text));
    }
    String longText = "x".repeat(1999) + "\ud83d\ude00";
    assertEquals(Printable.line(longText), Shown.line(longText));
  }

  @Test
  void shouldNotShowATextOfTheTargetAsAPage() {
    assertEquals(" <html><img src='http://x/'>", Shown.line("<html><img src='http://x/'>"));
    assertEquals(" <HTML>", Shown.line("<HTML>"));
  }

  @Test
  void shouldCleanWhatThePanelShows() throws IOException {
    Reading reading = new Reading(0, 0, Map.of("LastError", HOSTILE));
    assertEquals(CLEAN, reading.text("LastError"));
    assertEquals(CLEAN, RemoteBean.meaning(new IOException(HOSTILE)));
    FlameTree tree =
        FlameTree.of(new FlameProfile("main;\u202ex\u001b 7\n", 0, null), Towers.THREADS);
    assertEquals("\ufffdx ", tree.name(2));
    FlameProfile none = new FlameProfile("\u001bx", 0, null);
    assertEquals(
        "not a folded stack:  x",
        assertThrows(IOException.class, () -> FlameTree.of(none, Towers.THREADS)).getMessage());
  }
}
