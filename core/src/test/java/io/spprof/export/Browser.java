package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.commons.lang3.StringUtils;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * Controls a headless Chromium that shows a flame graph. Input goes through the browser's own mouse
 * and keyboard. The state of the page is read from {@code window.spprof}.
 */
public final class Browser implements AutoCloseable {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

  /** After this time, a script that waits for a condition fails. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * Selenium warns of every browser newer than itself. A strong reference keeps the logger's level.
   */
  private static final Logger DEVTOOLS_LOG = Logger.getLogger("org.openqa.selenium.devtools");

  static {
    DEVTOOLS_LOG.setLevel(Level.SEVERE);
  }

  private final ChromeDriverService service;
  private final ChromeDriver driver;

  /**
   * A drawn frame, or a run of narrow frames.
   *
   * @param name null for a run
   * @param x left edge in the window, CSS pixels
   * @param y top edge in the window, CSS pixels
   * @param nanos CPU time, 0 for a run
   * @param label the drawn text, empty if there is no room
   */
  public record Rect(
      String name, boolean isMatch, double x, double y, double width, double nanos, String label) {}

  private Browser(ChromeDriverService service, ChromeDriver driver) {
    this.service = service;
    this.driver = driver;
  }

  /**
   * Starts the browser. If there is no browser, the calling test is skipped, or fails if the
   * environment has {@code SPPROF_REQUIRE_BROWSER=1}.
   */
  public static Browser start(Path userData) {
    boolean isThere = Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
    if (!isThere) {
      String reason =
          "no browser: the flame graph's page is untried; install " + CHROMIUM + " and " + DRIVER;
      assertFalse("1".equals(System.getenv("SPPROF_REQUIRE_BROWSER")), reason);
      assumeTrue(false, reason);
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + userData);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    // The driver is named, because Selenium Manager would otherwise download one.
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(DRIVER.toFile())
            .usingAnyFreePort()
            .withTimeout(PATIENCE)
            .build();
    ChromeDriver driver = new ChromeDriver(service, options);
    driver.manage().window().setSize(new Dimension(1400, 900));
    driver.manage().timeouts().scriptTimeout(PATIENCE);
    return new Browser(service, driver);
  }

  /** Opens a page. */
  public void open(Path page) {
    open(page, "");
  }

  /** Opens a page with a fragment, the part of its address after the number sign. */
  void open(Path page, String fragment) {
    driver.get(page.toUri() + fragment);
  }

  void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  void pressWith(CharSequence modifier, CharSequence key) {
    new Actions(driver).keyDown(modifier).sendKeys(key).keyUp(modifier).perform();
  }

  /** Types into the search field. */
  public void search(String query) {
    WebElement input = element("query");
    input.clear();
    input.sendKeys(query);
  }

  void hover(Rect rect) {
    at(rect).perform();
  }

  /** Moves the mouse to a point of the window. */
  void moveTo(double x, double y) {
    new Actions(driver).moveToLocation((int) Math.round(x), (int) Math.round(y)).perform();
  }

  /** Drags the mouse from a point of the window to another of the same height. */
  void drag(double fromX, double y, double toX) {
    new Actions(driver)
        .moveToLocation((int) Math.round(fromX), (int) Math.round(y))
        .clickAndHold()
        .moveToLocation((int) Math.round(toX), (int) Math.round(y))
        .release()
        .perform();
  }

  /** Clicks on a frame. */
  public void click(Rect rect) {
    at(rect).click().perform();
  }

  private Actions at(Rect rect) {
    int x = (int) Math.round(rect.x() + rect.width() / 2);
    return new Actions(driver).moveToLocation(x, (int) rect.y() + 9);
  }

  /** Clicks on an element. */
  public void click(String id) {
    element(id).click();
  }

  /** Clicks on the button that switches all threads but one off. */
  public void clickOnly(String thread) {
    driver.findElement(By.cssSelector("button[aria-label='Only thread " + thread + "']")).click();
  }

