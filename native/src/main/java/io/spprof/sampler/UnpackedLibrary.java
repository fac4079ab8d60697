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
 * Unpacks the native library into the first directory that works, and loads it from there. In that
 * directory it creates a subdirectory with the library, and removes both after loading, so nothing
 * remains. If no directory can be used, it loads the library from a file in memory.
 *
 * <p>A library that has sampled stays mapped after its class loader is collected
 * (docs/drain-protocol.md gives the reason). An application that is redeployed many times must not
 * map another copy each time. The path of the library therefore depends only on the library's
 * content and a small number. If glibc is asked for a path that it has already loaded, it returns
 * the existing mapping. The JVM, however, refuses a path while the class loader that loaded from
 * this path is alive. In this case the next number is tried.
 */
final class UnpackedLibrary {

  /**
   * The number of names that depend on the content. All of them can be taken, by other copies in
   * use or by other users' directories. A random name is then used instead.
   */
  static final int NAMED = 8;

  /** See {@link #directory}. */
  private static volatile Path directory;

  private UnpackedLibrary() {}

  /**
   * Returns the directory that the library was unpacked to. This JVM can write to it and execute
   * from it.
   *
   * @return null if the library was not unpacked to a directory
   */
  static Path directory() {
    return directory;
  }

  /**
   * Loads the library.
   *
   * @param content the library's bytes
   * @param directories the directories into which the library may be unpacked
   * @throws SamplerException if the library could not be loaded from any directory, nor from
   *     memory; the message gives each reason
   */
  static void load(byte[] content, LibraryDirectories directories) throws SamplerException {
    List<String> refusals = new ArrayList<>();
    for (Path directory : directories.paths()) {
      String refusal = loadFrom(directory, content, directories);
      if (refusal == null) {
        return;
      }
      refusals.add(refusal.contains(directory.toString()) ? refusal : directory + ": " + refusal);
    }
    if (directories.memory()) {
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
   * Loads the library from a directory.
   *
   * @return null if it is loaded; otherwise the reason for the refusal
   */
  private static String loadFrom(Path parent, byte[] content, LibraryDirectories directories)
      throws SamplerException {
    boolean made = false;
    try {
      if (directories.mayBeMade(parent) && Files.notExists(parent)) {
        TemporaryDirectory.make(parent);
        made = true;
      }
      String untrusted = directories.mustBeTrusted(parent) ? TrustedDirectory.problem(parent) : "";
      if (!untrusted.isEmpty()) {
        return untrusted;
      }
      return directories.only() == null ? unpackTo(parent, content) : loadFrom(parent, content);
    } catch (IOException e) {
      return e.toString();
    } finally {
      if (made) {
        remove(parent);
      }
    }
  }

  /**
   * Loads the library from the directory that the operator chose. If the library is installed in
   * this directory, the installed file is loaded. If it is not installed, or if the installed file
   * is refused, the library is unpacked into the directory.
   *
   * @return null if it is loaded; otherwise the reason for the refusal
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
   * Loads the library that is installed in a directory, if its content equals the library in the
   * jar. Nothing has to be written in this case.
   *
   * @return null if it is loaded; "" if the directory has no library; otherwise the reason for the
   *     refusal
   */
  private static String loadInstalled(Path parent, byte[] content)
      throws IOException, SamplerException {
    if (!LibraryDirectories.hasLibrary(parent)) {
      return "";
    }
    Path file = LibraryDirectories.libraryIn(parent);
    String untrusted = TrustedDirectory.problemOfFile(file);
    if (!untrusted.isEmpty()) {
      return untrusted;
    }
    return Arrays.equals(Files.readAllBytes(file), content)
        ? load(file)
        : file
            + " is not the library of this jar for this platform; unpack this jar's library there";
  }

  /**
   * Unpacks the library into a new directory, loads it, and removes the file and the directory. If
   * a name is taken or the JVM refuses the path, tries the next name.
   *
   * @return null if it is loaded; otherwise the reason for the refusal
   */
  private static String unpackTo(Path parent, byte[] content) throws IOException, SamplerException {
    String refusal = "";
    for (int number = 0; refusal != null && number <= NAMED; number++) {
      Path directory = make(parent, content, number);
      if (directory == null) {
        continue;
      }
      Path file = LibraryDirectories.libraryIn(directory);
      try {
        Files.write(file, content);
        refusal = load(file);
      } finally {
        remove(file);
        remove(directory);
      }
    }
    if (refusal == null) {
      UnpackedLibrary.directory = parent;
    }
    return refusal;
  }

  /**
   * Loads the library from a file in memory.
   *
   * @return null if it is loaded; otherwise the reason for the refusal
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
   * @return null if it is loaded; otherwise why the system or the JVM refuses the library at this
   *     path
   * @throws SamplerException if the JVM would refuse the library at every path
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
   * Creates a directory that only this user can enter. Does not touch a file or directory that
   * exists, whoever created it.
   *
   * @param number 0 to {@link #NAMED} - 1 for a name that depends on the content; {@link #NAMED}
   *     for a name that nobody can predict
   * @return the directory; null if the name is taken
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
   * Returns a name that is the same for the same content. Another build of the library in the same
   * JVM gets another name, and therefore does not get the mapping of this build.
   */
  static String name(byte[] content, int number) {
    CRC32 sum = new CRC32();
    sum.update(content);
    return "spprof-" + content.length + "-" + Long.toHexString(sum.getValue()) + "-" + number;
  }

  /**
   * Removes a file or an empty directory. On Linux and macOS a mapped library does not need its
   * file any more.
   */
  private static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // NFS keeps a mapped file under another name. A file that remains is better than a library
      // that is not loaded.
    }
  }
}
