package io.spprof.jmx;

import io.spprof.FakeProfiler;
import io.spprof.sampler.FakeSampler;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** A bean of a profiler without signals, for tests of clients. */
public final class FakeBean {

  private FakeBean() {}

  /** Registers one that takes its samples from this sampler. */
  public static Spprof register(MBeanServer server, FakeSampler sampler) throws JMException {
    return Spprof.register(
        server, new ObjectName(Spprof.OBJECT_NAME), FakeProfiler.of(sampler), Settings.NONE);
  }
}
