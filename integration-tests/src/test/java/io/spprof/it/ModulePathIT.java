package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Compiles and runs a modular program that embeds the profiler, with the jars that are published.
 */
class ModulePathIT {

  /** Commons Lang is a module of its own, which an automatic module cannot require. */
  private static final String MODULE =
      """
      module embedding {
        requires io.spprof.jmx;
        requires java.management;
        requires org.apache.commons.lang3;
      }
      """;

  private static final String PROGRAM =
      """
      package embedding;

      import io.spprof.jmx.Spprof;

      public class Main {
        static volatile double sink;

        public static void main(String[] args) throws Exception {
          try (Spprof spprof = Spprof.register()) {
            spprof.bean().startWith("interval=1ms");
            while (spprof.bean().getCollectedSamples() < 20) {
              spin();
            }
            spprof.bean().stop();
            System.out.println(spprof.bean().collapsed(0).contains("embedding.Main.spin"));
            System.out.println(Spprof.class.getModule().getName());
          }
        }

        static void spin() {
          for (int i = 0; i < 100_000; i++) {
            sink += Math.sin(i);
          }
        }
      }
      """;

  @Test
  void shouldRunInAModularProgram() throws Exception {
    Path directory = TestPaths.newDirectory("modules");
    Files.createDirectories(directory.resolve("embedding"));
    Files.writeString(directory.resolve("module-info.java"), MODULE);
    Files.writeString(directory.resolve("embedding/Main.java"), PROGRAM);
    String path =
        TestPaths.profiler().stream()
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));

    assertEquals(
        List.of(),
        run(
            directory,
            TestPaths.jdkProgram("javac").toString(),
            "-d",
            "classes",
            "--module-path",
            path,
            "module-info.java",
            "embedding/Main.java"));
    List<String> command = new ArrayList<>(List.of(TestPaths.jdkProgram("java").toString()));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=io.spprof.sampler");
    }
    command.addAll(List.of("--module-path", path + File.pathSeparator + "classes"));
    command.addAll(List.of("--module", "embedding/embedding.Main"));
    assertEquals(List.of("true", "io.spprof.jmx"), run(directory, command.toArray(String[]::new)));
  }

  /** Every published jar has a name that does not depend on the name of its file. */
  @Test
  void shouldHaveAModuleNameInEveryJar() throws Exception {
    for (Path jar :
        List.of(
            TestPaths.publishedJar("jmx"),
            TestPaths.publishedJar("core"),
            TestPaths.publishedJar("native"),
            TestPaths.agentJar())) {
      Path renamed = Files.copy(jar, TestPaths.newDirectory("renamed").resolve("x.jar"));
      List<String> described =
          run(
              renamed.getParent(),
              TestPaths.jdkProgram("jar").toString(),
              "--describe-module",
              "--file=x.jar");
      assertTrue(
          described.stream().anyMatch(line -> line.matches("io[.]spprof[.]\\w+(@\\S+)? automatic")),
          described::toString);
    }
  }

  private static List<String> run(Path directory, String... command) throws Exception {
    Programs.Ended ended = Programs.run(directory, List.of(command));
    assertEquals(0, ended.status(), ended::toString);
    assertEquals(List.of(), ended.err());
    return ended.out();
  }
}
