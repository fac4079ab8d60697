package io.spprof.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes the profile into a file of ours. */
@Command(
    name = "dump",
    description = "Writes the profile, of the running or the last session, into a local file.",
    mixinStandardHelpOptions = true)
final class DumpCommand implements Callable<Integer> {

  @Mixin private Target target;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "Where to; the suffix decides the format: .html, .jfr, .pb.gz and others.")
  private Path file;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "The format, whatever the suffix.")
  private String format;

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  private boolean overwrite;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException {
    Download download = new Download(file, format, overwrite);
    try (Bean bean = target.connect()) {
      long bytes = download.from(bean);
      spec.commandLine().getOut().printf("%s: %,d bytes%n", file, bytes);
      return 0;
    }
  }
}
