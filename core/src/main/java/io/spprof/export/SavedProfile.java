package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A profile that was read from an exported file, to be compared with another one. Not every format
 * has both samples and CPU time. Only the flame graph's page has all figures, and a recording has
 * most of them. A comparison uses what both files have; nothing is estimated. Immutable.
 */
public final class SavedProfile {

  /** What a file can have of each stack. */
  private enum Measure {
    SAMPLES(ExportFormat.COLLAPSED),
    CPU_TIME(ExportFormat.COLLAPSED_CPU);

    private final ExportFormat difference;

    Measure(ExportFormat difference) {
      this.difference = difference;
    }
  }

  private final ExportFormat format;
  private final Profile profile;
  private final Set<Measure> measures;
  private final String figures; // members of a JSON object, as in the page; null if there are none
  private final long missingSamples;

  private SavedProfile(
      ExportFormat format,
      Profile profile,
      Set<Measure> measures,
      String figures,
      long missingSamples) {
    this.format = format;
    this.profile = profile;
    this.measures = measures;
    this.figures = figures;
    this.missingSamples = missingSamples;
  }

  private SavedProfile(
      ExportFormat format, Profile profile, Set<Measure> measures, String figures) {
    this(format, profile, measures, figures, 0);
  }

  /**
   * Reads a file. A recording needs the module {@code jdk.jfr}; without this module, the method
   * throws a NoClassDefFoundError.
   *
   * @param file the file, not null
   * @param format the format that the file's name gives, not null
   * @return the profile, not null
   * @throws IllegalArgumentException if the format cannot be compared, or the content does not have
   *     this format; the message is the end of a sentence whose subject is the file
   * @throws IOException if the file cannot be read
   */
  public static SavedProfile read(Path file, ExportFormat format) throws IOException {
    if (format != ExportFormat.JFR) {
      return read(Files.readAllBytes(file), format);
    }
    SavedJfr saved = SavedJfr.read(file);
    return new SavedProfile(
        format,
        saved.profile(),
        EnumSet.allOf(Measure.class),
        saved.figures(),
        saved.samplesWithoutTime());
  }

  /**
   * Returns how many samples of the session the file does not have. A recording has only the
   * samples whose times the session kept; a file of another format has all samples.
   *
   * @return 0 or more
   */
  public long missingSamples() {
    return missingSamples;
  }

  /** Reads the content of a file that is no recording. */
  static SavedProfile read(byte[] content, ExportFormat format) {
    try {
      return switch (format) {
        case HTML -> {
          SavedPage page = SavedPage.of(new String(content, StandardCharsets.US_ASCII));
          yield new SavedProfile(
              format, page.profile(), EnumSet.allOf(Measure.class), page.figures());
        }
        case PPROF ->
            new SavedProfile(format, SavedPprof.read(content), EnumSet.allOf(Measure.class), null);
        case SPEEDSCOPE -> {
          String text = new String(content, StandardCharsets.US_ASCII);
          yield ofOne(Measure.CPU_TIME, format, SavedSpeedscope.read(text));
        }
        case COLLAPSED -> ofLines(content, format, false, Measure.SAMPLES);
        case COLLAPSED_KINDS -> ofLines(content, format, true, Measure.SAMPLES);
        case COLLAPSED_CPU -> ofLines(content, format, false, Measure.CPU_TIME);
        case COLLAPSED_KINDS_CPU -> ofLines(content, format, true, Measure.CPU_TIME);
        case JFR -> throw new IllegalStateException("the JDK's reader needs a file");
        case TEXT ->
            throw new IllegalArgumentException(
                "is .txt, which cannot be compared, because a report has no stacks; save both"
                    + " profiles as .html");
      };
    } catch (IndexOutOfBoundsException
        | ArithmeticException
        | ClassCastException
        | NullPointerException
        | NumberFormatException e) {
      throw DamagedFile.because(e);
    }
  }

  private static SavedProfile ofLines(
      byte[] content, ExportFormat format, boolean kinds, Measure measure) {
    String text = new String(content, StandardCharsets.UTF_8);
    return ofOne(measure, format, SavedLines.read(text, kinds, measure == Measure.CPU_TIME));
  }

  private static SavedProfile ofOne(Measure measure, ExportFormat format, Profile profile) {
    return new SavedProfile(format, profile, EnumSet.of(measure), null);
  }

  /**
   * Writes the difference of two profiles. The files can have different formats.
   *
   * @param before the first profile, not null
   * @param after the second profile, not null
   * @param format {@link ExportFormat#HTML} for a page, as {@link FlameGraphDifference} writes it;
   *     {@link ExportFormat#COLLAPSED} or {@link ExportFormat#COLLAPSED_CPU} for folded stacks with
   *     samples or CPU time, as {@link CollapsedDifference} writes them
   * @param out the target, not null; neither flushed nor closed
   * @throws IllegalArgumentException if a difference cannot have the format, or a file does not
   *     have what the difference needs; the message says what the files can be compared by
   * @throws IOException when {@code out} throws it
   */
  public static void writeDifference(
      SavedProfile before, SavedProfile after, ExportFormat format, Appendable out)
      throws IOException {
    switch (format.forDifference()) {
      case HTML -> {
        requireBoth(before, after, format, each -> each.figures != null);
        FlameGraphData data =
            FlameGraphData.ofDifference(
                before.profile, before.figures, after.profile, after.figures);
        FlameGraphExporter.steps(data, out).run();
      }
      case COLLAPSED -> {
        requireBoth(before, after, format, each -> each.measures.contains(Measure.SAMPLES));
        CollapsedDifference.write(before.profile, after.profile, out);
      }
      default -> {
        requireBoth(before, after, format, each -> each.measures.contains(Measure.CPU_TIME));
        CollapsedDifference.stepsByCpuTime(before.profile, after.profile, out).run();
      }
    }
  }

  private static void requireBoth(
      SavedProfile before,
      SavedProfile after,
      ExportFormat difference,
      Predicate<SavedProfile> hasEnough) {
    for (SavedProfile each : List.of(before, after)) {
      if (!hasEnough.test(each)) {
        throw new IllegalArgumentException(
            "a "
                + difference.suffix()
                + " difference needs "
                + needs(difference)
                + ", which a "
                + each.format.suffix()
                + " file does not have; "
                + otherDifferences(before, after)
                + "save both profiles as .html");
      }
    }
  }

  private static String needs(ExportFormat difference) {
    return switch (difference) {
      case HTML -> "the session's figures";
      case COLLAPSED -> "numbers of samples";
      default -> "CPU time";
    };
  }

  /** Returns which differences the two files have enough for; empty if there is none. */
  private static String otherDifferences(SavedProfile before, SavedProfile after) {
    return before.measures.stream()
        .filter(after.measures::contains)
        .map(measure -> "write a " + measure.difference.suffix() + " difference, or ")
        .collect(Collectors.joining());
  }
}
