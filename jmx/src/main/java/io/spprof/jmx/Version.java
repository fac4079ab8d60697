package io.spprof.jmx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;

/** The profiler's version, which the build writes into a resource. */
public final class Version {

  private static final String VERSION = read();

  private Version() {}

  /**
   * The version.
   *
   * @return "unknown" if the build wrote none; not null
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
