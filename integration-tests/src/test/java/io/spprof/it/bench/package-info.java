/**
 * Benchmarks that compare spprof with async-profiler; {@link io.spprof.it.bench.Bench} explains
 * them.
 */
package io.spprof.it.bench;
