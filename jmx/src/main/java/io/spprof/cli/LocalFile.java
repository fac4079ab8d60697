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
 * A file that is written whole or not at all: where one may be replaced, it is there as it was
 * until the new one is complete beside it. A pipe or a device, or a link to one, is written at
 * once.
 */
final class LocalFile {

  private final Path file; // as the user named it
  private final boolean replace;
  private Path real; // behind a link; null for a pipe or a device
  private Path written; // where the bytes go until all are there

  /**
   * Touches nothing.
   *
   * @param replace whether a file that is there may be replaced
   */
  LocalFile(Path file, boolean replace) {
    this.file = file;
    this.replace = replace;
  }

  /**
   * Refuses a file that is there and may not be replaced.
   *
   * @throws CommandFailure if so
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
   * Opens it; once.
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

  /** The command's failure where this file cannot be written. */
  CommandFailure failure(IOException cause) {
    return CommandFailure.usage("cannot write " + file + ": " + Target.reason(cause));
  }

  /**
   * All is written and closed: it takes its place.
   *
   * @throws CommandFailure if that is not possible; then it can still be discarded
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

  /** Deletes what was written; nothing else. Must not come after its completion. */
  void discard() {
    try {
      if (written != null) {
        Files.deleteIfExists(written);
      }
    } catch (IOException e) {
      // What went wrong before is what is told.
    }
  }
}
