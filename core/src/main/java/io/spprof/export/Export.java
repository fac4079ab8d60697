package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.OutputStream;

/**
 * An export of a profile in one format. The export makes its bytes while a reader reads them, so
 * the whole output is never in memory. It holds the profile, some ints for each row and stack of
 * the profile, names of methods and threads, and a few megabytes of output that is not read yet.
 * Not thread-safe.
 */
public final class Export {

  private static final int BLOCK = 1 << 16;

  private final Bytes made = new Bytes();
  private final Profile profile;
  private final ExportFormat format;
  private Steps steps; // created by the first read, because creating them sorts the profile

  /**
   * Creates an export that starts at the beginning.
   *
   * @param profile the profile, not null
   * @param format the format, not null
   */
  public Export(Profile profile, ExportFormat format) {
    this.profile = profile;
    this.format = format;
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
      steps = format.steps(profile, made);
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
