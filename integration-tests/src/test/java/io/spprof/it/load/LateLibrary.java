package io.spprof.it.load;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * A load that calls a native function while the thread's state in the JVM stays "in Java". The
 * function's library is loaded while a session samples, unloaded, and loaded again. JDK 22 and
 * later, glibc.
 */
public final class LateLibrary {

  /** Number of calls before the library is loaded again. */
  private static final int CALLS = 200;

  /**
   * Held while a copy of the library is on disk. At the JVM's end it is taken and kept, so that no
   * copy is left.
   */
  private static final ReentrantLock ON_DISK = new ReentrantLock(true);

  private LateLibrary() {}

  /** A copy of the C library's libm, which the JVM has not loaded. */
  private static final class Copy implements AutoCloseable {
    private final Foreign.Memory memory = new Foreign.Memory();
    private final MethodHandle bessel;

    Copy(Path original) throws Exception {
      ON_DISK.lock();
      try {
        Path file = Files.copy(original, Path.of(System.getProperty("java.io.tmpdir"), name()));
        bessel =
            Foreign.withoutLeavingJava(
                Foreign.library(file, memory),
                "jn",
                MethodType.methodType(double.class, int.class, double.class));
        Files.delete(file); // the mapping stays
      } finally {
        ON_DISK.unlock();
      }
    }

    private static String name() {
      return "late-" + Thread.currentThread().getName() + "-" + System.nanoTime() + ".so";
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Path original = mathematics();
    Runtime.getRuntime().addShutdownHook(new Thread(ON_DISK::lock));
    Loads.serve(random -> Profiled.now() ? use(original, random) : Spin.steps(1, 100_000));
  }

  private static long use(Path original, SplittableRandom random) throws Throwable {
    double sum = 0;
    try (Copy copy = new Copy(original)) {
      for (int i = 0; i < CALLS; i++) {
        // The number of steps equals the function's order.
        sum += (double) copy.bessel.invokeExact(40_000, 80_000.0 + random.nextInt(1_000));
      }
    }
    return (long) (sum * 1e9);
  }

  private static Path mathematics() throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.endsWith("/libm.so.6"))
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .findFirst()
          .orElseThrow();
    }
  }
}
