package io.spprof.jmx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;

/** The version that the build wrote into a resource. */
public final class Version {

  private static final String VERSION = read();

  private Version() {}

  /**
   * The version.
   *
   * @return "unknown" where the build left none; not null
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
