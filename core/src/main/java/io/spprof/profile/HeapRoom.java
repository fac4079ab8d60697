package io.spprof.profile;

import java.util.Locale;

/**
 * How much the reading of a profile may allocate on the application's heap. Code asks before it
 * allocates much, because an OutOfMemoryError would hit the application, and would end one that
 * runs with {@code -XX:+ExitOnOutOfMemoryError}. Implementations are safe for use by several
 * threads.
 */
@FunctionalInterface
public interface HeapRoom {

  /** No limit: for programs that watch their heap themselves. */
  HeapRoom UNLIMITED = () -> Long.MAX_VALUE;

  /**
   * How much may be allocated now.
   *
   * @return bytes, 0 or more
   */
  long bytes();

  /**
   * Asks for room.
   *
   * @param needed how many bytes
   * @param what what needs them, as the beginning of a message
   * @param remedy what else to do, as the end of a message
   * @throws IllegalStateException if there are not so many
   */
  default void require(long needed, String what, String remedy) {
    long there = bytes();
    if (needed > there) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s: that takes %.1f MiB of this JVM's heap, which can spare %.1f of its %d MiB; %s",
              what,
              (double) needed / (1 << 20),
              (double) there / (1 << 20),
              Runtime.getRuntime().maxMemory() >> 20,
              remedy));
    }
  }
}
