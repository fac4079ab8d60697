/**
 * Exporters, which write a {@link io.spprof.profile.Profile} in the formats that people and tools
 * read. There is one exporter for each format. An exporter writes in small steps, so that the
 * output of a large profile is never in memory as a whole. It writes text to an {@link
 * java.lang.Appendable}, and binary data to {@link io.spprof.export.Bytes}.
 */
package io.spprof.export;
