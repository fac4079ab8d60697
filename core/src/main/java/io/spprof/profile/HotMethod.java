package io.spprof.profile;

/**
 * One of the methods that use the most CPU time.
 *
 * @param method its name, {@code java.util.HashMap.get}, or a synthetic frame in brackets; not null
 * @param selfPercent share of the profile's CPU time with this method on top of the stack, 0–100
 * @param totalPercent share of the profile's CPU time with this method anywhere on the stack, 0–100
 * @param samples samples with this method on top of the stack, 0 or more
 */
public record HotMethod(String method, double selfPercent, double totalPercent, long samples) {}
