package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;

/**
 * Compares two profiles as a differential flame graph: the page of {@link FlameGraphExporter} with
 * the samples and the CPU time of both. A frame's width is its CPU time in one of the two profiles.
 * Its colour shows how its share of all CPU time changed. Each profile's shares are of its own
 * total, so the two may cover different lengths of time. Stacks with the same text are merged, and
 * so are threads with the same name.
 */
public final class FlameGraphDifference {

  private FlameGraphDifference() {}

  /**
   * Writes the page. Memory: some 100 bytes for each row and stack of both profiles, and 4 for each
   * frame of a stack. The page is written while it is made. The text is ASCII.
   *
   * @param before the first profile, not null; it may be empty
   * @param after the second profile, not null; if it equals the first, the page says so
   * @param out the target, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile before, Profile after, Appendable out) throws IOException {
    FlameGraphExporter.steps(FlameGraphData.ofDifference(before, after), out).run();
  }
}
