package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.cli.LocalJvm.Listed;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes.Name;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class JvmNamesTest {

  private static final List<Listed> JVMS =
      List.of(
          new Listed("1", "com.example.App --password secret"),
          new Listed("2", "/opt/my apps/shop-1.2.jar serve old.jar"),
          new Listed("3", "org.example.App"),
          new Listed("4", "my.module/com.example.Tool x.java"),
          new Listed("5", ""));

  /** The main class of a JVM that waits until its standard input is closed. */
  static final class Waits {
    public static void main(String[] args) throws Exception {
      System.out.write('!');
      System.out.flush();
      System.in.read();
    }
  }

  @TempDir private Path directory;

  @Test
  void shouldFindAMainClassOrJarThatIsUnique() {
    assertEquals("1", JvmNames.find("com.example.App", JVMS));
    assertEquals("3", JvmNames.find("org.example.App", JVMS));
    assertEquals("2", JvmNames.find("shop-1.2.jar", JVMS));
    assertEquals("2", JvmNames.find("shop-1.2", JVMS));
    assertEquals("2", JvmNames.find("/opt/my apps/shop-1.2.jar", JVMS));
    assertEquals("4", JvmNames.find("Tool", JVMS));
    assertEquals("4", JvmNames.find("my.module/com.example.Tool", JVMS));
    assertEquals(
        Set.of("C:\\app\\x.jar", "x.jar", "x"), JvmNames.of("C:\\app\\x.jar"), "of Windows");
    assertEquals(Set.of(), JvmNames.of(""));
  }

  @Test
  void shouldDistinguishAProgramFromItsArguments() {
    List<Listed> jvms =
        List.of(
            new Listed("1", "shop/com.acme.Main --db-password s3cret --plugins x.jar"),
            new Listed("2", "jdk.compiler/com.sun.tools.javac.launcher.Main A.java s3cret y.jar"),
            new Listed("3", "/opt/jenkins.war s3cret z.jar"),
            new Listed("4", "/opt/start --key s3cret v.jar"),
            new Listed("5", "my apps/blank.jar s3cret w.jar"));
    for (String name : List.of("Main", "com.acme.Main", "shop/com.acme.Main")) {
      assertTrue(JvmNames.of(jvms.get(0).name()).contains(name), name);
    }
    assertEquals("1", JvmNames.find("com.acme.Main", jvms));
    assertEquals("3", JvmNames.find("jenkins.war", jvms));
    assertEquals("3", JvmNames.find("jenkins", jvms));
    assertEquals("4", JvmNames.find("start", jvms));
    assertEquals("5", JvmNames.find("blank", jvms));
    for (String argument : List.of("x.jar", "z.jar", "v.jar", "w.jar")) {
      String message =
          assertThrows(CommandFailure.class, () -> JvmNames.find(argument, jvms)).getMessage();
      assertFalse(message.contains("s3cret"), message);
    }
  }

  @Test
  void shouldListTheCandidates() {
    String ambiguous =
        assertThrows(CommandFailure.class, () -> JvmNames.find("App", JVMS)).getMessage();
    assertEquals(
        "TARGET 'App' is the name of 2 JVMs: 1 com.example.App, 3 org.example.App; give the process"
            + " id",
        ambiguous);
    CommandFailure unknown =
        assertThrows(CommandFailure.class, () -> JvmNames.find("old.jar", JVMS));
    assertEquals(CommandFailure.USAGE, unknown.status());
    assertTrue(
        unknown
            .getMessage()
            .endsWith(
                "; list shows them: 1 com.example.App, 2 /opt/my apps/shop-1.2.jar,"
                    + " 3 org.example.App, 4 my.module/com.example.Tool, 5"),
        unknown::getMessage);
    assertThrows(CommandFailure.class, () -> JvmNames.find("", JVMS));
    assertThrows(CommandFailure.class, () -> JvmNames.find("x", List.of()));
  }

  @Test
  void shouldNotListAHundredCandidates() {
    List<Listed> many =
        IntStream.range(0, 100).mapToObj(i -> new Listed(Integer.toString(i), "a.B")).toList();
    String message =
        assertThrows(CommandFailure.class, () -> JvmNames.find("B", many)).getMessage();
    assertTrue(message.contains("7 a.B and 92 more"), message);
  }

  /** A JVM that was attached to has a socket. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldListAndFindAJvmWithoutAttaching() throws Exception {
    Path jar = jar("waits-" + ProcessHandle.current().pid() + ".jar");
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                jar.toString(),
                "some",
                "arguments")
            .start();
    try {
      assertEquals('!', jvm.getInputStream().read());
      String name = jar.getFileName().toString();
      List<String> lines = CommandRun.of(List.of("list")).out().lines().toList();
      assertTrue(lines.get(0).matches("PID +MAIN"), lines::toString);
      String line = String.format("%-8d %s some arguments", jvm.pid(), jar);
      assertTrue(lines.contains(line), lines::toString);
      assertFalse(Files.exists(Path.of("/tmp/.java_pid" + jvm.pid())), "attached by list");
      CommandRun status = CommandRun.of(List.of("status", name, "--timeout", "10m"));
      assertEquals(CommandFailure.REFUSED, status.status(), status::toString);
      assertTrue(status.err().contains("spprof is not loaded there"), status::toString);
    } finally {
      jvm.getOutputStream().close(); // It then ends by itself, and deletes its socket.
      if (!jvm.waitFor(2, TimeUnit.MINUTES)) {
        jvm.destroyForcibly().waitFor();
      }
    }
  }

  private Path jar(String name) throws Exception {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Name.MAIN_CLASS, Waits.class.getName());
    Path jar = directory.resolve(name);
    String file = Waits.class.getName().replace('.', '/') + ".class";
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest)) {
      entries.putNextEntry(new ZipEntry(file));
      entries.write(Waits.class.getClassLoader().getResourceAsStream(file).readAllBytes());
    }
    return jar;
  }
}
