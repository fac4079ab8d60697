package io.spprof.export;

import io.spprof.profile.Profile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The contents of a profile, or of a file exported from a profile: samples and CPU time by
 * "thread;root;…;leaf". Two objects are equal if all samples and all nanoseconds agree.
 */
final class StackTotals {

  /** The totals of one stack of one thread. */
  record Total(long samples, long cpuNanos) {}

  private final Map<String, Total> totals = new TreeMap<>();

  /** Adds samples of a stack whose frames are ordered from the leaf to the root. */
  void add(String thread, List<String> leafFirst, long samples, long cpuNanos) {
    List<String> frames = new ArrayList<>(leafFirst);
    frames.add(thread);
    Collections.reverse(frames);
    totals.merge(
        String.join(";", frames),
        new Total(samples, cpuNanos),
        (a, b) -> new Total(a.samples + b.samples, a.cpuNanos + b.cpuNanos));
  }

  /** The expected totals, from the profile itself. */
  static StackTotals of(Profile profile) {
    StackTotals totals = new StackTotals();
    for (int row = 0; row < profile.rowCount(); row++) {
      int stack = profile.stack(row);
      List<String> frames = new ArrayList<>();
      for (int i = 0; i < profile.depth(stack); i++) {
        frames.add(profile.frameName(profile.frame(stack, i)));
      }
      totals.add(
          profile.threads().get(profile.thread(row)).name(),
          frames,
          profile.samples(row),
          profile.cpuNanos(row));
    }
    return totals;
  }

  /** The samples, for formats without CPU time. */
  Map<String, Long> samples() {
    Map<String, Long> samples = new TreeMap<>();
    totals.forEach((stack, total) -> samples.put(stack, total.samples));
    return samples;
  }

  /** The CPU time, for formats without samples. */
  Map<String, Long> cpuNanos() {
    Map<String, Long> nanos = new TreeMap<>();
    totals.forEach((stack, total) -> nanos.put(stack, total.cpuNanos));
    return nanos;
  }

  Map<String, Total> all() {
    return totals;
  }
}
