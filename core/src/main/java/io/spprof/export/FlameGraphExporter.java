package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;

/**
 * One self-contained HTML page with a flame graph, to be opened from a file: it asks for nothing
 * over the network, and its Content-Security-Policy forbids it to. A frame's width is its CPU time.
 * Names are treated as in {@link CollapsedExporter}, so that the two can be compared line by line;
 * threads that share a name are one.
 */
public final class FlameGraphExporter {

  private FlameGraphExporter() {}

  /**
   * Writes the page. Memory: some 40 bytes for each row and stack of the profile; the page is
   * written as it is made. The text is ASCII, so that any charset will do.
   *
   * @param profile what to show, not null; an empty one gives a page that says so
   * @param out where to, not null; neither flushed nor closed
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
