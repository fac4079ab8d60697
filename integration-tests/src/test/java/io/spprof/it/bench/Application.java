package io.spprof.it.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An application that the profilers are tried on, in a JVM of its own. Most use much native code.
 *
 * <p>{@code -Dbench.jars=DIR} is a directory with the jars of sqlite-jdbc, rocksdbjni, netty (with
 * its native transport for epoll), Clojure and Lucene. Applications whose jars are missing are left
 * out. {@code -Dbench.loads=h2,zlib} chooses some loads.
 *
 * @param name the name in a table
 * @param load the name that {@link ApplicationLoad} knows
 * @param jar a part of the name of a jar that the load needs; "" if it needs none
 * @param flags of its JVM
 */
record Application(String name, String load, String jar, List<String> flags) {

  private static final List<Application> ALL =
      List.of(
          of("h2", ""),
          of("javac", ""),
          of("zlib", ""),
          of("sqlite", "sqlite-jdbc"),
          of("rocksdb", "rocksdbjni"),
          of("netty", "netty-transport-native-epoll"),
          of("clojure", "clojure-1"),
          of("lucene", "lucene-core"),
          of("gc", "", "-XX:+UseSerialGC"),
          of("gc", "", "-XX:+UseParallelGC"),
          of("gc", "", "-XX:+UseG1GC"),
          of("gc", "", "-XX:+UseShenandoahGC"),
          of("gc", "", "-XX:+UseZGC"));

  private static Application of(String load, String jar, String... flags) {
    String name = (load + " " + String.join(" ", flags)).trim();
    return new Application(name, load, jar, List.of(flags));
  }

  /** The chosen loads whose jars are at hand. */
  static List<Application> wanted() throws IOException {
    String jars = jars();
    List<String> wanted = List.of(System.getProperty("bench.loads", "").split(","));
    return ALL.stream()
        .filter(load -> jars.contains(load.jar))
        .filter(load -> wanted.contains("") || wanted.contains(load.load))
        .toList();
  }

  private static String jars() throws IOException {
    String folder = System.getProperty("bench.jars", "");
    if (folder.isEmpty()) {
      return "";
    }
    try (var files = Files.list(Path.of(folder))) {
      return String.join(
          File.pathSeparator,
          files.map(Path::toString).filter(file -> file.endsWith(".jar")).toList());
    }
  }

  /**
   * Starts a JVM.
   *
   * @param ours whether it has spprof's agent
   * @param main its main class, whose first argument is the load
   * @param arguments the other arguments
   * @return not null
   */
  Process start(Setup setup, boolean ours, Class<?> main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(setup.java().toString(), "-Xmx512m"));
    command.addAll(flags);
    command.add("-XX:+UnlockDiagnosticVMOptions");
    command.add("-XX:+DebugNonSafepoints");
    if (ours) {
      command.add("-javaagent:" + setup.agentJar());
    }
    if (setup.feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", setup.classPath() + File.pathSeparator + jars(), main.getName()));
    command.add(load);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
