package io.spprof.sampler;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The places to which the native library may be unpacked, in the order in which they are tried. The
 * first place works on most systems. The later ones serve where {@code java.io.tmpdir} is missing,
 * full, read-only or mounted noexec.
 *
 * @param only the directory that the operator chose, the only place that is tried then; null for
 *     none
 * @param output the directory for dumps, which is tried as well; null for none
 */
public record LibraryPlaces(Path only, Path output) {

  /** The operator chose no directory, and there is no directory for dumps. */
  public static final LibraryPlaces DEFAULT = new LibraryPlaces(null, null);

  /**
   * Returns the directories to try. They are read anew for each attempt, because {@code
   * java.io.tmpdir} can change.
   *
   * @return in the order in which to try them, not empty
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
   * Whether a directory must be trusted: nobody else can replace the library in it before the
   * library is loaded. This is not required of {@code java.io.tmpdir}, which is as safe as the
   * application's own use of it. Containers often mount a volume there that is writable for all,
   * but that only one user sees.
   */
  boolean mustBeTrusted(Path directory) {
    return only != null || !directory.equals(TemporaryDirectory.path());
  }

  /**
   * Whether a directory that does not exist is created for the library, and removed again. This
   * holds for the directory for dumps only, which the first dump creates, too.
   */
  boolean mayBeMade(Path directory) {
    return only == null && directory.equals(output);
  }

  /**
   * Whether a directory contains a library of the profiler, of this or another version.
   *
   * @param directory any, not null
   */
  public static boolean hasLibrary(Path directory) {
    return Files.exists(libraryIn(directory), LinkOption.NOFOLLOW_LINKS);
  }

  static Path libraryIn(Path directory) {
    return directory.resolve(System.mapLibraryName("spprof"));
  }

  /** Whether the library may be loaded from a file in memory, which needs no directory. */
  boolean memory() {
    return only == null;
  }
}
