package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;

/**
 * Base of the browser tests: starts one browser for a test class, and opens the page of a small
 * profile before each test.
 */
@Tag("page")
abstract class FlameGraphBrowserTestBase {

  /** 100 samples, 1 s: main 60, worker-1 30, worker-2 10. */
  static final Profile PROFILE =
      ProfileText.lines(
              "main;io.x.Main.main;io.x.Cart.price;java.util.HashMap.get 20",
              "main;io.x.Main.main;io.x.Cart.price;io.x.Cart.tax 15",
              "main;io.x.Main.main;io.x.Cart.price 5",
              "main;io.x.Main.main;io.x.Stock.find 20",
              "worker-1;io.x.Worker.run;io.x.Cart.price;io.x.Cart.tax;io.x.Cart.price 12",
              "worker-1;io.x.Worker.run;io.x.Stock.find 10",
              "worker-1;[unwalkable: stub] 8",
              "worker-2;io.x.Worker.run;io.x.Stock.find 10")
          .build();

  static final double ALL = 1e9;

  /** A browser may still write to its user data after it was killed. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path dir;

  static Browser browser;

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
      browser = null;
    }
  }

  @BeforeEach
  void openPage() throws IOException {
    // Here, and not in a method that runs once for all tests, so that each test is reported as
    // skipped.
    if (browser == null) {
      browser = Browser.start(dir.resolve("chromium"));
    }
    browser.preferScheme("light");
    open(PROFILE);
  }

  @AfterEach
  void shouldHaveLoggedNothingAndAskedForNothing() {
    if (browser == null) {
      return;
    }
    assertEquals(List.of(), browser.console());
    for (String url : browser.requests()) {
      // chrome: is the browser's own first page
      assertTrue(url.matches("(file|data|chrome):.*"), url);
    }
  }

  final void toggle(String thread) {
    thread(thread).findElement(By.cssSelector("input")).click();
  }

  final WebElement thread(String name) {
    return browser.elements("#threads-list li").stream()
        .filter(
            row -> row.findElement(By.cssSelector(".name")).getDomAttribute("title").equals(name))
        .findFirst()
        .orElseThrow();
  }

  static void open(Profile profile) throws IOException {
    Path page = dir.resolve("page.html");
    try (Writer writer = Files.newBufferedWriter(page)) {
      FlameGraphExporter.write(profile, writer);
    }
    browser.open(page);
  }

  static void openDifference(Profile before, Profile after) throws IOException {
    Path page = dir.resolve("difference.html");
    try (Writer writer = Files.newBufferedWriter(page)) {
      FlameGraphDifference.write(before, after, writer);
    }
    browser.open(page);
  }
}
