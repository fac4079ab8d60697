/*
 * The resources of a session: its walker, with the walker's tables, its ring and its walk buffers.
 * Handlers find them in spprof_handler_session (handler.h).
 *
 * Called with the sampler's lock held and no handler in flight, never in a signal handler.
 */
#ifndef SPPROF_RESOURCES_H
#define SPPROF_RESOURCES_H

#include <jni.h>

#include "session/config.h"

/* Chooses the walker. Creates it, the ring and the walk buffers. Returns 0 or a failure
 * (failure.h); after a failure, nothing remains. The caller destroys the walker, at the end of
 * sampling. */
int spprof_resources_create(JNIEnv *jni, const struct spprof_sampler_config *config);

/* Frees the ring and the walk buffers. */
void spprof_resources_free(void);

/* Returns why the last start did not use the walker vm, or what limits that walker; "" if neither
 * applies. */
const char *spprof_resources_walker_problem(void);

#endif
