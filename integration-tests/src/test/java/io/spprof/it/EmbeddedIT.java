package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** Runs the recipes of docs/howto.md for Spring Boot and Tomcat: embedded, and as the agent. */
class EmbeddedIT {

  private static final int REDEPLOYMENTS = 3;
  private static final String PAGE = "howto.md";
  private static final String CLASSES = "BOOT-INF/classes/";
  private static final String LIBRARIES = "BOOT-INF/lib/";

  private static final String APPLICATION =
      """
      import org.springframework.boot.SpringApplication;
      import org.springframework.context.annotation.Configuration;
      import org.springframework.context.annotation.Import;

      @Configuration
      @Import(ProfilerConfiguration.class)
      public class Application {
        static volatile double sink;

        public static void main(String[] args) {
          SpringApplication.run(Application.class, args);
          while (true) {
            spin();
          }
        }

        static void spin() {
          for (int i = 0; i < 100_000; i++) {
            sink += Math.sin(i);
          }
        }
      }
      """;

  private static final String SERVER =
      """
      <Server port="-1">
        <Service name="Catalina">
          <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">
            <Host name="localhost" appBase="webapps" autoDeploy="true"/>
          </Engine>
        </Service>
      </Server>
      """;

  /** As in Tomcat's own configuration: a change of this file deploys the application again. */
  private static final String CONTEXT =
      """
      <Context>
        <WatchedResource>WEB-INF/web.xml</WatchedResource>
      </Context>
      """;

  /** In English, one line for each message: the level, the class and method, the text. */
  private static final List<String> LOG_FORMAT =
      List.of(
          "-Duser.language=en", "-Djava.util.logging.SimpleFormatter.format=%4$s %2$s %5$s%6$s%n");

  /** A message of Tomcat. The JVM's own messages have no class. */
  private static final Pattern COMPLAINT =
      Pattern.compile("(WARNING|SEVERE) ([\\w$]+[.])+[\\w$]+ .*");

  /** Tomcat complains of a slow machine: this took more than 100 ms. */
  private static final Pattern SLOW_RANDOM =
      Pattern.compile(
          "WARNING org[.]apache[.]catalina[.]util[.]SessionIdGeneratorBase createSecureRandom"
              + " Creation of SecureRandom instance for session ID generation"
              + " using \\[[^]]+\\] took \\[[0-9,]+\\] milliseconds[.]");

