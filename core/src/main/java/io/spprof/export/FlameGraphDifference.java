package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;

/**
 * Two profiles as a differential flame graph: the page of {@link FlameGraphExporter} with the
 * samples and the CPU time of both. Frames are as wide as their CPU time in one of the two, and
 * coloured by how their share of all CPU time changed; each profile's shares are of its own total,
 * so that stretches of time of different length can be compared. Stacks that read the same are one,
 * and so are threads.
 */
public final class FlameGraphDifference {

  private FlameGraphDifference() {}

  /**
   * Writes the page. Memory: some 100 bytes for each row and stack of both profiles, and 4 for each
   * frame of a stack; the page is written as it is made. The text is ASCII.
   *
   * @param before the first, not null; it may be empty
   * @param after the second, not null; the same as the first gives a page that says so
   * @param out where to, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile before, Profile after, Appendable out) throws IOException {
    FlameGraphExporter.steps(FlameGraphData.ofDifference(before, after), out).run();
  }
}
