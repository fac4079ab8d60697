package io.spprof.session;

import io.spprof.collect.Collector;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerConfig;
import java.util.concurrent.TimeUnit;

/**
 * Has the walker's tables of methods and locations (addresses in compiled code) emptied before they
 * are full. With full tables the walker would describe every further method or location again in
 * every sample. Used by the session's thread only.
 */
final class WalkerTables {

  /**
   * The least time between two resets of the walker's tables. Describing everything again costs
   * time, so tables that are too small are reset once a minute at most.
   */
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
   * Empties the tables if they are nearly full. Called once a second.
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
