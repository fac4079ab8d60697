package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/**
 * The directory for temporary files, as {@code java.io.tmpdir} names it now. The application may
 * set that property to a relative path, to nothing, to what is no path at all, or clear it; {@code
 * Files.createTempDirectory(String)} reads it once and then fails for good.
 */
public final class TemporaryDirectory {

  private static final String WHERE_NONE_IS_SET = "/tmp";

  private TemporaryDirectory() {}

  /**
   * Where temporary files go. Nothing is looked at or made.
   *
   * @return an absolute path; a relative setting is relative to the working directory of the JVM's
   *     start, and one that is no path counts as none
   */
  public static Path path() {
    Path set;
    try {
      set = Path.of(System.getProperty("java.io.tmpdir", WHERE_NONE_IS_SET));
    } catch (InvalidPathException e) { // a NUL, or what the locale's file names cannot have
      set = Path.of(WHERE_NONE_IS_SET);
    }
    return set.toAbsolutePath().normalize();
  }

  /**
   * Makes a directory that only this user can enter.
   *
   * @param path its path; the parent exists
   * @throws FileAlreadyExistsException if the name is taken, by a link for instance; what is there
   *     is not touched
   * @throws IOException if it cannot be made
   */
  public static void make(Path path) throws IOException {
    Files.createDirectory(path, forThisUser(path));
  }

  /**
   * Makes a directory with a name that nobody can foresee.
   *
   * @param parent where
   * @param prefix what the name begins with
   * @return its path
   * @throws IOException if it cannot be made
   */
  static Path makeIn(Path parent, String prefix) throws IOException {
    Path path = unforeseen(parent, prefix);
    make(path);
    return path;
  }

  /**
   * A path with a name that nobody can foresee. Nothing is made.
   *
   * @param parent where
   * @param prefix what the name begins with
   * @return the path
   */
  public static Path unforeseen(Path parent, String prefix) {
    return parent.resolve(prefix + UUID.randomUUID());
  }

  private static FileAttribute<?>[] forThisUser(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }
}
