/**
 * What a profiler hands out: profiles, and figures of the profiler, of sessions and of stretches of
 * time. Immutable values. Uses {@code text} and the sampler's enums; knows nothing of how the
 * values are made.
 */
package io.spprof.profile;
