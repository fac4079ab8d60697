package io.spprof.export;

import io.spprof.text.Printable;

/** What a thread or a frame is called in an export. */
final class Names {

  /** Stands for a name of which nothing is left. */
  static final String UNNAMED = "[unnamed]";

  private Names() {}

  /**
   * A name that can stand in a line of folded stacks: {@link Printable#clean clean}, and without
   * {@code ;}, which separates frames there.
   *
   * @param name as the JVM has it, not null
   * @return the name itself where nothing had to change; {@link #UNNAMED} for a blank one
   */
  static String clean(String name) {
    String cleaned = Printable.clean(name).replace(';', ',');
    return cleaned.isBlank() ? UNNAMED : cleaned;
  }

  /** A name that the profiler made up, and no method's or thread's own. */
  static boolean isSynthetic(String name) {
    return name.startsWith("[") && name.endsWith("]");
  }
}
