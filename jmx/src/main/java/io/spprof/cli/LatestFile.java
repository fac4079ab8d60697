package io.spprof.cli;

import java.io.OutputStream;
import java.nio.file.Path;

/**
 * The file of a profile that is downloaded again and again while it grows. Each download is a
 * {@link LocalFile} of its own. A complete download takes the place of the one before. At the end,
 * the latest complete download gets the final name.
 *
 * <p>One thread downloads. Any thread may call {@link #rescue} meanwhile. Every method is atomic,
 * and none waits for the target.
 */
final class LatestFile {

  private final Path file; // as the user named it
  private final boolean replace;
  private LocalFile unfinished; // the download that is being written; null if none is
  private LocalFile latest; // the latest complete download; null if there is none
  private boolean isOver; // no further download begins or becomes the latest

  /**
   * Creates the object. Touches no file.
   *
   * @param file the final file, which is no pipe and no device
   * @param replace whether an existing file may be replaced
   */
  LatestFile(Path file, boolean replace) {
    this.file = file;
    this.replace = replace;
  }

  /**
   * Opens a file for the next download.
   *
   * @throws CommandFailure if it cannot be opened; the message says what to do
   */
  synchronized OutputStream open() {
    if (isOver) {
      throw CommandFailure.usage("cannot write " + file + ": the command is ending");
    }
    unfinished = new LocalFile(file, replace);
    return unfinished.open();
  }

  /** Makes the file that was opened last, and closed since, the latest complete download. */
  synchronized void completed() {
    if (unfinished == null) {
      return; // after a rescue
    }
    LocalFile before = latest;
    latest = unfinished;
    unfinished = null;
    if (before != null) {
      before.discard();
    }
  }

  /** Deletes the file that was opened last, unless it is complete. */
  synchronized void failed() {
    if (unfinished != null) {
      unfinished.discard();
      unfinished = null;
    }
  }

  /**
   * Gives the latest complete download its final name. Does nothing if there is none.
   *
   * @return the size of the file in bytes; -1 if there is none
   * @throws CommandFailure if the download cannot get the final name; the message says under which
   *     name it remains
   */
  synchronized long finish() {
    LocalFile complete = latest;
    if (complete == null) {
      return -1;
    }
    latest = null;
    Path part = complete.part();
    try {
      long bytes = complete.size();
      complete.complete();
      return bytes;
    } catch (CommandFailure e) {
      throw CommandFailure.usage(e.getMessage() + "; the profile is in " + part);
    }
  }

  /**
   * Does what is left to do when the command fails, or when this process is about to halt: deletes
   * an unfinished download, and gives the latest complete one its final name.
   *
   * @return as {@link #finish}
   */
  synchronized long rescue() {
    isOver = true;
    failed();
    return finish();
  }
}
