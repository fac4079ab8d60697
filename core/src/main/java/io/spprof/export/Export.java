package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;

/**
 * An export of a profile, or of the difference of two profiles, in one format. The export makes its
 * bytes while a reader reads them, so the whole output is never in memory. It holds the profiles,
 * some ints for each of their rows and stacks, names of methods and threads, and a few megabytes of
 * output that is not read yet. Not thread-safe.
 */
public final class Export {

  private static final int BLOCK = 1 << 16;

  private final Bytes made = new Bytes();
  private final Function<Bytes, Steps> source;
  private Steps steps; // created by the first read, because creating them sorts the profiles

  /**
   * Creates an export that starts at the beginning.
   *
   * @param profile the profile, not null
   * @param format the format, not null
   */
  public Export(Profile profile, ExportFormat format) {
    this(out -> format.steps(profile, out));
  }

  private Export(Function<Bytes, Steps> source) {
    this.source = source;
  }

  /**
   * Creates an export of the difference of two profiles.
   *
   * @param before the first profile, not null
   * @param after the second profile, not null; may be the first one again
   * @param format {@link ExportFormat#HTML} for a page, as {@link FlameGraphDifference} writes it;
   *     {@link ExportFormat#COLLAPSED} or {@link ExportFormat#COLLAPSED_CPU} for folded stacks with
   *     samples or CPU time, as {@link CollapsedDifference} writes them
   * @return an export that starts at the beginning
   * @throws IllegalArgumentException if a difference cannot have the format
   */
  public static Export ofDifference(Profile before, Profile after, ExportFormat format) {
    return switch (format.forDifference()) {
      case HTML -> new Export(out -> FlameGraphDifference.steps(before, after, out));
      case COLLAPSED -> new Export(out -> CollapsedDifference.steps(before, after, out));
      default -> new Export(out -> CollapsedDifference.stepsByCpuTime(before, after, out));
    };
  }

  /**
   * Returns the next bytes of the export.
   *
   * @param most the maximum number of bytes to return, 1 or more
   * @return {@code most} bytes; fewer at the end of the output, and none after the end
   * @throws IOException never; an exporter's steps declare it, but an export writes to memory only
   */
  public byte[] read(int most) throws IOException {
    if (steps == null) {
      steps = source.apply(made);
    }
    while (made.size() < most && steps.next()) {
      // The condition does the work.
    }
    return made.take(most);
  }

  /**
   * Writes all bytes that were not read yet.
   *
   * @param out the target, not null; neither flushed nor closed
   * @throws IOException when {@code out} throws it
   */
  public void writeTo(OutputStream out) throws IOException {
    byte[] block = read(BLOCK);
    while (block.length > 0) {
      out.write(block);
      block = read(BLOCK);
    }
  }
}
