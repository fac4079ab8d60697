package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.OutputStream;

/**
 * An export of a profile in one format, which makes its bytes while they are read. It holds the
 * profile, some ints for each row and stack, and a few megabytes of output that was made and not
 * yet read. The length of the whole output does not matter. Not thread-safe.
 */
public final class Export {

  private static final int BLOCK = 1 << 16;

  private final Bytes made = new Bytes();
  private final Profile profile;
  private final ExportFormat format;
  private Steps steps; // created by the first read, because that sorts the profile

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
   * Returns the next bytes.
   *
   * @param most the greatest number of bytes to return, 1 or more
   * @return {@code most} bytes, fewer at the end of the output, and none after it
   * @throws IOException never, but the compiler cannot know
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
