package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The pages that the bean hands out. */
class FlameGraphIT {

  @Test
  void shouldHandOutOneSelfContainedPage() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 3, 30).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertWhole(bean.query("flameGraph"));
      bean.startWith("interval=1ms");
      Thread.sleep(500);
      assertWhole(bean.query("flameGraph"));
      bean.stop();
      String page = bean.query("flameGraph");
      assertWhole(page);
      assertTrue(page.contains("Busy.spin"), "the hot method is on the page");
      assertTrue(page.contains("busy-0"), "and its thread");
    }
  }

  @Test
  void shouldReportInWordsAndFigures() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 3).start();
        BeanClient bean = BeanClient.connect(target)) {
      assertFalse(bean.query("report").isBlank());
      bean.startWith("interval=1ms");
      Thread.sleep(500);
      String stopped = bean.stop();
      assertEquals(1, stopped.lines().count(), stopped);
      String report = bean.query("report");
      assertTrue(report.contains("Busy.spin"), report);
      assertTrue(report.contains(bean.get("CollectedSamples").toString()), report);
    }
  }

  private static void assertWhole(String page) {
    String text = page.strip().toLowerCase(Locale.ROOT);
    assertTrue(text.startsWith("<!doctype html>"), () -> page.substring(0, 80));
    assertTrue(text.endsWith("</html>"), () -> page.substring(page.length() - 80));
    assertFalse(text.matches("(?s).*(src|href)\\s*=\\s*[\"']?(https?:)?//.*"), "needs no network");
  }
}
