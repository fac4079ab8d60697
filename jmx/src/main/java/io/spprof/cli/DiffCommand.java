package io.spprof.cli;

import io.spprof.export.ExportFormat;
import io.spprof.export.SavedProfile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * The command {@code diff}: writes the difference of two ranges of a continuous session, or of two
 * files that were saved before.
 */
@Command(
    name = "diff",
    customSynopsis = {
      Cli.NAME + " diff TARGET BEFORE AFTER [OPTIONS]",
      "       " + Cli.NAME + " diff FILE FILE [OPTIONS]"
    },
    description =
        "Writes the difference of two profiles: of two ranges of a continuous session that runs in"
            + " TARGET, or of two files that were saved before, for instance before and after a"
            + " deployment. A difference is a page (.html), or folded stacks with both numbers"
            + " (.collapsed with samples, .cpu.collapsed with CPU time).",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class DiffCommand implements Callable<Integer> {

  private static final String RANGES = "; to compare ranges of a session, give TARGET BEFORE AFTER";

  @Mixin private Target target;

  @Parameters(
      index = "1",
      paramLabel = "BEFORE|FILE",
      description = {
        "A range, as of dump --range: for instance from=-40m,to=-20m.",
        "Or the second file; the first file stands in the place of TARGET. A file is .html, .jfr,"
            + " .pb.gz, .json or .collapsed (with samples or CPU time). A page needs two files that"
            + " are .html or .jfr, folded stacks need two files that have samples, or two that have"
            + " CPU time."
      })
  private String second;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "AFTER",
      description = "The range to compare with: for instance last=20m.")
  private String third;

  @Mixin private Download download;

  @Override
  public Integer call() throws IOException, JMException {
    download.nameAfter("diff");
    ExportFormat format = checked(download.check());
    if (third == null) {
      download.messages().println(download.save(ofFiles(format)));
    } else {
      compareRanges(format);
    }
    return 0;
  }

  private static ExportFormat checked(ExportFormat format) {
    try {
      return format.forDifference();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    }
  }

  private void compareRanges(ExportFormat format) throws IOException, JMException {
    try (Bean bean = target.connect()) {
      Object stream = bean.call("openDifferenceStream", format.key(), second, third);
      download.messages().println(download.save(bean, (Long) stream));
      KeptPart.compare(bean, download.messages(), second, third);
    }
  }

  private byte[] ofFiles(ExportFormat format) throws IOException {
    SavedProfile before = read(target.name());
    SavedProfile after = read(second);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Writer out = new OutputStreamWriter(bytes, StandardCharsets.UTF_8)) {
      SavedProfile.writeDifference(before, after, format, out);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    }
    return bytes.toByteArray();
  }

  private SavedProfile read(String file) {
    try {
      ExportFormat format = ExportFormat.ofFileName(file);
      if (format == null) {
        throw new IllegalArgumentException(
            "has none of the suffixes .html, .jfr, .pb.gz, .json, .collapsed" + RANGES);
      }
      SavedProfile profile = SavedProfile.read(Path.of(file), format);
      if (profile.missingSamples() > 0) {
        download
            .messages()
            .printf(
                Locale.ROOT,
                "%s lacks %,d samples of its session, the oldest: their times were no longer kept%n",
                Main.shown(file),
                profile.missingSamples());
      }
      return profile;
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(Main.shown(file) + " " + e.getMessage());
    } catch (IOException e) {
      throw CommandFailure.usage(
          "cannot read " + Main.shown(file) + " (" + e.getClass().getSimpleName() + ")" + RANGES);
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw CommandFailure.usage(
          Main.shown(file)
              + " is damaged, or too large for this command's heap; give java a larger -Xmx");
    }
  }
}
