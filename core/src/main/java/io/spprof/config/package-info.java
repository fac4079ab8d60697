/**
 * The options of a session: their names, ranges and defaults. This package uses {@code text}, and
 * the sampler's enums of engines and walkers.
 */
package io.spprof.config;
