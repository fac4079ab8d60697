package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;

/**
 * Compares two profiles as a differential flame graph. The result is the page of {@link
 * FlameGraphExporter} with the samples and the CPU time of both profiles. A frame's width is its
 * CPU time in the second profile; a button on the page switches to the first. A frame's colour
 * shows how its share of all CPU time changed. A share is a part of the CPU time of its own
 * profile, so the two profiles may cover different lengths of time. Stacks with the same text are
 * merged, and so are threads with the same name.
 */
public final class FlameGraphDifference {

  private FlameGraphDifference() {}

  /**
   * Writes the page. Each part of the page is written as soon as it is made. Needs some 100 bytes
   * of memory for each row and each stack of both profiles, and 4 bytes for each frame of a stack.
   * The text is ASCII.
   *
   * @param before the first profile, not null; may be empty
   * @param after the second profile, not null; if it equals the first profile, the page says so
   * @param out the target, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public static void write(Profile before, Profile after, Appendable out) throws IOException {
    steps(before, after, out).run();
  }

  static Steps steps(Profile before, Profile after, Appendable out) {
    return FlameGraphExporter.steps(FlameGraphData.ofDifference(before, after), out);
  }
}
