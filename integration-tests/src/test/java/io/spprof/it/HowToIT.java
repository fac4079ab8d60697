package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.spprof.it.load.Busy;
import io.spprof.testing.Installed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs the recipes of docs/howto.md, as far as that is possible without the real service. */
@Tag("system")
class HowToIT {

  private static final String PAGE = "howto.md";
  private static final int TERMINATED = 128 + 15;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String JAVA = TestPaths.jdkProgram("java").toString();

  /** What the recipes have in /opt. Under /tmp, because the recipes' user must reach it. */
  private Path opt;

  @BeforeEach
  void copyTheJars() throws Exception {
    opt = Files.createTempDirectory(Path.of("/tmp"), "spprof-howto-");
    Files.createDirectory(opt.resolve("app"));
    Files.createDirectory(opt.resolve("spprof"));
    Files.copy(TestPaths.agentJar(), opt.resolve("spprof/spprof-agent.jar"));
    succeeds(
        Programs.run(
            opt,
            List.of(
                TestPaths.jdkProgram("jar").toString(),
                "--create",
                "--file=app/app.jar",
                "--main-class=" + Busy.class.getName(),
                "-C",
                TestPaths.classPathEntry(Busy.class).toString(),
                "io/spprof/it/load")));
    makeReadable(opt);
  }

