/** Asks the JVM for the names and lines of methods. This package uses only the sampler. */
package io.spprof.symbol;
