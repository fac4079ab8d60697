/**
 * What a session may cost: measures the overhead and chooses the sampling interval, how many
 * threads are sampled at a time, and what is done about threads that start. Uses {@code config},
 * {@code profile} and the sampler; knows nothing of sessions and tables.
 */
package io.spprof.budget;