  @AfterEach
  void removeTheJars() throws IOException {
    try (Stream<Path> files = Files.walk(opt)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The file system of the recipe: nothing can be written but /tmp, and nothing there executed. */
  @Test
  void shouldRunInTheContainerImage() throws Exception {
    Sandbox.require();
    String image = Examples.text(PAGE, "Dockerfile").replace("\\\n", "");
    assertEquals(Sandbox.USER + ":" + Sandbox.USER, line(image, "USER "));
    List<String> entry = new ArrayList<>();
    for (JsonNode word : JSON.readTree(line(image, "ENTRYPOINT "))) {
      entry.add(word.asText());
    }
    if (Runtime.version().feature() < 21) {
      Installed.require("unzip");
      String unzip = Examples.text(PAGE, "library.sh").strip().replace("'", "");
      succeeds(Programs.run(opt.resolve("spprof"), List.of(unzip.split(" "))));
      makeReadable(opt);
      entry.replaceAll(word -> word.endsWith("agent.jar") ? word + "=libdir=/opt/spprof" : word);
    }
    String noexec = "-t tmpfs -o noexec,nosuid,nodev,mode=1777 tmpfs ";
    String mounts =
        String.join(
            "\n",
            "mount --bind " + opt + " /opt",
            "mount -o remount,bind,ro /opt",
            "mount " + noexec + "/tmp",
            "mount " + noexec + "/dev/shm",
            "mount -o remount,bind,ro /",
            "");
    List<String> namespaces = List.of("--pid", "--mount-proc");
    FreePort.Listening<Sandbox> started =
        FreePort.start(port -> new Sandbox(namespaces, mounts, program(onPort(port, entry))));
    try (Sandbox box = started.program();
        BeanClient bean = BeanClient.connect(started.port())) {
      String address = "127.0.0.1:" + started.port();
      List<String> said =
          client(box, "profile", address, "-d", "2s", "-o", "/tmp/profile.collapsed");
      Matcher samples = Pattern.compile("session 1: ([0-9,]+) samples,").matcher(said.get(0));
      assertTrue(samples.find(), said::toString);
      // How many samples two seconds give depends on the machine.
      assertEquals(
          Long.parseLong(samples.group(1).replace(",", "")),
          collapsed(box, "/tmp/profile.collapsed").total());

      bean.start();
      Await.until("samples", () -> bean.collapsed().with("Busy.spin") > 10);
      bean.stop();
      client(box, "dump", address, "-o", "/tmp/dump.collapsed");
      assertTrue(collapsed(box, "/tmp/dump.collapsed").with("Busy.spin") > 10);
      assertEquals("", bean.text("LastError"));
      // A signal may come while its session ends. No other is dropped.
      assertEquals(bean.number("DroppedSamples"), bean.field("DroppedByReason", "late"));
      // The box is what it claims to be.
      assertNotEquals(0, box.inside("touch", "/opt/spprof/x").status());
      assertNotEquals(0, box.inside("touch", "/var/tmp/x").status());
      succeeds(box.inside("cp", "/bin/true", "/tmp/true"));
      assertNotEquals(0, box.inside("/tmp/true").status());
    }
  }

  /** The manifest must fit the image, and have no field that Kubernetes does not have. */
  @Test
  void shouldHaveAManifestThatFitsTheImage() throws Exception {
    String text = Examples.text(PAGE, "deployment.yaml");
    JsonNode manifest = new ObjectMapper(new YAMLFactory()).readTree(text);
    JsonNode pod = manifest.at("/spec/template/spec");
    JsonNode container = pod.at("/containers/0");
    assertEquals(Sandbox.USER, pod.at("/securityContext/runAsUser").asText());
    assertTrue(pod.at("/securityContext/runAsNonRoot").asBoolean());
    assertTrue(container.at("/securityContext/readOnlyRootFilesystem").asBoolean());
    assertEquals("ALL", container.at("/securityContext/capabilities/drop/0").asText());
    assertEquals("/tmp", container.at("/volumeMounts/0/mountPath").asText());
    assertEquals(pod.at("/volumes/0/name"), container.at("/volumeMounts/0/name"));
    assertEquals(
        manifest.at("/spec/selector/matchLabels"), manifest.at("/spec/template/metadata/labels"));

    assumeTrue(Installed.isInstalled("kubectl"), "kubectl is not installed");
    Path directory = TestPaths.newDirectory("kubectl");
    Path file = Examples.write(directory, "deployment.yaml", text);
    // This subcommand reads the file into Kubernetes's own types, which loses any other field.
    List<String> command = List.of("kubectl", "set", "env", "--local", "-o", "json", "-f");
    List<String> read =
        succeeds(
            Programs.run(
                directory,
                Stream.of(command, List.of(file.toString(), "A=b"))
                    .flatMap(List::stream)
                    .toList()));
    assertContains(JSON.readTree(String.join("\n", read)), manifest, "");
  }

  @Test
  void shouldRunAsAServiceWithAPrivateTmp() throws Exception {
    Sandbox.require();
    String unit = Examples.text(PAGE, "app.service");
    List<String> entry = new ArrayList<>(List.of(line(unit, "ExecStart=").split(" ")));
    Path state = Files.createDirectory(opt.resolve("state"));
    succeeds(Programs.run(opt, List.of("chown", Sandbox.USER, state.toString())));
    String mounts =
        String.join(
            "\n",
            "mount -t tmpfs tmpfs /var/lib",
            "mkdir /var/lib/app",
            "mount --bind " + state + " /var/lib/app",
            "mount --bind " + opt + " /opt",
            "mount -t tmpfs -o mode=1777 tmpfs /tmp",
            "");
    try (Sandbox box = new Sandbox(List.of(), mounts, program(entry))) {
      String pid = Long.toString(box.pid());
      Await.until(
          "it samples",
          () ->
              client(box, "status", pid).stream()
                  .anyMatch(line -> line.matches("CollectedSamples +[0-9]{3,}")));
      Path slow = state.resolve("slow.collapsed");
      client(box, "dump", pid, "--range", "last=10m", "-o", "/var/lib/app/slow.collapsed");
      assertTrue(Collapsed.parse(Files.readString(slow)).with("Busy.spin") > 10);
      assertEquals(TERMINATED, box.terminate(), () -> box.stderr().toString());
    }
    try (Stream<Path> files = Files.list(state)) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      assertTrue(
          names.stream().anyMatch(name -> name.matches("spprof-exit-.*[.]jfr")), names::toString);
    }
  }

  /** Warnings count: systemd starts a unit with a misspelled key, and ignores the key. */
  @Test
  void shouldHaveAUnitThatSystemdAccepts() throws Exception {
    assumeTrue(Installed.isInstalled("systemd-analyze"), "systemd-analyze is not installed");
    Path directory = TestPaths.newDirectory("systemd");
    String unit = Examples.text(PAGE, "app.service").replace("/usr/bin/java", JAVA);
    Path file = Examples.write(directory, "app.service", unit);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Programs.Ended verified =
        Programs.run(directory, List.of("systemd-analyze", "verify", file.toString()));
    assertEquals(0, verified.status(), verified::toString);
    assertEquals(
        List.of(), verified.err().stream().filter(line -> line.contains("app.service")).toList());
  }

  @Test
  void shouldBeAlwaysOn() throws Exception {
    String options = Examples.text(PAGE, "always-on.options").strip();
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).agentOptions(options).start();
        BeanClient bean = BeanClient.connect(target)) {
      for (String option : options.split(",")) {
        if (!option.startsWith("start=")) {
          assertTrue(bean.text("Options").contains(option), bean.text("Options"));
        }
      }
      Await.until("it samples", () -> bean.collapsed().with("Busy.spin") > 10);
      // Nothing is kept of 40 minutes ago, when the target did not run.
      String script =
          Examples.text(PAGE, "always-on.sh")
              .replace("from=-40m,to=-20m", "from=-40m")
              .replace("spprof-agent.jar", TestPaths.agentJar().toString())
              .replace("TARGET", Long.toString(target.pid()));
      for (String line : script.lines().toList()) {
        List<String> command = new ArrayList<>(Arrays.asList(line.split(" ")));
        command.set(0, JAVA);
        command.add(1, Programs.PATIENT_ATTACH);
        command.addAll(Programs.PATIENT_COMMAND);
        succeeds(Programs.run(target.directory(), command));
      }
      Collapsed before =
          Collapsed.parse(Files.readString(target.directory().resolve("before.collapsed")));
      assertTrue(before.with("Busy.spin") > 10);
    }
  }

  /** The command with another JMX port than the recipe's. */
  private static List<String> onPort(int port, List<String> command) {
    return command.stream().map(word -> word.replace("=7091", "=" + port)).toList();
  }

  /** The profile in a file inside of the sandbox. */
  private static Collapsed collapsed(Sandbox box, String file) throws Exception {
    return Collapsed.parse(String.join("\n", succeeds(box.inside("cat", file))));
  }

  /** The program of a recipe, run by the JDK under test. The load gets its arguments. */
  private static List<String> program(List<String> entry) {
    List<String> program = new ArrayList<>(entry);
    assertTrue(program.get(0).endsWith("java"), program::toString);
    program.set(0, Sandbox.jdkProgram("java"));
    program.addAll(List.of("1", "0"));
    return program;
  }

  /** Runs the command line as the recipe's user, inside of the sandbox. */
  private static List<String> client(Sandbox box, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Sandbox.jdkProgram("java"), Programs.PATIENT_ATTACH));
    command.addAll(List.of("-jar", "/opt/spprof/spprof-agent.jar"));
    command.addAll(List.of(arguments));
    command.addAll(Programs.PATIENT_COMMAND);
    return succeeds(box.inside(command.toArray(String[]::new)));
  }

  private static List<String> succeeds(Programs.Ended ended) {
    assertEquals(0, ended.status(), ended::toString);
    return ended.out();
  }

  /** The rest of the line that begins with a text. */
  private static String line(String text, String beginning) {
    Matcher line =
        Pattern.compile("^" + Pattern.quote(beginning) + "(.*)$", Pattern.MULTILINE).matcher(text);
    assertTrue(line.find(), beginning);
    return line.group(1);
  }

  private static void makeReadable(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.toList()) {
        Files.setPosixFilePermissions(
            file,
            PosixFilePermissions.fromString(Files.isDirectory(file) ? "rwxr-xr-x" : "r--r--r--"));
      }
    }
  }

  /** Checks that a value is there, with each of its fields and elements. */
  private static void assertContains(JsonNode all, JsonNode part, String path) {
    if (part.isObject()) {
      for (Map.Entry<String, JsonNode> field : part.properties()) {
        assertContains(all.path(field.getKey()), field.getValue(), path + "/" + field.getKey());
      }
    } else if (part.isArray()) {
      for (int i = 0; i < part.size(); i++) {
        assertContains(all.path(i), part.get(i), path + "/" + i);
      }
    } else {
      assertEquals(part.asText(), all.asText(), path);
    }
  }
}
