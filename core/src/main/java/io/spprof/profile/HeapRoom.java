package io.spprof.profile;

import java.util.Locale;

/**
 * Limits how much heap the reading of a profile may allocate, to protect the application in the
 * same JVM. Code asks before each large allocation. Otherwise an OutOfMemoryError could hit the
 * application, and would end an application that runs with {@code -XX:+ExitOnOutOfMemoryError}.
 * Several threads may use an implementation.
 */
@FunctionalInterface
public interface HeapRoom {

  /** Sets no limit. For programs that watch their heap themselves. */
  HeapRoom UNLIMITED = () -> Long.MAX_VALUE;

  /**
   * Returns how many bytes may be allocated now.
   *
   * @return bytes, 0 or more
   */
  long bytes();

  /**
   * Checks that there is room for an allocation.
   *
   * @param needed the size of the allocation in bytes
   * @param what the purpose of the allocation, as the beginning of a message
   * @param remedy what the user can do instead, as the end of a message
   * @throws IllegalStateException if there is not enough room
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
