package io.spprof.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the kernel's information about a process and its threads from /proc ({@code man 5 proc}).
 */
public final class Tasks {

  /** The prefix of the names of the profiler's own threads. */
  static final String OURS = "spprof";

  /**
   * A thread of a process.
   *
   * @param name the first 15 characters of its name
   * @param cpuNanos CPU time so far, ns
   * @param switches voluntary context switches so far: a thread that wakes up and goes back to
   *     sleep makes one
   */
  record Task(String name, long cpuNanos, long switches) {}

  private Tasks() {}

  /** The threads that are alive now. */
  static List<Task> of(long pid) throws IOException {
    List<Task> tasks = new ArrayList<>();
    try (Stream<Path> directories = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path directory : (Iterable<Path>) directories::iterator) {
        try {
          tasks.add(
              new Task(
                  Files.readString(directory.resolve("comm")).strip(),
                  Long.parseLong(Files.readString(directory.resolve("schedstat")).split(" ")[0]),
                  status(directory, "voluntary_ctxt_switches:")));
        } catch (IOException e) {
          // The thread has ended between the listing and the reading.
        }
      }
    }
    return tasks;
  }

  /** The CPU time of the profiler's own threads in this process, ns. */
  public static long ownCpuNanos() throws IOException {
    return of(ProcessHandle.current().pid()).stream()
        .filter(t -> t.name().startsWith(OURS))
        .mapToLong(Task::cpuNanos)
        .sum();
  }

  /** Resident memory, bytes. */
  static long residentBytes(long pid) throws IOException {
    return status(Path.of("/proc/" + pid), "VmRSS:") * 1024;
  }

  /**
   * Resident memory in which each shared page is divided by the number of processes that share it,
   * bytes.
   */
  static long proportionalBytes(long pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/smaps_rollup"), "Pss:") * 1024;
  }

  /** The bytes that the process has passed to write(2) and similar calls so far. */
  static long writtenBytes(long pid) throws IOException {
    return field(Path.of("/proc/" + pid + "/io"), "wchar:");
  }

  private static long status(Path directory, String key) throws IOException {
    return field(directory.resolve("status"), key);
  }

  private static long field(Path file, String key) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).strip().split(" ")[0])
        .mapToLong(Long::parseLong)
        .sum();
  }
}
