package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks what a release needs: one version everywhere, and documentation of each package. */
class ReleaseTest {

  private static final Path PROJECT = Path.of("..");

  /** A version of this project: after the id of one of its artifacts. */
  private static final Pattern VERSION =
      Pattern.compile("<artifactId>spprof[a-z-]*</artifactId>\\s*<version>([^<]*)</version>");

  @Test
  void shouldHaveOneVersionEverywhere() throws IOException {
    Set<String> versions = new TreeSet<>();
    for (String file :
        List.of(
            "pom.xml",
            ".ci/bom/pom.xml",
            "native/pom.xml",
            "core/pom.xml",
            "jmx/pom.xml",
            "integration-tests/pom.xml",
            "README.md")) {
      Matcher version = VERSION.matcher(Files.readString(PROJECT.resolve(file)));
      assertTrue(version.find(), file);
      do {
        if (!version.group(1).equals("${project.version}")) {
          versions.add(version.group(1));
        }
      } while (version.find());
    }
    assertEquals(1, versions.size(), versions::toString);
  }

  @Test
  void shouldDescribeEveryPackage() throws IOException {
    Set<String> missing = new TreeSet<>();
    for (String module : List.of("native", "core", "jmx")) {
      Path sources = PROJECT.resolve(module).resolve("src/main/java");
      try (Stream<Path> files = Files.walk(sources)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .map(Path::getParent)
            .filter(folder -> !isDescribed(folder.resolve("package-info.java")))
            .forEach(folder -> missing.add(folder.toString()));
      }
    }
    assertEquals(Set.of(), missing);
  }

  private static boolean isDescribed(Path file) {
    try {
      return Files.exists(file) && Files.readString(file).contains("/**");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
