package io.spprof.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The command {@code dump}: writes the profile of the running or the last session into a local
 * file.
 */
@Command(
    name = "dump",
    description = "Writes the profile, of the running or the last session, into a local file.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class DumpCommand implements Callable<Integer> {

  @Mixin private Target target;

  @Mixin private Download download;

  @Option(
      names = "--range",
      paramLabel = "RANGE",
      defaultValue = "",
      description =
          "A stretch of time of a continuous session: last=10m, or from=TIME,to=TIME, where TIME is"
              + " -10m (ago) or an ISO-8601 instant.")
  private String range;

  @Override
  public Integer call() throws IOException, JMException {
    download.nameAfter(target.name());
    download.check();
    try (Bean bean = target.connect()) {
      download.messages().println(download.from(bean, range));
      if (!range.isEmpty()) {
        KeptPart.compare(bean, download.messages(), range);
      }
      return 0;
    }
  }
}
