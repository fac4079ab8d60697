/**
 * One session from start to end: its state, its thread, its figures and its past. This package uses
 * {@code collect}, {@code budget}, {@code config}, {@code profile} and the sampler.
 */
package io.spprof.session;
