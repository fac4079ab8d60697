package io.spprof.cli;

import io.spprof.config.ProfilerConfig;
import io.spprof.export.ExportFormat;
import io.spprof.jmx.AgentMain;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.lang3.StringUtils;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Adds to the commands' help what the code's tables have: the options of a session with their
 * values and defaults, the agent's settings, and the formats of files. Also adds examples. The
 * texts are added when a help is printed, because the tables cost CPU time that other commands do
 * not need.
 */
final class HelpTexts implements IHelpFactory {

  /**
   * Changes the options of commands that share them with other commands.
   *
   * @param commands the commands, by name; not all commands need be there
   */
  static void changeOptions(Map<String, CommandLine> commands) {
    if (commands.containsKey("attach")) {
      attachTakesLocalJvms(commands.get("attach").getCommandSpec());
    }
    if (commands.containsKey("diff")) {
      diffHasAFileAndFormatsOfItsOwn(commands.get("diff").getCommandSpec());
    }
  }

  /** Adds the texts of a command. Picocli calls this method before it prints a help. */
  @Override
  public Help create(CommandSpec command, Help.ColorScheme colors) {
    if (command.parent() != null) {
      examples(command);
    }
    switch (command.name()) {
      case "attach" -> append(command, sessionOptions(), agentSettings());
      case "start" -> append(command, sessionOptions());
      case "profile" -> append(command, formats(), sessionOptions());
      case "dump" -> append(command, formats());
      default -> {}
    }
    return new Help(command, colors);
  }

  private static void append(CommandSpec command, String... texts) {
    CommandLine.Model.UsageMessageSpec usage = command.usageMessage();
    List<String> all = new ArrayList<>();
    for (String text : texts) {
      Collections.addAll(all, text.replace("%", "%%").split("\n", -1));
    }
    Collections.addAll(all, usage.footer());
    usage.footer(all.toArray(String[]::new));
  }

  /** Unlike the other commands, attach has no use for an address and for a login. */
  private static void attachTakesLocalJvms(CommandSpec attach) {
    PositionalParamSpec target = attach.positionalParameters().get(0);
    attach.remove(target);
    attach.add(
        PositionalParamSpec.builder(target)
            .description(
                "The process id, or the main class or jar, of a JVM of yours on this machine.")
            .build());
    for (OptionSpec option : List.copyOf(attach.options())) {
      if (option.longestName().matches("--(user|tls|.*store|.*password-file)")) {
        attach.remove(option);
      }
    }
  }

  private static void diffHasAFileAndFormatsOfItsOwn(CommandSpec diff) {
    OptionSpec output = diff.findOption("--output");
    diff.remove(output);
    diff.add(
        OptionSpec.builder(output)
            .description(
                "Where to; the suffix decides the format, .html (a page) or .collapsed (folded"
                    + " stacks). - is the standard output. Without it, spprof-diff-TIME.html in this"
                    + " directory.")
            .build());
  }

  private static String sessionOptions() {
    Map<String, String> defaults = new HashMap<>();
    for (String pair : ProfilerConfig.DEFAULT.toOptions().split(",")) {
      defaults.put(StringUtils.substringBefore(pair, "="), StringUtils.substringAfter(pair, "="));
    }
    StringBuilder text = new StringBuilder("\nOptions of a session, and their defaults:\n");
    for (String line : ProfilerConfig.HELP) {
      String key = StringUtils.substringBefore(line, "=");
      text.append(
          String.format(
              Locale.ROOT,
              "  %-40s %-8s %s\n",
              line,
              defaults.getOrDefault(key, "none"),
              meaning(key)));
    }
    return text.toString().stripTrailing();
  }

  private static String meaning(String key) {
    return switch (key) {
      case "interval" -> "CPU time between two samples";
      case "duration" -> "the session then stops";
      case "memory" -> "bound for all samples";
      case "depth" -> "frames kept of a stack";
      case "engine" -> "what makes the signals";
      case "walker" -> "what reads the stacks";
      case "mode" -> "continuous: always on";
      case "window" -> "of mode=continuous";
      case "retention" -> "of mode=continuous";
      case "budget" -> "most overhead";
      case "native" -> "frames of native code";
      default -> "";
    };
  }

  private static String agentSettings() {
    StringBuilder text = new StringBuilder("\nThe agent takes these, too, with these defaults:\n");
    for (String line : AgentMain.settings()) {
      String key = StringUtils.substringBefore(line, "=");
      String meaning =
          switch (key) {
            case "start" -> "start a session at once";
            case "dir" -> "where dumpToFile writes; none: a new directory";
            case "onexit" -> "dump: write a recording when the JVM exits";
            case "libdir" -> "the native library's place; none: the first that works";
            default -> "";
          };
      String standard = key.equals("start") ? "false" : "none";
      text.append(String.format(Locale.ROOT, "  %-18s %-6s %s\n", line, standard, meaning));
    }
    return text.toString().stripTrailing();
  }

  private static String formats() {
    StringBuilder text = new StringBuilder("\nFormats, by the suffix of FILE or by --format:\n");
    for (ExportFormat format : ExportFormat.values()) {
      String meaning =
          switch (format) {
            case COLLAPSED -> "folded stacks";
            case COLLAPSED_KINDS -> "the same, frames marked by kind";
            case COLLAPSED_CPU -> "folded stacks, in ns of CPU time";
            case COLLAPSED_KINDS_CPU -> "the same, frames marked by kind";
            case HTML -> "flame graph, one page for a browser";
            case JFR -> "for jfr, JDK Mission Control";
            case PPROF -> "for go tool pprof";
            case SPEEDSCOPE -> "for https://www.speedscope.app";
            case TEXT -> "report to read";
          };
      text.append(
          String.format(Locale.ROOT, "  %-20s %-19s %s\n", format.suffix(), format.key(), meaning));
    }
    return text.toString().stripTrailing();
  }

  private static void examples(CommandSpec command) {
    String[] examples =
        switch (command.name()) {
          case "attach" -> new String[] {"4711", "app.jar mode=continuous,budget=1,start=true"};
          case "list" -> new String[] {"", "--agents"};
          case "start" -> new String[] {"4711", "4711 interval=1ms,duration=60s"};
          case "stop" -> new String[] {"4711", "app.example:7091 --user control"};
          case "status" -> new String[] {"4711", "app.example:7091 --user monitor"};
          case "top" -> new String[] {"4711", "4711 --last 1m --methods 20"};
          case "dump" -> new String[] {"4711 -o flame.html", "4711 --range last=10m -o slow.jfr"};
          case "diff" ->
              new String[] {
                "4711 from=-40m,to=-20m last=20m", "before.html after.html -o difference.html"
              };
          case "profile" ->
              new String[] {
                "4711",
                "app.jar -d 10 -o flame.html",
                "4711 -d 5m -o p.jfr --options interval=1ms",
                "4711 -o - --format collapsed | sort"
              };
          default -> new String[] {""};
        };
    String[] footer = new String[examples.length + 2];
    footer[0] = "";
    footer[1] = "Examples:";
    for (int i = 0; i < examples.length; i++) {
      footer[i + 2] = ("  " + Cli.NAME + " " + command.name() + " " + examples[i]).stripTrailing();
    }
    command.usageMessage().footer(footer);
  }
}
