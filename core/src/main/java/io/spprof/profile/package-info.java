/**
 * The results of a profiler: profiles, and figures of the profiler, of its sessions and of windows
 * of time. All of them are immutable values. This package uses the package {@code text} and the
 * sampler's enums and values. It does not depend on the code that creates the values.
 */
package io.spprof.profile;
