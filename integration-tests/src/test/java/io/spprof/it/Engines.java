package io.spprof.it;

import java.util.stream.Stream;

/** What makes the signals; a test of what must be so whatever does is run with each. */
final class Engines {

  private Engines() {}

  /** The values of the option "engine", each by its own name. */
  static Stream<String> all() {
    return Stream.of("ctimer", "itimer");
  }
}
