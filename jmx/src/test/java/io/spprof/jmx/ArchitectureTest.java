package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.Profiler;
import io.spprof.agent.Agent;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Test;

/**
 * Dependencies between packages point one way: jmx uses core, and core uses native. The agent's
 * bootstrap and the JConsole plugin use none of our other packages, and no package uses the command
 * line.
 */
class ArchitectureTest {

  private static final Set<String> NATIVE = Set.of("io.spprof.sampler");
  private static final Set<String> FACE =
      Set.of("io.spprof.jmx", "io.spprof.agent", "io.spprof.cli", "io.spprof.console");

  /** A package or class that uses another. */
  private record Use(String from, String to) {}

  @Test
  void shouldPointFromJmxToCoreToNative() throws Exception {
    List<Use> uses = uses();
    assertTrue(uses.contains(new Use("io.spprof.jmx", "io.spprof")), uses.toString());
    Set<Use> wrong = new HashSet<>();
    for (Use use : uses) {
      boolean ours = use.to().startsWith("io.spprof");
      if (ours && layer(use.to()) > layer(use.from())) {
        wrong.add(use);
      }
    }
    assertEquals(Set.of(), wrong);
  }

  @Test
  void shouldKeepTheBootstrapApartFromEverythingButTheJdk() throws Exception {
    shouldStandAlone("io.spprof.agent", Set.of("java."));
  }

  @Test
  void shouldKeepTheConsolePluginApartFromEverythingButTheJdk() throws Exception {
    shouldStandAlone("io.spprof.console", Set.of("java.", "javax.", "com.sun.tools.jconsole"));
  }

  @Test
  void shouldLetNothingUseTheCommandLine() throws Exception {
    for (Use use : uses()) {
      boolean its = use.to().equals("io.spprof.cli") || use.to().startsWith("picocli");
      assertTrue(!its || use.from().equals("io.spprof.cli"), use.toString());
    }
  }

  @Test
  void shouldKeepJmxOutOfTheCore() throws Exception {
    for (Use use : uses()) {
      if (!FACE.contains(use.from())) {
        assertTrue(!use.to().startsWith("javax.management"), use.toString());
        assertTrue(!use.to().startsWith("java.lang.management"), use.toString());
      }
    }
  }

  @Test
  void shouldKeepExportersApartFromTheCollector() throws Exception {
    for (Use use : uses()) {
      if (use.from().equals("io.spprof.export")) {
        assertTrue(
            !use.to().startsWith("io.spprof.") || use.to().equals("io.spprof.export"),
            use.toString());
      }
    }
  }

  /**
   * The agent's class loader reads these classes of Commons Lang, and the classes that they refer
   * to, into memory, and no others.
   */
  @Test
  void shouldUseTwoClassesOfCommonsLang() throws Exception {
    Set<String> used = new TreeSet<>();
    for (Use use : uses("-verbose:class")) {
      if (use.to().startsWith("org.apache.commons.lang3.")
          && !use.from().startsWith("io.spprof.cli.")) {
        used.add(use.to().substring(use.to().lastIndexOf('.') + 1));
      }
    }
    assertEquals(Set.of("CharUtils", "StringUtils"), used);
  }

  /**
   * Checks that the package uses only packages whose names begin with one of the prefixes, and that
   * no other package of ours uses it.
   */
  private static void shouldStandAlone(String name, Set<String> allowed) throws Exception {
    Set<String> used = new TreeSet<>();
    for (Use use : uses()) {
      if (use.from().equals(name)) {
        used.add(use.to());
      } else {
        assertTrue(!use.to().equals(name), use.toString());
      }
    }
    assertTrue(used.contains("java.lang"), used.toString());
    used.removeIf(each -> each.equals(name) || allowed.stream().anyMatch(each::startsWith));
    assertEquals(Set.of(), used);
  }

  private static int layer(String name) {
    return NATIVE.contains(name) ? 0 : FACE.contains(name) ? 2 : 1;
  }

  private static List<Use> uses() throws Exception {
    return uses("-verbose:package");
  }

  /** The dependencies between our classes as jdeps reports them, by package or by class. */
  private static List<Use> uses(String verbose) throws Exception {
    Set<String> places = new TreeSet<>();
    places.add(place(Spprof.class));
    places.add(place(Agent.class));
    places.add(place(Profiler.class));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (entry.contains("spprof-native") || entry.endsWith("native/target/classes")) {
        if (Files.exists(Path.of(entry))) {
          places.add(entry);
        }
      }
    }
    List<String> args = new ArrayList<>(List.of(verbose, "-filter:none"));
    args.addAll(places);
    StringWriter out = new StringWriter();
    int status =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(new PrintWriter(out), new PrintWriter(out), args.toArray(String[]::new));
    assertEquals(0, status, out::toString);
    List<Use> uses = new ArrayList<>();
    for (String line : out.toString().lines().toList()) {
      String[] words = StringUtils.split(line);
      if (line.startsWith(" ") && words.length > 2 && words[1].equals("->")) {
        uses.add(new Use(words[0], words[2]));
      }
    }
    return uses;
  }

  private static String place(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
