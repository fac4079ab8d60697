package io.spprof.sampler;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Finds the name of the platform that this process runs on. The folder of the platform's native
 * library in the jar has the same name. The names are JNA's. On Linux with the C library musl, as
 * on Alpine, the names begin with {@code linux-musl-}: a library built for one C library does not
 * load with the other, or it loads and malfunctions. This class does not use JNA.
 */
final class NativePlatform {

  /**
   * The platforms for which the Maven profile {@code all-platforms} builds. native/Makefile has the
   * same list.
   */
  static final List<String> ALL =
      List.of(
          "linux-x86-64",
          "linux-aarch64",
          "linux-musl-x86-64",
          "linux-musl-aarch64",
          "darwin-x86-64",
          "darwin-aarch64");

  private static final String LINUX = "linux-";

  private NativePlatform() {}

  /**
   * Returns JNA's name of a platform, as in its {@code Platform.RESOURCE_PREFIX}.
   *
   * @param os the value of the system property os.name
   * @param arch the value of the system property os.arch
   */
  static String named(String os, String arch) {
    return (os.startsWith("Mac") ? "darwin" : os.toLowerCase(Locale.ROOT))
        + "-"
        + (arch.equals("amd64") || arch.equals("x86_64") ? "x86-64" : arch);
  }

  /** Returns the name of a platform's library, without its folder. */
  static String libraryFile(String platform) {
    return platform.startsWith("darwin-") ? "libspprof.dylib" : "libspprof.so";
  }

  /**
   * Returns the name of the same platform with musl.
   *
   * @return the argument itself if the platform is not Linux
   */
  static String withMusl(String platform) {
    return platform.startsWith(LINUX)
        ? LINUX + "musl-" + platform.substring(LINUX.length())
        : platform;
  }

  /**
   * Returns the name of the platform with the C library that this process uses. The call takes up
   * to a millisecond.
   */
  static String ofThisProcess(String platform) {
    return platform.startsWith(LINUX) && isMusl(memoryMap()) ? withMusl(platform) : platform;
  }

  /**
   * Returns whether a process uses musl. The C library musl is one file, which is also the dynamic
   * loader. Alpine names the file ld-musl-x86_64.so.1. Other distributions name it libc.so. (On a
   * system with glibc, libc.so is not a library but a text for linkers.) Files on the disk show
   * nothing, because both C libraries can be installed. The mapped files decide.
   *
   * @param memoryMap the content of /proc/self/maps
   */
  static boolean isMusl(String memoryMap) {
    return memoryMap.contains("/ld-musl-")
        || memoryMap.contains("/libc.musl-")
        || memoryMap.contains("/libc.so\n");
  }

  /**
   * Reads the memory map of this process through a plain stream. At start-up, loading
   * java.nio.file.Files would cost more than reading the map.
   */
  private static String memoryMap() {
    try (InputStream maps = new FileInputStream("/proc/self/maps")) {
      return new String(maps.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // Without /proc, assume glibc, which nearly every system uses.
    }
  }
}
