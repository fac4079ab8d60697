/**
 * The API for programs that control the profiler: {@link io.spprof.Profiler}, its states and its
 * events. This package uses the other packages of the core. Of the other modules, only {@code jmx}
 * uses this package, for the bean.
 */
package io.spprof;
