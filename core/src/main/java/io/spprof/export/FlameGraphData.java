package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import java.io.IOException;
import java.util.List;
import java.util.function.IntToLongFunction;

/**
 * Writes the data that the page of a flame graph draws, for one profile or for two profiles to
 * compare. {@code flamegraph-trie.js} reads the data. The data has two or three parts. The first
 * part is one line of JSON with the figures, the names and their kinds. A kind is the ordinal of
 * {@link io.spprof.profile.FrameKind}. With two profiles, the figures of the first profile are
 * under the key {@code before}. The second part is the stacks as a sequence of numbers, which
 * {@link VarintWriter} encodes. A third part, on a line of its own, is the {@link
 * FlameGraphTimeline}, if the page has one. The stacks:
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

  /** Writes the members of a JSON object that hold a profile's figures. */
  @FunctionalInterface
  private interface Figures {
    void writeTo(Json json) throws IOException;
  }

  /** The figures of one of the profiles, and its samples and CPU time for each folded row. */
  private record Part(Figures figures, IntToLongFunction samples, IntToLongFunction cpuNanos) {}

  private final FoldedProfile folded;
  private final List<Part> parts; // the profile on the page, then the earlier one, if any
  private final FlameGraphTimeline timeline; // null for a difference

  private FlameGraphData(FoldedProfile folded, List<Part> parts, FlameGraphTimeline timeline) {
    this.folded = folded;
    this.parts = parts;
    this.timeline = timeline;
  }

  static FlameGraphData of(Profile profile) {
    FoldedProfile folded = new FoldedProfile(profile);
    return new FlameGraphData(
        folded,
        List.of(new Part(json -> figures(json, profile), folded::samples, folded::cpuNanos)),
        new FlameGraphTimeline(profile, folded));
  }

  static FlameGraphData ofDifference(Profile before, Profile after) {
    return ofDifference(before, json -> figures(json, before), after, json -> figures(json, after));
  }

  /** Compares profiles whose figures were read from pages. */
  static FlameGraphData ofDifference(
      Profile before, String figuresBefore, Profile after, String figuresAfter) {
    return ofDifference(
        before, json -> json.members(figuresBefore), after, json -> json.members(figuresAfter));
  }

  private static FlameGraphData ofDifference(
      Profile before, Figures figuresBefore, Profile after, Figures figuresAfter) {
    FoldedPair pair = new FoldedPair(before, after);
    return new FlameGraphData(
        pair.folded(),
        List.of(part(figuresAfter, pair.second()), part(figuresBefore, pair.first())),
        null);
  }

  private static Part part(Figures figures, FoldedPair.Part amounts) {
    return new Part(figures, amounts::samples, amounts::cpuNanos);
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
              parts.get(0).figures().writeTo(json);
              if (parts.size() > 1) {
                json.key("before").beginObject();
                parts.get(1).figures().writeTo(json);
                json.endObject();
              }
              json.key("names").beginArray();
            })
        .each(folded.frameNameCount(), i -> json.value(folded.frameName(i)))
        .then(() -> json.endArray().key("kinds").beginArray())
        .each(folded.frameNameCount(), i -> json.value(folded.frameKind(i).ordinal()))
        .then(() -> json.endArray().key("threads").beginArray())
        .each(folded.threadCount(), i -> json.value(folded.threadName(i)))
        .then(
            () -> {
              json.endArray();
              json.key("unitNanos").value(unit);
              json.key("rows").value(folded.rowCount());
              if (hasTimeline()) {
                json.key("slots").value(timeline.slots());
                json.key("slotNanos").value(timeline.slotNanos());
              }
              json.endObject();
              // The stacks begin on a line of their own. The page can then read them without the
              // copy that a JSON parser makes.
              out.append('\n');
            })
        .each(folded.rowCount(), row -> stack(row, numbers, unit))
        .then(numbers::close);
    if (hasTimeline()) {
      steps.then(() -> out.append('\n'));
      timeline.addTo(steps, new VarintWriter(out), unit);
    }
  }

  private boolean hasTimeline() {
    return timeline != null && timeline.isShown();
  }

  private static void figures(Json json, Profile profile) throws IOException {
    ProfileInfo info = profile.info();
    SessionStats session = info.session();
    json.key("session").value(session.id());
    json.key("jvm").value(info.jvm().describe());
    json.key("options").value(session.options());
    json.key("sessionStartMillis").value(info.sessionStartMillis());
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
    if (first > 0 && folded.isSameStack(first - 1, first)) {
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
    while (end < folded.rowCount() && folded.isSameStack(first, end)) {
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

  /**
   * Returns the greatest duration, in nanoseconds, that divides the CPU time of every row of every
   * profile, and of every sample of the timeline. This is usually the sampling interval. Multiples
   * of it take fewer bytes than nanoseconds.
   */
  private long unitNanos() {
    long unit = hasTimeline() ? timeline.commonDivisor() : 0;
    for (Part part : parts) {
      for (int row = 0; row < folded.rowCount(); row++) {
        unit = FlameGraphTimeline.commonDivisor(unit, part.cpuNanos().applyAsLong(row));
      }
    }
    return Math.max(1, unit);
  }
}
