/*
 * Shared code for tests of whole sessions, which use real timers and signals, but no JVM. An engine
 * is a source of the signals: ctimer is a CPU timer for each thread, itimer is one timer of the
 * whole process (ITIMER_PROF). RUN_WITH runs a test with one engine, RUN_WITH_BOTH with each of the
 * two: they set the engine in `config`. Tests pass `config` to spprof_sampler_start; a test that
 * needs other settings changes it first.
 */
#ifndef SPPROF_TEST_SESSION_H
#define SPPROF_TEST_SESSION_H

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "base/counters.h"
#include "base/failure.h"
#include "base/gate.h"
#include "fake_jvm.h"
#include "platform/action.h"
#include "ring_reader.h"
#include "session/handler.h"
#include "session/sampler.h"
#include "session/thread_hooks.h"
#include "test.h"

#define MS UINT64_C(1000000)

static struct spprof_sampler_config config = {.engine = &spprof_engine_ctimer,
                                              .interval_ns = MS,
                                              .ring_bytes = 1 << 20,
                                              .walk_buffers = 8,
                                              .depth = 16,
                                              .locations = 1024,
                                              .methods = 1024};

#define RUN_WITH(engine_, name)                   \
    do {                                          \
        config.engine = &spprof_engine_##engine_; \
        run_test(#name " [" #engine_ "]", name);  \
    } while (0)
#define RUN_WITH_BOTH(name)     \
    do {                        \
        RUN_WITH(ctimer, name); \
        RUN_WITH(itimer, name); \
    } while (0)

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void burn(uint64_t ns) {
    uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;
    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
        for (volatile int i = 0; i < 1000; i++) {
        }
    }
}

static void count_thread(uint64_t id, void *context) {
    (void)id;
    ++*(int *)context;
}

/* Threads of this program, and those of a sanitizer's runtime. */
static UNUSED int threads_now(void) {
    int count = 0;
    CHECK_EQUAL(0, spprof_engine_ctimer.threads(count_thread, &count));
    return count;
}

static void setup(void) {
    CHECK_EQUAL(0, spprof_sampler_load());
    frames_per_walk = 5;
}

static uint64_t dropped(void) {
    uint64_t sum = 0;
    for (int i = 0; i < SPPROF_DROP_REASONS; i++) {
        sum += spprof_counters.dropped[i];
    }
    return sum;
}

/* POSIX timers of this process, and the process's interval timer. */
static int timers_left(void) {
    FILE *timers = fopen("/proc/self/timers", "r");
    CHECK(timers != NULL);
    char line[256];
    int count = 0;
    while (fgets(line, sizeof line, timers) != NULL) {
        count += strncmp(line, "ID:", 3) == 0;
    }
    fclose(timers);
    struct itimerval process;
    CHECK_EQUAL(0, getitimer(ITIMER_PROF, &process));
    return count + (process.it_value.tv_sec != 0 || process.it_value.tv_usec != 0);
}

static struct spprof_action current_action(void) {
    struct spprof_action action;
    CHECK_EQUAL(0, spprof_action_get(SIGPROF, &action));
    return action;
}

static void check_action(const struct spprof_action *before) {
    struct spprof_action now = current_action();
    CHECK(memcmp(before, &now, sizeof now) == 0); /* equal byte for byte */
}

/*
 * A thread can be preempted between the delivery of a signal and the handler's first instruction,
 * and ThreadSanitizer's runtime defers handlers. Such a handler enters late and does nothing. Wait
 * for it. A signal without an outcome keeps this function waiting until the test is killed.
 */
static UNUSED void check_all_accounted_for(void) {
    while (spprof_gate_in_flight() != 0 ||
           spprof_counters.signals != spprof_counters.committed + dropped()) {
        sched_yield();
    }
}

static UNUSED void check_no_trace(const struct spprof_action *before) {
    check_action(before);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    CHECK(!sigismember(&mask, SIGPROF));
    sigpending(&mask);
    CHECK(!sigismember(&mask, SIGPROF));
    CHECK_EQUAL(0, timers_left());
    CHECK(!events_on);
    CHECK(!walker_made);
    CHECK_EQUAL(0, spprof_counters.threads_sampled);
    CHECK_EQUAL(0, spprof_counters.threads_failed);
    check_all_accounted_for();
}

struct tally {
    uint64_t samples, names, cpu_ns, truncated, walked, native, exits;
};

