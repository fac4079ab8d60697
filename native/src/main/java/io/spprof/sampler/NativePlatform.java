package io.spprof.sampler;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * What a platform is called, which is the folder of its library in the jar: as JNA names platforms,
 * and {@code linux-musl-} where the C library is musl, as on Alpine. A library made for one C
 * library does not load, or worse, does not work, with the other. Nothing here needs JNA.
 */
final class NativePlatform {

  /**
   * Those that the Maven profile {@code all-platforms} builds for; native/Makefile has the same.
   */
  static final List<String> ALL =
      List.of("linux-x86-64", "linux-aarch64", "linux-musl-x86-64", "linux-musl-aarch64");

  private static final String LINUX = "linux-";

  private NativePlatform() {}

  /**
   * JNA's name of a platform, as its {@code Platform.RESOURCE_PREFIX} would have it.
   *
   * @param os of the system property os.name
   * @param arch of os.arch
   */
  static String named(String os, String arch) {
    return (os.startsWith("Mac") ? "darwin" : os.toLowerCase(Locale.ROOT))
        + "-"
        + (arch.equals("amd64") || arch.equals("x86_64") ? "x86-64" : arch);
  }

  /**
   * The name with musl.
   *
   * @return the same name if there is no such thing
   */
  static String withMusl(String platform) {
    return platform.startsWith(LINUX)
        ? LINUX + "musl-" + platform.substring(LINUX.length())
        : platform;
  }

  /** The name with the C library that this process runs with; it takes up to a millisecond. */
  static String ofThisProcess(String platform) {
    return platform.startsWith(LINUX) && isMusl(memoryMap()) ? withMusl(platform) : platform;
  }

  /**
   * Whether musl is in a process. Its one file is the loader, too. Alpine calls it
   * ld-musl-x86_64.so.1, and others libc.so, a name by which glibc has no library but a text for
   * linkers. What lies on the disk says nothing: both can be installed.
   *
   * @param memoryMap /proc/self/maps
   */
  static boolean isMusl(String memoryMap) {
    return memoryMap.contains("/ld-musl-")
        || memoryMap.contains("/libc.musl-")
        || memoryMap.contains("/libc.so\n");
  }

  /** A plain stream: at start-up, java.nio.file.Files would cost more than the reading. */
  private static String memoryMap() {
    try (InputStream maps = new FileInputStream("/proc/self/maps")) {
      return new String(maps.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // no /proc: then glibc, as nearly everywhere
    }
  }
}
