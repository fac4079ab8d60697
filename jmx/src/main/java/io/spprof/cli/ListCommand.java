package io.spprof.cli;

import io.spprof.jmx.AgentMain;
import io.spprof.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code list}: shows the JVMs of the user on this machine, and on request which of
 * them have the profiler.
 */
@Command(
    name = "list",
    description = "Lists your JVMs on this machine, as they publish it; attaches to none of them.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class ListCommand implements Callable<Integer> {

  @Option(
      names = "--agents",
      description = "Also show which version of the profiler is loaded; attaches to each JVM.")
  private boolean agents;

  @Mixin private Patience patience = new Patience();

  @Spec private CommandSpec spec;

  private final Attachable attachable = new Attachable();

  @Override
  public Integer call() {
    patience.check();
    PrintWriter out = spec.commandLine().getOut();
    List<LocalJvm.Listed> jvms = LocalJvm.list(attachable);
    line("PID", "SPPROF", "MAIN");
    for (LocalJvm.Listed jvm : jvms) {
      String name = jvm.name().isEmpty() ? "-" : Printable.of(jvm.name());
      line(jvm.pid(), agents ? loaded(jvm.pid()) : "", name);
    }
    if (jvms.isEmpty()) {
      out.println("no JVM of this user runs here");
    }
    return 0;
  }

  private void line(String pid, String version, String main) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        agents
            ? String.format(Locale.ROOT, "%-8s %-14s %s", pid, version, main)
            : String.format(Locale.ROOT, "%-8s %s", pid, main));
  }

  /**
   * Returns the version of the agent in a JVM. Returns "-" if no agent is loaded, and "not
   * accessible" if the JVM cannot be asked.
   */
  private String loaded(String pid) {
    try {
      return Printable.of(
          new LocalJvm(pid, patience).systemProperty(AgentMain.VERSION_PROPERTY, "-"));
    } catch (IOException | JMException | CommandFailure e) {
      return "not accessible";
    }
  }
}
