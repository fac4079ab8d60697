package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Unpacks the native library to the first place that works, and loads it from there. In that place
 * it creates a directory for the library, and removes both after loading. So the place is left
 * unchanged. Where no directory can be used, it loads the library from a file in memory.
 *
 * <p>A library that has sampled stays mapped after its class loader is collected
 * (docs/drain-protocol.md gives the reason). An application that is redeployed again and again must
 * not map the library once more each time. Therefore the library's path depends only on its content
 * and a small number. When glibc is asked for a path that it has already loaded, it returns the
 * existing mapping. The JVM refuses a path while the class loader that loaded from it is alive. In
 * that case the next number is tried.
 */
final class UnpackedLibrary {

  /**
   * The count of names that depend on the content. If all are taken, by other copies in use or by
   * other users' directories, a random name is used instead.
   */
  static final int NAMED = 8;

  private UnpackedLibrary() {}

  /**
   * Loads the library.
   *
   * @param content the library's bytes
   * @param places the places to which it may be unpacked
   * @throws SamplerException if it could not be loaded from any place; the message gives the reason
   *     for each place
   */
  static void load(byte[] content, LibraryPlaces places) throws SamplerException {
    List<String> refusals = new ArrayList<>();
    for (Path directory : places.directories()) {
      String refusal = loadFrom(directory, content, places);
      if (refusal == null) {
        return;
      }
      refusals.add(refusal.contains(directory.toString()) ? refusal : directory + ": " + refusal);
    }
    if (places.memory()) {
      String refusal = loadFromMemory(content);
      if (refusal == null) {
        return;
      }
      refusals.add("a file in memory: " + refusal);
    }
    throw new SamplerException(
        "the native library could not be loaded from anywhere ("
            + String.join("; ", refusals)
            + "); give the agent a directory to unpack it to with libdir=PATH, which the JVM's user"
            + " can write to and which is not mounted noexec, or one that has the jar's "
            + System.mapLibraryName("spprof")
            + " in it already");
  }

  /**
   * Loads the library from a directory. Returns null if it is loaded, else the reason for the
   * refusal.
   */
  private static String loadFrom(Path parent, byte[] content, LibraryPlaces places)
      throws SamplerException {
    boolean made = false;
    try {
      if (places.mayBeMade(parent) && Files.notExists(parent)) {
        TemporaryDirectory.make(parent);
        made = true;
      }
      String untrusted = places.mustBeTrusted(parent) ? TrustedDirectory.problem(parent) : "";
      if (!untrusted.isEmpty()) {
        return untrusted;
      }
      return places.only() == null ? unpackTo(parent, content) : loadFrom(parent, content);
    } catch (IOException e) {
      return e.toString();
    } finally {
      if (made) {
        remove(parent);
      }
    }
  }

  /**
   * Loads the library from the directory that the operator chose. An installed library is loaded as
   * it is. If there is none, or it is refused, the library is unpacked.
   */
  private static String loadFrom(Path parent, byte[] content) throws IOException, SamplerException {
    String installed = loadInstalled(parent, content);
    if (installed == null || installed.isEmpty()) {
      return installed == null ? null : unpackTo(parent, content);
    }
    String refusal;
    try {
      refusal = unpackTo(parent, content);
    } catch (IOException e) {
      refusal = e.toString();
    }
    return refusal == null ? null : installed + "; " + refusal;
  }

  /**
   * Loads the library that is installed in a directory, if it equals the jar's. Nothing has to be
   * written then.
   *
   * @return null if it is loaded, "" if the directory has no library, else the reason for the
   *     refusal
   */
  private static String loadInstalled(Path parent, byte[] content)
      throws IOException, SamplerException {
    if (!LibraryPlaces.hasLibrary(parent)) {
      return "";
    }
    Path file = LibraryPlaces.libraryIn(parent);
    String untrusted = TrustedDirectory.problemOfFile(file);
    if (!untrusted.isEmpty()) {
      return untrusted;
    }
    return Arrays.equals(Files.readAllBytes(file), content)
        ? load(file)
        : file + " is not the library of this jar for this platform; unpack that one";
  }

  private static String unpackTo(Path parent, byte[] content) throws IOException, SamplerException {
    String refusal = "";
    for (int number = 0; refusal != null && number <= NAMED; number++) {
      Path directory = make(parent, content, number);
      if (directory == null) {
        continue;
      }
      Path file = LibraryPlaces.libraryIn(directory);
      try {
        Files.write(file, content);
        refusal = load(file);
      } finally {
        remove(file);
        remove(directory);
      }
    }
    return refusal;
  }

  /**
   * Loads the library from a file in memory. Returns null if it is loaded, else the reason for the
   * refusal.
   */
  static String loadFromMemory(byte[] content) throws SamplerException {
    String refusal = "";
    try {
      for (int number = 0; refusal != null && number <= NAMED; number++) {
        String name = name(content, number);
        Path there = MemoryFile.find(name);
        Path file = there == null ? MemoryFile.make(name, content) : there;
        refusal = load(file);
        if (refusal != null && there == null) {
          MemoryFile.close(file);
        }
      }
    } catch (IOException e) {
      return e.getMessage();
    }
    return refusal;
  }

  /**
   * Loads the library from a file.
   *
   * @return null if it is loaded, else why the system or the JVM refuses it at this path
   * @throws SamplerException if the JVM would refuse it at every path
   */
  private static String load(Path file) throws SamplerException {
    try {
      System.load(file.toString());
      return null;
    } catch (IllegalCallerException e) {
      throw new SamplerException(
          "this JVM forbids native access ("
              + e.getMessage()
              + "); start it with --enable-native-access=ALL-UNNAMED");
    } catch (LinkageError e) {
      return String.valueOf(e.getMessage()).replace(file + ": ", "");
    }
  }

  /**
   * Creates a directory that only this user can enter. A file or directory that exists is not
   * touched, whoever created it.
   *
   * @param number 0 to {@link #NAMED} - 1 for a name that depends on the content; {@link #NAMED}
   *     for a name that nobody can predict
   * @return null if the name is taken
   */
  private static Path make(Path parent, byte[] content, int number) throws IOException {
    if (number == NAMED) {
      return TemporaryDirectory.makeIn(parent, "spprof-");
    }
    try {
      Path directory = parent.resolve(name(content, number));
      TemporaryDirectory.make(directory);
      return directory;
    } catch (FileAlreadyExistsException e) {
      return null;
    }
  }

  /**
   * Returns a name that is equal for equal contents. Another build of the library in the same JVM
   * gets another name, so it does not get this one's mapping.
   */
  static String name(byte[] content, int number) {
    CRC32 sum = new CRC32();
    sum.update(content);
    return "spprof-" + content.length + "-" + Long.toHexString(sum.getValue()) + "-" + number;
  }

  /**
   * Removes a file or an empty directory. On Linux and macOS a mapped library does not need its
   * file.
   */
  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // NFS keeps a mapped file under another name. It is better to leave a file than not to load
      // the library.
    }
  }
}
