package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.CRC32;

/**
 * Unpacks the library into a directory of its own, loads it from there, and removes both again.
 *
 * <p>A library that sampled stays mapped when its class loader goes (docs/drain-protocol.md says
 * why). So that an application which is redeployed again and again does not map it once more each
 * time, the directory's name depends on nothing but the content and a small number: asked for a
 * path that it has loaded, glibc gives the mapping that is there. The JVM refuses a path only as
 * long as the class loader that loaded from it lives; then it is the next number's turn.
 */
final class UnpackedLibrary {

  /** More copies than these at one time, or other users' directories in the way, are no problem. */
  static final int NAMED = 8;

  private UnpackedLibrary() {}

  /**
   * Loads it.
   *
   * @throws IOException if it cannot be unpacked
   * @throws SamplerException if the JVM or the system refuses to load it
   */
  static void load(byte[] content) throws IOException, SamplerException {
    LinkageError refused = null;
    for (int number = 0; number <= NAMED; number++) {
      Path directory = make(content, number);
      if (directory == null) {
        continue;
      }
      Path file = directory.resolve(System.mapLibraryName("spprof"));
      try {
        Files.write(file, content);
        System.load(file.toString());
        return;
      } catch (IllegalCallerException e) {
        throw new SamplerException(
            "this JVM forbids native access ("
                + e.getMessage()
                + "); start it with --enable-native-access=ALL-UNNAMED");
      } catch (LinkageError e) {
        refused = e;
      } finally {
        remove(file);
        remove(directory);
      }
    }
    throw new SamplerException(
        "the native library could not be loaded: "
            + refused.getMessage()
            + "; if "
            + temporary()
            + " is mounted noexec, make -Djava.io.tmpdir point elsewhere");
  }

  /**
   * A new directory that only this user can enter. What is there already is not touched, whoever
   * made it.
   *
   * @param number {@link #NAMED} for one with a name that nobody can foresee
   * @return null if the name is taken
   */
  private static Path make(byte[] content, int number) throws IOException {
    if (number == NAMED) {
      return Files.createTempDirectory("spprof-");
    }
    FileAttribute<?> mine =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    try {
      return Files.createDirectory(directory(content, number), mine);
    } catch (FileAlreadyExistsException e) {
      return null;
    }
  }

  /** Equal for equal contents: another build in the same JVM must not get this one's mapping. */
  static Path directory(byte[] content, int number) {
    CRC32 sum = new CRC32();
    sum.update(content);
    return temporary()
        .resolve(
            "spprof-" + content.length + "-" + Long.toHexString(sum.getValue()) + "-" + number);
  }

  /** On Linux and macOS a mapped library needs its file no more. */
  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // NFS keeps a mapped file under another name: better a file left than a library not loaded.
    }
  }

  private static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }
}
