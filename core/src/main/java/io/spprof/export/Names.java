package io.spprof.export;

/** What a thread or a frame is called in an export. */
final class Names {

  /** Stands for a name of which nothing is left. */
  static final String UNNAMED = "[unnamed]";

  private static final char REPLACEMENT = '\uFFFD';

  private Names() {}

  /**
   * A name that can stand in a line of folded stacks: {@code ;} separates frames there, a line end
   * separates stacks. Half a surrogate pair is replaced because a strict encoder ({@code
   * Files.newBufferedWriter}) refuses it.
   *
   * @param name as the JVM has it, not null
   * @return the name itself where nothing had to change; {@link #UNNAMED} for a blank one
   */
  static String clean(String name) {
    StringBuilder cleaned = null;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (isPairAt(name, i)) {
        i++;
        continue;
      }
      char good = cleanChar(c);
      if (good != c) {
        if (cleaned == null) {
          cleaned = new StringBuilder(name);
        }
        cleaned.setCharAt(i, good);
      }
    }
    String result = cleaned == null ? name : cleaned.toString();
    return result.isBlank() ? UNNAMED : result;
  }

  /** A name that the profiler made up, and no method's or thread's own. */
  static boolean isSynthetic(String name) {
    return name.startsWith("[") && name.endsWith("]");
  }

  private static boolean isPairAt(String name, int i) {
    return i + 1 < name.length() && Character.isSurrogatePair(name.charAt(i), name.charAt(i + 1));
  }

  private static char cleanChar(char c) {
    if (c == ';') {
      return ',';
    }
    // Many readers take U+2028 and U+2029 for line ends.
    if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
      return ' ';
    }
    return Character.isSurrogate(c) ? REPLACEMENT : c;
  }
}
