package io.spprof.sampler;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Where the native library may be unpacked to, in order: the first place works in most systems, the
 * later ones serve where {@code java.io.tmpdir} is missing, full, read-only or mounted noexec.
 *
 * @param only the directory that the operator chose; no other place is tried then. Null for none
 * @param output the directory for dumps, which is tried as well; null for none
 */
public record LibraryPlaces(Path only, Path output) {

  /** Nothing chosen. */
  public static final LibraryPlaces DEFAULT = new LibraryPlaces(null, null);

  /**
   * The directories, read anew for each attempt, because {@code java.io.tmpdir} can change.
   *
   * @return not empty
   */
  Set<Path> directories() {
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
   * Whether a place has to be one where nobody else can replace the library before it is loaded.
   * {@code java.io.tmpdir} is as safe as the application's own use of it: containers often have a
   * volume there that all may write to, and that only one user sees.
   */
  boolean mustBeTrusted(Path directory) {
    return only != null || !directory.equals(TemporaryDirectory.path());
  }

  /** Whether a place that is not there is made, and removed again: the first dump makes it, too. */
  boolean mayBeMade(Path directory) {
    return only == null && directory.equals(output);
  }

  /**
   * Whether a directory has a library in it, of this or another version.
   *
   * @param directory any, not null
   */
  public static boolean hasLibrary(Path directory) {
    return Files.exists(libraryIn(directory), LinkOption.NOFOLLOW_LINKS);
  }

  static Path libraryIn(Path directory) {
    return directory.resolve(System.mapLibraryName("spprof"));
  }

  /** Whether a file in memory may be used, which needs no directory. */
  boolean memory() {
    return only == null;
  }
}
