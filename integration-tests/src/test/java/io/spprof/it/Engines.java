package io.spprof.it;

import java.util.stream.Stream;

/**
 * The engines, which send the sampling signals. A test of a property that every engine must have
 * runs with each of them.
 */
final class Engines {

  private Engines() {}

  /** All values of the option "engine". */
  static Stream<String> all() {
    return Stream.of("ctimer", "itimer");
  }
}
