package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checks whether {@code /proc} numbers threads as this process does. A container can have its own
 * pid namespace and the host's {@code /proc}. The file system then lists the threads of the process
 * by the host's numbers, and no timer can be created with such a number. The profiler then samples
 * only the threads that the JVM announces. It does not sample the threads of the garbage collector,
 * the JIT compilers and native libraries.
 */
final class ProcFileSystem {

  private static final Path SELF = Path.of("/proc/self");

  private ProcFileSystem() {}

  /**
   * Returns the problem with {@code /proc} in this process.
   *
   * @param pid the process's number in its own pid namespace
   * @param other the engine that needs no list of threads
   * @return "" if there is no problem; otherwise the consequence, the cause and the remedy
   */
  static String problem(long pid, OtherEngine other) {
    String self;
    try {
      self = Files.readSymbolicLink(SELF).toString();
    } catch (IOException | UnsupportedOperationException e) {
      self = "";
    }
    return problem(self, pid, other);
  }

  /**
   * Returns the problem with {@code /proc} for any process.
   *
   * @param self the target of the link /proc/self, "" if the link cannot be read
   * @param pid the process's number in its own pid namespace
   * @param other the engine that needs no list of threads
   */
  static String problem(String self, long pid, OtherEngine other) {
    if (self.equals(Long.toString(pid))) {
      return "";
    }
    return "only Java's threads are sampled, not those of the JVM (GC, JIT) and of native libraries:"
        + (self.isEmpty()
            ? " /proc does not show this process"
            : " /proc is another pid namespace's (this process is "
                + self
                + " there, and "
                + pid
                + " for itself)")
        + "; mount a /proc of the container's own"
        + other.instead("");
  }
}
