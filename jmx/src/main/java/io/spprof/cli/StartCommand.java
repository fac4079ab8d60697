package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code start}: starts a session. */
@Command(
    name = "start",
    description = "Starts a session.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class StartCommand implements Callable<Integer> {

  @Mixin private Target target;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "OPTIONS",
      defaultValue = "",
      description =
          "key=value pairs joined by commas, see below; an option that is not given has the target's"
              + " default.")
  private String options;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException {
    try (Bean bean = target.connect()) {
      Object id = options.isEmpty() ? bean.call("start") : bean.call("startWith", options);
      spec.commandLine().getOut().println("session " + id + " runs: " + bean.text("Options"));
      return 0;
    }
  }
}
