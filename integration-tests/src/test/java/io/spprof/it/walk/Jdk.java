package io.spprof.it.walk;

import io.spprof.it.Programs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A JDK to profile.
 *
 * @param home its directory
 * @param feature its feature release: 17, 21, 25
 * @param version its version, from its file "release"
 */
record Jdk(Path home, int feature, String version) {

  private static final Map<List<String>, Boolean> OFFERED = new ConcurrentHashMap<>();

  /** Reads the version from the JDK's file "release". */
  static Jdk at(Path home) {
    Properties release = new Properties();
    try {
      release.load(new ByteArrayInputStream(Programs.readAsTargets(home.resolve("release"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String version = release.getProperty("JAVA_VERSION").replace("\"", "");
    return new Jdk(home, Runtime.Version.parse(version).feature(), version);
  }

  /** Whether the JDK starts with these flags. Builds of HotSpot differ in what they contain. */
  boolean offers(List<String> flags) {
    List<String> command = new ArrayList<>(List.of(home.resolve("bin/java").toString()));
    command.addAll(flags);
    command.add("-version");
    return OFFERED.computeIfAbsent(command, Jdk::succeeds);
  }

  private static boolean succeeds(List<String> command) {
    try {
      return Programs.statusWhereTargetsRun(command) == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
