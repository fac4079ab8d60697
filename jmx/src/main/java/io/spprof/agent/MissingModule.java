package io.spprof.agent;

/**
 * Explains why the command line does not run on a Java runtime that lacks modules of the JDK. An
 * image of jlink, or a JRE, has only some of them.
 */
final class MissingModule {

  private static final String ATTACH = "jdk.attach";

  /** Beginnings of class names, and the module that has these classes. The first match counts. */
  private static final String[][] MODULES = {
    {"com.sun.tools.attach.", ATTACH + ", which a process id needs; give host:port, or"},
    {"javax.management.remote.rmi.", "java.management.rmi;"},
    {"javax.management.", "java.management;"},
    {"java.lang.management.", "java.management;"},
    {"java.rmi.", "java.rmi;"},
    {"javax.rmi.", "java.rmi;"},
    {"javax.naming.", "java.naming;"},
    {"java.util.logging.", "java.logging;"},
    {"jdk.jfr.", "jdk.jfr, which a .jfr file needs;"}
  };

  private MissingModule() {}

  /**
   * Returns why a command failed, as the end of a message. If a class of a known module was not
   * found, the text names the module and the remedy.
   *
   * @param cause the innermost cause of the failure
   * @param command the command that failed; "" if there is none. The commands list and attach take
   *     no host and port.
   */
  static String reason(Throwable cause, String command) {
    if (cause instanceof ClassNotFoundException || cause instanceof NoClassDefFoundError) {
      String missing = String.valueOf(cause.getMessage()).replace('/', '.');
      for (String[] module : MODULES) {
        if (missing.startsWith(module[0])) {
          boolean isLocal = command.equals("list") || command.equals("attach");
          return "this Java runtime has no module "
              + (isLocal && module[1].startsWith(ATTACH)
                  ? ATTACH + ", which " + command + " needs;"
                  : module[1])
              + " run the command with a full JDK";
        }
      }
    }
    return cause.toString();
  }
}
