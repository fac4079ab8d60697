package io.spprof.profile;

import io.spprof.text.Printable;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.StringJoiner;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The JVM that a profile is of. All of this is read from system properties, from {@code /proc}, and
 * from one environment variable. Nothing asks a name service, and nothing needs a permission beyond
 * reading. Options of the JVM and arguments of the program are left out, because they can contain
 * passwords.
 *
 * @param program the main class, or the file name of the jar that {@code java -jar} runs; "" if it
 *     is not known, for instance in a program that creates a JVM itself
 * @param pid the process id as the JVM sees it, which in a container can be another than outside; 0
 *     if it is not known
 * @param host the name of the machine or container; "" if it is not known
 * @param javaVersion for instance {@code 17.0.15+6}
 * @param vmName for instance {@code OpenJDK 64-Bit Server VM}
 * @param startTimeMillis the process's start in milliseconds since the epoch; 0 if it is not known
 */
public record JvmInfo(
    String program,
    long pid,
    String host,
    String javaVersion,
    String vmName,
    long startTimeMillis) {

  /** The JVM of a profile that does not say which one it is of. */
  public static final JvmInfo NONE = new JvmInfo("", 0, "", "", "", 0);

  private static final String HOST_NAME = "/proc/sys/kernel/hostname";
  private static final String HOST_VARIABLE = "HOSTNAME";

  static volatile JvmInfo known; // null until it was read

  /**
   * Returns the JVM that runs this code. The JVM's facts are read when the first profile needs
   * them.
   *
   * @return not null; {@link #NONE} if the facts cannot be read now, for instance because the heap
   *     is full
   */
  public static JvmInfo current() {
    return current(JvmInfo::read);
  }

  /** Returns the JVM. A failure is not kept, so the next profile reads the facts again. */
  static JvmInfo current(Supplier<JvmInfo> reading) {
    JvmInfo info = known;
    if (info == null) {
      try {
        info = reading.get();
        known = info;
      } catch (Throwable e) {
        return NONE; // A profile without these facts is better than none.
      }
    }
    return info;
  }

  private static JvmInfo read() {
    return new JvmInfo(
        orUnknown(() -> program(System::getProperty), ""),
        orUnknown(() -> ProcessHandle.current().pid(), 0L),
        orUnknown(() -> host(Path.of(HOST_NAME), System::getenv), ""),
        Runtime.version().toString(),
        orUnknown(() -> System.getProperty("java.vm.name", ""), ""),
        orUnknown(JvmInfo::startMillis, 0L));
  }

  private static long startMillis() {
    return ProcessHandle.current().info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  /** Returns a fact, or the given value if the program may not read the fact. */
  static <T> T orUnknown(Supplier<T> fact, T unknown) {
    try {
      return fact.get();
    } catch (SecurityException | UnsupportedOperationException e) {
      return unknown;
    }
  }

  /**
   * Returns the program's name. {@code sun.java.command} is the main class or the jar's path, then
   * the arguments. A jar's path can contain blanks; the class path then begins with exactly this
   * path. The JVM appends the jars of agents to the class path.
   *
   * @param property returns a system property, or null
   */
  static String program(UnaryOperator<String> property) {
    String command = orEmpty(property.apply("sun.java.command"));
    String classPath = orEmpty(property.apply("java.class.path"));
    int end = classPath.indexOf(File.pathSeparatorChar);
    String first = end < 0 ? classPath : classPath.substring(0, end);
    boolean isJar = !first.isEmpty() && (command + " ").startsWith(first + " ");
    if (isJar) {
      return first.substring(first.lastIndexOf('/') + 1);
    }
    int blank = command.indexOf(' ');
    return blank < 0 ? command : command.substring(0, blank);
  }

  /**
   * Returns the machine's name. {@code InetAddress.getLocalHost} would ask a name service.
   *
   * @param file the file in which Linux shows the name of the process's UTS namespace
   * @param environment returns an environment variable, or null; used only if the file has no name
   */
  static String host(Path file, UnaryOperator<String> environment) {
    try {
      String name = Files.readString(file, StandardCharsets.UTF_8).strip();
      if (!name.isEmpty()) {
        return name;
      }
    } catch (IOException | SecurityException e) {
      // No Linux, or no /proc, or no permission.
    }
    return orEmpty(environment.apply(HOST_VARIABLE)).strip();
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  /**
   * Returns what is known, in one line for people: {@code app.jar, pid 42, host web-1, Java
   * 17.0.15+6}.
   *
   * @return one line; "" if nothing is known
   */
  public String describe() {
    StringJoiner parts = new StringJoiner(", ");
    if (!program.isEmpty()) {
      parts.add(program);
    }
    if (pid > 0) {
      parts.add("pid " + pid);
    }
    if (!host.isEmpty()) {
      parts.add("host " + host);
    }
    if (!javaVersion.isEmpty()) {
      parts.add("Java " + javaVersion);
    }
    return Printable.clean(parts.toString());
  }
}
