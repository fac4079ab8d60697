/**
 * Keeps the cost of a session within a budget. Measures the overhead, and chooses the sampling
 * interval, the number of threads that are sampled at a time, and what happens when threads start.
 * This package uses {@code config}, {@code profile} and the sampler. It does not depend on sessions
 * and tables.
 */
package io.spprof.budget;
