/**
 * One session from start to end: its state, its thread, its figures, and its history (which windows
 * are kept, and the profile of any range of time). This package uses {@code collect}, {@code
 * budget}, {@code config}, {@code profile} and the sampler.
 */
package io.spprof.session;
