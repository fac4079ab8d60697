package io.spprof.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** A program that runs during a test, until this object is closed. Its output is kept in a file. */
final class RunningProgram implements AutoCloseable {

  private final Process process;
  private final Path log;

  /** Starts the program; its log is in the directory. */
  RunningProgram(Path directory, String... command) throws IOException {
    log = Files.createTempFile(directory, "program", ".log");
    ProcessBuilder builder = new ProcessBuilder(List.of(command));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  /** The file with its output. */
  Path log() {
    return log;
  }

  /** Returns as soon as the condition holds. Fails, with the log, if the program ends before. */
  void await(String what, Callable<Boolean> condition) throws Exception {
    Await.until(what, () -> !process.isAlive() || condition.call());
    if (!process.isAlive()) {
      throw new AssertionError("it ended before: " + what + "; " + Files.readString(log));
    }
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
