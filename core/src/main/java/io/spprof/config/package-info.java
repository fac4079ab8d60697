/**
 * The options of a session: their names, ranges and defaults. This package uses the package {@code
 * text}, and from the sampler the enums of engines and walkers.
 */
package io.spprof.config;
