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
 * A file that is written as a whole or not at all. If it replaces an old file, the new one is first
 * written beside it, and the old one stays unchanged until the new one is complete. A pipe or a
 * device, or a link to one, is written directly.
 */
final class LocalFile {

  private final Path file; // as the user named it
  private final boolean replace;
  private Path real; // behind links; null for a pipe or a device
  private Path written; // where the bytes are written until the file is complete

  /**
   * Creates the object; touches no file.
   *
   * @param replace whether an existing file may be replaced
   */
  LocalFile(Path file, boolean replace) {
    this.file = file;
    this.replace = replace;
  }

  /**
   * Checks that the file does not exist or may be replaced.
   *
   * @throws CommandFailure if it exists and may not be replaced
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
   * Opens the file for writing. Must be called once.
   *
   * @throws CommandFailure if that is not possible, with what the user can do
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

  private static Path beside(Path path) {
    String name = path.getFileName() + "." + ProcessHandle.current().pid() + ".part";
    return path.resolveSibling(name);
  }

  /** The failure of a command that cannot write this file. */
  CommandFailure failure(IOException cause) {
    return CommandFailure.usage("cannot write " + file + ": " + Target.reason(cause));
  }

  /**
   * Moves the written file to its final place. Must be called after the stream was closed.
   *
   * @throws CommandFailure if that is not possible; {@link #discard} can still be called then
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
   * Deletes the bytes that were written and no other file. Must not be called after {@link
   * #complete}.
   */
  void discard() {
    try {
      if (written != null) {
        Files.deleteIfExists(written);
      }
    } catch (IOException e) {
      // The failure that led here is the one that is reported.
    }
  }
}
