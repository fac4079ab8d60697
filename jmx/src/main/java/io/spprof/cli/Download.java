package io.spprof.cli;

import io.spprof.export.ExportFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import javax.management.JMException;
import picocli.CommandLine.Option;

/**
 * Streams a profile from the target into a local file. The class also holds the options of a
 * download, which all commands with a download share. An existing file is overwritten only if the
 * user gives {@code --overwrite}.
 */
final class Download {

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "Where to; the suffix decides the format: .html, .jfr, .pb.gz and others.")
  private Path file;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "The format, whatever the suffix.")
  private String format;

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  private boolean overwrite;

  /**
   * Checks the options. A command calls this method before it does anything in the target.
   *
   * @return the format that the user asked for
   * @throws CommandFailure if there is no such format, or if the file exists and may not be
   *     overwritten; no file was touched
   */
  ExportFormat check() {
    ExportFormat found = format == null ? bySuffix(file) : byName(format);
    new LocalFile(file, overwrite).check();
    return found;
  }

  private static ExportFormat bySuffix(Path file) {
    ExportFormat found = ExportFormat.ofFileName(file.getFileName().toString());
    if (found == null) {
      throw CommandFailure.usage(
          "the suffix of "
              + file
              + " names no format; valid: "
              + ExportFormat.suffixes()
              + ", or give --format, one of "
              + ExportFormat.keys());
    }
    return found;
  }

  private static ExportFormat byName(String name) {
    try {
      return ExportFormat.ofKey(name);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    }
  }

  /** Downloads the whole profile; see {@link #from(Bean, String)}. */
  String from(Bean bean) throws IOException, JMException {
    return from(bean, "");
  }

  /**
   * Downloads the profile of a range of time. If the download fails, or if the user interrupts it,
   * no new file remains, and a file that existed before stays unchanged.
   *
   * @param range a range of time; "" for the whole profile
   * @return a message for the user: the file and its size
   */
  String from(Bean bean, String range) throws IOException, JMException {
    String key = check().key();
    long stream =
        (Long)
            (range.isEmpty()
                ? bean.call("openStream", key)
                : bean.call("openStreamOf", key, range));
    LocalFile local = new LocalFile(file, overwrite);
    try (Undo undo = new Undo()) {
      long bytes = 0;
      try (OutputStream out = undo.begin(local::open, local::discard)) {
        byte[] block = (byte[]) bean.call("readStream", stream);
        while (block != null) {
          write(local, out, block);
          bytes += block.length;
          block = (byte[]) bean.call("readStream", stream);
        }
      }
      undo.finish(local::complete);
      return String.format(Locale.ROOT, "%s: %,d bytes", file, bytes);
    } finally {
      close(bean, stream);
    }
  }

  /**
   * Closes the stream in the target. A failure to close is ignored, because an earlier failure of
   * the download must be the reported one.
   */
  private static void close(Bean bean, long stream) {
    try {
      bean.call("closeStream", stream);
    } catch (IOException | JMException | RuntimeException e) {
      // The target has ended. If not, the target itself closes the stream when nobody reads it for
      // a minute.
    }
  }

  private static void write(LocalFile local, OutputStream out, byte[] block) {
    try {
      out.write(block);
    } catch (IOException e) {
      throw CommandFailure.usage(
          local.failure(e).getMessage() + "; the profile is still in the target");
    }
  }
}
