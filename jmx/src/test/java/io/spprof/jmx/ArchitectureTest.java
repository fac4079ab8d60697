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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Test;

/**
 * Checks that each package uses only packages below it: the packages stand on floors. The test
 * reads the class files; {@link #FLOORS} lists what each package may use.
 */
class ArchitectureTest {

  /** All packages, the lowest first, each with those that it may use. */
  private static final Map<String, Set<String>> FLOORS = new LinkedHashMap<>();

  static {
    floor("io.spprof.sampler");
    floor("io.spprof.text");
    floor("io.spprof.config", "sampler", "text");
    floor("io.spprof.profile", "sampler", "text");
    floor("io.spprof.symbol", "sampler");
    floor("io.spprof.symbol.demangle");
    floor("io.spprof.symbol.elf");
    floor("io.spprof.export", "sampler", "profile", "text");
    floor("io.spprof.collect", "sampler", "profile", "symbol", "symbol.demangle", "symbol.elf");
    floor("io.spprof.budget", "sampler", "config", "profile");
    floor("io.spprof.session", "sampler", "config", "profile", "collect", "budget");
    floor("io.spprof", "sampler", "config", "profile", "session");
    floor("io.spprof.jmx", "", "sampler", "text", "config", "profile", "export");
    floor("io.spprof.cli", "text", "config", "profile", "export", "jmx");
    floor("io.spprof.agent");
    floor("io.spprof.console");
  }

  private static void floor(String name, String... used) {
    Set<String> all = new TreeSet<>();
    for (String each : used) {
      all.add(each.isEmpty() ? "io.spprof" : "io.spprof." + each);
    }
    assertTrue(FLOORS.keySet().containsAll(all), name + " may only use floors below it");
    FLOORS.put(name, all);
  }

  /** Packages that know of management. */
  private static final Set<String> FACE =
      Set.of("io.spprof.jmx", "io.spprof.agent", "io.spprof.cli", "io.spprof.console");

  /** Pairs of classes that belong together and use each other. */
  private static final Set<Set<String>> PAIRS =
      Set.of(
          Set.of("io.spprof.sampler.OtherEngine", "io.spprof.sampler.SamplerFailure"),
          Set.of("io.spprof.agent.Agent", "io.spprof.agent.JdkTool"));

  /** Its commands and its target use each other. */
  private static final String COMMAND_LINE = "io.spprof.cli.";

  /** A package or class that uses another. */
  private record Use(String from, String to) {}

  @Test
  void shouldUseLowerFloorsOnly() throws Exception {
    Set<String> seen = new TreeSet<>();
    Set<Use> wrong = new HashSet<>();
    for (Use use : uses()) {
      seen.add(use.from());
      if (use.to().startsWith("io.spprof")
          && !use.to().equals(use.from())
          && !FLOORS.getOrDefault(use.from(), Set.of()).contains(use.to())) {
        wrong.add(use);
      }
    }
    assertEquals(new TreeSet<>(FLOORS.keySet()), seen, "every package has its floor");
    assertEquals(Set.of(), wrong);
  }

  /** Nested classes count as the one that they are in. */
  @Test
  void shouldHaveNoCircleOfClasses() throws Exception {
    Map<String, Set<String>> used = new TreeMap<>();
    for (Use use : uses("-verbose:class")) {
      String from = StringUtils.substringBefore(use.from(), "$");
      String to = StringUtils.substringBefore(use.to(), "$");
      boolean counts =
          to.startsWith("io.spprof.")
              && !from.equals(to)
              && !from.startsWith(COMMAND_LINE)
              && !PAIRS.contains(Set.of(from, to));
      if (counts) {
        used.computeIfAbsent(from, key -> new TreeSet<>()).add(to);
      }
    }
    assertTrue(used.containsKey("io.spprof.session.ProfilerSession"), used.keySet().toString());
    // What uses nothing that is left, or is used by nothing that is left, is in no circle.
    int before;
    do {
      before = used.size();
      used.values().forEach(targets -> targets.retainAll(used.keySet()));
      used.values().removeIf(Set::isEmpty);
      Set<String> targets = new HashSet<>();
      used.values().forEach(targets::addAll);
      used.keySet().retainAll(targets);
    } while (used.size() < before);
    assertEquals(Map.of(), used, "classes that use each other");
  }

  /**
   * Exporters read profiles. Of the sampler they use only values: how exact the frames are, why
   * signals were dropped, the times that the kernel keeps, and what a thread was doing.
   */
  @Test
  void shouldKeepExportersApartFromTheSampler() throws Exception {
    Set<String> used = new TreeSet<>();
    for (Use use : uses("-verbose:class")) {
      if (use.from().startsWith("io.spprof.export.") && use.to().startsWith("io.spprof.sampler.")) {
        used.add(use.to());
      }
    }
    assertEquals(
        Set.of(
            "io.spprof.sampler.DebugInfo",
            "io.spprof.sampler.DropReason",
            "io.spprof.sampler.Drops",
            "io.spprof.sampler.KernelTimes",
            "io.spprof.sampler.ThreadState"),
        used);
  }

  @Test
  void shouldKeepTheBootstrapApartFromEverythingButTheJdk() throws Exception {
    shouldStandAlone("io.spprof.agent", Set.of("java."));
  }

  @Test
  void shouldKeepTheConsolePluginApartFromEverythingButTheJdk() throws Exception {
    // JConsole itself attaches to local JVMs, so its runtime has the module jdk.attach.
    shouldStandAlone(
        "io.spprof.console",
        Set.of("java.", "javax.", "com.sun.tools.jconsole", "com.sun.tools.attach"));
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
