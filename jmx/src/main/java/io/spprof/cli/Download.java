package io.spprof.cli;

import io.spprof.export.ExportFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import javax.management.JMException;
import picocli.CommandLine.Option;

/**
 * Streams a profile into a file of ours: the options of all commands that do. What is there is
 * never overwritten unless that is asked.
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
   * Before anything is done in the target.
   *
   * @return the format that is asked for
   * @throws CommandFailure if there is no such format, or the file is there; nothing was touched
   */
  ExportFormat check() {
    ExportFormat found = format == null ? bySuffix(file) : byName(format);
    if (!overwrite && Files.exists(file)) {
      throw exists();
    }
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

  private CommandFailure exists() {
    return CommandFailure.usage(
        file + " exists; choose another name, or give --overwrite to replace it");
  }

  /** All of it; see the other one. */
  String from(Bean bean) throws IOException, JMException {
    return from(bean, "");
  }

  /**
   * Reads the profile to its end; without it, or when the user interrupts it, no file is left.
   *
   * @param range a stretch of time, or "" for all
   * @return what was done, for the user
   */
  String from(Bean bean, String range) throws IOException, JMException {
    String key = check().key();
    long stream =
        (Long)
            (range.isEmpty()
                ? bean.call("openStream", key)
                : bean.call("openStreamOf", key, range));
    try (Undo undo = new Undo()) {
      long bytes = 0;
      try (OutputStream out = undo.begin(this::open, this::delete)) {
        byte[] block = (byte[]) bean.call("readStream", stream);
        while (block != null) {
          write(out, block);
          bytes += block.length;
          block = (byte[]) bean.call("readStream", stream);
        }
      }
      undo.keep();
      return String.format(Locale.ROOT, "%s: %,d bytes", file, bytes);
    } finally {
      close(bean, stream);
    }
  }

  /** What went wrong before is what is told. */
  private static void close(Bean bean, long stream) {
    try {
      bean.call("closeStream", stream);
    } catch (IOException | JMException | RuntimeException e) {
      // The target is gone, or closes it by itself in a minute.
    }
  }

  private OutputStream open() {
    try {
      return overwrite
          ? Files.newOutputStream(file)
          : Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw exists();
    } catch (NoSuchFileException e) {
      throw CommandFailure.usage("there is no directory for " + file + "; make it first");
    } catch (IOException e) {
      throw CommandFailure.usage("cannot write " + file + ": " + Target.reason(e));
    }
  }

  /** Only what is a file: --overwrite may name a pipe or a device, or a link to one. */
  private void delete() {
    try {
      Path real = file.toRealPath();
      if (Files.isRegularFile(real)) {
        Files.delete(real);
      }
    } catch (IOException e) {
      // What went wrong before is what is told.
    }
  }

  private void write(OutputStream out, byte[] block) {
    try {
      out.write(block);
    } catch (IOException e) {
      throw CommandFailure.usage(
          "cannot write "
              + file
              + ": "
              + Target.reason(e)
              + "; the profile is still in the target");
    }
  }
}
