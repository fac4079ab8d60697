package io.spprof.sampler;

import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * Finds the native library for this platform, as JNA names platforms, unpacks it to a directory of
 * its own (the JVM refuses to load one file for two class loaders), loads it, and removes the file
 * again.
 *
 * <p>Only JNA's {@code Platform} is used here, which is nearly free. Its unpacking would first load
 * JNA's own library, some 100 ms of CPU at the first start of a session, to copy one file.
 */
final class NativeLibrary {

  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Whether the jar has a library for this platform. Asked at start-up, so without any class of
   * JNA.
   *
   * @return "" if it has one, else what is missing
   */
  static String unavailable() {
    String os = String.valueOf(System.getProperty("os.name"));
    String arch = String.valueOf(System.getProperty("os.arch"));
    // As JNA's Platform.RESOURCE_PREFIX has it; a test compares the two.
    String platform =
        (os.startsWith("Mac") ? "darwin" : os.toLowerCase(Locale.ROOT))
            + "-"
            + (arch.equals("amd64") || arch.equals("x86_64") ? "x86-64" : arch);
    return NativeLibrary.class.getResource(resource(platform)) == null ? missing(platform) : "";
  }

  private static String resource(String platform) {
    return "/io/spprof/sampler/" + platform + "/" + System.mapLibraryName("spprof");
  }

  private static String missing(String platform) {
    return "this jar has no native library for "
        + platform
        + "; use a jar that was built for it (see README: platforms)";
  }

  /**
   * Loads the library, once.
   *
   * @throws SamplerException if there is none for this platform, or the system refuses to load it
   */
  static synchronized void load() throws SamplerException {
    if (loaded) {
      return;
    }
    try (InputStream library =
        NativeLibrary.class.getResourceAsStream(resource(Platform.RESOURCE_PREFIX))) {
      if (library == null) {
        throw new SamplerException(missing(Platform.RESOURCE_PREFIX));
      }
      UnpackedLibrary.load(library.readAllBytes());
      loaded = true;
    } catch (IOException e) {
      throw new SamplerException(
          "the native library could not be unpacked ("
              + e
              + "); make -Djava.io.tmpdir point to a directory that can be written to");
    }
  }
}
