package io.spprof.sampler;

import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Finds the native library for this platform ({@link NativePlatform}) in the jar, and lets {@link
 * UnpackedLibrary} unpack and load it.
 *
 * <p>Of JNA, this class uses only {@code Platform}, which costs nearly nothing. JNA could also
 * unpack the library. But JNA would first load its own library, which takes some 100 ms of CPU time
 * at the first start of a session, only to copy one file.
 */
final class NativeLibrary {

  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Returns whether the jar has a library for this platform. The agent calls this method at
   * start-up, so the method uses no class of JNA. If the jar has a library for each of the two C
   * libraries, glibc and musl, the method does not find out which of them the process uses.
   *
   * @return "" if the jar has a library; otherwise a message that names the missing library
   */
  static String unavailable() {
    String platform =
        NativePlatform.named(
            String.valueOf(System.getProperty("os.name")),
            String.valueOf(System.getProperty("os.arch")));
    if (isIn(platform) && isIn(NativePlatform.withMusl(platform))) {
      return "";
    }
    String exact = NativePlatform.ofThisProcess(platform);
    return isIn(exact) ? "" : missing(exact);
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
   * @param places the directories into which the library may be unpacked
   * @throws SamplerException if the jar has no library for this platform, or if the system refuses
   *     to load the library
   */
  static synchronized void load(LibraryPlaces places) throws SamplerException {
    if (loaded) {
      return;
    }
    String platform = NativePlatform.ofThisProcess(Platform.RESOURCE_PREFIX);
    try (InputStream library = NativeLibrary.class.getResourceAsStream(resource(platform))) {
      if (library == null) {
        throw new SamplerException(missing(platform));
      }
      UnpackedLibrary.load(library.readAllBytes(), places);
      loaded = true;
    } catch (IOException e) {
      throw new SamplerException(
          "the native library could not be read from the jar ("
              + e
              + "); if the jar was replaced since the JVM was started, start the JVM again");
    }
  }
}
