package io.spprof.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads the kernel's information about a process in /proc, of this machine or of the {@link
 * Machine} in which the targets run.
 */
final class Proc {

  static final int SIGPROF = 27;

  private Proc() {}

  /** Whether the process has a handler of its own for a signal. */
  static boolean catches(long pid, int signal) throws IOException {
    return isInMask(pid, "SigCgt", signal);
  }

  /** Whether the process ignores a signal. */
  static boolean ignores(long pid, int signal) throws IOException {
    return isInMask(pid, "SigIgn", signal);
  }

  private static boolean isInMask(long pid, String field, int signal) throws IOException {
    long mask = Long.parseUnsignedLong(status(pid, field), 16);
    return (mask >>> (signal - 1) & 1) == 1;
  }

  /** The value of a field of /proc/PID/status. */
  static String status(long pid, String field) throws IOException {
    return lines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no " + field + " of " + pid));
  }

  /** The blocked signals of each thread of the process, in the kernel's format, by thread id. */
  static Map<Long, String> blocked(long pid) throws IOException {
    Map<Long, String> masks = new TreeMap<>();
    for (long thread : threads(pid)) {
      try {
        lines(task(pid, thread, "status")).stream()
            .filter(line -> line.startsWith("SigBlk:"))
            .forEach(line -> masks.put(thread, line.substring("SigBlk:".length()).strip()));
      } catch (IOException e) {
        // The thread has ended: no such file, or no such process.
      }
    }
    return masks;
  }

  /** The number of the process's open file descriptors. */
  static int descriptors(long pid) throws IOException {
    return names(Path.of("/proc", Long.toString(pid), "fd")).size();
  }

  /** The lines of the process's memory map. */
  static List<String> mappings(long pid) throws IOException {
    return lines(Path.of("/proc", Long.toString(pid), "maps"));
  }

  /** The value of a size in /proc/PID/status, in bytes. */
  static long bytes(long pid, String field) throws IOException {
    return 1024 * Long.parseLong(status(pid, field).replace(" kB", ""));
  }

  /** The memory that the process has written to and shares with no other process, in bytes. */
  static long privateDirty(long pid) throws IOException {
    return lines(Path.of("/proc", Long.toString(pid), "smaps_rollup")).stream()
        .filter(line -> line.startsWith("Private_Dirty:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
        .sum();
  }

  /** The process's POSIX timers, one text each. */
  static List<String> timers(long pid) throws IOException {
    return lines(Path.of("/proc", Long.toString(pid), "timers")).stream()
        .filter(line -> line.startsWith("ID:"))
        .toList();
  }

  /** Whether a POSIX timer of the process sends its signal to a thread with this name. */
  static boolean hasTimer(long pid, String name) throws IOException {
    List<String> lines = lines(Path.of("/proc", Long.toString(pid), "timers"));
    for (long thread : threads(pid)) {
      if (lines.contains("notify: signal/tid." + thread)
          && threadName(pid, thread).orElse("").equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** The ids of the process's threads. */
  static List<Long> threads(long pid) throws IOException {
    return names(Path.of("/proc", Long.toString(pid), "task")).stream().map(Long::valueOf).toList();
  }

  /** The names of the process's threads, which the kernel cuts to 15 characters. */
  static List<String> threadNames(long pid) throws IOException {
    List<String> names = new ArrayList<>();
    for (long thread : threads(pid)) {
      threadName(pid, thread).ifPresent(names::add);
    }
    return names;
  }

  /** The name of a thread; empty if it has ended. */
  static Optional<String> threadName(long pid, long thread) throws IOException {
    try {
      return Optional.of(text(task(pid, thread, "comm")).strip());
    } catch (IOException e) {
      // ESRCH from opening or reading the file: the thread has ended in between.
      if (e instanceof NoSuchFileException
          || String.valueOf(e.getMessage()).endsWith("No such process")) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether the thread is blocked in a system call. */
  static boolean isBlocked(long pid, long thread) throws IOException {
    String call = text(task(pid, thread, "syscall"));
    return !call.startsWith("running") && !call.startsWith("-1");
  }

  /** The kernel's letter for the state of a thread: 't' means stopped by a tracer. */
  static char threadState(long pid, long thread) throws IOException {
    String stat = text(task(pid, thread, "stat"));
    return stat.charAt(stat.lastIndexOf(')') + 2);
  }

  /** The files that are mapped in the process. */
  static List<String> mappedFiles(long pid) throws IOException {
    return mappings(pid).stream()
        .map(line -> line.replaceFirst("^(\\S+\\s+){5}", ""))
        .filter(name -> name.startsWith("/"))
        .distinct()
        .toList();
  }

  /** As Linux shows the name of the thread spprof-collector: the first 15 characters. */
  private static final String PROFILERS_THREAD = "spprof-collecto";

  /** The CPU time of the profiler's session thread in that process, ns. */
  static long profilersThreadNanos(long pid) throws IOException {
    return cpuNanos(pid, PROFILERS_THREAD);
  }

  /**
   * The CPU time of the thread with this name, ns, up to the kernel's last tick; of the first
   * thread if there are several.
   *
   * @param name the name, cut to 15 characters
   */
  static long cpuNanos(long pid, String name) throws IOException {
    for (long thread : threads(pid)) {
      if (threadName(pid, thread).orElse("").equals(name)) {
        return Long.parseLong(text(task(pid, thread, "schedstat")).split(" ")[0]);
      }
    }
    throw new AssertionError("no thread " + name);
  }

  /**
   * The CPU time of the thread with this name by the kernel's account, in ticks of 10 ms.
   *
   * @return user time, system time
   */
  static long[] userAndSystemTicks(long pid, String name) throws IOException {
    for (long thread : threads(pid)) {
      if (threadName(pid, thread).orElse("").equals(name)) {
        String stat = text(task(pid, thread, "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new long[] {Long.parseLong(fields[11]), Long.parseLong(fields[12])};
      }
    }
    throw new AssertionError("no thread " + name);
  }

  private static List<String> lines(Path file) throws IOException {
    return text(file).lines().toList();
  }

  private static String text(Path file) throws IOException {
    Machine machine = Machine.given();
    return machine == null
        ? Files.readString(file)
        : new String(machine.read(file), StandardCharsets.UTF_8);
  }

  private static List<String> names(Path directory) throws IOException {
    if (Machine.given() != null) {
      return Machine.given().list(directory);
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static Path task(long pid, long thread, String file) {
    return Path.of("/proc", Long.toString(pid), "task", Long.toString(thread), file);
  }
}
