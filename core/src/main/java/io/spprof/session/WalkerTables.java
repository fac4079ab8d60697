package io.spprof.session;

import io.spprof.collect.Collector;
import io.spprof.sampler.Sampler;
import io.spprof.sampler.SamplerConfig;
import java.util.concurrent.TimeUnit;

/**
 * Empties the walker's tables of methods and locations (addresses in compiled code) before they are
 * full, or after the heap had no room for a description. If they were full, the walker would have
 * to describe every further method or location again in every sample. Used by the session's thread
 * only.
 */
final class WalkerTables {

  /**
   * The shortest time between two resets of the walker's tables, in nanoseconds. After a reset,
   * everything must be described again, which costs time. Tables that are too small are therefore
   * reset at most once a minute.
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
   * Empties the tables if one of them is more than half full. Called once a second.
   *
   * @param now the present, in nanoseconds after the session's start
   */
  void keepRoom(long now) {
    if (now - lastForgotten >= FORGET_NANOS
        && collector.walkerIsFull(config.methods(), config.locations())
        && sampler.forgetDefinitions()) {
      lastForgotten = now;
    }
  }
}
