package io.spprof.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.export.ExportFormat;
import io.spprof.it.load.Busy;
import io.spprof.it.load.Container;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/**
 * Tests the agent in a JVM that runs for long, and in environments other than a plain JVM: its jar
 * is overwritten, its bean is unregistered, it is on the boot class path, a tool of the JDK loads
 * it, or the application's log manager comes from JBoss Modules.
 */
class AgentLifeIT {

  private static final String TOOL_SETTINGS = "=start=true,onexit=dump,dir=";

  @Test
  void shouldExportAndEndAfterItsJarWasOverwrittenInPlace() throws Exception {
    Path directory = TestPaths.newDirectory("overwritten");
    Path jar = Files.copy(TestPaths.agentJar(), directory.resolve("agent.jar"));
    Path dumps = directory.resolve("dumps");
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .agent(jar)
                .agentOptions("start=true,mode=continuous,onexit=dump,dir=" + dumps)
                .expectOnStderr(line -> line.matches("spprof: .*spprof-exit-.*jfr is written"))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      overwrite(jar);
      Await.until("samples", () -> bean.number("CollectedSamples") > 5);
      for (ExportFormat format : ExportFormat.values()) {
        bean.invoke("dumpToFile", "a" + format.suffix());
        assertTrue(bean.readAll(bean.openStream(format.key())).length > 100, format.key());
      }
      assertTrue(bean.query("flameGraph").endsWith("</html>\n"), "whole");
      assertTrue(bean.query("report").length() > 200, "whole");
      assertTrue(bean.query("windows").lines().count() > 1);
      bean.invokeWith("flameGraphDifference", "", "");
      bean.invokeWith("collapsedDifference", "", "");
      for (String format : ExportFormat.differenceKeys().split(", ")) {
        bean.readAll((Long) bean.invokeWith("openDifferenceStream", format, "", ""));
      }
      BeanClient.refusalOf(() -> bean.startWith("interval=banana"));
      assertEquals("", bean.text("LastError"));
      bean.stop();
      bean.startWith("budget=1");
      bean.stop();
    }
    try (Stream<Path> files = Files.list(dumps)) {
      assertEquals(
          ExportFormat.values().length + 1, files.count(), "a dump each, and the one at exit");
    }
  }

  /** Before its first session, an agent has only few of its classes in memory. */
  @Test
  void shouldSayWhyAnIdleAgentCannotStartAfterItsJarWasOverwrittenInPlace() throws Exception {
    Path directory = TestPaths.newDirectory("overwritten-idle");
    Path jar = Files.copy(TestPaths.agentJar(), directory.resolve("agent.jar"));
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).agent(jar).start();
        BeanClient bean = BeanClient.connect(target)) {
      overwrite(jar);
      assertEquals("IDLE", bean.text("State"));
      assertEquals("", bean.text("LastError"));
      for (int i = 0; i < 2; i++) {
        Throwable refusal = BeanClient.refusalOf(() -> bean.startWith("interval=1ms"));
        assertEquals(IllegalStateException.class, refusal.getClass());
        Throwable bad = BeanClient.refusalOf(() -> bean.startWith("interval=banana"));
        assertEquals(IllegalArgumentException.class, bad.getClass(), bad::toString);
        assertTrue(refusal.getMessage().contains("was changed since it was loaded"));
        assertTrue(refusal.getMessage().contains("restart the JVM"));
        assertEquals(refusal.getMessage(), bean.text("LastError"));
        assertEquals("FAILED", bean.text("State"));
        for (String text : List.of("report", "flameGraph")) {
          Throwable reason = BeanClient.refusalOf(() -> bean.query(text));
          assertEquals(IllegalStateException.class, reason.getClass(), text);
          assertTrue(reason.getMessage().contains("was changed since"), reason::toString);
        }
        Throwable stopped = BeanClient.refusalOf(bean::stop);
        assertTrue(stopped.getMessage().contains("no session is running"), stopped::toString);
      }
      int attributes =
          bean.connection()
              .getMBeanInfo(new ObjectName("io.spprof:type=Spprof"))
              .getAttributes()
              .length;
      assertEquals(attributes, bean.all().size(), "each attribute is answered");
    }
  }

  /** Overwrites a jar in place, so that it is the same file, as {@code cp} does. */
  private static void overwrite(Path jar) throws IOException {
    byte[] other = new byte[(int) Files.size(jar)];
    Arrays.fill(other, (byte) 'x');
    try (FileOutputStream out = new FileOutputStream(jar.toFile())) {
      out.write(other);
    }
  }

  @Test
  void shouldRegisterABeanAgainThatSomebodyUnregistered() throws Exception {
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .flags("-XX:+EnableDynamicAgentLoading")
                .expectOnStderr(line -> line.contains("it is registered again"))
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      long session = bean.startWith("interval=1ms");
      bean.connection().unregisterMBean(new ObjectName("io.spprof:type=Spprof"));
      assertFalse(bean.isRegistered());

      assertEquals(0, Programs.attach(target).status());

      assertEquals("RUNNING", bean.text("State"));
      assertEquals(session, bean.field("Session", "id"));
      bean.stop();
    }
  }

  @Test
  void shouldLeaveTheToolsOfTheJdkAlone() throws Exception {
    Path directory = TestPaths.newDirectory("tools");
    String settings = TestPaths.agentJar() + TOOL_SETTINGS + directory.resolve("dumps");
    for (List<String> tool :
        List.of(
            List.of("jps"),
            List.of("keytool"),
            List.of("java", "-version"),
            List.of("jshell", "-s"), // has a second JVM, which would also leave a file
            List.of("java", "-jar", TestPaths.agentJar().toString(), "list"))) {
      ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(tool));
      builder.command().set(0, TestPaths.jdkProgram(tool.get(0)).toString());
      builder.environment().put("JAVA_TOOL_OPTIONS", "-javaagent:" + settings);
      Process process = builder.redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      process.waitFor();
      assertFalse(output.contains("spprof: "), output);
    }
    assertFalse(Files.exists(directory.resolve("dumps")));
  }

  @Test
  void shouldWorkOnTheBootClassPath() throws Exception {
    Path directory = TestPaths.newDirectory("boot");
    Programs.Ended ended =
        java(
            directory,
            "-Xbootclasspath/a:" + TestPaths.agentJar(),
            "-javaagent:" + TestPaths.agentJar() + "=start=true",
            "-cp",
            TestPaths.classPathEntry(Container.class).toString(),
            Container.class.getName());
    assertEquals(List.of("java.util.logging.LogManager", "RUNNING"), ended.out(), ended.toString());
    assertEquals(List.of(), ended.err().stream().filter(AgentLifeIT::isOurs).toList());
  }

  /** The set-up that docs/reference.md describes for WildFly, with WildFly's launcher. */
  @Test
  void shouldComeAfterTheLogManagerOfJBossModules() throws Exception {
    Path directory = TestPaths.newDirectory("modules");
    Path logManager = Files.createDirectories(directory.resolve("mods/org/jboss/logmanager/main"));
    Files.copy(TestPaths.library("jboss-logmanager.jar"), logManager.resolve("a.jar"));
    Files.copy(TestPaths.library("wildfly-common.jar"), logManager.resolve("b.jar"));
    module(logManager, "org.jboss.logmanager", "", "a.jar", "b.jar");
    Path application = Files.createDirectories(directory.resolve("mods/app/main"));
    String file = Container.class.getName().replace('.', '/') + ".class";
    Files.createDirectories(application.resolve(file).getParent());
    Files.copy(TestPaths.classPathEntry(Container.class).resolve(file), application.resolve(file));
    module(application, "app", "<main-class name='" + Container.class.getName() + "'/>", ".");
    Path modules = TestPaths.library("jboss-modules.jar");
    Programs.Ended ended =
        java(
            directory,
            "-javaagent:" + modules,
            "-jar",
            modules.toString(),
            "-mp",
            directory.resolve("mods").toString(),
            "-javaagent:" + TestPaths.agentJar() + "=start=true",
            "app");
    assertEquals(
        List.of("org.jboss.logmanager.LogManager", "RUNNING"), ended.out(), ended.toString());
    assertEquals(List.of(), ended.err().stream().filter(AgentLifeIT::isOurs).toList());
  }

  private static void module(Path directory, String name, String main, String... resources)
      throws IOException {
    StringBuilder roots = new StringBuilder();
    for (String resource : resources) {
      roots.append("<resource-root path='").append(resource).append("'/>");
    }
    Files.writeString(
        directory.resolve("module.xml"),
        "<module xmlns='urn:jboss:module:1.9' name='"
            + name
            + "'>"
            + main
            + "<resources>"
            + roots
            + "</resources><dependencies><module name='java.se'/>"
            + (name.equals("app") ? "<module name='org.jboss.logmanager' services='import'/>" : "")
            + "</dependencies></module>");
  }

  private static boolean isOurs(String line) {
    return line.startsWith("spprof: ");
  }

  private static Programs.Ended java(Path directory, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(TestPaths.jdkProgram("java").toString());
    command.addAll(List.of(arguments));
    Programs.Ended ended = Programs.run(directory, command);
    assertEquals(0, ended.status(), ended.toString());
    return ended;
  }
}
