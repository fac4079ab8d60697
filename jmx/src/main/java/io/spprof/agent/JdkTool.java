package io.spprof.agent;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Detects a JVM that should not be profiled: one that runs a tool, such as {@code jps}, {@code
 * keytool} or the agent's own command line, and has the agent only because an environment variable
 * gives it to every JVM. A script around an application starts many such JVMs; each would sample
 * itself and leave a file at its end.
 *
 * <p>The launchers of the JDK's tools start {@code --module MODULE/CLASS} with a module of the JDK;
 * the JVM keeps the module in {@code jdk.module.main} ({@code java File.java} does not set this
 * property). {@code jshell} starts a second JVM for the user's snippets, by class name. {@code java
 * -version} has no main class at all. A launcher that is not the JDK's (of a service, an IDE) does
 * not set {@code sun.java.launcher}.
 */
final class JdkTool {

  private static final String AGENT = "-javaagent:";
  private static final String FILE = "-XX:VMOptionsFile=";
  private static final String JSHELL = "jdk.jshell.execution.RemoteExecutionControl";
  private static final String JAR = ".jar";

  private JdkTool() {}

  /**
   * Whether this JVM runs a tool and has the agent from the environment only.
   *
   * @param args the agent's arguments, null for none
   */
  static boolean runsHere(String args) {
    String module = System.getProperty("jdk.module.main");
    String command = System.getProperty("sun.java.command");
    boolean tool = isTool(module, command, System.getProperty("sun.java.launcher"));
    if (!tool && (command == null || !command.contains(JAR))) {
      return false;
    }
    try {
      File jar = Agent.jar().getCanonicalFile();
      if (!tool && !runsJar(command, jar)) {
        return false;
      }
      return givesAgent(System.getenv("JAVA_TOOL_OPTIONS"), jar, args)
          || givesAgent(System.getenv("_JAVA_OPTIONS"), jar, args)
          // Only java reads this variable; the launchers of the tools do not.
          || module == null && givesAgent(System.getenv("JDK_JAVA_OPTIONS"), jar, args);
    } catch (IOException | URISyntaxException | IllegalStateException e) {
      return false; // loading the agent reports the problem
    }
  }

  /**
   * Whether these system properties are those of a tool of the JDK.
   *
   * @param module the module of the main class; null on a class path
   * @param command the main class and its arguments; null if there is no main class
   * @param launcher null if the launcher is not the JDK's own
   */
  static boolean isTool(String module, String command, String launcher) {
    if (command == null) {
      return launcher != null;
    }
    return module == null
        ? command.equals(JSHELL) || command.startsWith(JSHELL + " ")
        : module.startsWith("jdk.") || module.startsWith("java.");
  }

  /** Whether a command is {@code java -jar} of this jar. The jar's path may contain blanks. */
  static boolean runsJar(String command, File jar) throws IOException {
    for (int at = command.indexOf(JAR); at >= 0; at = command.indexOf(JAR, at + 1)) {
      int end = at + JAR.length();
      boolean whole = end == command.length() || command.charAt(end) == ' ';
      if (whole && isFile(command.substring(0, end), jar)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether these options load this agent with these arguments.
   *
   * @param options the value of an environment variable; null if it is not set
   * @param jar the agent's jar, as a canonical path
   * @param args the agent's arguments, null for none
   */
  static boolean givesAgent(String options, File jar, String args) throws IOException {
    for (String option : split(options == null ? "" : options)) {
      if (option.startsWith(FILE)) {
        String content = Files.readString(Path.of(option.substring(FILE.length())));
        // The JVM refuses a file that names another file.
        if (givesAgent(content.replace(FILE, ""), jar, args)) {
          return true;
        }
      } else if (option.startsWith(AGENT)) {
        String agent = option.substring(AGENT.length());
        int equals = agent.indexOf('=');
        String path = equals < 0 ? agent : agent.substring(0, equals);
        String given = equals < 0 ? "" : agent.substring(equals + 1);
        if (given.equals(args == null ? "" : args) && isFile(path, jar)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isFile(String path, File jar) throws IOException {
    return new File(path).getCanonicalFile().equals(jar);
  }

  /**
   * Splits options as the JVM does: at white space outside of quotes. The quotes are not part of an
   * option.
   */
  private static List<String> split(String options) {
    List<String> all = new ArrayList<>();
    StringBuilder option = new StringBuilder();
    char quote = 0;
    for (char c : (options + " ").toCharArray()) {
      if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote == 0 && Character.isWhitespace(c)) {
        if (option.length() > 0) {
          all.add(option.toString());
          option.setLength(0);
        }
      } else {
        option.append(c);
      }
    }
    return all;
  }
}
