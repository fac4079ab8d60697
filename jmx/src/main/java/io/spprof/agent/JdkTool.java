package io.spprof.agent;

/**
 * Whether this JVM runs a tool of the JDK, such as {@code jps} or {@code keytool}, and has the
 * agent only because a variable of the environment gives it to every JVM. A script around an
 * application starts many of these; each would sample itself and leave a file at its end.
 *
 * <p>The launchers of the tools start {@code --module MODULE/CLASS} with a module of the JDK; the
 * JVM keeps the module in {@code jdk.module.main} ({@code java File.java} sets none). {@code java
 * -version} has no main class at all. A launcher that is not the JDK's (of a service, an IDE) does
 * not set {@code sun.java.launcher}.
 */
final class JdkTool {

  private JdkTool() {}

  static boolean runsHere() {
    String module = System.getProperty("jdk.module.main");
    String command = System.getProperty("sun.java.command");
    boolean tool = isTool(module, command, System.getProperty("sun.java.launcher"));
    return tool && (givesAgent("JAVA_TOOL_OPTIONS") || givesAgent("_JAVA_OPTIONS"));
  }

  /**
   * Whether such properties are a tool's.
   *
   * @param module of the main class, null on a class path
   * @param command the main class and its arguments, null if there is none
   * @param launcher null where it is not the JDK's own
   */
  static boolean isTool(String module, String command, String launcher) {
    if (command == null) {
      return launcher != null;
    }
    return module != null && (module.startsWith("jdk.") || module.startsWith("java."));
  }

  private static boolean givesAgent(String variable) {
    String options = System.getenv(variable);
    return options != null && options.contains("-javaagent:");
  }
}
