package io.spprof.cli;

import io.spprof.text.Printable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.lang3.StringUtils;

/**
 * Finds a JVM on this machine by the name of its main class or jar. The names are those that the
 * JVMs publish, so no JVM is attached to.
 */
final class JvmNames {

  private static final String SUFFIX = "\\.[jw]ar";

  /** The path of a jar, which can contain blanks, and the program's arguments. */
  private static final Pattern JAR = Pattern.compile("(.*?" + SUFFIX + ")(?: .*)?", Pattern.DOTALL);

  /** How a JVM publishes a main class in a module. A relative path can look the same. */
  private static final Pattern MODULE_AND_CLASS =
      Pattern.compile("\\w[\\w.]*/[\\w.$]+", Pattern.UNICODE_CHARACTER_CLASS);

  private static final int MOST_SHOWN = 8;

  private JvmNames() {}

  /**
   * Returns the names by which a user can mean a JVM: the main class with and without its package,
   * or the jar with and without its directory and suffix. The names are those of both if the first
   * word can be a main class and also the beginning of a jar's relative path with blanks.
   *
   * @param command the main class or jar, and its arguments; "" if the JVM does not publish it
   */
  static Set<String> of(String command) {
    Set<String> names = new LinkedHashSet<>();
    for (String text : new String[] {main(command), jar(command)}) {
      if (!text.isEmpty()) {
        String file = afterLast(afterLast(text, '/'), '\\');
        String jar = file.replaceFirst(SUFFIX + "$", "");
        names.addAll(List.of(text, file, jar.equals(file) ? afterLast(file, '.') : jar));
      }
    }
    return names;
  }

  /** Returns the main class or jar of a command without the arguments, which can be secret. */
  private static String main(String command) {
    String first = StringUtils.substringBefore(command, " ");
    String jar = jar(command);
    boolean hasDirectory = first.indexOf('/') >= 0 || first.indexOf('\\') >= 0;
    boolean isPath = hasDirectory && !MODULE_AND_CLASS.matcher(first).matches();
    return isPath && !jar.isEmpty() ? jar : first;
  }

  /**
   * Returns the beginning of a command as far as it can be the path of a jar.
   *
   * @return "" if there is no jar, or if an option comes before it
   */
  private static String jar(String command) {
    Matcher jar = JAR.matcher(command);
    return jar.matches() && !jar.group(1).contains(" -") ? jar.group(1) : "";
  }

  private static String afterLast(String text, char separator) {
    return text.substring(text.lastIndexOf(separator) + 1);
  }

  /**
   * Returns the process id of the only JVM with a name.
   *
   * @param name the name, in the words of the user
   * @param jvms the JVMs to choose from
   * @throws CommandFailure if no JVM has this name, or several have it; the message lists them
   */
  static String find(String name, List<LocalJvm.Listed> jvms) {
    List<LocalJvm.Listed> found = new ArrayList<>();
    for (LocalJvm.Listed jvm : jvms) {
      if (of(jvm.name()).contains(name)) {
        found.add(jvm);
      }
    }
    if (found.size() == 1) {
      return found.get(0).pid();
    }
    if (found.isEmpty()) {
      throw CommandFailure.usage(
          "TARGET "
              + Main.shown(name)
              + " is no process id, host:port or JMX service URL, and no JVM of yours here has this"
              + " main class or jar; list shows them"
              + (jvms.isEmpty() ? "" : ": " + shown(jvms)));
    }
    throw CommandFailure.usage(
        "TARGET "
            + Main.shown(name)
            + " is the name of "
            + found.size()
            + " JVMs: "
            + shown(found)
            + "; give the process id");
  }

  /** Lists JVMs by their main classes and jars. */
  private static String shown(List<LocalJvm.Listed> jvms) {
    List<String> texts = new ArrayList<>();
    for (LocalJvm.Listed jvm : jvms.subList(0, Math.min(MOST_SHOWN, jvms.size()))) {
      String main = main(jvm.name());
      texts.add(jvm.pid() + (main.isEmpty() ? "" : " " + Printable.of(main)));
    }
    int more = jvms.size() - texts.size();
    return String.join(", ", texts) + (more == 0 ? "" : " and " + more + " more");
  }
}
