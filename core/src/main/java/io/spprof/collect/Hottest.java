package io.spprof.collect;

import io.spprof.profile.HotMethod;
import java.util.List;

/**
 * The hottest methods of a stretch of a session.
 *
 * @param sinceNanos the beginning of the stretch, in nanoseconds after the session's start
 * @param samples the number of samples in the stretch
 * @param methods at most {@link MethodSums#HOTTEST} methods, the one with the most self time first
 */
public record Hottest(long sinceNanos, long samples, List<HotMethod> methods) {}
