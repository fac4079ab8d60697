/**
 * The options of a session: their names, ranges and defaults. Uses {@code text}, and the sampler's
 * names of engines and walkers.
 */
package io.spprof.config;
