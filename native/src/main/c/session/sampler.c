#include "session/sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/counters.h"
#include "base/failure.h"
#include "base/gate.h"
#include "base/lock.h"
#include "jvm/jvmti_env.h"
#include "jvm/symbols.h"
#include "platform/action.h"
#include "platform/delivery.h"
#include "session/handler.h"
#include "session/resources.h"
#include "session/signal_cost.h"
#include "session/sigprof.h"
#include "session/teardown.h"
#include "threads/adoption.h"
#include "threads/java_names.h"
#include "threads/java_threads.h"
#include "threads/kernel_times.h"
#include "threads/name_look.h"
#include "threads/sweep.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"
#include "walk/vm/debug_info.h"

enum stage { NONE, START_FAILED, SAMPLING, STOPPED };

static struct spprof_lock lock = SPPROF_LOCK_INITIALIZER;
static enum stage stage; /* accessed with the lock held */
/* The data of the present or the last session. Accessed with the lock held. */
static struct spprof_action before; /* the action that the profiler's action replaced, in this
                                       session or an earlier one */
static struct spprof_action ours;   /* the profiler's action */
static bool torn_down;              /* the teardown is done; also true after the JVM's death, even
                                       though nobody calls stop then */
static enum spprof_debug_info debug_info;

int spprof_sampler_load(void) {
    spprof_lock(&lock);
    spprof_counters_reset();
    spprof_thread_hooks_load();
    int error = spprof_slots_map();
    spprof_unlock(&lock);
    return error;
}

static void look_for_names(JNIEnv *jni) {
    spprof_name_look(jni, spprof_handler_session.engine, &spprof_handler_session.ring,
                     spprof_java_names_read);
}

enum jvm { JVM_GOES, JVM_LIVES }; /* whether the JVM may be called */

/* Ends sampling: makes the teardown (teardown.h), reads the last names of threads, and counts the
 * CPU time that is due. Sets `replaced` if another library's signal action was left installed.
 * Returns 0, or a failure; after a failure, a later call tries again. */
static int tear_down(enum jvm jvm, JNIEnv *jni, uint32_t deadline_ms, bool *replaced) {
    *replaced = false;
    if (torn_down) {
        return 0;
    }
    struct spprof_teardown teardown = {.signal = SPPROF_SIGNAL,
                                       .engine = spprof_handler_session.engine,
                                       .ours = ours,
                                       .before = before,
                                       .deadline_ms = deadline_ms};
    /*
     * The new session number makes signals of this session stale, for handlers that come too late
     * to be waited for. The CPU time of such a signal is counted below as due and not signalled.
     * The number changes under the lock and after the gate is closed, so no timer gets the new
     * number. The teardown closes the gate once more. A handler that enters later therefore sees
     * the new number.
     */
    spprof_threads_lock();
    spprof_gate_close();
    spprof_threads_new_session();
    spprof_threads_unlock();
    int error = spprof_teardown(&teardown);
    *replaced = teardown.replaced;
    if (error == 0) {
        if (jvm == JVM_LIVES) {
            look_for_names(jni); /* the last look: no sample comes after it */
            spprof_java_names_end(jni);
        }
        spprof_threads_end();
        spprof_handler_session.walker->destroy();
        torn_down = true;
    }
    return error == 0             ? 0
           : teardown.timer_lives ? SPPROF_FAILED(TIMER_LIVES, error)
           : error == -ETIMEDOUT  ? SPPROF_FAILED(IN_FLIGHT, 0)
           : error == -EBUSY      ? SPPROF_FAILED(DEBUGGER, 0)
                                  : SPPROF_FAILED(SYSTEM, error);
}

static void end_events(void) {
    spprof_jvmti_events(false, true);
    spprof_debug_info_end();
}

/* Finishes a start that failed and could not be undone, for instance because a handler hung.
 * Everything that the handler may use was kept. The handler may have returned since then, so this
 * function tries again. */
static void finish_failed_start(JNIEnv *jni) {
    bool replaced;
    if (stage == START_FAILED && tear_down(JVM_LIVES, jni, 1000, &replaced) == 0) {
        end_events();
        spprof_resources_free();
        stage = NONE;
    }
}

