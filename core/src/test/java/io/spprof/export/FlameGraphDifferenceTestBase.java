package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.Browser.Rect;
import io.spprof.profile.Profile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;

/**
 * Base of the browser tests of a difference: opens the page that compares two profiles before each
 * test, and sees the colours of its frames. The second profile is twice as long as the first.
 */
abstract class FlameGraphDifferenceTestBase extends FlameGraphBrowserTestBase {

  /** 200 samples, 2 s. */
  static final Profile AFTER =
      ProfileText.lines(
              "main;io.x.Main.main;io.x.Cart.price;java.util.HashMap.get 80",
              "main;io.x.Main.main;io.x.Cart.price;io.x.Cart.tax 30",
              "main;io.x.Main.main;io.x.Stock.find 20",
              "worker-1;io.x.Worker.run;io.x.Cart.price;io.x.Cart.tax;io.x.Cart.price 24",
              "worker-1;io.x.Worker.run;io.x.Stock.find 20",
              "worker-3;io.x.Worker.run;io.x.Fresh.work 26")
          .secondsLater(3600)
          .build();

  @BeforeEach
  void compare() throws IOException {
    compare(PROFILE, AFTER);
  }

  /** Opens the page, coloured by total time. */
  static void compare(Profile before, Profile after) throws IOException {
    openDifference(before, after);
    browser.press("s");
  }

  static void assertRed(String name) throws IOException {
    assertTrue(redness(name) > 30, name + ": " + redness(name));
  }

  static void assertBlue(String name) throws IOException {
    assertTrue(redness(name) < -30, name + ": " + redness(name));
  }

  static void assertNeutral(String name) throws IOException {
    assertEquals(0, redness(name), 20, name);
  }

  static int redness(String name) throws IOException {
    return redness(browser.photo(), browser.rect(name));
  }

  /** Red minus blue, of 255, at the left edge, where there is neither a label nor an outline. */
  static int redness(BufferedImage photo, Rect rect) {
    int colour = photo.getRGB((int) rect.x() + 3, (int) rect.y() + 4);
    return (colour >> 16 & 0xFF) - (colour & 0xFF);
  }
}
