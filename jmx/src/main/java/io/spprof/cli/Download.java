package io.spprof.cli;

import io.spprof.export.ExportFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import javax.management.JMException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Streams a profile from the target into a local file, or to the standard output. The class also
 * holds the options of a download, which all commands with a download share. An existing file is
 * overwritten only if the user gives {@code --overwrite}.
 */
final class Download {

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "Where to; the suffix decides the format, see below. - is the standard output. Without it,"
              + " spprof-TARGET-TIME.html in this directory.")
  private Path file;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "The format; without it, that of the suffix, or html if FILE is - or left out.")
  private String format;

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  private boolean overwrite;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /**
   * Gives the file a name if the user gave none.
   *
   * @param target the target, in the words of the user
   */
  void nameAfter(String target) {
    if (file == null) {
      // The suffix of an unknown format does not matter: the check refuses the format.
      String suffix = (format == null ? ExportFormat.HTML : byName(format)).suffix();
      String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString().replace(":", "");
      String name = target.replaceFirst("^service:jmx:.*", "jmx").replaceAll("[^\\w.-]+", "-");
      file = Path.of("spprof-" + name + "-" + time + suffix);
    }
  }

  /** Returns whether the profile goes to the standard output, so that nothing else may. */
  boolean isStandardOutput() {
    return file.toString().equals("-");
  }

  /** Returns where the command prints what it did. */
  PrintWriter messages() {
    return isStandardOutput() ? spec.commandLine().getErr() : spec.commandLine().getOut();
  }

  /**
   * Checks the options. A command calls this method before it does anything in the target.
   *
   * @return the format that the user asked for
   * @throws CommandFailure if there is no such format, or if the file exists and may not be
   *     overwritten; no file was touched
   */
  ExportFormat check() {
    ExportFormat found = format();
    if (!isStandardOutput()) {
      new LocalFile(file, overwrite).check();
    }
    return found;
  }

  private ExportFormat format() {
    if (format != null) {
      return byName(format);
    }
    return isStandardOutput() ? ExportFormat.HTML : bySuffix(file);
  }

  private static ExportFormat bySuffix(Path file) {
    Path name = file.getFileName();
    if (name == null) {
      throw CommandFailure.usage(file + " is a directory; name a file in it");
    }
    ExportFormat found = ExportFormat.ofFileName(name.toString());
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
   * Downloads the profile of a range of time; see {@link #save}.
   *
   * @param range a range of time; "" for the whole profile
   */
  String from(Bean bean, String range) throws IOException, JMException {
    check();
    return save(bean, open(bean, range));
  }

  /**
   * Downloads a stream. If the download fails, or if the user interrupts it, no new file remains,
   * and a file that existed before stays unchanged. Closes the stream.
   *
   * @return a message for the user: the file and its size
   */
  String save(Bean bean, long stream) throws IOException, JMException {
    if (isStandardOutput()) {
      return toStandardOutput(bean, stream);
    }
    LocalFile local = new LocalFile(file, overwrite);
    try (Undo undo = new Undo()) {
      long bytes;
      try (OutputStream out = undo.begin(local::open, local::discard)) {
        bytes = copy(bean, stream, local, out, () -> false);
      }
      undo.finish(local::complete);
      return written(bytes);
    } finally {
      close(bean, stream);
    }
  }

  /**
   * Writes bytes that are in memory.
   *
   * @return a message for the user: the file and its size
   */
  String save(byte[] content) throws IOException, JMException {
    if (isStandardOutput()) {
      PrintStream out = ((Cli) spec.root().userObject()).out();
      out.write(content, 0, content.length);
      if (out.checkError()) {
        throw CommandFailure.usage("the standard output was closed");
      }
      return written(content.length);
    }
    LocalFile local = new LocalFile(file, overwrite);
    try (Undo undo = new Undo()) {
      try (OutputStream out = undo.begin(local::open, local::discard)) {
        out.write(content);
      } catch (IOException e) {
        throw local.failure(e);
      }
      undo.finish(local::complete);
      return written(content.length);
    }
  }

  private String toStandardOutput(Bean bean, long stream) throws IOException, JMException {
    try {
      // Closing the standard output is left to the JVM.
      PrintStream out = ((Cli) spec.root().userObject()).out();
      long bytes = 0;
      for (byte[] block = read(bean, stream); block != null; block = read(bean, stream)) {
        out.write(block, 0, block.length);
        if (out.checkError()) { // It also flushes.
          throw CommandFailure.usage(
              "the standard output was closed; the profile is still in the target");
        }
        bytes += block.length;
      }
      return written(bytes);
    } finally {
      close(bean, stream);
    }
  }

  /**
   * Returns the file of a profile that grows.
   *
   * @return null if the profile goes into a pipe or a device, or to the standard output
   */
  LatestFile latestFile() {
    return isStandardOutput() || new LocalFile(file, overwrite).isSpecial()
        ? null
        : new LatestFile(file, overwrite);
  }

  /**
   * Downloads a stream as the latest of a profile that grows. If the download fails, or is too
   * late, the latest one before remains. Closes the stream.
   *
   * @param isLate whether to give the download up; asked between blocks
   * @return whether the download is complete
   */
  boolean into(LatestFile latest, Bean bean, long stream, BooleanSupplier isLate)
      throws IOException, JMException {
    try {
      long bytes;
      try (OutputStream out = latest.open()) {
        bytes = copy(bean, stream, new LocalFile(file, overwrite), out, isLate);
      }
      if (bytes >= 0) {
        latest.completed();
      }
      return bytes >= 0;
    } finally {
      latest.failed(); // Does nothing after a complete download.
      close(bean, stream);
    }
  }

  /** Returns a message for the user: the file and its size. */
  String written(long bytes) {
    String name = isStandardOutput() ? "standard output" : file.toString();
    return String.format(Locale.ROOT, "%s: %,d bytes", name, bytes);
  }

  /**
   * Opens a stream of the profile. The profile is that of this moment.
   *
   * @param range a range of time; "" for the whole profile
   * @return the stream's id
   */
  long open(Bean bean, String range) throws IOException, JMException {
    String key = format().key();
    return (Long)
        (range.isEmpty() ? bean.call("openStream", key) : bean.call("openStreamOf", key, range));
  }

  /** Returns the number of bytes; -1 if it became too late. */
  private static long copy(
      Bean bean, long stream, LocalFile local, OutputStream out, BooleanSupplier isLate)
      throws IOException, JMException {
    long bytes = 0;
    byte[] block = read(bean, stream);
    while (block != null) {
      if (isLate.getAsBoolean()) {
        return -1;
      }
      write(local, out, block);
      bytes += block.length;
      block = read(bean, stream);
    }
    return bytes;
  }

  private static byte[] read(Bean bean, long stream) throws IOException, JMException {
    return (byte[]) bean.call("readStream", stream);
  }

  /**
   * Closes the stream in the target. A failure to close is ignored, because an earlier failure of
   * the download must be the reported one.
   */
  static void close(Bean bean, long stream) {
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
