package io.spprof.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JdkToolTest {

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "jdk.jcmd, jdk.jcmd/sun.tools.jps.Jps, SUN_STANDARD, true",
        "java.base, java.base/sun.security.tools.keytool.Main -help, SUN_STANDARD, true",
        "-, -, SUN_STANDARD, true",
        "-, -, -, false",
        "-, app.Main, SUN_STANDARD, false",
        "-, jdk.compiler/com.sun.tools.javac.launcher.Main App.java, SUN_STANDARD, false",
        "com.acme.app, com.acme.app/com.acme.Main, SUN_STANDARD, false",
        "jdkless.app, jdkless.app/Main, SUN_STANDARD, false",
        "-, jdk.jshell.execution.RemoteExecutionControl 4711, SUN_STANDARD, true",
        "-, jdk.jshell.execution.RemoteExecutionControlX, SUN_STANDARD, false"
      })
  void shouldDistinguishToolsFromApplications(
      String module, String command, String by, boolean tool) {
    assertEquals(tool, JdkTool.isTool(module, command, by));
  }

  /** An agent that prints whether {@link JdkTool} takes this JVM for a tool of the JDK. */
  public static final class Probe {
    public static void premain(String args) {
      System.out.println("tool=" + JdkTool.runsHere(args));
    }
  }

  /** The properties that the launchers of this JDK really set. */
  @Test
  void shouldSeeTheToolsOfThisJdk() throws Exception {
    String agent = "-javaagent:" + agent();
    Path app = Files.writeString(dir.resolve("App.java"), "class App { %s }".formatted(MAIN));
    assertTrue(run(Map.of("JAVA_TOOL_OPTIONS", agent), "jps").contains("tool=true"));
    assertTrue(run(Map.of("_JAVA_OPTIONS", agent), "keytool", "-help").contains("tool=true"));
    assertTrue(run(Map.of("JAVA_TOOL_OPTIONS", agent), "java", "-version").contains("tool=true"));
    assertTrue(run(Map.of("JDK_JAVA_OPTIONS", agent), "java", "-version").contains("tool=true"));
    String other = Files.copy(agent(), dir.resolve("other.jar")).toString();
    assertTrue(
        run(Map.of("JAVA_TOOL_OPTIONS", "-Dx=-javaagent:" + other), "jps", "-J" + agent)
            .contains("tool=false"),
        "it was asked for");
    assertTrue(
        run(Map.of("JAVA_TOOL_OPTIONS", agent), "java", app.toString()).contains("tool=false"));
    String asked = run(Map.of("JAVA_TOOL_OPTIONS", agent), "jps", "-J" + agent + "=interval=1ms");
    assertTrue(asked.contains("tool=true") && asked.contains("tool=false"), asked);
  }

  /** The jar of the command line is the agent's; in this test it has no main class. */
  @Test
  void shouldSeeItsOwnCommandLine() throws Exception {
    String jar = agent().toString();
    for (String variable : List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")) {
      String output = run(Map.of(variable, "-javaagent:" + jar), "java", "-jar", jar, "status");
      assertTrue(output.contains("tool=true"), output);
    }
    String output = run(Map.of(), "java", "-javaagent:" + jar, "-jar", jar, "status");
    assertTrue(output.contains("tool=false"), output);
  }

  @Test
  void shouldSeeItsOwnJarInACommand() throws IOException {
    File jar = Files.createFile(dir.resolve("a b.jar")).toFile().getCanonicalFile();
    assertTrue(JdkTool.runsJar(jar.toString(), jar));
    assertTrue(JdkTool.runsJar(jar + " dump x.jar", jar));
    assertFalse(JdkTool.runsJar("app.Main " + jar, jar));
    assertFalse(JdkTool.runsJar(jar + "x", jar));
    assertFalse(JdkTool.runsJar("", jar));
  }

  @Test
  void shouldSeeWhetherOptionsAreWhereItComesFrom() throws IOException {
    File jar = Files.createFile(dir.resolve("a b.jar")).toFile().getCanonicalFile();
    Path link = Files.createSymbolicLink(dir.resolve("link.jar"), jar.toPath());
    Path file = Files.writeString(dir.resolve("options"), "-Xmx1g\n-javaagent:" + link + "=x=y\n");
    for (String options :
        List.of(
            "-javaagent:" + link + "=x=y",
            "-Xmx1g\t'-javaagent:" + jar + "=x=y' -ea",
            "-javaagent:\"" + jar + "\"=x=y",
            "-javaagent:other.jar -javaagent:" + link + "=x=y",
            "-XX:VMOptionsFile=" + file)) {
      assertTrue(JdkTool.givesAgent(options, jar, "x=y"), options);
      assertFalse(JdkTool.givesAgent(options, jar, "x=z"), options);
      assertFalse(JdkTool.givesAgent(options, jar, null), options);
    }
    assertTrue(JdkTool.givesAgent("-javaagent:" + link, jar, null));
    for (String options :
        new String[] {null, "", "-javaagent:other.jar", "-javaagent:", "-Dx=-javaagent:" + link}) {
      assertFalse(JdkTool.givesAgent(options, jar, null), options);
    }
  }

  private static final String MAIN = "public static void main(String[] args) {}";

  private Path agent() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", Probe.class.getName());
    Path jar = dir.resolve("probe.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      for (Class<?> type : List.of(Probe.class, JdkTool.class, Agent.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        out.putNextEntry(new JarEntry(name));
        out.write(type.getResourceAsStream("/" + name).readAllBytes());
        out.closeEntry();
      }
    }
    return jar;
  }

  private static String run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    String[] words = command.clone();
    words[0] = System.getProperty("java.home") + File.separator + "bin" + File.separator + words[0];
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder
        .environment()
        .keySet()
        .removeAll(List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output;
  }
}