  private static final String WEB_APPLICATION =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"/>
      """;

  @Test
  void shouldRunInAnExecutableJarOfSpringBoot() throws Exception {
    Path directory = TestPaths.newDirectory("spring");
    List<Path> spring = libraries("spring");
    Path classes = directory.resolve("classes");
    compile(
        directory,
        classes,
        spring,
        List.of("ProfilerConfiguration", Examples.text(PAGE, "ProfilerConfiguration.java")),
        List.of("Application", APPLICATION));
    List<Path> all = new ArrayList<>(spring);
    all.addAll(TestPaths.profiler());
    Path jar = executableJar(directory, classes, all);
    assertSamples(directory, List.of("-jar", jar.toString()));
  }

  @Test
  void shouldProfileAnExecutableJarOfSpringBootAsItsAgent() throws Exception {
    Path directory = TestPaths.newDirectory("spring-agent");
    List<Path> spring = libraries("spring");
    Path classes = directory.resolve("classes");
    String plain = APPLICATION.replace("@Import(ProfilerConfiguration.class)\n", "");
    compile(directory, classes, spring, List.of("Application", plain));
    Path jar = executableJar(directory, classes, spring);
    assertSamples(
        directory,
        Stream.of(Examples.text(PAGE, "spring-boot").strip().split(" "))
            .skip(1) // java
            .map(word -> word.replace("spprof-agent.jar", TestPaths.agentJar().toString()))
            .map(word -> word.replace("app.jar", jar.toString()))
            .toList());
  }

  /** Starts Spring Boot with the bean in it, and samples its own code. */
  private static void assertSamples(Path directory, List<String> arguments) throws Exception {
    FreePort.Listening<RunningProgram> started = start(directory, ":: Spring Boot ::", arguments);
    int port = started.port();
    try (RunningProgram application = started.program()) {
      application.await("the bean is registered", () -> isRegistered(port));
      try (BeanClient bean = BeanClient.connect(port)) {
        bean.startWith("interval=1ms");
        Await.until("samples", () -> bean.collapsed().with("Application.spin") > 10);
        bean.stop();
        assertEquals("", bean.text("LastError"));
      }
    }
  }

  /** Tomcat itself looks for what a web application leaves behind, and writes that to its log. */
  @Test
  void shouldLeaveNothingBehindWhenTomcatDeploysAgain() throws Exception {
    Path directory = TestPaths.newDirectory("tomcat");
    List<Path> tomcat = libraries("tomcat");
    Path web = directory.resolve("webapps/app/WEB-INF");
    Files.createDirectories(web.resolve("lib"));
    for (Path jar : TestPaths.profiler()) {
      Files.copy(jar, web.resolve("lib").resolve(jar.getFileName().toString()));
    }
    compile(
        directory,
        web.resolve("classes"),
        tomcat,
        List.of("ProfilerListener", Examples.text(PAGE, "ProfilerListener.java")));
    Path descriptor = Files.writeString(web.resolve("web.xml"), WEB_APPLICATION);
    List<String> arguments = tomcat(directory, tomcat);
    FreePort.Listening<RunningProgram> started =
        start(directory, "Starting service [Catalina]", arguments);
    int port = started.port();
    Path log;
    try (RunningProgram server = started.program()) {
      log = server.log();
      for (int i = 0; i < REDEPLOYMENTS; i++) {
        server.await("the bean is there, and new", () -> sessions(port) == 0);
        try (BeanClient bean = BeanClient.connect(port)) {
          bean.startWith("interval=1ms");
          Await.until("samples", () -> bean.number("CollectedSamples") > 0);
        }
        Files.setLastModifiedTime(
            descriptor, FileTime.fromMillis(System.currentTimeMillis() + 5000L * (i + 1)));
      }
      server.await("the last bean is there", () -> sessions(port) == 0);
    }
    String logged = Files.readString(log);
    Pattern reloading = Pattern.compile("(?m)^INFO org[.]apache\\S+ \\w+ Reloading Context");
    assertTrue(reloading.matcher(logged).find(), logged);
    List<String> complaints =
        logged
            .lines()
            .filter(line -> COMPLAINT.matcher(line).matches())
            .filter(line -> !SLOW_RANDOM.matcher(line).matches())
            .toList();
    assertEquals(List.of(), complaints, logged);
  }

  /** A shell does with setenv.sh what catalina.sh does with it. */
  @Test
  void shouldProfileTomcatAsItsAgent() throws Exception {
    Path directory = TestPaths.newDirectory("tomcat-agent");
    Path settings = Files.createDirectories(directory.resolve("bin")).resolve("setenv.sh");
    String agent = "/opt/spprof/spprof-agent.jar";
    String text = Examples.text(PAGE, "setenv.sh");
    assertTrue(text.contains(agent), text);
    Files.writeString(settings, text.replace(agent, TestPaths.agentJar().toString()));
    FreePort.Listening<RunningProgram> started =
        start(
            directory,
            "Starting service [Catalina]",
            List.of("sh", "-c", ". " + settings + " && exec \"$0\" $CATALINA_OPTS \"$@\""),
            tomcat(directory, libraries("tomcat")));
    int port = started.port();
    try (RunningProgram server = started.program()) {
      server.await("the bean is registered", () -> isRegistered(port));
      try (BeanClient bean = BeanClient.connect(port)) {
        bean.startWith("interval=1ms");
        bean.stop();
        assertEquals("", bean.text("LastError"));
      }
    }
  }

  /** Writes Tomcat's configuration, and returns the arguments of java that start it. */
  private static List<String> tomcat(Path directory, List<Path> libraries) throws IOException {
    Files.createDirectories(directory.resolve("conf"));
    Files.writeString(directory.resolve("conf/server.xml"), SERVER);
    Files.writeString(directory.resolve("conf/context.xml"), CONTEXT);
    Files.writeString(directory.resolve("conf/catalina.properties"), "common.loader=\n");
    List<String> arguments = new ArrayList<>(LOG_FORMAT);
    arguments.addAll(
        List.of(
            "-Dcatalina.base=" + directory,
            "-Dcatalina.home=" + directory,
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
            "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
            "-classpath",
            libraries.stream().map(Path::toString).collect(Collectors.joining(":")),
            "org.apache.catalina.startup.Bootstrap",
            "start"));
    return arguments;
  }

  /**
   * Starts a JVM with JMX on a free port.
   *
   * @param begun what its program prints as it begins, when the JVM has taken the port
   */
  private static FreePort.Listening<RunningProgram> start(
      Path directory, String begun, List<String> arguments) throws Exception {
    return start(directory, begun, List.of(), arguments);
  }

  /**
   * @param starter a program that starts the JVM; it gets the JVM's command as its arguments
   */
  private static FreePort.Listening<RunningProgram> start(
      Path directory, String begun, List<String> starter, List<String> arguments) throws Exception {
    return FreePort.start(
        port -> {
          List<String> command = new ArrayList<>(starter);
          command.addAll(java(directory, port));
          command.addAll(arguments);
          RunningProgram program = new RunningProgram(directory, command.toArray(String[]::new));
          try {
            program.await("it begins", () -> Files.readString(program.log()).contains(begun));
          } catch (Throwable e) {
            program.close();
            throw e;
          }
          return program;
        });
  }

  /** The sessions that the bean has had; -1 while it is not registered. */
  private static long sessions(int port) {
    try (BeanClient bean = BeanClient.connect(port)) {
      return bean.number("SessionsStarted");
    } catch (Exception notYet) {
      return -1;
    }
  }

  private static boolean isRegistered(int port) {
    return sessions(port) >= 0;
  }

  private static List<String> java(Path directory, int port) throws IOException {
    List<String> command = new ArrayList<>(TestPaths.shortJava());
    Path temporary = Files.createDirectories(directory.resolve("tmp"));
    command.addAll(List.of("-Djava.io.tmpdir=" + temporary, "-Duser.home=" + directory));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    Examples.text("jmxremote.flags")
        .replace("=7091", "=" + port)
        .replace("authenticate=true", "authenticate=false")
        .lines()
        .filter(line -> !line.contains(".file="))
        .forEach(command::add);
    return command;
  }

  /** The jars that the build copied into a folder. */
  private static List<Path> libraries(String folder) throws IOException {
    try (Stream<Path> jars = Files.list(TestPaths.library(folder))) {
      return jars.filter(jar -> jar.toString().endsWith(".jar")).sorted().toList();
    }
  }

  /** Compiles classes without a package. A source is the name of the class, and its text. */
  @SafeVarargs
  private static void compile(
      Path directory, Path classes, List<Path> libraries, List<String>... sources)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(TestPaths.jdkProgram("javac").toString()));
    command.addAll(List.of("-proc:none", "-d", classes.toString(), "-classpath"));
    command.add(
        Stream.concat(libraries.stream(), TestPaths.profiler().stream())
            .map(Path::toString)
            .collect(Collectors.joining(":")));
    for (List<String> source : sources) {
      Path file = directory.resolve(source.get(0) + ".java");
      command.add(Files.writeString(file, source.get(1)).toString());
    }
    Programs.Ended ended = Programs.run(directory, command);
    assertEquals(0, ended.status(), ended::toString);
  }

  /** Makes what spring-boot-maven-plugin makes: the loader, the classes, and jars in the jar. */
  private static Path executableJar(Path directory, Path classes, List<Path> libraries)
      throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(Attributes.Name.MAIN_CLASS, "org.springframework.boot.loader.launch.JarLauncher");
    manifest.getMainAttributes().put(new Attributes.Name("Start-Class"), "Application");
    manifest.getMainAttributes().put(new Attributes.Name("Spring-Boot-Classes"), CLASSES);
    manifest.getMainAttributes().put(new Attributes.Name("Spring-Boot-Lib"), LIBRARIES);
    Path jar = directory.resolve("app.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest);
        JarFile loader = new JarFile(TestPaths.library("spring-boot-loader.jar").toFile())) {
      for (String folder : List.of("BOOT-INF/", CLASSES, LIBRARIES)) {
        add(entries, folder, new byte[0]);
      }
      for (JarEntry entry : loader.stream().filter(e -> e.getName().endsWith(".class")).toList()) {
        add(entries, entry.getName(), loader.getInputStream(entry).readAllBytes());
      }
      try (Stream<Path> files = Files.list(classes)) {
        for (Path file : files.toList()) {
          add(entries, CLASSES + file.getFileName(), Files.readAllBytes(file));
        }
      }
      for (Path library : libraries) {
        add(entries, LIBRARIES + library.getFileName(), Files.readAllBytes(library));
      }
    }
    return jar;
  }

  /** Adds an entry without compression, which the loader requires of jars in the jar. */
  private static void add(JarOutputStream jar, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 sum = new CRC32();
    sum.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(sum.getValue());
    jar.putNextEntry(entry);
    jar.write(content);
    jar.closeEntry();
  }
}
