package io.spprof.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is left complete or not at all. The bytes go into a second file in the same
 * directory, {@code NAME.PID.NUMBER.part}. When the second file is complete, it gets the final
 * name. A file that already has this name stays unchanged until then. It is replaced only if the
 * user allows a replacement, and the new file is refused otherwise. A pipe or a device, or a link
 * to a pipe or a device, is also written only with this permission, and directly.
 *
 * <p>If the command is killed, the second file remains. No command writes to a second file that it
 * finds, because another command may still write to it.
 */
final class LocalFile {

  private final Path file; // as the user named it
  private final boolean replace;
  private Path real; // the file that symbolic links lead to
  private Path written; // the second file; null if there is none

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
   * Checks that the file does not exist, or that it may be replaced; and that its directory is
   * there and can be written to.
   *
   * @throws CommandFailure if not; the message says what to do
   */
  void check() {
    if (!replace && Files.exists(file)) {
      throw exists();
    }
    if (isSpecial()) {
      return;
    }
    Path directory;
    try {
      directory = real().getParent();
    } catch (IOException e) {
      throw failure(e);
    }
    if (Files.isDirectory(file)) {
      throw CommandFailure.usage(file + " is a directory; name a file in it");
    }
    if (directory == null || !Files.isDirectory(directory)) {
      throw noDirectory();
    }
    if (!Files.isWritable(directory)) {
      throw notAllowed();
    }
  }

  /** Returns whether the file is a pipe or a device. */
  boolean isSpecial() {
    return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
  }

  private Path real() throws IOException {
    return Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
  }

  private CommandFailure noDirectory() {
    return CommandFailure.usage("there is no directory for " + file + "; make it first");
  }

  private CommandFailure notAllowed() {
    return CommandFailure.usage(
        "cannot write " + file + ": you may not make a file in its directory");
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
      if (isSpecial() && replace) {
        return Files.newOutputStream(file);
      }
      real = real();
      int number = 1;
      while (true) {
        Path part = beside(real, number);
        try {
          OutputStream out =
              Files.newOutputStream(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          written = part;
          return out;
        } catch (FileAlreadyExistsException e) {
          // From another download, or from a killed command. In a container, that command may have
          // had the same pid.
          number++;
        }
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private static Path beside(Path path, int number) {
    long pid = ProcessHandle.current().pid();
    return path.resolveSibling(path.getFileName() + "." + pid + "." + number + ".part");
  }

  /** Returns the failure of a command that cannot write this file. */
  CommandFailure failure(IOException cause) {
    if (cause instanceof FileAlreadyExistsException) {
      return exists();
    }
    if (cause instanceof NoSuchFileException) {
      return noDirectory();
    }
    if (cause instanceof AccessDeniedException) {
      return notAllowed();
    }
    // The message of such an exception begins with the path.
    String reason = cause instanceof FileSystemException known ? known.getReason() : null;
    return CommandFailure.usage(
        "cannot write " + file + ": " + (reason == null ? Target.reason(cause) : reason));
  }

  /** Returns where the bytes are until the file is complete. */
  Path part() {
    return written;
  }

  /** Returns the number of bytes that were written. */
  long size() {
    try {
      return Files.size(written);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Puts the written file into its final place. Must be called after the stream was closed.
   *
   * @throws CommandFailure if the file cannot be moved; the caller can then still call {@link
   *     #discard}
   */
  void complete() {
    if (written == null) {
      return;
    }
    try {
      if (replace) {
        Files.move(written, real, StandardCopyOption.ATOMIC_MOVE);
      } else {
        moveToFreeName(written, real);
      }
      written = null;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Renames a file. Replaces no file, even if another program makes one at the same moment. */
  private static void moveToFreeName(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException noLinks) {
      Files.createFile(to);
      try {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException | RuntimeException e) {
        delete(to); // It is the empty file that was made just now.
        throw e;
      }
      return;
    }
    delete(from);
  }

  /**
   * Deletes the second file. Deletes no other file. Does nothing if there is no second file, or no
   * more.
   */
  void discard() {
    if (written != null) {
      delete(written);
      written = null;
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // What happened before is what the command reports.
    }
  }
}
