package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Arrays;

/**
 * Writes a profile as JSON for the viewer <a href="https://www.speedscope.app">speedscope</a>,
 * according to speedscope's file-format-schema. Threads of one name become one profile of the type
 * {@code sampled}. The thread with the most CPU time comes first. Each stack of such a profile
 * becomes a sample with its CPU time in nanoseconds. The weights of all samples add up to {@link
 * Profile#totalCpuNanos()}. The rows are in the order of a depth-first walk through the tree of
 * stacks, so speedscope's "time order" view shows equal frames merged.
 */
public final class SpeedscopeExporter {

  private static final String SCHEMA = "https://www.speedscope.app/file-format-schema.json";

  private final FoldedProfile folded;
  private final int[] byThread;
  private final Json json;
  private final Appendable out;

  private SpeedscopeExporter(Profile profile, Appendable out) {
    this.folded = new FoldedProfile(profile);
    this.json = new Json(out);
    this.out = out;
    byThread = new int[folded.rowCount()];
    Arrays.setAll(byThread, row -> row);
    IntSort.sort(byThread, (a, b) -> Integer.compare(folded.thread(a), folded.thread(b)));
  }

  static Steps steps(Profile profile, Appendable out) {
    return new SpeedscopeExporter(profile, out).steps(profile.info());
  }

  private Steps steps(Profile.Info info) {
    Steps steps =
        new Steps()
            .then(
                () -> {
                  json.beginObject();
                  json.key("$schema").value(SCHEMA);
                  json.key("exporter").value("spprof");
                  json.key("name").value("spprof session " + info.session().id());
                  json.key("activeProfileIndex").value(0);
                  json.key("shared").beginObject().key("frames").beginArray();
                })
            .each(folded.frameNameCount(), this::frame)
            .then(() -> json.endArray().endObject().key("profiles").beginArray());
    int first = 0;
    for (int thread = 0; thread < folded.threadCount(); thread++) {
      int begin = first;
      while (first < byThread.length && folded.thread(byThread[first]) == thread) {
        first++;
      }
      thread(steps, thread, begin, first);
    }
    if (folded.threadCount() == 0) {
      thread(steps, -1, 0, 0); // Speedscope shows nothing for a file without a profile.
    }
    return steps.then(() -> json.endArray().endObject()).then(() -> out.append('\n'));
  }

  private void frame(int name) throws IOException {
    json.beginObject().key("name").value(folded.frameName(name)).endObject();
  }

  private void thread(Steps steps, int thread, int begin, int end) {
    steps
        .then(
            () -> {
              json.beginObject();
              json.key("type").value("sampled");
              json.key("name").value(thread < 0 ? "no samples" : folded.threadName(thread));
              json.key("unit").value("nanoseconds");
              json.key("startValue").value(0);
              json.key("endValue").value(thread < 0 ? 0 : folded.threadNanos(thread));
              json.key("samples").beginArray();
            })
        .each(end - begin, i -> stack(byThread[begin + i]))
        .then(() -> json.endArray().key("weights").beginArray())
        .each(end - begin, i -> json.value(folded.cpuNanos(byThread[begin + i])))
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
