package io.spprof.sampler;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Finds the native library for this platform ({@link NativePlatform}) in the jar, and lets {@link
 * UnpackedLibrary} unpack and load it. Refuses a JVM in which the library would be of no use
 * ({@link UnsupportedJvm}).
 *
 * <p>JNA could also unpack the library. But JNA would first load its own library, which takes some
 * 100 ms of CPU time at the first start of a session, only to copy one file.
 */
final class NativeLibrary {

  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Returns whether a session can start in this JVM, as far as can be seen without loading the
   * library. The agent calls this method at start-up, so the method uses no class of JNA. If the
   * jar has a library for each of the two C libraries, glibc and musl, the method does not find out
   * which of them the process uses.
   *
   * @return "" if a session can start; otherwise a message that names the cause and the remedy
   */
  static String unavailable() {
    String unsupported = unsupported();
    String platform = platform();
    if (!unsupported.isEmpty() || isIn(platform) && isIn(NativePlatform.withMusl(platform))) {
      return unsupported;
    }
    String exact = NativePlatform.ofThisProcess(platform);
    return isIn(exact) ? "" : missing(exact);
  }

  private static String unsupported() {
    return UnsupportedJvm.problem(
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        System.getProperty("sun.arch.data.model"),
        System.getProperty("java.vm.name"));
  }

  private static String platform() {
    return NativePlatform.named(
        String.valueOf(System.getProperty("os.name")),
        String.valueOf(System.getProperty("os.arch")));
  }

  private static String resource(String platform) {
    return "/io/spprof/sampler/" + platform + "/" + NativePlatform.libraryFile(platform);
  }

  private static boolean isIn(String platform) {
    return NativeLibrary.class.getResource(resource(platform)) != null;
  }

  /** Returns the message that the jar has no library for a platform. */
  static String missing(String platform) {
    List<String> have = NativePlatform.ALL.stream().filter(NativeLibrary::isIn).toList();
    return "this jar has no native library for "
        + platform
        + "; it has "
        + (have.isEmpty() ? "none at all" : "those for " + String.join(", ", have))
        + "; use a jar that was built for this platform (see README: Platforms)";
  }

  /**
   * Loads the library at the first call. Later calls do nothing.
   *
   * @param directories the directories into which the library may be unpacked
   * @throws SamplerException if the profiler does not support this JVM, if the jar has no library
   *     for this platform, or if the system refuses to load the library
   */
  static synchronized void load(LibraryDirectories directories) throws SamplerException {
    String unsupported = unsupported();
    if (!unsupported.isEmpty()) {
      throw new SamplerException(unsupported);
    }
    if (loaded) {
      return;
    }
    String platform = NativePlatform.ofThisProcess(platform());
    try (InputStream library = NativeLibrary.class.getResourceAsStream(resource(platform))) {
      if (library == null) {
        throw new SamplerException(missing(platform));
      }
      UnpackedLibrary.load(library.readAllBytes(), directories);
      loaded = true;
    } catch (IOException e) {
      throw new SamplerException(
          "the native library could not be read from the jar ("
              + e
              + "); if the jar was replaced since the JVM was started, start the JVM again");
    }
  }
}
