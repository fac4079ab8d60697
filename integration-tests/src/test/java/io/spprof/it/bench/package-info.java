/** Benchmarks side by side with async-profiler; {@link io.spprof.it.bench.Bench} explains them. */
package io.spprof.it.bench;
