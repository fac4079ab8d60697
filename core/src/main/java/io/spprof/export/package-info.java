/**
 * A {@link io.spprof.profile.Profile} as something to read or to look at, one exporter a format.
 * Every exporter writes into an {@link java.lang.Appendable} as it goes, so that a big profile is
 * never in memory twice.
 */
package io.spprof.export;
