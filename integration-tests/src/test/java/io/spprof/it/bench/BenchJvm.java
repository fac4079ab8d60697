package io.spprof.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that runs {@link Target}. It takes a command a line, and answers each with one line of
 * figures. Between two commands it is stopped (SIGSTOP), so that several JVMs can be measured in
 * turn.
 */
final class BenchJvm implements AutoCloseable {

  private final Process process;
  private final BufferedReader out;
  private final PrintStream in;

  BenchJvm(Setup setup, Subject subject, String... arguments) throws IOException {
    this(setup, subject.actual(setup), subject.jvmArguments(setup), arguments);
  }

  /**
   * Starts the JVM.
   *
   * @param driven the profiler that the target drives
   * @param jvmArguments arguments of the JVM
   */
  BenchJvm(Setup setup, Subject driven, List<String> jvmArguments, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(setup.java().toString()));
    command.addAll(jvmArguments);
    command.addAll(
        List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch", "-cp", setup.classPath()));
    command.add(Target.class.getName());
    command.add(driven.name());
    command.add(setup.asyncLibrary().toString());
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    reply("start of " + jvmArguments);
    signal("STOP");
  }

  /** Sends a command and waits for its figures. */
  Map<String, Double> ask(String command) throws IOException {
    signal("CONT");
    in.println(command);
    Map<String, Double> figures = reply(command);
    signal("STOP");
    return figures;
  }

  long pid() {
    return process.pid();
  }

  private Map<String, Double> reply(String command) throws IOException {
    String line = out.readLine();
    while (line != null && !line.startsWith("= ")) {
      if (!line.startsWith("[INFO]")) {
        System.err.println("bench: target says: " + line);
      }
      line = out.readLine();
    }
    if (line == null) {
      throw new IOException("the target ended at: " + command);
    }
    return figures(line);
  }

  /** Parses the figures in a line of answer. */
  static Map<String, Double> figures(String line) {
    Map<String, Double> figures = new LinkedHashMap<>();
    for (String pair : line.substring(2).strip().split(" ")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        figures.put(pair.substring(0, equals), Double.valueOf(pair.substring(equals + 1)));
      }
    }
    return figures;
  }

  /** Gives its threads priority over all ordinary threads of the machine (sched(7)). */
  void becomeRealtime() throws IOException {
    run("chrt", "--all-tasks", "--rr", "--pid", "1", "" + pid());
  }

  private void signal(String name) throws IOException {
    run("sh", "-c", "kill -" + name + " " + pid());
  }

  private static void run(String... command) throws IOException {
    try {
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IOException(String.join(" ", command) + " gave " + status);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      signal("CONT");
    }
    in.close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
