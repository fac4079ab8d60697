package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;

/**
 * Writes a profile as a flame graph: one HTML page that contains everything it needs, so that a
 * browser can open it from a file. The page requests nothing over the network, and its
 * Content-Security-Policy forbids requests. A frame's width is its CPU time, and its colour is its
 * kind. Threads that share a name are merged. Names are cleaned as in {@link CollapsedExporter}, so
 * the page and the folded stacks have the same names.
 */
public final class FlameGraphExporter {

  private FlameGraphExporter() {}

  /**
   * Writes the page. Needs some 60 bytes of memory for each row and some 40 for each stack of the
   * profile, and nothing for each sample. Each part of the page is written as soon as it is made.
   * The text is ASCII, so any charset that contains ASCII can encode it.
   *
   * @param profile the profile, not null; if it is empty, the page says so
   * @param out the target, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile profile, Appendable out) throws IOException {
    steps(profile, out).run();
  }

  static Steps steps(Profile profile, Appendable out) {
    return steps(FlameGraphData.of(profile), out);
  }

  static Steps steps(FlameGraphData data, Appendable out) {
    Steps steps = new Steps().then(() -> FlameGraphPage.writeHead(out));
    data.addTo(steps, out);
    return steps.then(() -> FlameGraphPage.writeTail(out));
  }
}
