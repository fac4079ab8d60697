package io.spprof.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is left complete or not at all. An existing file is replaced only if the user allows
 * a replacement, and refused otherwise. Without this permission, the new file is written directly
 * under its final name; if writing fails, {@link #discard} deletes it. With this permission, the
 * bytes go into a second file in the same directory. A file that already exists stays unchanged
 * until the second file is complete and replaces it. A pipe or a device, or a link to a pipe or a
 * device, is also written only with this permission, and directly.
 */
final class LocalFile {

  private final Path file; // as the user named it
  private final boolean replace;
  private Path real; // the file that symbolic links lead to; null for a pipe or a device
  private Path written; // where the bytes are written until the file is complete

  /**
   * Creates the object. Touches no file.
   *
   * @param replace whether an existing file may be replaced
   */
  LocalFile(Path file, boolean replace) {
    this.file = file;
    this.replace = replace;
  }

  /**
   * Checks that the file does not exist, or that it may be replaced.
   *
   * @throws CommandFailure if the file exists and may not be replaced
   */
  void check() {
    if (!replace && Files.exists(file)) {
      throw exists();
    }
  }

  private CommandFailure exists() {
    return CommandFailure.usage(
        file + " exists; choose another name, or give --overwrite to replace it");
  }

  /**
   * Opens the file for writing. Must be called only once.
   *
   * @throws CommandFailure if the file cannot be opened; the message says what to do
   */
  OutputStream open() {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file) && replace) {
        return Files.newOutputStream(file);
      }
      real = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
      written = replace ? beside(real) : real;
      return Files.newOutputStream(
          written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw exists();
    } catch (NoSuchFileException e) {
      throw CommandFailure.usage("there is no directory for " + file + "; make it first");
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Returns the path of the second file: in the same directory, with the pid of this process in its
   * name.
   */
  private static Path beside(Path path) {
    String name = path.getFileName() + "." + ProcessHandle.current().pid() + ".part";
    return path.resolveSibling(name);
  }

  /** Returns the failure of a command that cannot write this file. */
  CommandFailure failure(IOException cause) {
    return CommandFailure.usage("cannot write " + file + ": " + Target.reason(cause));
  }

  /**
   * Puts the written file into its final place. Must be called after the stream was closed.
   *
   * @throws CommandFailure if the file cannot be moved; the caller can then still call {@link
   *     #discard}
   */
  void complete() {
    try {
      if (replace && real != null) {
        Files.move(written, real, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Deletes the file that holds the bytes written so far. Deletes no other file. Must not be called
   * after {@link #complete}.
   */
  void discard() {
    try {
      if (written != null) {
        Files.deleteIfExists(written);
      }
    } catch (IOException e) {
      // The caller reports the failure that made it discard the file.
    }
  }
}
