package io.spprof.jmx;

import io.spprof.Profile;
import io.spprof.export.CollapsedExporter;
import io.spprof.export.FlameGraphExporter;
import java.io.IOException;

/** The formats of a dump to a file. A new one is a new constant. */
enum DumpFormat {
  /** Folded stacks, all of them. */
  COLLAPSED(".collapsed") {
    @Override
    void write(Profile profile, Appendable out) throws IOException {
      CollapsedExporter.write(profile, 0, out);
    }
  },
  /** The flame graph. */
  HTML(".html") {
    @Override
    void write(Profile profile, Appendable out) throws IOException {
      FlameGraphExporter.write(profile, out);
    }
  };

  private final String suffix;

  DumpFormat(String suffix) {
    this.suffix = suffix;
  }

  abstract void write(Profile profile, Appendable out) throws IOException;

  /**
   * The format that a file's suffix asks for.
   *
   * @return null when there is none
   */
  static DumpFormat of(String fileName) {
    for (DumpFormat format : values()) {
      if (fileName.endsWith(format.suffix)) {
        return format;
      }
    }
    return null;
  }

  /** All suffixes, as messages show them. */
  static String suffixes() {
    StringBuilder all = new StringBuilder();
    for (DumpFormat format : values()) {
      all.append(all.isEmpty() ? "" : ", ").append(format.suffix);
    }
    return all.toString();
  }
}
