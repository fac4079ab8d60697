package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that names in a profile cannot become markup in the page. A local server counts the
 * requests that such markup would send; none may arrive.
 */
@Tag("page")
class FlameGraphHostileBrowserTest {

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path dir;

  @Test
  void shouldKeepHostileNamesInert() throws IOException {
    AtomicInteger heard = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          heard.incrementAndGet();
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    String image = "<img src=" + address + " onerror=\"window.hacked=1\">";
    String script = "</script><script>window.hacked=1</script>";
    String quotes = "'\"`${window.hacked=1}\\u003c\u2028\u2029{{data}}]]>-->";
    Profile profile =
        ProfileText.lines()
            .row(script, List.of(image, script, quotes), 6, 60_000_000)
            .row(image, List.of("\u65e5\u672c.\u8a9e", "\uD83D\uDE00".repeat(500)), 4, 40_000_000)
            .build();
    Path page = dir.resolve("hostile.html");
    try (Writer writer = Files.newBufferedWriter(page)) {
      FlameGraphExporter.write(profile, writer);
    }

    try (Browser browser = Browser.start(dir.resolve("chromium"))) {
      browser.open(page);
      assertEquals(100_000_000, browser.number("totalNanos"));
      String shownScript = script.replace(';', ',');
      for (Browser.Rect rect : browser.rects()) {
        browser.hover(rect);
        assertTrue(browser.text("tip").contains("CPU time"));
      }
      browser.hover(browser.rects().get(3));
      browser.click(browser.rects().get(3));
      assertEquals(script, browser.page("zoomed"));
      String details = browser.element("details").getDomProperty("textContent");
      assertTrue(details.contains(shownScript), details);
      browser.search(image);
      browser.click("regex");
      assertEquals(null, browser.script("return window.hacked"));
      assertEquals(0, browser.elements("img").size());
      assertEquals(2, browser.elements("#threads-list li").size());

      browser.console();
      // Even a script that runs in the page can reach no server and load no other script.
      browser.script(
          "const i = new Image(); i.src = '"
              + address
              + "';"
              + "fetch('"
              + address
              + "').catch(() => {});"
              + "const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
              + "document.body.append(s)");
      assertEquals(null, browser.script("return window.hacked"));
      String refusals = String.join("\n", browser.console());
      for (String what : List.of("img-src data:", "default-src 'none'", "script-src 'sha256")) {
        assertTrue(refusals.contains(what), refusals);
      }
      assertEquals(0, heard.get());
    } finally {
      server.stop(0);
    }
  }
}
