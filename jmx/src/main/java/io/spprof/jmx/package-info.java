/**
 * The profiler as JMX clients see it: the management bean, its registration, and the agent's
 * settings. This package checks arguments, calls {@code io.spprof}, and converts results. The
 * sessions themselves are in {@code io.spprof} and its packages.
 */
package io.spprof.jmx;
