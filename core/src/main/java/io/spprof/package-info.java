/**
 * The profiler as a program uses it: {@link io.spprof.Profiler}, its states and its events. The top
 * floor: uses the packages of the core below it, and only the bean uses it.
 */
package io.spprof;
