/**
 * Asks the JVM for the names of methods and for their tables of line numbers. Of the profiler's
 * other packages, this package uses only {@link io.spprof.sampler}. The names of native functions
 * are found in its subpackages, which do not use this package.
 */
package io.spprof.symbol;
