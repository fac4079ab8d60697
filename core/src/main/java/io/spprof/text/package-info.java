/**
 * Checks and cleans text that comes from outside of the profiler or is shown to people. This
 * package uses no other package of the profiler.
 */
package io.spprof.text;
