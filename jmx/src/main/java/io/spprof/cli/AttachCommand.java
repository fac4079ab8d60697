package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code attach}: loads the agent into a running JVM. */
@Command(
    name = "attach",
    description = "Loads the profiler into a running JVM; where it is loaded, nothing changes.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class AttachCommand implements Callable<Integer> {

  @Mixin private Target target;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SETTINGS",
      defaultValue = "",
      description = "The agent's settings: key=value pairs joined by commas, see below.")
  private String settings;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException {
    target.resolve();
    if (!target.isPid()) {
      throw CommandFailure.usage(
          "attach needs a process id on this machine, or a main class or jar, not "
              + Main.shown(target.name())
              + "; elsewhere start the JVM with -javaagent:spprof-agent.jar");
    }
    target.loadAgent(settings);
    try (Bean bean = connect()) {
      if (!bean.isThere()) {
        throw CommandFailure.refused(
            "the JVM " + target.name() + " loaded the agent, but has no bean; its stderr says why",
            null);
      }
      String error = bean.text("LastError");
      spec.commandLine()
          .getOut()
          .println("spprof " + bean.text("Version") + " is loaded in " + target.name());
      if (!error.isEmpty()) {
        spec.commandLine().getErr().println("spprof: " + error);
      }
    }
    return 0;
  }

  private Bean connect() throws IOException, JMException {
    try {
      return target.connect();
    } catch (CommandFailure failure) {
      throw CommandFailure.unreachable("the agent is loaded, but " + failure.getMessage(), failure);
    }
  }
}
