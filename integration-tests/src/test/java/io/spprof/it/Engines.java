package io.spprof.it;

import java.util.stream.Stream;

/**
 * The engines, which are the sources of the sampling signals: {@code ctimer} is a CPU timer for
 * each thread, {@code itimer} is one timer of the whole process, ITIMER_PROF. A test of a property
 * that every engine must have runs with each of them.
 */
final class Engines {

  private Engines() {}

  /** All values of the option "engine". */
  static Stream<String> all() {
    return Stream.of("ctimer", "itimer");
  }
}
