/**
 * The results of a profiler: profiles, and figures of the profiler, of sessions and of windows of
 * time. All are immutable values. This package uses {@code text} and the sampler's enums. It does
 * not depend on the code that creates the values.
 */
package io.spprof.profile;
