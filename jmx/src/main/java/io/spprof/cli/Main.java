package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The command line, {@code java -jar spprof-agent.jar COMMAND TARGET}. The exit status is 0 if the
 * command succeeded, 1 if the target refused it, 2 for wrong usage, and 3 if the target cannot be
 * reached. An error is one line on stderr that says what to do.
 *
 * <p>Picocli reads the command line in {@link Cli}. Picocli takes a large part of the CPU time of a
 * short command. On a machine without free CPU, a user wants the answer of {@code status} and
 * {@code top} soon. So these commands run without picocli if the user gives no option. This class
 * must not use picocli.
 */
public final class Main {

  /** The names of the commands, in the order of the help. */
  public static final List<String> COMMANDS =
      List.of("list", "attach", "start", "stop", "status", "top", "dump", "profile", "diff");

  private Main() {}

  /**
   * Runs a command. The agent's bootstrap calls this method by reflection.
   *
   * @param args the command line
   * @return the exit status
   */
  public static int run(String[] args) {
    return run(args, System.out, System.err);
  }

  static int run(String[] args, PrintStream stdout, PrintStream stderr) {
    PrintWriter out = new PrintWriter(stdout, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(stderr, true, StandardCharsets.UTF_8);
    Callable<Integer> command = withoutOptions(args, out);
    if (command == null) {
      return Cli.run(args, stdout, out, err);
    }
    try {
      return command.call();
    } catch (Exception e) {
      return report(e, err);
    }
  }

  /**
   * Returns the command of a line such as {@code status 4711}, which needs no picocli.
   *
   * @return null if this is another command, or if there is an option or a file of arguments
   */
  private static Callable<Integer> withoutOptions(String[] args, PrintWriter out) {
    if (args.length != 2 || args[1].startsWith("-") || args[1].startsWith("@")) {
      return null;
    }
    return switch (args[0]) {
      case "status" -> new StatusCommand(new Target(args[1]), out);
      case "top" -> new TopCommand(new Target(args[1]), out);
      default -> null;
    };
  }

  /**
   * Reports the failure of a command.
   *
   * @return the exit status
   */
  static int report(Exception thrown, PrintWriter err) {
    CommandFailure failure = Target.failure(thrown);
    err.println("spprof: " + line(failure.getMessage()));
    return failure.status();
  }

  /**
   * Returns a message as one printable line. Every error message to the user passes through this
   * method, because a message may contain text from the target or the command line.
   */
  static String line(String message) {
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
