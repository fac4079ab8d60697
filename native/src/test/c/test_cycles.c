/*
 * Starts and stops sessions under load, with signals as frequent as the kernel can make them.
 * SPPROF_CYCLES sets the number of cycles: a few hundred by default, 100,000 in the soak test.
 * After every stop nothing is left behind, and every signal is accounted for.
 */
#include "session.h"

#ifndef BUSY
#define BUSY 8 /* a smaller number makes cycles faster in an emulated machine */
#endif

static int cycles(void) {
    const char *asked = getenv("SPPROF_CYCLES");
    return asked != NULL ? atoi(asked) : 300;
}

/* For each thread, the signals that it blocks; for the process, the signals that it ignores and
 * catches. */
static uint64_t status_word(uint64_t tid, const char *key) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)tid);
    FILE *status = fopen(path, "r");
    if (status == NULL) {
        return 0; /* the thread ended */
    }
    uint64_t word = 0;
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            word = strtoull(line + strlen(key) + 1, NULL, 16);
        }
    }
    fclose(status);
    return word;
}

#define SIGPROF_BIT (UINT64_C(1) << (SIGPROF - 1))

/* Covers threads that live all the time. Threads that start or end block signals meanwhile. */
static _Atomic int steady[BUSY];
static _Atomic int steady_count;

static void check_masks(void) {
    for (int i = 0; i < steady_count; i++) {
        /* A handler that has left the gate may be preempted before it returns. */
        uint64_t patience = clock_ns(CLOCK_MONOTONIC) + 60000 * MS;
        while ((status_word((uint64_t)steady[i], "SigBlk:") & SIGPROF_BIT) != 0) {
            CHECK(clock_ns(CLOCK_MONOTONIC) < patience);
            sched_yield();
        }
    }
}

/* The thread that runs the cycles must not wait for the load, because the number of cycles is to be
 * high. */
static void step_back(void) {
    setpriority(PRIO_PROCESS, (id_t)spprof_engine_ctimer.thread_id_sigsafe(), 10);
}

static void *steady_java(void *unused) {
    step_back();
    thread_starts();
    steady[steady_count++] = (int)spprof_engine_ctimer.thread_id_sigsafe();
    return busy_native(unused);
}

static void *steady_native(void *unused) {
    step_back();
    steady[steady_count++] = (int)spprof_engine_ctimer.thread_id_sigsafe();
    return busy_native(unused);
}

static void *spawner_behind(void *unused) {
    step_back(); /* lower the priority of the process and of its threads */
    return spawner(unused);
}

static void *bombard(void *unused) {
    (void)unused;
    step_back();
    while (!over) {
        kill(getpid(), SIGPROF);
        sched_yield();
    }
    return NULL;
}

static uint64_t run_cycles(int count, bool sweep) {
    struct spprof_action before = current_action();
    uint64_t ignored = status_word((uint64_t)getpid(), "SigIgn:");
    uint64_t caught = status_word((uint64_t)getpid(), "SigCgt:");
    uint64_t samples = 0, from = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        if (i % 16 == 0) {
            burn(8 * MS); /* some threads live long enough for a tick of the kernel */
            CHECK(!sweep || spprof_sampler_sweep(NULL) > 0);
        }
        samples += read_ring().samples;
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        check_no_trace(&before);
        samples += read_ring().samples;
        CHECK_EQUAL(samples, spprof_counters.committed);
        CHECK_EQUAL(0, spprof_sampler_release());
        if (i % 100 == 0) {
            check_masks();
            CHECK_EQUAL(ignored, status_word((uint64_t)getpid(), "SigIgn:"));
            CHECK_EQUAL(caught, status_word((uint64_t)getpid(), "SigCgt:"));
        }
    }
    if (count > 1000) {
        printf(
            "    %d cycles [%s], %llu us each; signals %llu, collected %llu, late %llu, foreign "
            "%llu\n",
            count, config.engine->name,
            (unsigned long long)((clock_ns(CLOCK_MONOTONIC) - from) / 1000 / (uint64_t)count),
            (unsigned long long)spprof_counters.signals,
            (unsigned long long)spprof_counters.committed,
            (unsigned long long)spprof_counters.dropped[SPPROF_DROP_LATE],
            (unsigned long long)spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
    }
    return samples;
}

static void run_under_load(bool bombarded) {
    setup();
    config.interval_ns = MS / 10;
    pthread_t threads[BUSY + 1];
    void *(*const kinds[])(void *) = {steady_java, steady_native, steady_java, spawner_behind};
    for (int i = 0; i < BUSY; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, kinds[i % 4], NULL));
    }
    if (bombarded) {
        CHECK_EQUAL(0, pthread_create(&threads[BUSY], NULL, bombard, NULL));
    }
    uint64_t samples = run_cycles(cycles(), true);
    over = true;
    for (int i = 0; i < BUSY + bombarded; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(samples > 0);
    CHECK(spprof_slots_used() < 1000);
}

TEST(cycles_under_load_leave_no_trace) {
    run_under_load(false);
}

/* The process ignores the signal, and another sender sends it all the time. */
TEST(cycles_between_foreign_signals_leave_no_trace) {
    signal(SIGPROF, SIG_IGN);
    run_under_load(true);
    CHECK(spprof_counters.dropped[SPPROF_DROP_FOREIGN] > 0);
}

int main(void) {
    test_limit_s += (unsigned)cycles() / 20; /* allows 50 ms for each of many cycles */
    RUN_WITH_BOTH(cycles_under_load_leave_no_trace);
    RUN_WITH_BOTH(cycles_between_foreign_signals_leave_no_trace);
    return report();
}
