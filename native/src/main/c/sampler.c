#include "sampler.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "agent.h"
#include "counters.h"
#include "drain.h"
#include "gate.h"
#include "handler.h"
#include "java_threads.h"
#include "lock.h"
#include "symbols.h"
#include "threads.h"

enum stage { NONE, START_FAILED, SAMPLING, STOPPED };

static struct spprof_lock lock = SPPROF_LOCK_INITIALIZER;
static enum stage stage;        /* under the lock */
static struct sigaction before; /* under the lock: the action that ours replaced */

static int make_room(const struct spprof_sampler_config *config) {
    struct spprof_handler_session *session = &spprof_handler_session;
    if (config->depth < 1 || config->depth > SPPROF_MAX_DEPTH || config->interval_ns == 0) {
        return -EINVAL;
    }
    session->walker = &spprof_walker_agct;
    session->interval_ns = config->interval_ns;
    session->depth = (int)config->depth;
    int error = session->walker->probe();
    if (error == 0) {
        error = spprof_ring_create(&session->ring, config->ring_bytes);
    }
    if (error == 0) {
        error = spprof_buffers_create(&session->buffers, config->walk_buffers, config->depth + 1);
        if (error != 0) {
            spprof_ring_destroy(&session->ring);
        }
    }
    return error;
}

static void give_back_room(void) {
    spprof_ring_destroy(&spprof_handler_session.ring);
    spprof_buffers_destroy(&spprof_handler_session.buffers);
}

static bool is_foreign(const struct sigaction *action) {
    return (action->sa_flags & SA_SIGINFO) != 0
               ? action->sa_sigaction != spprof_handler_sigsafe
               : action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static struct sigaction our_action(void) {
    /*
     * SA_RESTART: interrupted system calls go on. SA_ONSTACK: a thread that brought an alternate
     * stack did so because its own may be too small for any handler (Go's goroutines); others have
     * none.
     */
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    action.sa_sigaction = spprof_handler_sigsafe;
    sigemptyset(&action.sa_mask);
    return action;
}

static int install_handler(void) {
    const struct sigaction action = our_action();
    if (sigaction(SPPROF_SIGNAL, NULL, &before) != 0) {
        return -errno;
    }
    if (is_foreign(&before)) {
        return -EBUSY;
    }
    if ((before.sa_flags & SA_SIGINFO) != 0) {
        /* Ours: somebody had saved it during a session and put it back after. */
        before = (struct sigaction){.sa_handler = SIG_DFL};
    }
    struct sigaction replaced;
    if (sigaction(SPPROF_SIGNAL, &action, &replaced) != 0) {
        return -errno;
    }
    if (is_foreign(&replaced)) { /* installed between the two calls */
        sigaction(SPPROF_SIGNAL, &replaced, NULL);
        return -EBUSY;
    }
    return 0;
}

static int drain(uint32_t deadline_ms, bool *replaced) {
    struct spprof_drain drain = {.signal = SPPROF_SIGNAL,
                                 .ours = our_action(),
                                 .before = before,
                                 .deadline_ms = deadline_ms};
    int error = spprof_drain(&drain);
    *replaced = drain.replaced;
    if (error == 0) {
        spprof_threads_end();
    }
    return error;
}

/* A start that failed while a handler hung left all that it may touch: perhaps it came back. */
static void finish_failed_start(void) {
    bool replaced;
    if (stage == START_FAILED && drain(1000, &replaced) == 0) {
        spprof_agent_events(false);
        give_back_room();
        stage = NONE;
    }
}

int spprof_sampler_start(JNIEnv *jni, const struct spprof_sampler_config *config) {
    spprof_lock(&lock);
    finish_failed_start();
    int error = stage != NONE ? -EALREADY : make_room(config);
    if (error != 0) {
        spprof_unlock(&lock);
        return error;
    }
    spprof_threads_begin(&spprof_handler_session.ring, config->interval_ns);
    /* Events first: the hooks are inert while the gate is closed, and AsyncGetCallTrace wants them.
     */
    error = spprof_agent_events(true);
    if (error == 0) {
        spprof_symbols_allocate_ids(jni);
        error = install_handler();
    }
    if (error == 0) {
        spprof_gate_open();
        spprof_java_threads_adopt(jni);
        int armed = spprof_threads_sweep(true);
        if (armed <= 0) {
            bool replaced;
            error = armed < 0 ? armed : -EAGAIN;
            if (drain(1000, &replaced) != 0) {
                stage = START_FAILED;
            }
        }
    }
    if (error == 0) {
        stage = SAMPLING;
    } else if (stage == NONE) {
        spprof_agent_events(false);
        spprof_threads_end();
        give_back_room();
    }
    spprof_unlock(&lock);
    return error;
}

int spprof_sampler_stop(JNIEnv *jni, uint32_t deadline_ms) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING) {
        if (spprof_gate_is_open_sigsafe()) {
            spprof_java_threads_adopt(jni); /* the names that threads have now */
            spprof_threads_sweep(true);
        }
        bool replaced;
        result = drain(deadline_ms, &replaced);
        if (result == 0) {
            spprof_agent_events(false);
            stage = STOPPED;
            result = replaced ? 1 : 0;
        }
    }
    spprof_unlock(&lock);
    return result;
}

int spprof_sampler_release(void) {
    spprof_lock(&lock);
    int error = -EBUSY;
    if (stage == NONE || stage == STOPPED) {
        give_back_room();
        stage = NONE;
        error = 0;
    }
    spprof_unlock(&lock);
    return error;
}

int spprof_sampler_sweep(JNIEnv *jni, bool names) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        if (names) {
            spprof_java_threads_adopt(jni);
        }
        result = spprof_threads_sweep(names);
    }
    spprof_unlock(&lock);
    return result;
}

void *spprof_sampler_ring(uint64_t *size) {
    spprof_lock(&lock);
    *size = stage == NONE ? 0 : spprof_ring_block_size(&spprof_handler_session.ring);
    void *block = stage == NONE ? NULL : spprof_handler_session.ring.block;
    spprof_unlock(&lock);
    return block;
}

void spprof_sampler_vm_death(void) {
    spprof_lock(&lock);
    if (stage == SAMPLING) {
        bool replaced;
        drain(100, &replaced); /* what is left if a handler hangs dies with the process */
    }
    spprof_unlock(&lock);
}
