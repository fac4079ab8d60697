package io.spprof.jmx;

import io.spprof.config.ProfilerConfig;
import io.spprof.sampler.LibraryDirectories;
import io.spprof.text.Input;
import io.spprof.text.Printable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.commons.lang3.StringUtils;

/**
 * The settings of the agent: the options of its sessions, and what only the agent has (such as
 * where dumps go). They come from three sources: the agent's arguments, system properties and
 * environment variables, in this order. The first source that has a setting determines its value.
 *
 * <p>One bad setting makes all settings void. A profiler that does only half of what was asked is
 * harder to notice than a profiler that does nothing and reports why.
 *
 * @param defaults the options that {@code start()} uses
 * @param start whether to start a session at once
 * @param dumpAtExit whether to write the profile when the JVM ends
 * @param directory where dumps are written; null for a temporary directory
 * @param libraryDirectory where the native library is unpacked; null for the first directory that
 *     works
 * @param error what was wrong; "" if nothing. After an error, the other values are the defaults.
 */
record Settings(
    ProfilerConfig defaults,
    boolean start,
    boolean dumpAtExit,
    Path directory,
    Path libraryDirectory,
    String error) {

  /** The settings if no source sets anything. */
  static final Settings NONE = new Settings(ProfilerConfig.DEFAULT, false, false, null, null, "");

  private static final String START = "start";
  private static final String DIR = "dir";
  private static final String ONEXIT = "onexit";
  private static final String LIBDIR = "libdir";

  /** The maximum length of a source, in characters. A path alone can have 4,096. */
  private static final int MOST = 16_384;

  /**
   * Reads the settings from the three sources. If several sources have a key, the arguments win
   * over the system properties, and these win over the environment.
   *
   * @param args the agent's arguments, {@code key=value} pairs joined by commas; null for none
   * @param properties returns the value of a system property; the property of a key is {@code
   *     spprof.KEY}
   * @param environment returns the value of an environment variable; the variable of a key is
   *     {@code SPPROF_KEY}
   */
  static Settings read(
      String args, UnaryOperator<String> properties, UnaryOperator<String> environment) {
    try {
      return of(merge(args, properties, environment));
    } catch (IllegalArgumentException e) {
      return new Settings(
          NONE.defaults(),
          false,
          false,
          null,
          null,
          e.getMessage() + " (no setting is in force, all defaults)");
    }
  }

  /** Returns the directories in which the native library may be unpacked. */
  LibraryDirectories libraryDirectories() {
    return new LibraryDirectories(
        libraryDirectory, directory == null ? null : directory.toAbsolutePath().normalize());
  }

  /** Returns the keys of the settings that sessions do not have, with their values. */
  static List<String> agentHelp() {
    return List.of(START + "=true|false", DIR + "=PATH", ONEXIT + "=none|dump", LIBDIR + "=PATH");
  }

  /** Returns the keys of all settings, with their values. */
  private static List<String> help() {
    List<String> all = new ArrayList<>(ProfilerConfig.HELP);
    all.addAll(agentHelp());
    return all;
  }

  /**
   * Returns the value of each key that a source sets.
   *
   * @throws IllegalArgumentException if the arguments contain an unknown key or one key twice, or
   *     if a source is too long
   */
  private static Map<String, String> merge(
      String args, UnaryOperator<String> properties, UnaryOperator<String> environment) {
    Set<String> keys = new HashSet<>();
    Map<String, String> merged = new LinkedHashMap<>();
    for (String line : help()) {
      String key = StringUtils.substringBefore(line, "=");
      keys.add(key);
      String value = properties.apply("spprof." + key);
      if (StringUtils.isBlank(value)) {
        value = environment.apply("SPPROF_" + key.toUpperCase(Locale.ROOT));
      }
      Input.checkLength(key, value, MOST);
      if (StringUtils.isNotBlank(value)) {
        merged.put(key, value.strip());
      }
    }
    Input.checkLength("settings", args, MOST);
    if (StringUtils.isNotBlank(args)) {
      Set<String> seen = new HashSet<>();
      for (String pair : StringUtils.splitPreserveAllTokens(args, ',')) {
        String key = StringUtils.substringBefore(pair, "=").strip();
        if (!pair.contains("=") && keys.contains(key)) {
          throw withoutValue(key);
        }
        if (!keys.contains(key)) {
          throw new IllegalArgumentException(
              "'"
                  + Printable.of(pair.strip())
                  + "' is no setting; valid: "
                  + String.join(", ", help()));
        }
        if (!seen.add(key)) {
          throw new IllegalArgumentException("'" + key + "' is given twice; give it once");
        }
        merged.put(key, StringUtils.substringAfter(pair, "=").strip());
      }
    }
    return merged;
  }

  private static IllegalArgumentException withoutValue(String key) {
    String valid =
        help().stream().filter(line -> line.startsWith(key + "=")).findFirst().orElseThrow();
    return new IllegalArgumentException(
        "'"
            + key
            + "' has no value; valid: "
            + valid
            + ". jcmd cuts settings at the =, so write them in two pairs of quotes: '\""
            + key
            + "=VALUE\"'");
  }

  private static Settings of(Map<String, String> merged) {
    Map<String, String> options = new LinkedHashMap<>();
    boolean start = false;
    boolean dumpAtExit = false;
    Path directory = null;
    Path libraryDirectory = null;
    for (Map.Entry<String, String> setting : merged.entrySet()) {
      String value = setting.getValue();
      switch (setting.getKey()) {
        case START -> {
          if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(
                START + "=" + Printable.of(value) + ": valid: " + agentHelp().get(0));
          }
          start = value.equals("true");
        }
        case ONEXIT -> {
          if (!value.equals("none") && !value.equals("dump")) {
            throw new IllegalArgumentException(
                ONEXIT + "=" + Printable.of(value) + ": valid: " + agentHelp().get(2));
          }
          dumpAtExit = value.equals("dump");
        }
        case DIR -> directory = outputDirectory(value);
        case LIBDIR -> libraryDirectory = libraryDirectory(value);
        default -> options.put(setting.getKey(), value);
      }
    }
    if (dumpAtExit && directory == null) {
      checkTemporaryDirectory();
    }
    return new Settings(
        ProfilerConfig.DEFAULT.with(options), start, dumpAtExit, directory, libraryDirectory, "");
  }

  private static Path outputDirectory(String value) {
    Path path = path(DIR, value);
    refuse(DIR, value, OutputDirectory.problem(path));
    return path;
  }

  /**
   * Checks, before the first session, the place of the file that is written at the JVM's exit.
   * Another dump can report a failure to its caller, who can try again. If the dump at exit fails,
   * the profile is lost.
   */
  private static void checkTemporaryDirectory() {
    String problem = OutputDirectory.problemOfTemporary();
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException(
          ONEXIT
              + "=dump writes below java.io.tmpdir, as "
              + DIR
              + "=PATH is not given: "
              + Printable.line(problem)
              + " with "
              + DIR
              + "=PATH");
    }
  }

  private static Path libraryDirectory(String value) {
    Path path = path(LIBDIR, value).toAbsolutePath();
    refuse(
        LIBDIR,
        value,
        Files.exists(path, LinkOption.NOFOLLOW_LINKS)
            ? OutputDirectory.problem(path, !LibraryDirectories.hasLibrary(path))
            : path + " is not there; make it first");
    return path;
  }

  private static void refuse(String key, String value, String problem) {
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException(key + "=" + Printable.of(value) + ": " + problem);
    }
  }

  private static Path path(String key, String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(key + " is empty; valid: " + key + "=PATH");
    }
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          key + "=" + Printable.of(value) + " is no path (" + e.getReason() + ")", e);
    }
  }
}
