/** Names and lines of methods, asked of the JVM. Uses the sampler only. */
package io.spprof.symbol;