  WebElement element(String id) {
    return driver.findElement(By.id(id));
  }

  List<WebElement> elements(String css) {
    return driver.findElements(By.cssSelector(css));
  }

  /** The text of an element. */
  public String text(String id) {
    return element(id).getText();
  }

  /** The id of the element that has the focus. */
  String focused() {
    return driver.switchTo().activeElement().getDomAttribute("id");
  }

  /** One property of {@code window.spprof}. */
  public Object page(String property) {
    return driver.executeScript("return window.spprof." + property);
  }

  /** A property of {@code window.spprof} that is a number. */
  public double number(String property) {
    return ((Number) page(property)).doubleValue();
  }

  /** Saves a picture of the window. */
  public void screenshot(Path file) throws IOException {
    Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
  }

  /** A picture of the window, with one pixel for each CSS pixel. */
  BufferedImage photo() throws IOException {
    return ImageIO.read(new ByteArrayInputStream(driver.getScreenshotAs(OutputType.BYTES)));
  }

  Object script(String script) {
    return driver.executeScript(script);
  }

  /** Runs a script that calls its last argument with the result. */
  Object asyncScript(String script) {
    return driver.executeAsyncScript(script);
  }

  /** Waits until a condition of the page is true. */
  void await(String condition) {
    asyncScript(
        "const done = arguments[0];"
            + "const look = () => ("
            + condition
            + ") ? done(true) : requestAnimationFrame(look);"
            + "look();");
  }

  /** All drawn rectangles. */
  public List<Rect> rects() {
    List<?> rects = (List<?>) page("visible()");
    return rects.stream().map(Map.class::cast).map(Browser::rect).toList();
  }

  /** The first drawn frame with this name. */
  Rect rect(String name) {
    return rects().stream()
        .filter(r -> name.equals(r.name()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no frame " + name + " among " + rects()));
  }

  List<String> frames() {
    return rects().stream().map(Rect::name).toList();
  }

  private static Rect rect(Map<?, ?> rect) {
    Number nanos = (Number) rect.get("nanos");
    return new Rect(
        (String) rect.get("name"),
        (Boolean) rect.get("isMatch"),
        ((Number) rect.get("x")).doubleValue(),
        ((Number) rect.get("y")).doubleValue(),
        ((Number) rect.get("width")).doubleValue(),
        nanos == null ? 0 : nanos.doubleValue(),
        (String) rect.get("label"));
  }

  void resize(int width, int height) {
    driver.manage().window().setSize(new Dimension(width, height));
  }

  /** Makes the browser prefer a colour scheme, as the system's settings do. */
  void preferScheme(String scheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  void pixelRatio(double ratio) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 1400, "height", 800, "deviceScaleFactor", ratio, "mobile", false));
    await("devicePixelRatio === " + ratio);
  }

  /** Makes the window so large, in CSS pixels, until {@link #resetPixelRatio}. */
  void window(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    await("innerWidth === " + width);
  }

  /** Makes the window that of a phone, until {@link #resetPixelRatio}. */
  void phone() {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 390, "height", 844, "deviceScaleFactor", 2, "mobile", true));
  }

  void resetPixelRatio() {
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
  }

  /** The addresses that the browser requested since the last call. */
  List<String> requests() {
    return log(LogType.PERFORMANCE)
        .filter(message -> message.contains("\"Network.requestWillBeSent\""))
        .map(message -> url(message))
        .toList();
  }

  private static String url(String message) {
    return StringUtils.substringBetween(message, "\"url\":\"", "\"");
  }

  /** The page's log since the last call: errors and refused requests. */
  public List<String> console() {
    return log(LogType.BROWSER).toList();
  }

  private Stream<String> log(String type) {
    return driver.manage().logs().get(type).getAll().stream().map(LogEntry::getMessage);
  }

  @Override
  public void close() {
    driver.quit();
    service.stop();
  }
}
