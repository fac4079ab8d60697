package io.spprof.cli;

import io.spprof.jmx.Version;
import io.spprof.text.Printable;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line, {@code java -jar spprof-agent.jar COMMAND TARGET}. The exit status is 0 if the
 * command succeeded, 1 if the target refused it, 2 for wrong usage, and 3 if the target cannot be
 * reached. An error is one line on stderr that says what to do.
 */
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
    versionProvider = Cli.JarVersion.class,
    subcommands = {
      ListCommand.class,
      AttachCommand.class,
      StartCommand.class,
      StopCommand.class,
      StatusCommand.class,
      TopCommand.class,
      DumpCommand.class,
      ProfileCommand.class,
      DiffCommand.class
    })
public final class Cli implements Runnable {

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
   * Runs a command. The agent's bootstrap calls this method by reflection.
   *
   * @param args the command line
   * @return the exit status
   */
  public static int run(String[] args) {
    return run(args, System.out, System.err);
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    CommandLine line = new CommandLine(new Cli(out));
    HelpTexts.addTo(line);
    boolean isTerminal = Terminal.isThere();
    line.setUsageHelpAutoWidth(isTerminal);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            isTerminal ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF));
    line.setUsageHelpLongOptionsMaxWidth(LONGEST_OPTION);
    line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Cli::misused);
    line.setExecutionExceptionHandler((thrown, command, parsed) -> failed(thrown, command));
    return line.execute(args);
  }

  private static int misused(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String message =
        command.getParent() == null && e instanceof UnmatchedArgumentException unmatched
            ? "there is no command "
                + shown(unmatched.getUnmatched().get(0))
                + "; valid: "
                + String.join(", ", command.getSubcommands().keySet())
            : line(e.getMessage());
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

  private static int failed(Exception thrown, CommandLine command) {
    CommandFailure failure =
        thrown instanceof CommandFailure known ? known : Target.failure(thrown);
    command.getErr().println("spprof: " + line(failure.getMessage()));
    return failure.status();
  }

  /**
   * Returns a message as one printable line. Every error message to the user passes through this
   * method, because a message may contain text from the target or the command line.
   */
  private static String line(String message) {
    return message == null ? "failed" : Printable.line(message.strip());
  }

  /**
   * Returns an argument of the user in quotes, with its unprintable characters replaced. For
   * messages.
   */
  static String shown(String text) {
    return "'" + Printable.of(text) + "'";
  }
}
