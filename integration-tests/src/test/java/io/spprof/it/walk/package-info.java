/**
 * Tests whether the profiler walks stacks to their roots. Every load is profiled in several modes
 * of the JVM, and one table shows all results.
 */
package io.spprof.it.walk;
