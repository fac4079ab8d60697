/**
 * The profiler's collector: it reads samples from the native ring buffer and adds them up in
 * tables, within a bound of memory and in windows of time. This package uses {@code profile},
 * {@code symbol} and the sampler. It does not depend on sessions, options or threads.
 *
 * <p>The tables of a session belong to one {@link io.spprof.collect.Collector}, and its lock guards
 * them. Only {@link io.spprof.collect.Slice#merge} fills tables of its own, on the calling thread.
 */
package io.spprof.collect;
