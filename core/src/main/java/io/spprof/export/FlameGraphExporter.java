package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;

/**
 * Writes a flame graph as one self-contained HTML page, which can be opened from a file. The page
 * requests nothing over the network, and its Content-Security-Policy forbids requests. A frame's
 * width is its CPU time. Names are treated as in {@link CollapsedExporter}, so that the two can be
 * compared line by line. Threads that share a name are merged.
 */
public final class FlameGraphExporter {

  private FlameGraphExporter() {}

  /**
   * Writes the page. Memory: some 40 bytes for each row and stack of the profile. The page is
   * written while it is made. The text is ASCII, so any charset that contains ASCII can encode it.
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
