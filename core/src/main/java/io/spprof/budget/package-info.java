/**
 * Keeps the cost of a session within a budget. This package measures the overhead. It chooses the
 * sampling interval, the number of threads that are sampled at a time, and what happens when
 * threads start. It uses {@code config}, {@code profile} and the sampler, and does not depend on
 * sessions and tables.
 */
package io.spprof.budget;
