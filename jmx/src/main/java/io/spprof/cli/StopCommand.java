package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command {@code stop}: ends the session and prints the session's final counts and overheads.
 */
@Command(
    name = "stop",
    description = "Ends the session, and prints its figures; the profile stays until the next one.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class StopCommand implements Callable<Integer> {

  @Mixin private Target target;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException {
    try (Bean bean = target.connect()) {
      String answer = String.valueOf(bean.call("stop"));
      CompositeData latest = bean.session();
      // Somebody else may have begun the next session meanwhile.
      boolean isLatest = answer.startsWith("session=" + latest.get("id") + " ");
      spec.commandLine().getOut().println(isLatest ? FinalFigures.of(latest) : answer);
      return 0;
    }
  }
}
