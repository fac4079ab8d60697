package io.spprof.jmx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;

/** The version of the profiler. The build writes the version into a resource of the jar. */
public final class Version {

  private static final String VERSION = read();

  private Version() {}

  /**
   * Returns the version.
   *
   * @return not null; "unknown" if the jar has no version
   */
  public static String get() {
    return VERSION;
  }

  private static String read() {
    try (InputStream in = Version.class.getResourceAsStream("version.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), UTF_8).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }
}
