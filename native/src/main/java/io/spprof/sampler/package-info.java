/**
 * The sampler: the classes that load the native library, start and stop it, and read its samples
 * from the shared ring. {@link io.spprof.sampler.Sampler} is what other packages use.
 *
 * <p>A program that embeds the profiler uses {@code io.spprof.jmx.Spprof} instead.
 */
package io.spprof.sampler;
