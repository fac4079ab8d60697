package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.SessionStats;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.StringJoiner;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;

/**
 * Writes a profile as JSON for the viewer <a href="https://www.speedscope.app">speedscope</a>,
 * according to speedscope's file-format-schema. The first profile, {@link #ALL}, has all threads
 * together. After it, the threads of one name have a profile; the thread with the most CPU time
 * comes first. All profiles have the type {@code sampled}. Each stack of a profile becomes a sample
 * with its CPU time in nanoseconds. The weights of the first profile add up to {@link
 * Profile#totalCpuNanos()}, and so do those of all others together. The rows are in the order of a
 * depth-first walk through the tree of stacks, so speedscope's "time order" view shows equal frames
 * merged. A function of native code has its library as its file, and so the functions of a library
 * have similar colours.
 */
public final class SpeedscopeExporter {

  private static final String SCHEMA = "https://www.speedscope.app/file-format-schema.json";

  /** The name of the profile of all threads. */
  static final String ALL = "all threads";

  private final FoldedProfile folded;
  private final int[] byThread;
  private final int[] stacks; // the first row of each stack
  private final Json json;
  private final Appendable out;

  private SpeedscopeExporter(Profile profile, Appendable out) {
    this.folded = new FoldedProfile(profile);
    this.json = new Json(out);
    this.out = out;
    byThread = new int[folded.rowCount()];
    Arrays.setAll(byThread, row -> row);
    IntSort.sort(byThread, (a, b) -> Integer.compare(folded.thread(a), folded.thread(b)));
    stacks = stacks();
  }

  /** Returns the first row of each stack. The rows of a stack are neighbours. */
  private int[] stacks() {
    int[] first = new int[folded.rowCount()];
    int count = 0;
    for (int row = 0; row < first.length; row++) {
      if (row == 0 || !folded.isSameStack(row - 1, row)) {
        first[count++] = row;
      }
    }
    return Arrays.copyOf(first, count);
  }

  static Steps steps(Profile profile, Appendable out) {
    return new SpeedscopeExporter(profile, out).steps(profile.info());
  }

  private Steps steps(ProfileInfo info) {
    Steps steps =
        new Steps()
            .then(
                () -> {
                  json.beginObject();
                  json.key("$schema").value(SCHEMA);
                  json.key("exporter").value("spprof");
                  json.key("name").value(name(info));
                  json.key("activeProfileIndex").value(0);
                  json.key("shared").beginObject().key("frames").beginArray();
                })
            .each(folded.frameNameCount(), this::frame)
            .then(() -> json.endArray().endObject().key("profiles").beginArray());
    // Speedscope shows nothing for a file without a profile, so this one is there in any case.
    profile(steps, ALL, stacks.length, i -> stacks[i], this::allThreadsNanos);
    int first = 0;
    for (int thread = 0; thread < folded.threadCount(); thread++) {
      int begin = first;
      while (first < byThread.length && folded.thread(byThread[first]) == thread) {
        first++;
      }
      profile(
          steps,
          folded.threadName(thread),
          first - begin,
          i -> byThread[begin + i],
          i -> folded.cpuNanos(byThread[begin + i]));
    }
    return steps.then(() -> json.endArray().endObject()).then(() -> out.append('\n'));
  }

  /** Returns the file's name, which speedscope shows in its title. */
  private static String name(ProfileInfo info) {
    SessionStats session = info.session();
    StringJoiner parts = new StringJoiner("; ");
    parts.add("spprof session " + session.id());
    if (!info.jvm().describe().isEmpty()) {
      parts.add(info.jvm().describe());
    }
    parts.add(
        Instant.ofEpochMilli(session.startTimeMillis())
            + ", "
            + Figures.nanos(session.durationMillis() * 1_000_000));
    parts.add(Figures.event(info));
    return parts.toString();
  }

  private void frame(int name) throws IOException {
    json.beginObject().key("name").value(folded.frameName(name));
    int library = library(name);
    if (library > 0) {
      json.key("file").value(folded.frameName(name).substring(0, library));
    }
    json.endObject();
  }

  /**
   * Returns the length of the library at the beginning of a function's name; 0 if there is none.
   */
  private int library(int name) {
    if (!folded.frameKind(name).isFunction()) {
      return 0;
    }
    int symbol = folded.frameName(name).indexOf('`');
    return symbol >= 0 ? symbol : Math.max(0, folded.frameName(name).lastIndexOf("+0x"));
  }

  /** Returns the CPU time of a stack in all threads, in nanoseconds. */
  private long allThreadsNanos(int stack) {
    int end = stack + 1 < stacks.length ? stacks[stack + 1] : folded.rowCount();
    long nanos = 0;
    for (int row = stacks[stack]; row < end; row++) {
      nanos += folded.cpuNanos(row);
    }
    return nanos;
  }

  /**
   * Adds the steps that write a profile.
   *
   * @param count the number of its stacks
   * @param row returns a row that has the frames of a stack
   * @param nanos returns the CPU time of a stack, in nanoseconds
   */
  private void profile(
      Steps steps, String name, int count, IntUnaryOperator row, IntToLongFunction nanos) {
    steps
        .then(
            () -> {
              long sum = 0;
              for (int i = 0; i < count; i++) {
                sum += nanos.applyAsLong(i);
              }
              json.beginObject();
              json.key("type").value("sampled");
              json.key("name").value(name);
              json.key("unit").value("nanoseconds");
              json.key("startValue").value(0);
              json.key("endValue").value(sum);
              json.key("samples").beginArray();
            })
        .each(count, i -> stack(row.applyAsInt(i)))
        .then(() -> json.endArray().key("weights").beginArray())
        .each(count, i -> json.value(nanos.applyAsLong(i)))
        .then(() -> json.endArray().endObject());
  }

  private void stack(int row) throws IOException {
    json.beginArray();
    int depth = folded.depth(row);
    for (int i = 0; i < depth; i++) {
      json.value(folded.frame(row, i));
    }
    json.endArray();
  }
}
