package io.spprof.agent;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Detects a JVM in which the agent must not start: a JVM that runs a tool, and that has the agent
 * only because an environment variable (such as {@code JAVA_TOOL_OPTIONS}) gives the agent to every
 * JVM. A script around an application starts many such tools. With the agent, each tool would
 * sample itself and leave a file at its end. If a tool's own command line names the agent, the
 * agent starts.
 *
 * <p>The JVM's system properties show what it runs:
 *
 * <ul>
 *   <li>{@code jdk.module.main} is a module of the JDK (its name begins with {@code java.} or
 *       {@code jdk.}): a tool, as {@code jps} or {@code keytool}. Their launchers start the tool's
 *       main class in its module. An application on the class path and {@code java File.java} do
 *       not set the property.
 *   <li>{@code sun.java.command} (the main class or jar, and its arguments) begins with the main
 *       class of jshell's second JVM, in which the user's snippets run: a tool. It begins with the
 *       path of the agent's own jar: the profiler's own command-line program, also a tool.
 *   <li>{@code sun.java.command} is missing, but {@code sun.java.launcher} is set: {@code java
 *       -version}, which has no main class; a tool. If both are missing, another launcher made the
 *       JVM, for instance that of a service or of an IDE: an application.
 * </ul>
 */
final class JdkTool {

  private static final String AGENT = "-javaagent:";
  private static final String FILE = "-XX:VMOptionsFile=";
  private static final String JSHELL = "jdk.jshell.execution.RemoteExecutionControl";
  private static final String JAR = ".jar";

  private JdkTool() {}

  /**
   * Returns whether this JVM runs a tool, and only the environment gave the agent to this JVM.
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
      return false; // Loading the agent will report the problem.
    }
  }

  /**
   * Returns whether these system properties belong to a tool of the JDK.
   *
   * @param module the module of the main class; null if the main class is on the class path
   * @param command the main class and its arguments; null if there is no main class
   * @param launcher the property of the JDK's own launcher; null for another launcher
   */
  static boolean isTool(String module, String command, String launcher) {
    if (command == null) {
      return launcher != null;
    }
    return module == null
        ? command.equals(JSHELL) || command.startsWith(JSHELL + " ")
        : module.startsWith("jdk.") || module.startsWith("java.");
  }

  /**
   * Returns whether a command is {@code java -jar} with this jar. The jar's path may contain
   * blanks.
   */
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
   * Returns whether these JVM options load this agent with these arguments. Options in a file that
   * {@code -XX:VMOptionsFile} names are checked, too.
   *
   * @param options the value of an environment variable; null if the variable is not set
   * @param jar the agent's jar, as a canonical path
   * @param args the agent's arguments, null for none
   */
  static boolean givesAgent(String options, File jar, String args) throws IOException {
    for (String option : split(options == null ? "" : options)) {
      if (option.startsWith(FILE)) {
        String content = Files.readString(Path.of(option.substring(FILE.length())));
        // The JVM refuses an options file that names another options file.
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
   * Splits options at white space outside of quotes, as the JVM does. The quotes do not belong to
   * the options.
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
