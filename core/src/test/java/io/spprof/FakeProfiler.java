package io.spprof;

import io.spprof.sampler.FakeSampler;

/** Creates profilers that send no signals, for tests of other packages. */
public final class FakeProfiler {

  private FakeProfiler() {}

  /** Creates a profiler that takes its samples from this sampler. */
  public static Profiler of(FakeSampler sampler) {
    return new Profiler(sampler);
  }
}
