package io.spprof.sampler;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The directories into which the native library may be unpacked, in the order in which they are
 * tried. The first directory works on most systems. The later ones are for systems on which {@code
 * java.io.tmpdir} is missing, full, read-only or mounted noexec.
 *
 * @param only the directory that the operator chose, which is then the only one; null for none
 * @param output the directory for dumps, which is tried as well; null for none
 */
public record LibraryDirectories(Path only, Path output) {

  /** The operator chose no directory, and there is no directory for dumps. */
  public static final LibraryDirectories DEFAULT = new LibraryDirectories(null, null);

  /**
   * Returns the directories to try. They are determined again for each attempt, because {@code
   * java.io.tmpdir} can change.
   *
   * @return the directories in the order in which to try them, not empty
   */
  Set<Path> paths() {
    Set<Path> all = new LinkedHashSet<>();
    if (only != null) {
      all.add(only);
      return all;
    }
    all.add(TemporaryDirectory.path());
    if (output != null) {
      all.add(output);
    }
    all.add(Path.of("/dev/shm"));
    all.add(Path.of("/var/tmp"));
    return all;
  }

  /**
   * Returns whether the library may be unpacked into a directory only if the directory can be
   * trusted. In a trusted directory, nobody else can replace the library before it is loaded.
   * {@code java.io.tmpdir} need not be trusted: it is as safe as the application's own use of it.
   * Containers often mount a volume there that everybody may write to, but that only one user sees.
   */
  boolean mustBeTrusted(Path directory) {
    return only != null || !directory.equals(TemporaryDirectory.path());
  }

  /**
   * Returns whether a missing directory is created for the library and removed again. Only the
   * directory for dumps is; the first dump would create it, too.
   */
  boolean mayBeMade(Path directory) {
    return only == null && directory.equals(output);
  }

  /**
   * Returns whether a directory contains a library of the profiler, of this or another version.
   *
   * @param directory any directory, not null
   */
  public static boolean hasLibrary(Path directory) {
    return Files.exists(libraryIn(directory), LinkOption.NOFOLLOW_LINKS);
  }

  static Path libraryIn(Path directory) {
    return directory.resolve(System.mapLibraryName("spprof"));
  }

  /** Returns whether the library may be loaded from a file in memory, which needs no directory. */
  boolean memory() {
    return only == null;
  }
}
