package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A profile on its way out in one of the formats: bytes that are made as they are asked for. Holds
 * the profile, some ints for each of its rows and stacks, and a few megabytes of what was made and
 * not yet taken, however long the whole is. Not thread-safe.
 */
public final class Export {

  private static final int BLOCK = 1 << 16;

  private final Bytes made = new Bytes();
  private final Profile profile;
  private final ExportFormat format;
  private Steps steps; // made at the first read: that sorts the profile

  /**
   * An export from its beginning.
   *
   * @param profile what, not null
   * @param format how, not null
   */
  public Export(Profile profile, ExportFormat format) {
    this.profile = profile;
    this.format = format;
  }

  /**
   * The next bytes.
   *
   * @param most how many at most, 1 or more
   * @return that many, fewer at the end, and none behind it
   * @throws IOException never, but that it is not known to the compiler
   */
  public byte[] read(int most) throws IOException {
    if (steps == null) {
      steps = format.steps(profile, made);
    }
    while (made.size() < most && steps.next()) {
      // The work is the condition.
    }
    return made.take(most);
  }

  /**
   * Writes all that was not read yet.
   *
   * @param out where to, not null; neither flushed nor closed
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
