package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.text.Printable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The formats that a profile can be had in. Each has a name, and a suffix for files. */
public enum ExportFormat {
  /** Folded stacks, all of them: {@link CollapsedExporter}. */
  COLLAPSED(".collapsed") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return CollapsedExporter.steps(profile, 0, out);
    }
  },
  /** The flame graph's page: {@link FlameGraphExporter}. */
  HTML(".html") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return FlameGraphExporter.steps(profile, out);
    }
  },
  /** A recording of the JDK's flight recorder: {@link JfrExporter}. */
  JFR(".jfr") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return JfrExporter.steps(profile, out);
    }
  },
  /** The format of pprof, gzipped: {@link PprofExporter}. */
  PPROF(".pb.gz") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return PprofExporter.steps(profile, out);
    }
  },
  /** The format of speedscope: {@link SpeedscopeExporter}. */
  SPEEDSCOPE(".json") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return SpeedscopeExporter.steps(profile, out);
    }
  },
  /** A page of text: {@link TextReport}. */
  TEXT(".txt") {
    @Override
    Steps steps(Profile profile, Bytes out) {
      return new Steps().then(() -> TextReport.write(profile, out));
    }
  };

  private final String suffix;

  ExportFormat(String suffix) {
    this.suffix = suffix;
  }

  abstract Steps steps(Profile profile, Bytes out);

  /**
   * What a file of this format ends in.
   *
   * @return with its dot, for instance {@code .jfr}
   */
  public String suffix() {
    return suffix;
  }

  /**
   * What the format is called by users.
   *
   * @return for instance {@code jfr}
   */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The format that a file's suffix asks for.
   *
   * @param fileName the file's name, not null
   * @return null when there is none
   */
  public static ExportFormat ofFileName(String fileName) {
    return Arrays.stream(values())
        .filter(format -> fileName.endsWith(format.suffix))
        .findFirst()
        .orElse(null);
  }

  /**
   * The format of a name.
   *
   * @param key for instance {@code jfr}
   * @return not null
   * @throws IllegalArgumentException if there is none, with the names that there are
   */
  public static ExportFormat ofKey(String key) {
    return Arrays.stream(values())
        .filter(format -> format.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "format '" + Printable.of(key) + "' is not known; valid: " + keys()));
  }

  /**
   * The names of all formats.
   *
   * @return as messages show them
   */
  public static String keys() {
    return Arrays.stream(values()).map(ExportFormat::key).collect(Collectors.joining(", "));
  }

  /**
   * The suffixes of all formats.
   *
   * @return as messages show them
   */
  public static String suffixes() {
    return List.of(values()).stream().map(ExportFormat::suffix).collect(Collectors.joining(", "));
  }
}
