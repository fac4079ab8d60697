package io.spprof.it;

import io.spprof.it.load.H2Oltp;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A separate JVM that runs a workload and offers JMX on the loopback interface. It runs with the
 * agent unless a test wants none. It uses the JDK that runs the tests, and has its own home
 * directory and its own directory for temporary files. If the build names a {@link Machine}, it
 * runs there, on the machine's JDK. Closing it asks the JVM to exit and then checks the exit:
 * status 0, nothing unexpected on its standard error, no crash report, no temporary file left.
 */
public final class TargetJvm implements AutoCloseable {

  /** In what a JVM prints if another program listens on the port of its JMX connector. */
  static final String PORT_TAKEN = "Port already in use";

  private static final int BIND_ATTEMPTS = 5;

  private final Process process;
  private final Path directory;
  private final int port;
  private final Lines out;
  private final Lines err;
  private final BufferedWriter in;
  private final List<Predicate<String>> expectedOnStderr;
  private boolean died;

  private TargetJvm(Builder builder, Path directory, int port) throws IOException {
    this.directory = directory;
    this.port = port;
    this.expectedOnStderr = List.copyOf(builder.expectedOnStderr);
    ProcessBuilder command = new ProcessBuilder(builder.commandLine(directory, port));
    command.directory(directory.toFile());
    command.environment().keySet().removeIf(key -> key.startsWith("SPPROF"));
    command.environment().remove("JAVA_TOOL_OPTIONS");
    command.environment().putAll(builder.environment);
    process = start(command, builder.environment);
    out = new Lines("stdout of " + process.pid(), process.getInputStream());
    err = new Lines("stderr of " + process.pid(), process.getErrorStream());
    in =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
  }

  private static Process start(ProcessBuilder command, Map<String, String> environment)
      throws IOException {
    Machine machine = Machine.given();
    return machine == null
        ? command.start()
        : machine.start(command.directory().toPath(), environment, command.command());
  }

  /** Describes a JVM that runs a workload; nothing is started yet. */
  public static Builder of(Class<?> main, Object... arguments) {
    return new Builder(main, arguments);
  }

  /** Describes a JVM that runs the database load, {@link H2Oltp}. */
  public static Builder h2(int workers) {
    return of(H2Oltp.class, workers).classPathOf(org.h2.Driver.class);
  }

  /** The feature release of the JDK that targets run on by default. */
  static int defaultFeature() {
    return Machine.given() == null ? Runtime.version().feature() : Machine.given().feature();
  }

  /**
   * How many busy threads a test of many has: 60, or 12 in a {@link Machine}. Beside 60 there, the
   * JIT compilers and the bean's threads get so little of the slow processors that a stop was not
   * over after seven minutes.
   */
  static int many() {
    return Machine.given() == null ? 60 : 12;
  }

  /** Skips the calling test if the targets' JDK is older than the feature release that has this. */
  static void requireFeature(int least, String what) {
    Assumptions.assumeTrue(
        defaultFeature() >= least, () -> "JDK " + defaultFeature() + " has no " + what);
  }

