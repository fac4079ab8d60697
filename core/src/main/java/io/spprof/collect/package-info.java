/**
 * The collector takes samples out of the ring and folds them into tables, within a bound of memory
 * and in windows of time. This package uses {@code profile}, {@code symbol} and the sampler. It
 * does not depend on sessions, options or threads.
 *
 * <p>All tables belong to one {@link io.spprof.collect.Collector} and are guarded by its lock.
 */
package io.spprof.collect;
