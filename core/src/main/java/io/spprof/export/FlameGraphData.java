package io.spprof.export;

import io.spprof.Profile;
import io.spprof.SessionStats;
import java.io.IOException;

/**
 * A profile as the flame graph's page reads it: JSON with the figures, the names, and the stacks as
 * one run of numbers. {@code flamegraph-trie.js} is its reader.
 *
 * <pre>
 * stacks := stack*                    depth first; see {@link FoldedProfile}
 * stack  := keep fresh name*fresh rows row*rows
 *           keep   frames, from the root, that it shares with the stack before it
 *           fresh  frames that follow, each an index into the names
 * row    := thread samples units      CPU time = units x unitNanos
 * </pre>
 *
 * Only what differs from the stack before is written, which makes the run the very tree that the
 * page draws, at two or three bytes a frame.
 */
final class FlameGraphData {

  private final Profile profile;
  private final FoldedProfile folded;

  FlameGraphData(Profile profile) {
    this.profile = profile;
    this.folded = new FoldedProfile(profile);
  }

  void write(Appendable out) throws IOException {
    Json json = new Json(out);
    json.beginObject();
    figures(json);
    drops(json);
    json.key("names").beginArray();
    for (int i = 0; i < folded.frameNameCount(); i++) {
      json.value(folded.frameName(i));
    }
    json.endArray();
    json.key("threads").beginArray();
    for (int i = 0; i < folded.threadCount(); i++) {
      json.value(folded.threadName(i));
    }
    json.endArray();
    long unit = unitNanos();
    json.key("unitNanos").value(unit);
    json.key("rows").value(folded.rowCount());
    json.endObject();
    // A line of its own: the page can then read it without a JSON parser's copy.
    out.append('\n');
    try (VarintWriter numbers = new VarintWriter(out)) {
      stacks(numbers, unit);
    }
  }

  private void figures(Json json) throws IOException {
    Profile.Info info = profile.info();
    SessionStats session = info.session();
    json.key("session").value(session.id());
    json.key("options").value(session.options());
    json.key("startTimeMillis").value(session.startTimeMillis());
    json.key("durationMillis").value(session.durationMillis());
    json.key("overheadPercent").value(session.overheadPercent());
    json.key("measuredOverheadPercent").value(session.measuredOverheadPercent());
    json.key("engine").value(info.engine());
    json.key("walker").value(info.walker());
    json.key("debugInfo").value(info.debugInfo().name());
    json.key("intervalNanos").value(info.intervalNanos());
    json.key("running").value(info.running());
    json.key("totalSamples").value(profile.totalSamples());
    json.key("totalCpuNanos").value(profile.totalCpuNanos());
    json.key("unwalkable").value(info.unwalkable());
    json.key("dropped").value(info.dropped().total());
    json.key("droppedCpuNanos").value(info.droppedCpuNanos());
  }

  private void drops(Json json) throws IOException {
    json.key("drops").beginArray();
    for (DropReasons.Reason reason : DropReasons.of(profile.info().dropped())) {
      json.beginObject();
      json.key("key").value(reason.key());
      json.key("signals").value(reason.signals());
      json.key("meaning").value(reason.meaning());
      json.endObject();
    }
    json.endArray();
  }

  private void stacks(VarintWriter numbers, long unit) throws IOException {
    int row = 0;
    while (row < folded.rowCount()) {
      int keep = row == 0 ? 0 : folded.commonDepth(row - 1, row);
      int depth = folded.depth(row);
      numbers.write(keep);
      numbers.write(depth - keep);
      for (int i = keep; i < depth; i++) {
        numbers.write(folded.frame(row, i));
      }
      int end = row + 1;
      while (end < folded.rowCount() && isSameStack(row, end)) {
        end++;
      }
      numbers.write(end - row);
      for (; row < end; row++) {
        numbers.write(folded.thread(row));
        numbers.write(folded.samples(row));
        numbers.write(folded.cpuNanos(row) / unit);
      }
    }
  }

  private boolean isSameStack(int rowA, int rowB) {
    int depth = folded.depth(rowA);
    return depth == folded.depth(rowB) && folded.commonDepth(rowA, rowB) == depth;
  }

  /** The greatest time that every row's is a multiple of: the interval, as a rule. */
  private long unitNanos() {
    long unit = 0;
    for (int row = 0; row < folded.rowCount(); row++) {
      long rest = folded.cpuNanos(row);
      while (rest != 0) {
        long next = unit % rest;
        unit = rest;
        rest = next;
      }
    }
    return Math.max(1, unit);
  }
}
