/**
 * Writes a {@link io.spprof.profile.Profile} in the formats that people and tools read; each format
 * has one exporter. An exporter writes in small steps, text to an {@link java.lang.Appendable} and
 * binary data to {@link io.spprof.export.Bytes}, so that a big profile is never in memory twice.
 */
package io.spprof.export;
