package io.spprof.export;

import io.spprof.text.Printable;

/**
 * Replaces the characters in names of threads and frames that would break a line of an export or
 * mislead its reader.
 */
final class Names {

  /** The name that replaces a blank name. */
  static final String UNNAMED = "[unnamed]";

  private Names() {}

  /**
   * Cleans a name for a line of folded stacks. The method cleans the name as {@link
   * Printable#clean} does, and replaces {@code ;}, which separates frames.
   *
   * @param name the name that the JVM gives, not null
   * @return the cleaned name; {@link #UNNAMED} for a blank name; the same string if nothing had to
   *     change
   */
  static String clean(String name) {
    String cleaned = Printable.clean(name).replace(';', ',');
    return cleaned.isBlank() ? UNNAMED : cleaned;
  }

  /**
   * Returns whether the profiler made this name. If not, it is the name of a method or a thread.
   */
  static boolean isSynthetic(String name) {
    return name.startsWith("[") && name.endsWith("]");
  }
}
