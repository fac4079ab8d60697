package io.spprof.profile;

import java.util.Locale;

/**
 * What somebody who reads a profile may allocate on the heap of the application. Asked before much
 * is allocated: an OutOfMemoryError would hit the application, and end one that runs with {@code
 * -XX:+ExitOnOutOfMemoryError}. Safe for use by several threads.
 */
@FunctionalInterface
public interface HeapRoom {

  /** For programs that look after their heap themselves. */
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
