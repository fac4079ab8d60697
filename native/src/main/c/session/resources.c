#include "session/resources.h"

#include <errno.h>
#include <stdbool.h>

#include "base/failure.h"
#include "session/handler.h"

static char walker_problem[1280];

/* Chooses the walker of a session. Probes the walker vm, unless the session asks for the other.
 * Returns 0 or a failure. */
static int choose_walker(JNIEnv *jni, const struct spprof_sampler_config *config) {
    struct spprof_handler_session *session = &spprof_handler_session;
    walker_problem[0] = '\0';
    if (config->walker != SPPROF_WALKER_AGCT) {
        session->walker = &spprof_walker_vm;
        bool works =
            spprof_walker_vm.probe(jni, config->engine, walker_problem, sizeof walker_problem) == 0;
        if (works || config->walker == SPPROF_WALKER_VM) {
            return works ? 0 : SPPROF_FAILED(WALKER, 0);
        }
    }
    char why[256];
    session->walker = &spprof_walker_agct;
    return session->walker->probe(jni, config->engine, why, sizeof why) == 0
               ? 0
               : SPPROF_FAILED(WALKER, 0);
}

static int of_memory(int error) {
    return error == 0         ? 0
           : error == -ENOMEM ? SPPROF_FAILED(MEMORY, 0)
                              : SPPROF_FAILED(SYSTEM, error);
}

int spprof_resources_create(JNIEnv *jni, const struct spprof_sampler_config *config) {
    struct spprof_handler_session *session = &spprof_handler_session;
    if (config->depth < 1 || config->depth > SPPROF_MAX_DEPTH || config->interval_ns == 0) {
        return SPPROF_FAILED(SETTINGS, 0);
    }
    session->engine = config->engine;
    session->depth = (int)config->depth;
    int error = choose_walker(jni, config);
    if (error != 0) {
        return error;
    }
    error = spprof_ring_create(&session->ring, config->ring_bytes);
    if (error == 0) {
        error = spprof_buffers_create(&session->buffers, config->walk_buffers,
                                      SPPROF_FRAME_WORDS * (config->depth + 1));
        if (error == 0) {
            const struct spprof_walker_config walker = {.ring = &session->ring,
                                                        .locations = config->locations,
                                                        .methods = config->methods,
                                                        .known_frames = config->known_frames};
            error = session->walker->create(&walker);
            session->native = session->walker->walks_native_threads != NULL &&
                              session->walker->walks_native_threads();
            if (error != 0) {
                spprof_buffers_destroy(&session->buffers);
            }
        }
        if (error != 0) {
            spprof_ring_destroy(&session->ring);
        }
    }
    return error == -EINVAL ? SPPROF_FAILED(SETTINGS, 0) : of_memory(error);
}

void spprof_resources_free(void) {
    spprof_ring_destroy(&spprof_handler_session.ring);
    spprof_buffers_destroy(&spprof_handler_session.buffers);
}

const char *spprof_resources_walker_problem(void) {
    return walker_problem;
}
