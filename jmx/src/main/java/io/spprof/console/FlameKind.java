package io.spprof.console;

/**
 * The kinds of nodes in a flame graph, as the bean's format {@code collapsed-kinds-cpu} tells them.
 */
enum FlameKind {
  ROOT("all threads"),
  THREAD("thread"),
  POOL("names that differ in numbers"),
  JAVA("Java"),
  NATIVE("native library"),
  JVM("JVM"),
  SYSCALL("system call"),
  SYNTHETIC("a note of the profiler");

  private static final String JAVA_SUFFIX = "_[j]";
  private static final String SYSCALL_SUFFIX = "_[k]";

  private final String text;

  FlameKind(String text) {
    this.text = text;
  }

  /** Returns a text for a tooltip. */
  String text() {
    return text;
  }

  /**
   * Returns the kind of a frame. Java code and system calls have a suffix. The names of the other
   * kinds have no common form: a note begins with a bracket and has neither a symbol nor an
   * address, and the name of a function begins with its library.
   */
  static FlameKind of(String frame) {
    if (frame.endsWith(JAVA_SUFFIX)) {
      return JAVA;
    }
    if (frame.endsWith(SYSCALL_SUFFIX)) {
      return SYSCALL;
    }
    if (frame.startsWith("libjvm.so") || frame.startsWith("libjvm.dylib")) {
      return JVM;
    }
    boolean isFunction = frame.indexOf('`') >= 0 || frame.indexOf("]+0x") >= 0;
    boolean isNote = frame.startsWith("[") && !isFunction && !frame.startsWith("[unknown native");
    return isNote ? SYNTHETIC : NATIVE;
  }

  /** Returns the name of a frame without the suffix. */
  String name(String frame) {
    return switch (this) {
      case JAVA -> frame.substring(0, frame.length() - JAVA_SUFFIX.length());
      case SYSCALL -> frame.substring(0, frame.length() - SYSCALL_SUFFIX.length());
      default -> frame;
    };
  }
}
