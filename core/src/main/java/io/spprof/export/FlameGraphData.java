package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import java.io.IOException;
import java.util.List;
import java.util.function.IntToLongFunction;

/**
 * Writes the data that the page of a flame graph draws, for one profile or for two profiles to
 * compare. {@code flamegraph-trie.js} reads the data. The data has two parts. The first part is one
 * line of JSON with the figures and the names. With two profiles, the figures of the first profile
 * are under the key {@code before}. The second part is the stacks as a sequence of numbers, which
 * {@link VarintWriter} encodes:
 *
 * <pre>
 *  stacks := stack*                    depth first; see {@link FoldedProfile}
 *  stack  := keep fresh name*fresh rows row*rows
 *            keep   number of frames, from the root, shared with the previous stack
 *            fresh  number of frames that follow, each an index into the names
 *  row    := thread amount             with two profiles: thread amount amount
 *            the second amount is that of the profile before; one of the two may be zero
 *  amount := samples units             CPU time = units x unitNanos
 * </pre>
 *
 * Only the difference from the previous stack is written. The sequence therefore has the shape of
 * the tree that the page draws, and takes two or three bytes for each frame.
 */
final class FlameGraphData {

  /** One of the profiles, and its samples and CPU time for each folded row. */
  private record Part(Profile profile, IntToLongFunction samples, IntToLongFunction cpuNanos) {}

  private final FoldedProfile folded;
  private final List<Part> parts; // the profile on the page, then the earlier one, if any

  private FlameGraphData(FoldedProfile folded, List<Part> parts) {
    this.folded = folded;
    this.parts = parts;
  }

  static FlameGraphData of(Profile profile) {
    FoldedProfile folded = new FoldedProfile(profile);
    return new FlameGraphData(
        folded, List.of(new Part(profile, folded::samples, folded::cpuNanos)));
  }

  static FlameGraphData ofDifference(Profile before, Profile after) {
    FoldedPair pair = new FoldedPair(before, after);
    return new FlameGraphData(
        pair.folded(), List.of(part(after, pair.second()), part(before, pair.first())));
  }

  private static Part part(Profile profile, FoldedPair.Part amounts) {
    return new Part(profile, amounts::samples, amounts::cpuNanos);
  }

  /** Appends the steps that write the data. */
  void addTo(Steps steps, Appendable out) {
    Json json = new Json(out);
    VarintWriter numbers = new VarintWriter(out);
    long unit = unitNanos();
    steps
        .then(
            () -> {
              json.beginObject();
              figures(json, parts.get(0).profile());
              if (parts.size() > 1) {
                json.key("before").beginObject();
                figures(json, parts.get(1).profile());
                json.endObject();
              }
              json.key("names").beginArray();
            })
        .each(folded.frameNameCount(), i -> json.value(folded.frameName(i)))
        .then(() -> json.endArray().key("threads").beginArray())
        .each(folded.threadCount(), i -> json.value(folded.threadName(i)))
        .then(
            () -> {
              json.endArray();
              json.key("unitNanos").value(unit);
              json.key("rows").value(folded.rowCount());
              json.endObject();
              // The stacks begin on a line of their own. The page can then read them without the
              // copy that a JSON parser makes.
              out.append('\n');
            })
        .each(folded.rowCount(), row -> stack(row, numbers, unit))
        .then(numbers::close);
  }

  private static void figures(Json json, Profile profile) throws IOException {
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
    json.key("longestIntervalNanos").value(info.longestIntervalNanos());
    json.key("running").value(info.running());
    json.key("totalSamples").value(profile.totalSamples());
    json.key("totalCpuNanos").value(profile.totalCpuNanos());
    json.key("unwalkable").value(info.unwalkable());
    json.key("dropped").value(info.dropped().total());
    json.key("droppedCpuNanos").value(info.droppedCpuNanos());
    json.key("unseenCpuNanos").value(info.unseenCpuNanos());
    json.key("userCpuNanos").value(info.kernel().userNanos());
    json.key("systemCpuNanos").value(info.kernel().systemNanos());
    json.key("cpuWaitNanos").value(info.kernel().cpuWaitNanos());
    json.key("throttledNanos").value(info.kernel().throttledNanos());
    json.key("drops").beginArray();
    for (DropReason reason : DropReason.values()) {
      json.beginObject();
      json.key("key").value(reason.key());
      json.key("signals").value(info.dropped().of(reason));
      json.key("meaning").value(reason.meaning());
      json.endObject();
    }
    json.endArray();
  }

  /**
   * Writes a stack with all its rows. Does this only if {@code first} is the first row of the
   * stack; writes nothing for the stack's other rows.
   */
  private void stack(int first, VarintWriter numbers, long unit) throws IOException {
    if (first > 0 && isSameStack(first - 1, first)) {
      return;
    }
    int keep = first == 0 ? 0 : folded.commonDepth(first - 1, first);
    int depth = folded.depth(first);
    numbers.write(keep);
    numbers.write(depth - keep);
    for (int i = keep; i < depth; i++) {
      numbers.write(folded.frame(first, i));
    }
    int end = first + 1;
    while (end < folded.rowCount() && isSameStack(first, end)) {
      end++;
    }
    numbers.write(end - first);
    for (int row = first; row < end; row++) {
      numbers.write(folded.thread(row));
      for (Part part : parts) {
        numbers.write(part.samples().applyAsLong(row));
        numbers.write(part.cpuNanos().applyAsLong(row) / unit);
      }
    }
  }

  private boolean isSameStack(int rowA, int rowB) {
    int depth = folded.depth(rowA);
    return depth == folded.depth(rowB) && folded.commonDepth(rowA, rowB) == depth;
  }

  /**
   * Returns the greatest duration, in nanoseconds, that divides the CPU time of every row of every
   * profile. This is usually the sampling interval. Multiples of it take fewer bytes than
   * nanoseconds.
   */
  private long unitNanos() {
    long unit = 0;
    for (Part part : parts) {
      for (int row = 0; row < folded.rowCount(); row++) {
        unit = commonDivisor(unit, part.cpuNanos().applyAsLong(row));
      }
    }
    return Math.max(1, unit);
  }

  private static long commonDivisor(long a, long b) {
    long divisor = a;
    long rest = b;
    while (rest != 0) {
      long next = divisor % rest;
      divisor = rest;
      rest = next;
    }
    return divisor;
  }
}
