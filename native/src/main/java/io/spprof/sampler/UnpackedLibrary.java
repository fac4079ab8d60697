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
 * Unpacks the library to the first of its places that works and loads it from there. A directory is
 * left as it was: the library gets a directory of its own in it, and both are removed again. Where
 * no directory can be used, the library is loaded from a file in memory.
 *
 * <p>A library that sampled stays mapped when its class loader goes (docs/drain-protocol.md says
 * why). So that an application which is redeployed again and again does not map it once more each
 * time, its name depends on nothing but the content and a small number: asked for a path that it
 * has loaded, glibc gives the mapping that is there. The JVM refuses a path only as long as the
 * class loader that loaded from it lives; then it is the next number's turn.
 */
final class UnpackedLibrary {

  /** More copies than these at one time, or other users' directories in the way, are no problem. */
  static final int NAMED = 8;

  private UnpackedLibrary() {}

  /**
   * Loads it.
   *
   * @param content the library's bytes
   * @param places where it may be unpacked to
   * @throws SamplerException if it could be loaded from no place, with each place's reason
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

  /** Returns null if it is loaded, else why not from there. */
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

  /** From the directory that the operator chose: as it is there, else unpacked. */
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
   * Loads the library that lies in a directory, if it is the jar's: so nothing has to be written.
   *
   * @return null if it is loaded, "" if there is none, else why not
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

  /** Returns null if it is loaded, else why not. */
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
   * Loads a file.
   *
   * @return null if it is loaded, else why the system or the JVM refuses it there
   * @throws SamplerException if the JVM would refuse it everywhere
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
   * A new directory that only this user can enter. What is there already is not touched, whoever
   * made it.
   *
   * @param number {@link #NAMED} for one with a name that nobody can foresee
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

  /** Equal for equal contents: another build in the same JVM must not get this one's mapping. */
  static String name(byte[] content, int number) {
    CRC32 sum = new CRC32();
    sum.update(content);
    return "spprof-" + content.length + "-" + Long.toHexString(sum.getValue()) + "-" + number;
  }

  /** On Linux and macOS a mapped library needs its file no more. */
  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // NFS keeps a mapped file under another name: better a file left than a library not loaded.
    }
  }
}
