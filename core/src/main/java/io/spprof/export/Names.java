package io.spprof.export;

import io.spprof.text.Printable;

/** Cleans the names of threads and frames for exports. */
final class Names {

  /** Replaces a blank name. */
  static final String UNNAMED = "[unnamed]";

  private Names() {}

  /**
   * Cleans a name for a line of folded stacks: as {@link Printable#clean} does, and without {@code
   * ;}, which separates frames there.
   *
   * @param name as the JVM has it, not null
   * @return the same string if nothing had to change; {@link #UNNAMED} for a blank name
   */
  static String clean(String name) {
    String cleaned = Printable.clean(name).replace(';', ',');
    return cleaned.isBlank() ? UNNAMED : cleaned;
  }

  /** Whether the profiler made this name, as opposed to a method or a thread. */
  static boolean isSynthetic(String name) {
    return name.startsWith("[") && name.endsWith("]");
  }
}