  /** A loopback port that was free a moment ago, or the port that a machine forwards. */
  static int freePort() throws IOException {
    if (Machine.given() != null) {
      return Machine.given().jmxPort();
    }
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The process id of the target. */
  public long pid() {
    return process.pid();
  }

  /** The loopback port of its JMX connector. */
  public int port() {
    return port;
  }

  /** Its working directory. */
  public Path directory() {
    return directory;
  }

  /** Its java.io.tmpdir. */
  Path temporaryDirectory() {
    return directory.resolve("tmp");
  }

  /** The lines on its standard error, without JVM messages that no flag silences. */
  List<String> stderr() {
    return err.all();
  }

  /** The lines on its standard output, answers included. */
  List<String> stdout() {
    return out.all();
  }

  /** Sends the workload a question and returns its answer; see {@code Control}. */
  public String ask(String question) throws IOException, InterruptedException {
    int from = out.count();
    in.write(question + "\n");
    in.flush();
    return out.await(from, line -> line.startsWith("= "), Await.PATIENCE)
        .orElseThrow(() -> new IllegalStateException("no answer to " + question + "; " + output()))
        .substring(2);
  }

  /**
   * Asks for a safepoint, and returns whether the JVM reached it in time. If not, it will still
   * reach it later.
   */
  boolean reachesSafepoint(Duration atMost) throws IOException, InterruptedException {
    int from = out.count();
    in.write("safepoint\n");
    in.flush();
    return out.await(from, line -> line.startsWith("= "), atMost).isPresent();
  }

  /** Waits until the workload has given so many answers in all. */
  void awaitAnswers(int count) throws InterruptedException {
    long deadline = System.nanoTime() + Await.PATIENCE.toNanos();
    while (answers() < count && System.nanoTime() < deadline) {
      Thread.sleep(10);
    }
    if (answers() < count) {
      throw new IllegalStateException("no answer; " + output());
    }
  }

  /** The number of answers so far. */
  int answers() {
    return (int) out.all().stream().filter(line -> line.startsWith("= ")).count();
  }

  /** The CPU time that the process has used so far, ns. */
  public long cpuNanos() {
    return CpuClock.nanos(pid());
  }

  /**
   * Kills the JVM, as the kernel does when memory is short. Closing it afterwards checks nothing.
   */
  void die() throws InterruptedException {
    died = true;
    kill();
  }

  /** Kills the JVM without an orderly exit. Only ever called for this process. */
  private void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws IOException {
    if (died) {
      return;
    }
    try {
      if (process.isAlive()) {
        in.write("quit\n");
        in.flush();
      }
      if (!process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        kill();
        throw new AssertionError("the target did not exit when asked to; " + output());
      }
      err.awaitEnd(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    checkExit();
  }

  private void checkExit() throws IOException {
    List<String> wrong = new ArrayList<>();
    if (process.exitValue() != 0) {
      wrong.add("exit status " + process.exitValue());
    }
    err.all().stream()
        .filter(line -> expectedOnStderr.stream().noneMatch(expected -> expected.test(line)))
        .forEach(line -> wrong.add("on stderr: " + line));
    leftBehind(directory)
        .filter(file -> file.getFileName().toString().startsWith("hs_err"))
        .forEach(file -> wrong.add("crash report " + file));
    leftBehind(temporaryDirectory()).forEach(file -> wrong.add("temporary file " + file));
    if (!wrong.isEmpty()) {
      throw new AssertionError(
          "the target (pid " + pid() + ") left: " + String.join("; ", wrong) + "; " + output());
    }
  }

  private static Stream<Path> leftBehind(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList().stream();
    }
  }

  private String output() {
    return "stdout " + out.all() + ", stderr " + err.all();
  }

  private boolean isReady() throws InterruptedException {
    Optional<String> ready = out.await(0, "READY"::equals, Await.PATIENCE);
    return ready.isPresent();
  }

  private boolean lostItsPort() throws InterruptedException {
    err.awaitEnd(Duration.ofSeconds(5));
    return err.all().stream().anyMatch(line -> line.contains(PORT_TAKEN));
  }

  /** What to start, and with which options. */
  public static final class Builder {

    private final Class<?> main;
    private final List<String> arguments;
    private final List<String> flags = new ArrayList<>();
    private final List<Path> classPath = new ArrayList<>();
    private final Map<String, String> environment = new java.util.HashMap<>();
    private final List<Predicate<String>> expectedOnStderr = new ArrayList<>();
    private Path agent = TestPaths.agentJar();
    private Path program;
    private int feature;
    private String agentOptions = "";
    private boolean authenticate;

    private Builder(Class<?> main, Object... arguments) {
      this.main = main;
      this.arguments = Stream.of(arguments).map(Object::toString).toList();
      classPath.add(TestPaths.classPathEntry(main));
      Machine machine = Machine.given();
      program = machine == null ? TestPaths.jdkProgram("java") : machine.java();
      feature = defaultFeature();
    }

    /** Adds JVM flags. */
    public Builder flags(String... more) {
      flags.addAll(List.of(more));
      return this;
    }

    /** Adds entries to the class path, after the workload's own. */
    public Builder classPath(Path... more) {
      classPath.addAll(List.of(more));
      return this;
    }

    /** Adds the jar that a class comes from. */
    public Builder classPathOf(Class<?> type) {
      return classPath(TestPaths.classPathEntry(type));
    }

    /** Sets the agent's arguments: the text after the agent's jar and the equals sign. */
    public Builder agentOptions(String options) {
      agentOptions = options;
      return this;
    }

    /** Sets another agent jar. */
    public Builder agent(Path jar) {
      agent = jar;
      return this;
    }

    /** Sets another JDK than the one that runs the tests. */
    public Builder jdk(Path home, int itsFeature) {
      program = home.resolve("bin/java");
      feature = itsFeature;
      return this;
    }

    /** Leaves out the agent. */
    Builder noAgent() {
      agent = null;
      return this;
    }

    /** Sets an environment variable. */
    Builder environment(String key, String value) {
      environment.put(key, value);
      return this;
    }

    /** Allows lines on its standard error that match. */
    public Builder expectOnStderr(Predicate<String> line) {
      expectedOnStderr.add(line);
      return this;
    }

    /**
     * Enables JMX authentication with the two roles of docs/monitoring.md: "monitor" may only read,
     * "control" may do everything. Passwords are the names of the roles.
     */
    Builder authenticate() {
      authenticate = true;
      return this;
    }

    /** Starts the JVM and waits until the workload is ready. */
    public TargetJvm start() throws IOException, InterruptedException {
      Path directory =
          TestPaths.newDirectory(main.getSimpleName().toLowerCase(java.util.Locale.ROOT));
      Files.createDirectories(directory.resolve("tmp"));
      Files.createDirectories(directory.resolve("home"));
      for (int attempt = 0; attempt < BIND_ATTEMPTS; attempt++) {
        TargetJvm target = new TargetJvm(this, directory, freePort());
        boolean ready = false;
        try {
          ready = target.isReady();
          if (ready) {
            return target;
          }
          if (!target.lostItsPort()) {
            throw new IllegalStateException("the workload is not ready; " + target.output());
          }
        } finally {
          if (!ready) {
            target.kill();
          }
        }
      }
      throw new IllegalStateException("no port was free in " + BIND_ATTEMPTS + " attempts");
    }

    private List<String> commandLine(Path directory, int port) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(program.toString());
      command.add("-Xmx512m");
      command.add("-XX:-CreateCoredumpOnCrash");
      command.add("-XX:ErrorFile=" + directory.resolve("hs_err_pid%p.log"));
      command.add("-Djava.io.tmpdir=" + directory.resolve("tmp"));
      command.add("-Duser.home=" + directory.resolve("home"));
      if (feature >= 22) {
        command.add("--enable-native-access=ALL-UNNAMED");
      }
      command.addAll(jmxFlags(directory, port));
      command.addAll(flags);
      if (agent != null) {
        command.add("-javaagent:" + agent + (agentOptions.isEmpty() ? "" : "=" + agentOptions));
      }
      command.add("-classpath");
      command.add(
          classPath.stream()
              .map(Path::toString)
              .collect(Collectors.joining(java.io.File.pathSeparator)));
      command.add(main.getName());
      command.addAll(arguments);
      return command;
    }

    private List<String> jmxFlags(Path directory, int port) throws IOException {
      if (authenticate) {
        Examples.write(directory, "jmxremote.access");
        Examples.write(directory, "jmxremote.password");
      }
      String flags = Examples.text("jmxremote.flags");
      if (Machine.given() != null) {
        flags =
            flags.replace(
                "jmxremote.host=127.0.0.1", "jmxremote.host=" + Machine.given().address());
      }
      return flags
          .replace("=7091", "=" + port)
          .replace("authenticate=true", "authenticate=" + authenticate)
          .lines()
          .filter(line -> authenticate || !line.contains(".file="))
          .toList();
    }
  }
}
