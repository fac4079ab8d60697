package io.spprof.sampler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps all that a ring's reader is told. */
final class RecordedSamples implements SampleRing.Visitor {

  record Sample(
      int thread, List<Long> methods, WalkResult walk, boolean truncated, long cpuNanos) {}

  final List<Sample> samples = new ArrayList<>();
  final Map<Integer, String> names = new HashMap<>();

  @Override
  public void sample(
      SampleRing ring,
      int frames,
      int count,
      int thread,
      WalkResult walk,
      boolean truncated,
      long cpuNanos) {
    List<Long> methods = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      methods.add(ring.method(frames, i));
    }
    samples.add(new Sample(thread, methods, walk, truncated, cpuNanos));
  }

  @Override
  public void thread(int thread, String name) {
    names.put(thread, name);
  }

  /** Samples of the threads of this name. */
  List<Sample> of(String name) {
    return samples.stream().filter(s -> name.equals(names.get(s.thread()))).toList();
  }
}
