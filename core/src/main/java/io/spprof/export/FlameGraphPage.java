package io.spprof.export;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The part of a flame graph's page that is the same for every profile. It is made from {@code
 * flamegraph.html}, into which the style and the scripts are inserted. The page's
 * Content-Security-Policy contains the hashes of the style and the scripts, so a browser runs no
 * other script. This holds even if a name in the data managed to end the data's element and begin a
 * script.
 */
final class FlameGraphPage {

  private static final String STYLE = "{{style}}";
  private static final String STYLE_HASH = "{{style-hash}}";
  private static final String SCRIPT = "{{script}}";
  private static final String SCRIPT_HASH = "{{script-hash}}";
  private static final String DATA = "{{data}}";

  /** The scripts in the order in which the page must contain them. */
  private static final String[] SCRIPTS = {
    "flamegraph-trie.js",
    "flamegraph-text.js",
    "flamegraph-profile.js",
    "flamegraph-difference.js",
    "flamegraph-chart.js",
    "flamegraph-methods.js",
    "flamegraph-menu.js",
    "flamegraph-threads.js",
    "flamegraph-timeline.js",
    "flamegraph-header.js",
    "flamegraph-page.js",
    "flamegraph-input.js"
  };

  private static final String PAGE = assemble();

  private FlameGraphPage() {}

  /** Writes the part of the page before the data. */
  static void writeHead(Appendable out) throws IOException {
    out.append(PAGE, 0, PAGE.indexOf(DATA));
  }

  /** Writes the part of the page after the data. */
  static void writeTail(Appendable out) throws IOException {
    out.append(PAGE, PAGE.indexOf(DATA) + DATA.length(), PAGE.length());
  }

  private static String assemble() {
    String style = resource("flamegraph.css");
    StringBuilder script = new StringBuilder();
    for (String name : SCRIPTS) {
      script.append(resource(name));
    }
    return resource("flamegraph.html")
        .replace(STYLE_HASH, hash(style))
        .replace(SCRIPT_HASH, hash(script.toString()))
        .replace(STYLE, style)
        .replace(SCRIPT, script);
  }

  /**
   * Returns the hash of a script or style in the notation of Content Security Policy Level 3,
   * section 2.3.1.
   */
  private static String hash(String content) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = FlameGraphPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing in the jar; build it anew");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      // A browser changes line ends to \n before it computes a hash. A checkout on Windows may
      // contain \r\n.
      return text.replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
