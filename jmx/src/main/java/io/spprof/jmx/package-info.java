/**
 * The profiler as JMX clients see it: the management bean, its registration, and the agent's
 * settings. The package checks arguments, delegates to {@code io.spprof} and converts results;
 * sessions themselves are in {@code io.spprof} and its packages.
 */
package io.spprof.jmx;
