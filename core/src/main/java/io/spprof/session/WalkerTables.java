package io.spprof.session;

import io.spprof.collect.Collector;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerConfig;
import java.util.concurrent.TimeUnit;

/**
 * Has the walker forget the methods and locations that it has described before its tables are full.
 * With full tables it would describe every further one again with every sample. The session's
 * thread only.
 */
final class WalkerTables {

  /** Describing all again costs time: tables that are too small are reset once a minute at most. */
  private static final long FORGET_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Sampler sampler;
  private final SamplerConfig config;
  private final Collector collector;
  private long lastForgotten = -FORGET_NANOS;

  WalkerTables(Sampler sampler, SamplerConfig config, Collector collector) {
    this.sampler = sampler;
    this.config = config;
    this.collector = collector;
  }

  /**
   * Called once a second.
   *
   * @param now ns after the session's start
   */
  void keepRoom(long now) {
    if (now - lastForgotten >= FORGET_NANOS
        && collector.walkerIsFull(config.methods(), config.locations())
        && sampler.forgetTold()) {
      lastForgotten = now;
    }
  }
}
