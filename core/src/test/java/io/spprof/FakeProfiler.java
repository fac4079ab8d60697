package io.spprof;

import io.spprof.sampler.FakeSampler;

/** A profiler without signals, for tests of other packages. */
public final class FakeProfiler {

  private FakeProfiler() {}

  /** One that takes its samples from this sampler. */
  public static Profiler of(FakeSampler sampler) {
    return new Profiler(sampler);
  }
}
