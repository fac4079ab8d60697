package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.text.Printable;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The formats in which a profile can be exported. Each format has a name for options and messages,
 * a suffix for file names, and an exporter.
 */
public enum ExportFormat {
  /** Folded stacks, all of them: {@link CollapsedExporter}. */
  COLLAPSED(".collapsed") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return CollapsedExporter.steps(profile, 0, out);
    }
  },
  /** Folded stacks whose frames have a suffix for their kind: {@link CollapsedExporter}. */
  COLLAPSED_KINDS(".kinds.collapsed") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return CollapsedExporter.stepsWithKinds(profile, out);
    }
  },
  /** Folded stacks with their CPU time in nanoseconds: {@link CollapsedExporter}. */
  COLLAPSED_CPU(".cpu.collapsed") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return CollapsedExporter.stepsByCpuTime(profile, false, out);
    }
  },
  /** The same, with a suffix for the kind of each frame: {@link CollapsedExporter}. */
  COLLAPSED_KINDS_CPU(".kinds.cpu.collapsed") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return CollapsedExporter.stepsByCpuTime(profile, true, out);
    }
  },
  /** The flame graph as an HTML page: {@link FlameGraphExporter}. */
  HTML(".html") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return FlameGraphExporter.steps(profile, out);
    }
  },
  /** A recording in the format of the JDK's Flight Recorder: {@link JfrExporter}. */
  JFR(".jfr") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return JfrExporter.steps(profile, out);
    }
  },
  /** The format of the tool pprof, compressed with gzip: {@link PprofExporter}. */
  PPROF(".pb.gz") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return PprofExporter.steps(profile, out);
    }
  },
  /** The format of the viewer speedscope: {@link SpeedscopeExporter}. */
  SPEEDSCOPE(".json") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return SpeedscopeExporter.steps(profile, out);
    }
  },
  /** A report in plain text: {@link TextReport}. */
  TEXT(".txt") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return new Steps().then(() -> TextReport.write(profile, out));
    }
  };

  private static final Set<ExportFormat> DIFFERENCES = EnumSet.of(COLLAPSED, COLLAPSED_CPU, HTML);

  private final String suffix;

  ExportFormat(String suffix) {
    this.suffix = suffix;
  }

  abstract Steps steps(Profile profile, Bytes out);

  /**
   * Returns this format if the difference of two profiles can have it.
   *
   * @return this
   * @throws IllegalArgumentException if it cannot; the message lists the formats that a difference
   *     can have
   */
  public ExportFormat forDifference() {
    if (!DIFFERENCES.contains(this)) {
      throw new IllegalArgumentException(
          "a difference cannot be "
              + key()
              + "; valid: "
              + differenceKeys()
              + " (files "
              + differenceSuffixes()
              + ")");
    }
    return this;
  }

  /**
   * Returns the suffix of files in this format.
   *
   * @return the suffix with its dot, for instance {@code .jfr}
   */
  public String suffix() {
    return suffix;
  }

  /**
   * Returns the name of this format in options and messages.
   *
   * @return for instance {@code jfr}
   */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Finds a format by the suffix of a file name. If several suffixes match, the longest counts.
   *
   * @param fileName the file's name, not null
   * @return the format; null if no format has that suffix
   */
  public static ExportFormat ofFileName(String fileName) {
    return Arrays.stream(values())
        .filter(format -> fileName.endsWith(format.suffix))
        .max(Comparator.comparingInt(format -> format.suffix.length()))
        .orElse(null);
  }

  /**
   * Finds a format by its name or its suffix.
   *
   * @param key a name or a suffix without the dot, for instance {@code text} or {@code txt}
   * @return the format, not null
   * @throws IllegalArgumentException if no format has that name; the message lists all names
   */
  public static ExportFormat ofKey(String key) {
    return Arrays.stream(values())
        .filter(format -> format.key().equals(key) || format.suffix.substring(1).equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "format '" + Printable.of(key) + "' is not known; valid: " + keys()));
  }

  /**
   * Lists the names of all formats for messages.
   *
   * @return the names, separated by commas
   */
  public static String keys() {
    return joined(Arrays.asList(values()), ExportFormat::key);
  }

  /**
   * Lists the names of the formats that a difference can have, for messages.
   *
   * @return the names, separated by commas
   */
  public static String differenceKeys() {
    return joined(DIFFERENCES, ExportFormat::key);
  }

  /**
   * Lists the suffixes of all formats for messages.
   *
   * @return the suffixes, separated by commas
   */
  public static String suffixes() {
    return joined(Arrays.asList(values()), ExportFormat::suffix);
  }

  /**
   * Lists the suffixes of the formats that a difference can have, for messages.
   *
   * @return the suffixes, separated by commas
   */
  public static String differenceSuffixes() {
    return joined(DIFFERENCES, ExportFormat::suffix);
  }

  private static String joined(
      Collection<ExportFormat> formats, Function<ExportFormat, String> text) {
    return formats.stream().map(text).collect(Collectors.joining(", "));
  }
}