int spprof_sampler_start(JNIEnv *jni, const struct spprof_sampler_config *config) {
    spprof_lock(&lock);
    finish_failed_start(jni);
    int error = 0;
    if (stage != NONE) {
        error = stage == START_FAILED ? SPPROF_FAILED(UNDO, 0) : SPPROF_FAILED(SESSION, 0);
    }
    if (error == 0) {
        spprof_threads_new_session();
        error = spprof_teardown_await_handlers(1000) == 0 ? 0 : SPPROF_FAILED(IN_FLIGHT, 0);
    }
    if (error == 0) {
        error = spprof_resources_create(jni, config);
    }
    if (error != 0) {
        spprof_unlock(&lock);
        return error;
    }
    spprof_threads_begin(config->engine, &spprof_handler_session.ring, config->interval_ns);
    spprof_java_names_begin(jni, config->engine);
    spprof_thread_starts(SPPROF_STARTS_TIMED);
    /*
     * Events are switched on before sampling begins, because AsyncGetCallTrace needs them. The
     * hooks do nothing while the gate is closed.
     */
    bool needs_ids = spprof_handler_session.walker->needs_ids;
    error = spprof_jvmti_events(true, needs_ids) == 0 ? 0 : SPPROF_FAILED(EVENTS, 0);
    if (error == 0) {
        debug_info = spprof_debug_info_begin();
        if (needs_ids) {
            spprof_symbols_allocate_ids(jni);
        }
        error = spprof_sigprof_take(&ours, &before);
    }
    if (error == 0) {
        torn_down = false;
        spprof_gate_open();
        if (spprof_java_threads_adopt(jni, spprof_handler_session.engine) != 0) {
            spprof_threads_note(SPPROF_FAILED(JAVA_THREADS, 0));
        }
        int armed = spprof_threads_sweep();
        if (armed <= 0) {
            bool replaced;
            error = armed < 0 ? armed : SPPROF_FAILED(TIMER, 0);
            if (tear_down(JVM_LIVES, jni, 1000, &replaced) != 0) {
                stage = START_FAILED;
            }
        }
    }
    if (error == 0) {
        stage = SAMPLING;
        if (sigismember(&lock.mask, SPPROF_SIGNAL)) {
            /*
             * The calling thread blocks the signal. A thread inherits its signal mask, so the
             * thread that created the calling thread may block the signal as well, and perhaps all
             * other threads do.
             */
            spprof_threads_ask_all_for_blocking();
        }
    } else if (stage == NONE) {
        end_events();
        spprof_threads_end();
        spprof_handler_session.walker->destroy();
        spprof_resources_free();
    }
    spprof_unlock(&lock);
    return error;
}

int spprof_sampler_stop(JNIEnv *jni, uint32_t deadline_ms) {
    spprof_kernel_times_hurry();
    spprof_lock(&lock);
    int result = SPPROF_FAILED(NO_SESSION, 0);
    if (stage == SAMPLING) {
        if (spprof_gate_is_open_sigsafe()) {
            spprof_threads_sweep();
            spprof_kernel_times_look(true);
        }
        bool replaced;
        result = tear_down(JVM_LIVES, jni, deadline_ms, &replaced);
        if (result == 0) {
            end_events();
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
        spprof_resources_free();
        stage = NONE;
        error = 0;
    }
    spprof_unlock(&lock);
    return error;
}

/* Gives JNIEnvs to Java threads whose start was not reported, if a sweep or a search may have found
 * such threads. */
static void adopt_found(JNIEnv *jni, bool swept) {
    if (spprof_threads_worth_adopting(swept)) {
        spprof_java_threads_adopt_found(jni, spprof_handler_session.engine);
        spprof_threads_adopted();
    }
}

int spprof_sampler_sweep(JNIEnv *jni) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        spprof_ring_make_present(&spprof_handler_session.ring);
        if (spprof_handler_session.walker->refresh != NULL) {
            spprof_handler_session.walker->refresh();
        }
        result = spprof_threads_sweep();
        adopt_found(jni, true);
    }
    spprof_unlock(&lock);
    return result;
}

int spprof_sampler_read_names(JNIEnv *jni) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        look_for_names(jni);
        result = 0;
    }
    spprof_unlock(&lock);
    return result;
}

int spprof_sampler_read_kernel_times(void) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        spprof_kernel_times_look(false);
        result = 0;
    }
    spprof_unlock(&lock);
    return result;
}

uint64_t spprof_sampler_signal_cost(void) {
    /* A stop needs this lock, so it restores no action while signals are sent. */
    spprof_lock(&lock);
    struct spprof_action now;
    bool can = stage == SAMPLING && spprof_gate_is_open_sigsafe() &&
               !sigismember(&lock.mask, SPPROF_SIGNAL) &&
               spprof_action_get(SPPROF_SIGNAL, &now) == 0 &&
               spprof_action_same_handler(&now, &ours);
    uint64_t ns = can ? spprof_signal_cost_measure() : 0;
    spprof_unlock(&lock);
    return ns;
}

