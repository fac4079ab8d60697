package io.spprof.it;

import com.sun.jna.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.lang3.StringUtils;

/** The paths of files and directories, which the build passes in system properties. */
public final class TestPaths {

  private static final AtomicInteger DIRECTORIES = new AtomicInteger();

  private TestPaths() {}

  /** The agent under test. */
  public static Path agentJar() {
    return existing(property("spprof.it.agent"));
  }

  /** A program or library that the build copied. */
  static Path library(String fileName) {
    return existing(property("spprof.it.lib").resolve(fileName));
  }

  /** The jar or directory from which a class was loaded. */
  static Path classPathEntry(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A program of the JDK that runs the tests. */
  static Path jdkProgram(String name) {
    return existing(Path.of(System.getProperty("java.home"), "bin", name));
  }

  /**
   * The beginning of a command that runs a short Java program. Its flags save about a third of the
   * CPU time of such a JVM.
   */
  static List<String> shortJava() {
    return List.of(jdkProgram("java").toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
  }

  /** The jars that a program gets that depends on io.spprof:spprof-jmx. */
  static List<Path> profiler() throws IOException {
    return List.of(
        publishedJar("jmx"),
        publishedJar("core"),
        publishedJar("native"),
        classPathEntry(Native.class),
        classPathEntry(StringUtils.class));
  }

  /** The jar of one of the project's modules, as it is published. */
  static Path publishedJar(String module) throws IOException {
    Path target = existing(project().resolve(module).resolve("target"));
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(target, "spprof-" + module + "-*.jar")) {
      for (Path jar : jars) {
        if (!jar.toString().matches(".*-(tests|sources|javadoc|agent)[.]jar")) {
          return jar;
        }
      }
    }
    throw new IllegalStateException(target + " has no jar: build the whole project");
  }

  /** The project's directory. */
  static Path project() {
    return existing(property("spprof.it.dir").getParent().getParent().getParent());
  }

  /** A new empty directory in the build's directory. */
  static Path newDirectory(String name) {
    try {
      Path parent = property("spprof.it.dir");
      Path directory =
          parent.resolve(
              name + "-" + ProcessHandle.current().pid() + "-" + DIRECTORIES.incrementAndGet());
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file for people to read, in the build's directory. */
  public static Path output(String fileName) {
    return property("spprof.it.dir").resolveSibling(fileName);
  }

  private static Path property(String key) {
    String value = System.getProperty(key);
    if (value == null) {
      throw new IllegalStateException("run through Maven: the system property " + key + " is gone");
    }
    return Path.of(value).toAbsolutePath().normalize();
  }

  private static Path existing(Path path) {
    if (!Files.exists(path)) {
      throw new IllegalStateException(path + " does not exist: build the whole project");
    }
    return path;
  }
}