static void add_to_tally(const struct spprof_record *record, void *context) {
    struct tally *tally = context;
    if (record->type == SPPROF_RECORD_THREAD) {
        tally->names++;
        return;
    }
    CHECK_EQUAL(SPPROF_RECORD_SAMPLE, record->type);
    CHECK(!config.engine->timer_a_thread || record->cpu_ns >= config.interval_ns);
    CHECK(record->thread > 0);
    tally->samples++;
    tally->cpu_ns += record->cpu_ns;
    tally->truncated += record->flags & SPPROF_FLAG_TRUNCATED;
    tally->walked += record->walk == SPPROF_WALK_OK;
    tally->native += record->walk == SPPROF_WALK_NATIVE_THREAD;
    tally->exits += record->walk == SPPROF_WALK_THREAD_EXIT;
    const uint64_t *words = (const uint64_t *)(record + 1);
    for (uint32_t i = 0; i < record->words / 2; i++) {
        CHECK_EQUAL(spprof_frame_word(SPPROF_WORD_ID_FRAME, (int32_t)i, 0), words[2 * i]);
        CHECK_EQUAL(i + 1, words[2 * i + 1]);
    }
}

static UNUSED struct tally read_ring(void) {
    struct tally tally = {0};
    ring_read(&spprof_handler_session.ring, add_to_tally, &tally);
    return tally;
}

/*
 * Checks a sum of CPU time. A session begins within its start and ends within its stop. So what was
 * used in it lies between what was used from the start's return to the stop's call, and what was
 * used from the start's call to the stop's return.
 */
static UNUSED void check_between(uint64_t paid, uint64_t least, uint64_t most, uint64_t tolerance) {
    if (paid > most + tolerance || paid + tolerance < least) {
        fprintf(stderr, "    paid %llu us, used %llu to %llu us\n", (unsigned long long)paid / 1000,
                (unsigned long long)least / 1000, (unsigned long long)most / 1000);
        CHECK(!"paid what was used");
    }
}

static bool own_name(void *context, struct spprof_thread_name *name) {
    strcpy(name->text, context);
    name->java_id = java_id;
    return true;
}

static UNUSED void thread_starts(void) {
    spprof_thread_started(&walks, NULL, NULL);
}

static UNUSED void thread_ends(const char *name) {
    spprof_thread_ended(own_name, (void *)(uintptr_t)name);
}

/* What the kernel says that all java_threads have used: while the JVM knew them, and in all. */
static _Atomic uint64_t used_as_java_threads, used_by_java_threads;

static UNUSED void *java_thread(void *ms) {
    thread_starts();
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    burn((uint64_t)(uintptr_t)ms * MS);
    used_as_java_threads += clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    thread_ends("worker");
    used_by_java_threads += clock_ns(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

/*
 * Checks the sampled time of many java_threads. A thread that uses k + p intervals, with p < 1,
 * gives k + 1 intervals with probability p, or k. The mean is the time that they used; the variance
 * of one thread is interval^2 p (1 - p), at most interval^2 / 4. The tolerance is five standard
 * deviations of this upper bound. The time comes from the kernel's clocks, because a thread uses
 * more than it was told to where system calls are slow. `caller_ns` is the CPU time of the calling
 * thread in the session, which is sampled, too.
 */
static UNUSED void check_in_proportion(uint64_t sampled, uint64_t caller_ns, uint64_t threads,
                                       uint64_t interval) {
    uint64_t least = used_as_java_threads + caller_ns, most = used_by_java_threads + caller_ns;
    uint64_t variance_ms = threads * (interval / MS) * (interval / MS) / 4;
    uint64_t off = sampled < least ? least - sampled : sampled > most ? sampled - most : 0;
    if (off / MS * (off / MS) >= 25 * variance_ms) {
        fprintf(stderr, "    sampled %llu ms of %llu to %llu, variance %llu ms^2\n",
                (unsigned long long)(sampled / MS), (unsigned long long)(least / MS),
                (unsigned long long)(most / MS), (unsigned long long)variance_ms);
    }
    CHECK(off / MS * (off / MS) < 25 * variance_ms);
}

/* For a caller that blocks the signal. Only glibc can set a thread's mask by its attributes. */
static UNUSED void *java_thread_unblocked(void *ms) {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return java_thread(ms);
}

static _Atomic bool over;

static UNUSED void *busy(void *unused) {
    (void)unused;
    thread_starts();
    while (!over) {
        burn(MS);
    }
    thread_ends("busy");
    return NULL;
}

static UNUSED void *busy_native(void *unused) {
    (void)unused;
    while (!over) {
        burn(MS);
    }
    return NULL;
}

/*
 * For a caller that blocks the signal, with a debugger that holds this thread. The thread is
 * native: a thread that is held while it owns the sampler's lock would block the stop.
 */
static UNUSED void *busy_native_unblocked(void *unused) {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return busy_native(unused);
}

static UNUSED void *spawner(void *unused) {
    (void)unused;
    while (!over) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, java_thread, (void *)1) == 0) {
            pthread_join(thread, NULL);
        }
    }
    return NULL;
}

#endif
