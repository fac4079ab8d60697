package io.spprof.sampler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether {@code /proc} numbers threads as this process does. In a container with a pid namespace
 * of its own and the host's {@code /proc}, it lists the process's threads by the host's numbers, by
 * which no timer can be made: the threads that the JVM does not announce (GC, JIT, native
 * libraries' threads) are not sampled.
 */
final class ProcFileSystem {

  private static final Path SELF = Path.of("/proc/self");

  private ProcFileSystem() {}

  /**
   * What is wrong with it here.
   *
   * @param pid the number that the process has for itself
   * @param other the engine that needs no list of threads
   * @return "" if nothing, else the consequence, the cause and the remedy
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
   * The same for any process.
   *
   * @param self where /proc/self leads, "" if it leads nowhere
   * @param pid the number that the process has for itself
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
