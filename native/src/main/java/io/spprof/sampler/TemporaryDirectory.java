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
 * Finds the directory for temporary files, and makes private directories, there or elsewhere.
 * {@code java.io.tmpdir} is read at each call, because the application may set it to a relative
 * path, to "" or to an invalid path, or clear it. {@code Files.createTempDirectory(String)} cannot
 * be used: it reads the property only once, and if the property is bad then, the method fails for
 * good.
 */
public final class TemporaryDirectory {

  private static final String WHERE_NONE_IS_SET = "/tmp";

  private TemporaryDirectory() {}

  /**
   * Returns the directory for temporary files. Neither checks nor creates the directory.
   *
   * @return an absolute path. A relative setting is resolved against the working directory in which
   *     the JVM was started. An invalid path counts as no setting.
   */
  public static Path path() {
    Path set;
    try {
      set = Path.of(System.getProperty("java.io.tmpdir", WHERE_NONE_IS_SET));
    } catch (InvalidPathException e) { // a NUL, or a character that the locale does not allow
      set = Path.of(WHERE_NONE_IS_SET);
    }
    return set.toAbsolutePath().normalize();
  }

  /**
   * Creates a directory that only this user can enter.
   *
   * @param path the directory's path; the parent exists
   * @throws FileAlreadyExistsException if the name is taken, for instance by a link; the existing
   *     file is not touched
   * @throws IOException if the directory cannot be created
   */
  public static void make(Path path) throws IOException {
    Files.createDirectory(path, forThisUser(path));
  }

  /**
   * Creates a directory with a name that nobody can predict.
   *
   * @param parent the directory in which it is created
   * @param prefix the first part of the name
   * @return its path
   * @throws IOException if it cannot be created
   */
  static Path makeIn(Path parent, String prefix) throws IOException {
    Path path = unforeseen(parent, prefix);
    make(path);
    return path;
  }

  /**
   * Returns a path with a name that nobody can predict. Nothing is created.
   *
   * @param parent the parent directory of the path
   * @param prefix the first part of the name
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
