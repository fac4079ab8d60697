package io.spprof.jmx;

import io.spprof.ProfilerConfig;
import java.nio.file.InvalidPathException;
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
 * What the agent was told, from three sources. One bad setting makes all of them void: a profiler
 * that does half of what was asked is harder to notice than one that does nothing and says why.
 *
 * @param defaults what {@code start()} uses
 * @param start whether to start a session at once
 * @param dumpAtExit whether to write what is kept when the JVM ends
 * @param directory where dumps go, null for a temporary directory
 * @param error what was wrong, "" if nothing; the rest is then as if nothing had been set
 */
record Settings(
    ProfilerConfig defaults, boolean start, boolean dumpAtExit, Path directory, String error) {

  /** Nothing set. */
  static final Settings NONE = new Settings(ProfilerConfig.DEFAULT, false, false, null, "");

  private static final String START = "start";
  private static final String DIR = "dir";
  private static final String ONEXIT = "onexit";

  /**
   * Reads the settings, the strongest source first.
   *
   * @param args the agent's arguments, {@code key=value} pairs joined by commas; null for none
   * @param properties system properties by name, {@code spprof.KEY}
   * @param environment variables by name, {@code SPPROF_KEY}
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
          e.getMessage() + " (no setting is in force, all defaults)");
    }
  }

  /** Keys that only the agent knows, and what they take. */
  static List<String> agentHelp() {
    return List.of(START + "=true|false", DIR + "=PATH", ONEXIT + "=none|dump");
  }

  /** Every key and what it takes. */
  private static List<String> help() {
    List<String> all = new ArrayList<>(ProfilerConfig.HELP);
    all.addAll(agentHelp());
    return all;
  }

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
      if (StringUtils.isNotBlank(value)) {
        merged.put(key, value.strip());
      }
    }
    if (StringUtils.isNotBlank(args)) {
      Set<String> seen = new HashSet<>();
      for (String pair : StringUtils.splitPreserveAllTokens(args, ',')) {
        String key = StringUtils.substringBefore(pair, "=").strip();
        if (!pair.contains("=") || !keys.contains(key)) {
          throw new IllegalArgumentException(
              "'" + pair.strip() + "' is no setting; valid: " + String.join(", ", help()));
        }
        if (!seen.add(key)) {
          throw new IllegalArgumentException("'" + key + "' is given twice; give it once");
        }
        merged.put(key, StringUtils.substringAfter(pair, "=").strip());
      }
    }
    return merged;
  }

  private static Settings of(Map<String, String> merged) {
    Map<String, String> options = new LinkedHashMap<>();
    boolean start = false;
    boolean dumpAtExit = false;
    Path directory = null;
    for (Map.Entry<String, String> setting : merged.entrySet()) {
      String value = setting.getValue();
      switch (setting.getKey()) {
        case START -> {
          if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(
                START + "=" + value + ": valid: " + agentHelp().get(0));
          }
          start = value.equals("true");
        }
        case ONEXIT -> {
          if (!value.equals("none") && !value.equals("dump")) {
            throw new IllegalArgumentException(
                ONEXIT + "=" + value + ": valid: " + agentHelp().get(2));
          }
          dumpAtExit = value.equals("dump");
        }
        case DIR -> directory = path(value);
        default -> options.put(setting.getKey(), value);
      }
    }
    return new Settings(ProfilerConfig.DEFAULT.with(options), start, dumpAtExit, directory, "");
  }

  private static Path path(String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(DIR + " is empty; valid: " + agentHelp().get(1));
    }
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          DIR + "=" + value + " is no path (" + e.getReason() + ")", e);
    }
  }
}
