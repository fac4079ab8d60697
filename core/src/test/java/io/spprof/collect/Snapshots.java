package io.spprof.collect;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DebugInfo;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes profiles from what a collector holds. */
final class Snapshots {

  /** The head of an empty profile. */
  static final ProfileInfo NO_INFO =
      info(new Slice.Stretch(0, 0, 0, 0, CategoryTimes.NONE, WindowFigures.ZERO));

  private Snapshots() {}

  /** A profile of all that the collector holds. */
  static Profile snapshot(Collector collector) {
    return of(collector.slice(0, Long.MAX_VALUE, 1, WindowFigures.ZERO));
  }

  /** A profile of a slice. Its number of unwalkable samples is the slice's number of signals. */
  static Profile of(Slice slice) {
    return slice.merge(HeapRoom.UNLIMITED, Snapshots::info);
  }

  private static ProfileInfo info(Slice.Stretch all) {
    return new ProfileInfo(
        SessionStats.NONE,
        0,
        "",
        "",
        0,
        0,
        all.figures().dropped(),
        all.figures().signals(),
        all.figures().droppedCpuNanos(),
        all.figures().unseenCpuNanos(),
        all.figures().kernel(),
        all.categories(),
        true,
        DebugInfo.EXACT,
        JvmInfo.NONE);
  }

  /** Maps "thread;root;...;leaf" to samples. */
  static Map<String, Long> folded(Profile profile) {
    Map<String, Long> folded = new TreeMap<>();
    for (int row = 0; row < profile.rowCount(); row++) {
      int stack = profile.stack(row);
      int depth = profile.depth(stack);
      String frames =
          IntStream.range(0, depth)
              .mapToObj(i -> profile.frameName(profile.frame(stack, depth - 1 - i)))
              .collect(Collectors.joining(";"));
      folded.merge(
          profile.threads().get(profile.thread(row)).name() + ";" + frames,
          profile.samples(row),
          Long::sum);
    }
    return folded;
  }
}