int spprof_sampler_thread_starts(enum spprof_thread_starts starts) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        /* With a process's timer, sweeps do not list threads, so they cannot find threads whose
         * start was not reported. */
        bool unheard =
            starts == SPPROF_STARTS_UNHEARD && spprof_handler_session.engine->timer_a_thread;
        spprof_thread_starts(starts);
        spprof_threads_starts_unheard(unheard);
        result = spprof_jvmti_hear_starts(!unheard);
    }
    spprof_unlock(&lock);
    return result;
}

uint64_t spprof_sampler_search(JNIEnv *jni) {
    spprof_lock(&lock);
    uint64_t found_ns = 0;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        found_ns = spprof_threads_search();
        adopt_found(jni, false);
    }
    spprof_unlock(&lock);
    return found_ns;
}

int spprof_sampler_set_interval(uint64_t interval_ns) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe() && interval_ns > 0) {
        result = spprof_threads_set_interval(interval_ns);
    }
    spprof_unlock(&lock);
    return result;
}

/* Empties the walker's tables and writes the FORGET record. Leaves the gate closed. Returns 0 or
 * -errno. */
static int forget_definitions(void) {
    struct spprof_handler_session *session = &spprof_handler_session;
    int error = spprof_teardown_await_handlers(20); /* closes the gate; 20 ms */
    if (error != 0) {
        return error;
    }
    uint32_t size = spprof_record_size(0);
    struct spprof_record *record = spprof_ring_reserve_sigsafe(&session->ring, size);
    if (record == NULL) {
        return -EAGAIN;
    }
    record->type = SPPROF_RECORD_FORGET;
    spprof_ring_publish_sigsafe(record, size);
    if (session->walker->forget != NULL) {
        session->walker->forget();
    }
    return 0;
}

int spprof_sampler_forget(void) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe()) {
        /* A thread that starts or ends now waits, because it checks the gate under this lock. */
        spprof_threads_lock();
        result = forget_definitions();
        spprof_gate_open();
        spprof_threads_unlock();
        if (result == 0) {
            spprof_threads_forget_names();
        }
    }
    spprof_unlock(&lock);
    return result;
}

int spprof_sampler_rest(uint32_t share, uint32_t turn) {
    spprof_lock(&lock);
    int result = -EINVAL;
    if (stage == SAMPLING && spprof_gate_is_open_sigsafe() && share > 0) {
        spprof_threads_rest(share, turn);
        result = 0;
    }
    spprof_unlock(&lock);
    return result;
}

bool spprof_sampler_signal_is_taken(void) {
    spprof_lock(&lock);
    struct spprof_action now;
    bool taken = stage == SAMPLING && spprof_gate_is_open_sigsafe() &&
                 spprof_action_get(SPPROF_SIGNAL, &now) == 0 &&
                 !spprof_action_same_handler(&now, &ours);
    spprof_unlock(&lock);
    return taken;
}

void *spprof_sampler_ring(uint64_t *size) {
    spprof_lock(&lock);
    *size = stage == NONE ? 0 : spprof_ring_block_size(&spprof_handler_session.ring);
    void *block = stage == NONE ? NULL : spprof_handler_session.ring.block;
    spprof_unlock(&lock);
    return block;
}

enum spprof_walker_choice spprof_sampler_walker(void) {
    spprof_lock(&lock);
    bool vm = spprof_handler_session.walker == &spprof_walker_vm;
    spprof_unlock(&lock);
    return vm ? SPPROF_WALKER_VM : SPPROF_WALKER_AGCT;
}

void spprof_sampler_walker_problem(char *why, uint64_t size) {
    spprof_lock(&lock);
    snprintf(why, size, "%s", spprof_resources_walker_problem());
    spprof_unlock(&lock);
}

int spprof_sampler_debug_info(void) {
    spprof_lock(&lock);
    int info = debug_info;
    spprof_unlock(&lock);
    return info;
}

void spprof_sampler_vm_death(void) {
    spprof_lock(&lock);
    if (stage == SAMPLING) {
        bool replaced;
        tear_down(JVM_GOES, NULL, 100,
                  &replaced); /* if a handler hangs, the rest stays until the process ends */
    }
    spprof_unlock(&lock);
}

void spprof_sampler_unload(void) {
    spprof_lock(&lock);
    bool replaced;
    if (stage == SAMPLING) {
        /*
         * If the library is loaded again, the next start tries again to undo START_FAILED (jni.c).
         */
        stage = tear_down(JVM_GOES, NULL, 100, &replaced) == 0 ? STOPPED : START_FAILED;
    }
    spprof_debug_info_end();
    if (stage != START_FAILED) {
        spprof_resources_free();
        stage = NONE;
    }
    spprof_unlock(&lock);
}
