package io.spprof.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import io.spprof.it.load.Recursion;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the commands of {@code java -jar spprof-agent.jar}, which it runs as a user does. */
class CommandLineIT {

  private static final int DONE = 0;
  private static final int REFUSED = 1;
  private static final int USAGE = 2;
  private static final int UNREACHABLE = 3;

  /** The exit status that a shell gives to a process ended by SIGTERM. */
  private static final int TERMINATED = 128 + 15;

  /** Bytes until the line gets stuck: two blocks of a download, and a part of the third. */
  private static final long LINE_BYTES = 600_000;

  /** The name of a class in a line of the JVM's log. */
  private static final Pattern CLASS_LOAD = Pattern.compile("\\[class,load *\\] (\\S+) source:");

  private static final String DEEP = "interval=1ms,depth=2048";

  @TempDir private Path directory;

  /** The commands that wait for a target's answers as long as the option --timeout allows. */
  private static final Set<String> ASKING =
      Set.of("list", "attach", "start", "stop", "status", "top", "dump", "profile");

  /** The command line. The target may take long to answer unless the test says how long. */
  private static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(TestPaths.shortJava());
    command.add(Programs.PATIENT_ATTACH);
    command.addAll(List.of("-jar", TestPaths.agentJar().toString()));
    command.addAll(List.of(arguments));
    if (ASKING.contains(arguments[0]) && !command.contains("--timeout")) {
      command.addAll(Programs.PATIENT_COMMAND);
    }
    return command;
  }

  private Programs.Ended run(String... arguments) throws Exception {
    return Programs.run(directory, command(arguments));
  }

  /** Runs a command that must succeed, and returns the lines that it printed. */
  private List<String> done(String... arguments) throws Exception {
    Programs.Ended ended = run(arguments);
    assertEquals(DONE, ended.status(), ended::toString);
    assertEquals(List.of(), ended.err());
    return ended.out();
  }

  /**
   * Runs a command that must fail with one line on stderr, which contains all parts, and nothing on
   * stdout.
   */
  private void fails(int status, List<String> parts, String... arguments) throws Exception {
    Programs.Ended ended = run(arguments);
    assertEquals(status, ended.status(), ended::toString);
    assertEquals(List.of(), ended.out());
    assertEquals(1, ended.err().size(), ended::toString);
    assertTrue(ended.err().get(0).startsWith("spprof: "), ended::toString);
    for (String part : parts) {
      assertTrue(ended.err().get(0).contains(part), ended::toString);
    }
  }

  @Test
  void shouldTakeASessionFromAttachToDump() throws Exception {
    try (TargetJvm target =
        TargetJvm.of(Busy.class, 1, 0).noAgent().flags("-XX:+EnableDynamicAgentLoading").start()) {
      String pid = Long.toString(target.pid());
      fails(REFUSED, List.of("not loaded", "attach"), "status", pid);
      assertEquals("-", listed(pid));

      assertTrue(done("attach", pid).get(0).endsWith("is loaded in " + pid));
      assertEquals(done("attach", pid), done("attach", pid), "the second load changes nothing");
      assertFalse(listed(pid).equals("-"));
      fails(REFUSED, List.of("no session", "start"), "stop", pid);

      assertTrue(done("start", pid, "interval=1ms").get(0).startsWith("session 1 runs: interval"));
      fails(REFUSED, List.of("session 1", "stop"), "start", pid);
      fails(REFUSED, List.of("interval=1", "100us..1s"), "start", pid, "interval=1");

      List<String> top = done("top", pid, "--count", "2", "--methods", "3");
      assertEquals(
          2,
          top.stream().filter(line -> line.startsWith(pid + ": RUNNING, interval=1ms")).count(),
          top::toString);
      assertTrue(top.stream().anyMatch(line -> line.contains("io.spprof.it.load.")), top::toString);
      assertFalse(String.join("", top).contains("\u001b"), "no control characters in a pipe");
      assertTrue(top.stream().anyMatch(line -> line.matches("[0-9,]+ samples in \\d+ s:")));
      assertTrue(done("top", pid, "-n", "1", "--last", "all").toString().contains("io.spprof.it."));

      assertTrue(done("status", pid).contains("State                    RUNNING"));
      assertTrue(done("stop", pid).get(0).startsWith("session 1: "));
      assertTrue(done("dump", pid, "-o", "p.collapsed").get(0).startsWith("p.collapsed: "));
      assertTrue(Files.readString(directory.resolve("p.collapsed")).contains("io.spprof.it.load."));
      fails(USAGE, List.of("exists", "--overwrite"), "dump", pid, "-o", "p.collapsed");
      done("dump", pid, "-o", "p.collapsed", "--overwrite", "--format", "jfr");
      assertFalse(RecordingFile.readAllEvents(directory.resolve("p.collapsed")).isEmpty());
    }
  }

  @Test
  @Tag("system")
  void shouldDumpAStretchOfAContinuousSession() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .agentOptions("mode=continuous,window=1s,interval=1ms,start=true")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      String pid = Long.toString(target.pid());
      Await.until("a second is over", () -> bean.number("OldestSampleAgeSeconds") > 1);
      done("dump", pid, "-o", "last.collapsed", "--range", "last=1s");
      done("dump", pid, "-o", "all.collapsed");
      assertTrue(
          Collapsed.parse(Files.readString(directory.resolve("last.collapsed"))).total()
              < Collapsed.parse(Files.readString(directory.resolve("all.collapsed"))).total());
      fails(
          REFUSED,
          List.of("yesterday", "valid: last="),
          "dump",
          pid,
          "-o",
          "y.html",
          "--range",
          "from=yesterday");
      assertFalse(Files.exists(directory.resolve("y.html")));
      done("stop", pid);
    }
  }

  private String listed(String pid) throws Exception {
    // JVMs of other tests may be stopped, and never answer.
    String line =
        done("list", "--agents", "--timeout", "90s").stream()
            .filter(l -> l.startsWith(pid + " "))
            .findFirst()
            .orElseThrow();
    assertTrue(line.contains(Busy.class.getName()), line);
    return line.split(" +")[1];
  }

  @Test
  void shouldProfileInOneGo() throws Exception {
    try (TargetJvm target =
        TargetJvm.of(Busy.class, 1, 0).noAgent().flags("-XX:+EnableDynamicAgentLoading").start()) {
      String pid = Long.toString(target.pid());
      Programs.Ended ended =
          run("profile", pid, "-d", "1s", "-o", "p.html", "--options", "interval=1ms");

      assertEquals(DONE, ended.status(), ended::toString);
      assertEquals(
          List.of("loading spprof into " + pid, "profiling " + pid + " for 1s"), ended.err());
      assertTrue(ended.out().get(0).matches("session 1: .* samples, .* dropped, .*"));
      assertTrue(ended.out().get(1).startsWith("p.html: "), ended::toString);
      assertTrue(Files.readString(directory.resolve("p.html")).contains("Busy"));
      try (BeanClient bean = BeanClient.connect(target)) {
        assertEquals("IDLE", bean.text("State"));
      }
    }
  }

  /**
   * Starts the command profile for ten minutes, which no test waits for, and waits until its
   * session runs.
   */
  private Process profiling(TargetJvm target, BeanClient bean) throws Exception {
    Process process =
        new ProcessBuilder(
                command("profile", Long.toString(target.pid()), "-d", "600s", "-o", "p.collapsed"))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    Await.until("it runs", () -> bean.text("State").equals("RUNNING"));
    return process;
  }

  @Test
  @Tag("system")
  void shouldEndItsSessionAndSaveWhatThereIsWhenItIsInterrupted() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start();
        BeanClient bean = BeanClient.connect(target)) {
      Process process = profiling(target, bean);
      // On a slow machine, the profile up to now takes longer than the command waits at its end.
      Await.until("a complete download", this::downloadsAgain);
      process.toHandle().destroy(); // SIGTERM, which is handled like Ctrl-C
      assertTrue(process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS));

      assertEquals(TERMINATED, process.exitValue());
      assertEquals("IDLE", bean.text("State"));
      assertSaved(process);
    }
  }

  /** Checks that p.collapsed is complete, and that the command says so. */
  private void assertSaved(Process process) throws Exception {
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(
        said.matches("(?s).*the first \\d+ s are saved, p.collapsed: [0-9,]+ bytes\n.*"), said);
    String stacks = Files.readString(directory.resolve("p.collapsed"));
    assertTrue(stacks.contains("Busy") && stacks.matches("(?s).* [0-9]+\n"), stacks);
    assertEquals(List.of("p.collapsed"), List.of(directory.toFile().list()));
  }

  /** Whether the second download has begun, so that the first is complete. */
  private boolean downloadsAgain() {
    return Stream.of(directory.toFile().list()).anyMatch(name -> name.endsWith(".2.part"));
  }

  @Test
  @Tag("system")
  void shouldSaveWhatWasFetchedWhenTheTargetEnds() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start()) {
      Process process;
      try (BeanClient bean = BeanClient.connect(target)) {
        process = profiling(target, bean);
        Await.until("a complete download", this::downloadsAgain);
      }
      target.die();
      assertTrue(process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS));

      assertEquals(UNREACHABLE, process.exitValue());
      assertSaved(process);
    }
  }

  @Test
  @Tag("system")
  void shouldProfileAStretchOfAContinuousSession() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .agentOptions("mode=continuous,window=1s,interval=1ms,start=true")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      String pid = Long.toString(target.pid());
      Await.until("windows", () -> bean.number("OldestSampleAgeSeconds") > 5);
      String options = "--options=interval=1ms";
      fails(REFUSED, List.of("leave out --options"), "profile", pid, "-o", "x.html", options);
      Programs.Ended ended = run("profile", pid, "-d", "2s", "-o", "p.collapsed");
      assertEquals(DONE, ended.status(), ended::toString);
      String said = ended.out().toString();

      Matcher figures =
          Pattern.compile(
                  "session 1: (about )?([0-9,]+) samples, 0 dropped from \\S+Z to \\S+Z; it goes on")
              .matcher(said);
      assertTrue(figures.find(), said);
      assertEquals("RUNNING", bean.text("State"));
      assertEquals(1L, bean.field("Session", "id"));
      done("dump", pid, "-o", "all.collapsed");
      long part = Collapsed.parse(Files.readString(directory.resolve("p.collapsed"))).total();
      long all = Collapsed.parse(Files.readString(directory.resolve("all.collapsed"))).total();
      assertTrue(part > 0 && part < all, part + " of " + all);
      long told = Long.parseLong(figures.group(2).replace(",", ""));
      if (figures.group(1) == null) {
        assertEquals(part, told, said);
      } else { // Samples came between the download's opening and the second reading.
        assertTrue(told >= part && told <= all, said);
      }
    }
  }

  /**
   * A target behind a line that gets stuck. Its stacks are so deep, and no two alike, that a dozen
   * of them are longer than the line carries.
   */
  private static TargetJvm behindAStuckLine() throws Exception {
    return TargetJvm.of(Recursion.class, 2000).flags(StuckLine.FLAG).start();
  }

  /** Runs a session whose profile is too long for the line. */
  private static void sample(BeanClient bean) throws Exception {
    bean.startWith(DEEP);
    Await.until("stacks", () -> bean.number("UniqueStacks") > 60);
    bean.stop();
  }

  /** Starts a command and waits until its download is stuck half-way. */
  private Process downloading(StuckLine line, String... arguments) throws Exception {
    Process process =
        new ProcessBuilder(command(arguments))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    line.awaitStuck();
    File[] files = directory.toFile().listFiles();
    assertEquals(1, files.length);
    assertTrue(files[0].length() > 0);
    return process;
  }

  /** Waits for a command to end, and checks its status, its message, and that it leaves no file. */
  private void ends(int status, String regex, Process process) throws Exception {
    assertTrue(process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(said.matches(regex), said);
    assertEquals(status, process.exitValue());
    assertEquals(List.of(), List.of(directory.toFile().list()));
  }

  @Test
  @Tag("system")
  void shouldLeaveNoFileWhenADumpIsInterrupted() throws Exception {
    try (TargetJvm target = behindAStuckLine();
        StuckLine line = new StuckLine(target, LINE_BYTES);
        BeanClient bean = BeanClient.connect(target)) {
      sample(bean);
      Process process = downloading(line, "dump", line.address(), "-o", "p.collapsed");
      // SIGTERM, handled like Ctrl-C. Process.destroy would close its output.
      process.toHandle().destroy();
      ends(TERMINATED, "", process);
    }
  }

  @Test
  @Tag("system")
  void shouldLeaveNoFileWhenADownloadOfAProfileIsInterrupted() throws Exception {
    try (TargetJvm target = behindAStuckLine();
        StuckLine line = new StuckLine(target, LINE_BYTES);
        BeanClient bean = BeanClient.connect(target)) {
      Process process =
          downloading(
              line, "profile", line.address(), "-d", "3s", "-o", "p.collapsed", "--options", DEEP);
      // SIGTERM, handled like Ctrl-C. Process.destroy would close its output.
      process.toHandle().destroy();
      ends(
          TERMINATED,
          "profiling "
              + line.address()
              + " for 3s\nnothing is saved: the profile was not fetched yet\n",
          process);
      assertEquals("IDLE", bean.text("State"));
      assertEquals(1L, bean.field("Session", "id"));
    }
  }

  @Test
  @Tag("system")
  void shouldLeaveNoFileWhenTheTargetDies() throws Exception {
    try (TargetJvm target = behindAStuckLine();
        StuckLine line = new StuckLine(target, LINE_BYTES)) {
      try (BeanClient bean = BeanClient.connect(target)) {
        sample(bean);
      }
      Process process = downloading(line, "dump", line.address(), "-o", "p.collapsed");
      target.die();
      ends(
          UNREACHABLE,
          "spprof: the connection is gone .*; see if the target still runs, and try again\\n",
          process);
    }
  }

  @Test
  @Tag("system")
  void shouldLeaveAnothersSessionAlone() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start();
        BeanClient bean = BeanClient.connect(target)) {
      Process process = profiling(target, bean);
      bean.stop();
      bean.start();
      assertTrue(process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS));

      assertEquals(REFUSED, process.exitValue());
      assertEquals("RUNNING", bean.text("State"));
      assertEquals(2L, bean.field("Session", "id"));
      bean.stop();
    }
  }

  /** Neither attach nor RMI ends a call to a frozen process by itself. */
  @Test
  @Tag("system")
  void shouldNotWaitForATargetThatIsFrozen() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start()) {
      String pid = Long.toString(target.pid());
      String address = "127.0.0.1:" + target.port();
      done("status", pid); // makes its attach mechanism listen
      signal("-STOP", pid);
      try {
        fails(UNREACHABLE, List.of("is stopped", "kill -CONT " + pid), "top", pid);
        fails(
            UNREACHABLE,
            List.of(address + " did not answer within 1 s", "--timeout"),
            "top",
            address,
            "--timeout",
            "1s");
        assertTrue(
            done("list", "--agents", "--timeout", "90s").stream()
                .anyMatch(line -> line.matches(pid + " +not accessible .*")));
      } finally {
        signal("-CONT", pid);
      }
      done("status", pid);
    }
  }

  @Test
  void shouldReachAJvmThatCatchesNoSignals() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).flags("-Xrs").start()) {
      assertTrue(
          done("status", Long.toString(target.pid())).contains("State                    IDLE"));
    }
  }

  private void signal(String signal, String pid) throws Exception {
    // kill is a builtin of the shell; a small system has no program of that name.
    List<String> kill = List.of("sh", "-c", "kill " + signal + " " + pid);
    assertEquals(0, Programs.run(directory, kill).status());
  }

  @Test
  void shouldLogInWithAPasswordFromAFile() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).authenticate().start()) {
      String address = "127.0.0.1:" + target.port();
      fails(REFUSED, List.of("--user", "--password-file"), "status", address);
      String control = password("control");
      String monitor = password("monitor");
      fails(
          REFUSED,
          List.of("--user"),
          "status",
          address,
          "--user",
          "control",
          "--password-file",
          monitor);
      fails(USAGE, List.of("no terminal"), "status", address, "--user", "control");

      done("start", address, "--user", "control", "--password-file", control);
      assertTrue(
          done("status", address, "--user", "monitor", "--password-file", monitor)
              .contains("State                    RUNNING"));
      fails(
          REFUSED,
          List.of("role that may write"),
          "stop",
          address,
          "--user",
          "monitor",
          "--password-file",
          monitor);
      String url = "service:jmx:rmi:///jndi/rmi://" + address + "/jmxrmi";
      done("stop", url, "--user", "control", "--password-file", control);
    }
  }

  private String password(String role) throws IOException {
    return Examples.write(directory, role, role + "\n").toString();
  }

  /** {@code UsageTest} has the details. */
  @Test
  @Tag("system")
  void shouldPrintItsUsage() throws Exception {
    assertTrue(
        done("--help")
            .contains(
                "Exit status: 0 done, 1 refused by the target, 2 usage, 3 target not reachable."));
    fails(USAGE, List.of("'frob'", "list, attach, start", "--help"), "frob");
  }

  /**
   * A short command's CPU time is mostly the loading of classes. On a machine without free CPU, it
   * decides how long the user waits.
   */
  @Test
  void shouldLoadOnlyWhatACommandNeeds() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start()) {
      String pid = Long.toString(target.pid());
      done("status", pid); // From now on the target listens, so the attach API is not needed.
      Set<String> plain = loaded("status", pid);
      assertEquals(Set.of("StatusCommand"), commands(plain));
      assertEquals(Set.of(), beginningWith("picocli.", plain));
      assertEquals(Set.of(), beginningWith("com.sun.jna.", plain));
      assertEquals(Set.of(), beginningWith("org.apache.commons.", plain));
      assertEquals(Set.of(), beginningWith("com.sun.tools.attach.", plain));

      Set<String> withOption = loaded("status", pid, "--timeout", "1m");
      assertEquals(Set.of("StatusCommand"), commands(withOption));
      assertNotEquals(Set.of(), beginningWith("picocli.", withOption));
      assertEquals(Set.of(), beginningWith("io.spprof.export.", withOption), "for the help");
    }
  }

  private static Set<String> commands(Set<String> classes) {
    return beginningWith("io.spprof.cli.", classes).stream()
        .map(name -> name.substring("io.spprof.cli.".length()))
        .filter(name -> name.endsWith("Command"))
        .collect(Collectors.toSet());
  }

  private static Set<String> beginningWith(String text, Set<String> classes) {
    return classes.stream().filter(name -> name.startsWith(text)).collect(Collectors.toSet());
  }

  /** Runs a command that must succeed, and returns the classes that its JVM loaded. */
  private Set<String> loaded(String... arguments) throws Exception {
    Path log = directory.resolve("classes.log");
    List<String> command = new ArrayList<>(TestPaths.shortJava());
    command.addAll(
        List.of("-Xlog:class+load:file=" + log, "-jar", TestPaths.agentJar().toString()));
    command.addAll(List.of(arguments));
    Programs.Ended ended = Programs.run(directory, command);
    assertEquals(DONE, ended.status(), ended::toString);
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .map(CLASS_LOAD::matcher)
          .filter(Matcher::find)
          .map(m -> m.group(1))
          .collect(Collectors.toSet());
    }
  }

  /** A Java runtime that jlink made, or a JRE, can lack what some commands need. */
  @Test
  void shouldNameTheModuleThatARuntimeLacks() throws Exception {
    String few = "java.management,java.management.rmi,jdk.naming.rmi";
    assertTrue(limited(few, "--version").out().get(0).startsWith("spprof "));
    assertTrue(limited(few, "attach", "--help").out().get(0).startsWith("Usage: "));
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start()) {
      Programs.Ended status = limited(few, "status", "127.0.0.1:" + target.port());
      assertTrue(status.out().contains("State                    IDLE"), status::toString);
      String pid = Long.toString(target.pid());
      lacks(
          "jdk.attach, which a process id needs; give host:port, or", limited(few, "status", pid));
      lacks("jdk.attach, which attach needs; run", limited(few, "attach", pid));
    }
    lacks("jdk.attach, which list needs; run", limited(few, "list"));
    byte[] head = ByteBuffer.allocate(100).putInt(0x464C5200).putInt(0x20001).array();
    ByteBuffer.wrap(head, 8, 24).putLong(100).putLong(70).putLong(80);
    String recording = Files.write(directory.resolve("a.jfr"), head).toString();
    lacks(
        "jdk.jfr, which a .jfr file needs; run",
        limited("java.management", "diff", recording, recording, "-o", "-"));
    assertTrue(limited("java.base", "--version").out().get(0).startsWith("spprof "));
    lacks("java.management", limited("java.base", "--help"));
    lacks("java.management.rmi", limited("java.management", "status", "127.0.0.1:1"));
    lacks("jdk.naming.rmi", limited("java.management.rmi", "status", "127.0.0.1:1"));
  }

  /** An image without jdk.attach, java.desktop and jdk.management.agent, for both sides. */
  @Test
  void shouldWorkWithAnImageOfFewModules() throws Exception {
    Path image = directory.resolve("image");
    Path java = image.resolve("bin/java");
    Programs.Ended linked =
        Programs.run(
            directory,
            List.of(
                TestPaths.jdkProgram("jlink").toString(),
                "--add-modules=java.management,java.instrument",
                "--output=" + image));
    assertEquals(DONE, linked.status(), linked::toString);
    String jar = TestPaths.agentJar().toString();
    List<String> version = List.of(java.toString(), "-jar", jar, "--version");
    assertTrue(Programs.run(directory, version).out().get(0).startsWith("spprof "));
    lacks("jdk.attach", Programs.run(directory, List.of(java.toString(), "-jar", jar, "list")));

    Process target =
        new ProcessBuilder(
                java.toString(),
                "-cp",
                TestPaths.classPathEntry(Busy.class).toString(),
                Busy.class.getName(),
                "1",
                "0")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertEquals("READY", target.inputReader().readLine());
      Programs.Ended attach = run("attach", Long.toString(target.pid()));
      assertEquals(UNREACHABLE, attach.status(), attach::toString);
      String said = attach.err().get(0);
      assertTrue(said.contains("the agent is loaded, but"), said);
      assertTrue(said.contains("no module jdk.management.agent"), said);
    } finally {
      target.destroyForcibly().waitFor();
    }
  }

  private static void lacks(String module, Programs.Ended ended) {
    assertNotEquals(DONE, ended.status());
    assertEquals(List.of(), ended.out());
    assertEquals(1, ended.err().size(), ended::toString);
    assertTrue(ended.err().get(0).contains(" no module " + module), ended::toString);
  }

  private Programs.Ended limited(String modules, String... arguments) throws Exception {
    List<String> command = command(arguments);
    command.add(1, "--limit-modules=" + modules);
    return Programs.run(directory, command);
  }
}
