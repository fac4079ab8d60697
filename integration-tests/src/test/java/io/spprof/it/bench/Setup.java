package io.spprof.it.bench;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/**
 * The files that the benchmark uses, and how long it measures.
 *
 * @param java the java command of the target JVMs
 * @param feature its feature version, 17 for instance
 * @param agentJar spprof's agent jar
 * @param asyncLibrary async-profiler's library, unpacked
 * @param floorJar the agent of {@link Subject#FLOOR}
 * @param classPath the targets' class path: the workloads and async-profiler's API, no class of
 *     spprof
 * @param quick whether the run takes one minute instead of some
 * @param self whether async-profiler takes spprof's place
 * @param realtime whether {@link AlwaysOn} runs its JVMs in the real-time class
 */
record Setup(
    Path java,
    int feature,
    Path agentJar,
    Path asyncLibrary,
    Path floorJar,
    String classPath,
    boolean quick,
    boolean self,
    boolean realtime) {

  static Setup fromProperties(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path home = Path.of(System.getProperty("bench.java.home", System.getProperty("java.home")));
    Path agent = Path.of(System.getProperty("bench.agent")).toAbsolutePath().normalize();
    boolean self = Boolean.getBoolean("bench.self");
    if (!self && !Files.exists(agent)) {
      throw new IOException("no agent at " + agent + "; run ./mvnw -Pbench verify from the top");
    }
    return new Setup(
        home.resolve("bin/java"),
        feature(home),
        agent,
        unpackAsync(directory),
        packFloor(directory),
        String.join(
            File.pathSeparator,
            where(Setup.class.getName()),
            where("org.h2.Driver"),
            where("one.profiler.AsyncProfiler")),
        Boolean.getBoolean("bench.quick"),
        self,
        Boolean.getBoolean("bench.realtime"));
  }

  /** The first number in a full run, the second in a quick one. */
  int times(int full, int ifQuick) {
    return quick ? ifQuick : full;
  }

  private static int feature(Path home) throws IOException {
    String version =
        Files.readAllLines(home.resolve("release")).stream()
            .filter(line -> line.startsWith("JAVA_VERSION="))
            .findFirst()
            .orElseThrow(() -> new IOException("no JAVA_VERSION in " + home.resolve("release")));
    return Runtime.Version.parse(version.replaceAll(".*=|\"", "")).feature();
  }

  private static Path unpackAsync(Path directory) throws IOException {
    String arch = System.getProperty("os.arch").equals("amd64") ? "linux-x64" : "linux-arm64";
    Path library = directory.resolve("libasyncProfiler.so").toAbsolutePath();
    try (InputStream in = resource("/" + arch + "/libasyncProfiler.so")) {
      Files.write(library, in.readAllBytes());
    }
    return library;
  }

  private static Path packFloor(Path directory) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", FloorAgent.class.getName());
    Path jar = directory.resolve("floor-agent.jar").toAbsolutePath();
    List<Class<?>> classes = new ArrayList<>(List.of(FloorAgent.class));
    classes.addAll(List.of(FloorAgent.class.getDeclaredClasses()));
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      for (Class<?> type : classes) {
        String name = type.getName().replace('.', '/') + ".class";
        out.putNextEntry(new ZipEntry(name));
        try (InputStream in = resource("/" + name)) {
          in.transferTo(out);
        }
      }
    }
    return jar;
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = Setup.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException(name + " is not on the class path");
    }
    return in;
  }

  /** The jar or directory that contains a class. */
  private static String where(String className) throws IOException {
    try {
      Class<?> type = Class.forName(className, false, Setup.class.getClassLoader());
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (ClassNotFoundException | URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
