package io.spprof.jmx;

import io.spprof.FakeProfiler;
import io.spprof.sampler.FakeSampler;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Registers a bean with a profiler that sends no signals, for tests of clients. */
public final class FakeBean {

  private FakeBean() {}

  /** Registers a bean that gets its samples from this sampler. */
  public static Spprof register(MBeanServer server, FakeSampler sampler) throws JMException {
    return Spprof.register(
        server, new ObjectName(Spprof.OBJECT_NAME), FakeProfiler.of(sampler), Settings.NONE);
  }
}
