/**
 * The profiler's face: the management bean, its registration, and the agent's settings. It checks,
 * delegates and converts; what a session is stands in {@code io.spprof}.
 */
package io.spprof.jmx;
