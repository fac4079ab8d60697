package io.spprof.cli;

import io.spprof.jmx.Version;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line's commands, options and help, for picocli. {@link Main} is the entry. */
@Command(
    name = Cli.NAME,
    customSynopsis = Cli.NAME + " COMMAND [TARGET] [OPTIONS]",
    description = {
      "",
      "A sampling CPU profiler for the JVM, managed over JMX.",
      "TARGET is a process id, the main class or jar of a JVM here, host:port, or a",
      "JMX service URL.",
      ""
    },
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "COMMAND --help shows its options, with examples. For instance:",
      "  " + Cli.NAME + " list",
      "  " + Cli.NAME + " profile 4711",
      "  " + Cli.NAME + " profile 4711 -d 10 -o flame.html",
      "",
      "To load the agent without this command line:",
      "  java -javaagent:spprof-agent.jar[=key=value,...] ...       at start-up",
      "  jcmd PID JVMTI.agent_load /absolute/path/spprof-agent.jar  into a running JVM",
      "then manage the bean io.spprof:type=Spprof with any JMX client, JConsole for instance.",
      "",
      "Exit status: 0 done, 1 refused by the target, 2 usage, 3 target not reachable."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class Cli implements Runnable, IParameterExceptionHandler, IExecutionExceptionHandler {

  /** How users call this program. */
  static final String NAME = "java -jar spprof-agent.jar";

  /** Columns for the names of options in the help, so that none is broken. */
  private static final int LONGEST_OPTION = 38;

  /** Prints the version for the option {@code --version}. */
  static final class JarVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"spprof " + Version.get()};
    }
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private final PrintStream out;

  private Cli(PrintStream out) {
    this.out = out;
  }

  /** Returns the standard output, for a command that writes bytes. */
  PrintStream out() {
    return out;
  }

  /** Prints the usage. Picocli calls this method if the user gives no command. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /**
   * Runs a command.
   *
   * @param args the command line
   * @param stdout the standard output, for a command that writes bytes
   * @param out the standard output
   * @param err the standard error
   * @return the exit status
   */
  static int run(String[] args, PrintStream stdout, PrintWriter out, PrintWriter err) {
    Cli cli = new Cli(stdout);
    CommandLine line = new CommandLine(cli);
    addCommands(line, args.length == 0 ? "" : args[0], out);
    HelpTexts.changeOptions(line.getSubcommands());
    line.setHelpFactory(new HelpTexts());
    boolean isTerminal = Terminal.isThere();
    line.setUsageHelpAutoWidth(isTerminal);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            isTerminal ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF));
    line.setUsageHelpLongOptionsMaxWidth(LONGEST_OPTION);
    line.setOut(out);
    line.setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(cli);
    line.setExecutionExceptionHandler(cli);
    return line.execute(args);
  }

  /**
   * Adds the command that the user gives, or all commands if the first argument is no command.
   * Picocli reads the annotations of each command that is added. This reading is a large part of
   * the CPU time of a start.
   */
  private static void addCommands(CommandLine line, String first, PrintWriter out) {
    for (String name : Main.COMMANDS.contains(first) ? List.of(first) : Main.COMMANDS) {
      line.addSubcommand(name, command(name, out));
    }
  }

  private static Object command(String name, PrintWriter out) {
    return switch (name) {
      case "list" -> new ListCommand();
      case "attach" -> new AttachCommand();
      case "start" -> new StartCommand();
      case "stop" -> new StopCommand();
      case "status" -> new StatusCommand(new Target(), out);
      case "top" -> new TopCommand(new Target(), out);
      case "dump" -> new DumpCommand();
      case "profile" -> new ProfileCommand();
      case "diff" -> new DiffCommand();
      default -> throw new IllegalArgumentException("no command: " + name);
    };
  }

  /** Reports wrong usage. Picocli calls this method. */
  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String message =
        command.getParent() == null && e instanceof UnmatchedArgumentException unmatched
            ? "there is no command "
                + Main.shown(unmatched.getUnmatched().get(0))
                + "; valid: "
                + String.join(", ", Main.COMMANDS)
            : Main.line(e.getMessage());
    command
        .getErr()
        .println(
            "spprof: "
                + message
                + "; see "
                + NAME
                + " "
                + (command.getParent() == null ? "" : command.getCommandName() + " ")
                + "--help");
    return CommandFailure.USAGE;
  }

  /** Reports the failure of a command. Picocli calls this method. */
  @Override
  public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
    return Main.report(thrown, command.getErr());
  }
}
