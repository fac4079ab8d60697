package io.spprof.profile;

/**
 * An entry of {@link HotMethods}, the methods with the most self time. The self time of a method is
 * the CPU time of the samples that have the method at the leaf of their stack.
 *
 * @param method the name of the method, for instance {@code java.util.HashMap.get}, or a synthetic
 *     frame in brackets; not null
 * @param selfPercent the share of the CPU time with this method at the leaf of the stack, 0–100
 * @param totalPercent the share of the CPU time with this method anywhere on the stack, 0–100
 * @param samples the number of samples with this method at the leaf of the stack, 0 or more
 */
public record HotMethod(String method, double selfPercent, double totalPercent, long samples) {}
