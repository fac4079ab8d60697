package io.spprof.export;

import io.spprof.profile.Profile;

/** Reads folded stacks as {@link CollapsedExporter} writes them. */
final class SavedLines {

  private SavedLines() {}

  /**
   * Reads a file.
   *
   * @param text the whole file
   * @param kinds whether frames have a suffix for their kind; the suffixes are removed, so that the
   *     names are those of the other formats
   * @param cpuTime whether a line has CPU time; otherwise it has a number of samples
   * @return a profile that has only this amount
   * @throws IllegalArgumentException if a line is no folded stack, or the lines are a difference;
   *     the message is the end of a sentence whose subject is the file
   */
  static Profile read(String text, boolean kinds, boolean cpuTime) {
    ProfileBuilder builder = new ProfileBuilder();
    int number = 0;
    int pairs = 0; // lines with two numbers, which a difference has
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      int blank = line.lastIndexOf(' ');
      String[] names = line.substring(0, Math.max(0, blank)).split(";", -1);
      String count = line.substring(blank + 1);
      if (names.length < 2 || !count.matches("[0-9]{1,18}")) {
        throw new IllegalArgumentException(
            "has no folded stack of spprof (THREAD;METHOD;METHOD NUMBER) in line " + number);
      }
      if (names[names.length - 1].matches(".* [0-9]+")) {
        pairs++;
      }
      int[] frames = new int[names.length - 1];
      for (int i = 0; i < frames.length; i++) {
        frames[i] = builder.method(kinds ? withoutKind(names[i + 1]) : names[i + 1]);
      }
      int stack = builder.addStack(frames, frames.length);
      long amount = Long.parseLong(count);
      builder.addRow(stack, builder.thread(names[0]), cpuTime ? 0 : amount, cpuTime ? amount : 0);
    }
    if (pairs > 0 && pairs == builder.rowCount()) {
      throw new IllegalArgumentException("is a difference already; give two profiles");
    }
    return builder.profile();
  }

  /** Removes the suffix. No name of a Java method or a system call ends like one. */
  private static String withoutKind(String name) {
    return name.endsWith("_[j]") || name.endsWith("_[k]")
        ? name.substring(0, name.length() - "_[j]".length())
        : name;
  }
}
