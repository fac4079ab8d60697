#include "sampler.h"

#include <errno.h>
#include <signal.h>

#include "agent.h"
#include "counters.h"
#include "drain.h"
#include "gate.h"
#include "handler.h"
#include "java_threads.h"
#include "lock.h"
#include "platform/action.h"
#include "symbols.h"
#include "threads.h"

enum stage { NONE, START_FAILED, SAMPLING, STOPPED };

static struct spprof_lock lock = SPPROF_LOCK_INITIALIZER;
static enum stage stage; /* under the lock */
/* Under the lock, of the session. */
static struct spprof_action before; /* what our action replaced */
static struct spprof_action ours;   /* our action */
static bool drained;                /* also once the JVM has gone, with nobody to call stop */
static struct sigaction previous;   /* `before`, if it was a handler, for ours to call */

int spprof_sampler_load(void) {
    spprof_lock(&lock);
    spprof_counters_reset();
    int error = spprof_slots_map();
    spprof_unlock(&lock);
    return error;
}

static int make_room(const struct spprof_sampler_config *config) {
    struct spprof_handler_session *session = &spprof_handler_session;
    if (config->depth < 1 || config->depth > SPPROF_MAX_DEPTH || config->interval_ns == 0) {
        return -EINVAL;
    }
    session->engine = config->engine;
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

static bool is_foreign(const struct spprof_action *action) {
    return spprof_action_is_handler(action) && !spprof_action_is(action, spprof_handler_sigsafe);
}

static int install_handler(void) {
    /*
     * SA_RESTART: interrupted system calls go on. SA_ONSTACK: a thread that brought an alternate
     * stack did so because its own may be too small for any handler (Go's goroutines); others have
     * none.
     */
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    action.sa_sigaction = spprof_handler_sigsafe;
    sigemptyset(&action.sa_mask);

    int error = spprof_action_get(SPPROF_SIGNAL, &before);
    if (error != 0 || is_foreign(&before)) {
        return error != 0 ? error : -EBUSY;
    }
    if (spprof_action_is_handler(&before)) {
        /* Ours: somebody had saved it during a session and put it back after. */
        before = (struct spprof_action){0};
    }
    atomic_store_explicit(&spprof_handler_session.previous, NULL, memory_order_relaxed);
    if (sigaction(SPPROF_SIGNAL, &action, &previous) != 0) {
        return -errno;
    }
    bool handler = (previous.sa_flags & SA_SIGINFO) != 0
                       ? previous.sa_sigaction != spprof_handler_sigsafe
                       : previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN;
    if (handler) {
        /* Installed between the two calls. Theirs gets its signals from us until it is back. */
        atomic_store_explicit(&spprof_handler_session.previous, &previous, memory_order_release);
        sigaction(SPPROF_SIGNAL, &previous, NULL);
        return -EBUSY;
    }
    return spprof_action_get(SPPROF_SIGNAL, &ours);
}

static int drain(uint32_t deadline_ms, bool *replaced) {
    *replaced = false;
    if (drained) {
        return 0;
    }
    struct spprof_drain drain = {.signal = SPPROF_SIGNAL,
                                 .engine = spprof_handler_session.engine,
                                 .ours = ours,
                                 .before = before,
                                 .deadline_ms = deadline_ms};
    int error = spprof_drain(&drain);
    *replaced = drain.replaced;
    if (error == 0) {
        spprof_threads_end();
        drained = true;
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
    int error = stage != NONE ? -EALREADY : 0;
    if (error == 0) {
        spprof_threads_new_session();
        error = spprof_drain_await_handlers(1000);
    }
    if (error == 0) {
        error = make_room(config);
    }
    if (error != 0) {
        spprof_unlock(&lock);
        return error;
    }
    spprof_threads_begin(config->engine, &spprof_handler_session.ring, config->interval_ns);
    /* Events first: the hooks are inert while the gate is closed, and AsyncGetCallTrace wants them.
     */
    error = spprof_agent_events(true);
    if (error == 0) {
        spprof_symbols_allocate_ids(jni);
        error = install_handler();
    }
    if (error == 0) {
        drained = false;
        spprof_gate_open();
        spprof_threads_note(spprof_java_threads_adopt(jni, spprof_handler_session.engine));
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
            spprof_java_threads_adopt(
                jni, spprof_handler_session.engine); /* the names that threads have now */
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
            spprof_java_threads_adopt(jni, spprof_handler_session.engine);
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

void spprof_sampler_unload(void) {
    spprof_lock(&lock);
    bool replaced;
    if (stage == SAMPLING) {
        /* START_FAILED: tried again if this library comes back (jni.c). */
        stage = drain(100, &replaced) == 0 ? STOPPED : START_FAILED;
    }
    if (stage != START_FAILED) {
        give_back_room();
        stage = NONE;
    }
    spprof_unlock(&lock);
}
