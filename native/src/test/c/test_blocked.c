/*
 * Tests threads that block the sampling signal: the profiler must report their names and count
 * their CPU time.
 */
#include "fake_threads.h"

#include <pthread.h>

/* For a session with a process's timer, the fake engine lists the threads. */
#undef SPPROF_DEFAULT_ENGINE
#define SPPROF_DEFAULT_ENGINE fake_engine
#include "threads/blocked.c"

static const char *reported(void) {
    static char text[256];
    return spprof_threads_blocking(text, sizeof text) ? text : NULL;
}

static void check_reported(const char *text) {
    CHECK(reported() != NULL);
    if (strcmp(text, reported()) != 0) {
        fprintf(stderr, "    reported: %s\n", reported());
        CHECK(false);
    }
}

static uint64_t begin_deaf(const char *name) {
    uint64_t id = begin_thread();
    fakes[id].blocks = true;
    fakes[id].name = name;
    return id;
}

TEST(a_thread_that_blocks_the_signal_is_named) {
    begin_session(2, MS);
    CHECK(reported() == NULL);
    uint64_t id = begin_deaf("rdk:main");
    run(id, 200 * MS);
    spprof_threads_sweep();
    check_reported("1 thread: rdk:main");
    /* CPU time is counted at once, except the last expiry: the thread may still unblock the
     * signal for it. */
    CHECK(spprof_counters.unsignalled_cpu_ns >= 198 * MS &&
          spprof_counters.unsignalled_cpu_ns < 200 * MS);
    end_session();
    CHECK(accounted() >= 199 * MS && accounted() <= 201 * MS);
}

TEST(its_time_is_counted_when_it_ends) {
    begin_session(2, MS);
    uint64_t first = begin_deaf("rdk:a"), second = begin_deaf("rdk:b");
    run(first, 200 * MS);
    run(second, 300 * MS);
    spprof_threads_sweep();
    check_reported("2 threads: rdk:a, rdk:b");
    end_thread(first);
    run(1, MS);
    tick();
    spprof_threads_sweep();
    check_reported("1 thread: rdk:b, and 1 thread that ended, the last rdk:a");
    CHECK(spprof_counters.unsignalled_cpu_ns >= 199 * MS);
    run(second, 50 * MS);
    end_thread(second);
    run(1, MS);
    tick();
    spprof_threads_sweep();
    check_reported("2 threads that ended, the last rdk:b");
    end_session();
    CHECK(accounted() >= 548 * MS && accounted() <= 556 * MS);
}

TEST(a_thread_that_lets_the_signal_in_again_is_sampled_and_named_no_longer) {
    begin_session(2, MS);
    uint64_t id = begin_deaf("shy");
    run(id, 200 * MS);
    spprof_threads_sweep();
    CHECK(reported() != NULL);
    run(id, 10 * MS);
    fakes[id].blocks = false;
    tick();
    CHECK(reported() == NULL);
    /* CPU time that was counted as not signalled is not part of the sample. */
    CHECK(signalled_ns >= 10 * MS && signalled_ns <= 12 * MS);
    CHECK(accounted() >= 209 * MS && accounted() <= 211 * MS);
    run(id, 10 * MS);
    tick();
    CHECK(signalled_ns >= 20 * MS);
    end_session();
    CHECK(accounted() >= 219 * MS && accounted() <= 221 * MS);
}

static uint64_t not_signalled(void) {
    return spprof_counters.unsignalled_cpu_ns;
}

TEST(what_it_uses_is_counted_at_each_look_and_once) {
    begin_session(2, MS);
    uint64_t id = begin_deaf("rdk:main"), used = 0;
    for (int i = 0; i < 50; i++) {
        run(id, 100 * MS);
        used += 100 * MS;
        spprof_threads_sweep();
        CHECK(not_signalled() > used - 3 * MS && not_signalled() <= used);
        spprof_threads_sweep();
        spprof_threads_search();
        CHECK(not_signalled() <= used);
    }
    end_session();
    CHECK(accounted() >= used - MS && accounted() <= used + MS);
}

static struct spprof_slot *raced;

/* The clock shows that CPU time is due. Before that time is counted, the thread unblocks its
 * signal. */
static void let_it_in(void) {
    fakes[atomic_load(&raced->id)].blocks = false;
    tick();
}

TEST(a_signal_that_comes_while_it_is_counted_is_counted_once) {
    begin_session(1, MS);
    uint64_t id = begin_deaf("racer");
    run(id, 100 * MS);
    spprof_threads_sweep();
    raced = spprof_slots_find_sigsafe(id);
    run(id, 50 * MS);
    for (int i = 0; i < 3; i++) {
        fakes[id].blocks = true;
        uint64_t clock = fakes[id].cpu_ns; /* the clock as a look read it */
        let_it_in();
        CHECK_EQUAL(0, spprof_schedule_forgo(raced, clock));
        run(id, 50 * MS);
    }
    end_session();
    CHECK(accounted() >= 299 * MS && accounted() <= 301 * MS);
}

/* If more time is counted than the next signal stands for, the rest is subtracted from the signal
 * after that. */
TEST(what_was_counted_too_early_is_taken_off_the_next_signal) {
    begin_session(1, 10 * MS);
    uint64_t id = begin_deaf("racer");
    run(id, 500 * MS);
    spprof_threads_sweep();
    raced = spprof_slots_find_sigsafe(id);
    uint64_t counted = not_signalled();
    CHECK(counted >= 480 * MS);
    CHECK_EQUAL(10 * MS, spprof_schedule_pay_sigsafe(raced, 20));
    signalled_ns += 10 * MS;
    CHECK_EQUAL(counted - 190 * MS, spprof_schedule_forgone(raced));
    fakes[id].blocks = false;
    for (int i = 0; i < 2; i++) { /* a sample stands for at least one interval */
        tick();
        run(id, 20 * MS);
    }
    CHECK_EQUAL(0, spprof_schedule_forgone(raced));
    end_session();
    CHECK(accounted() >= 530 * MS && accounted() <= 550 * MS);
}

#define SIDE_BY_SIDE 300000

static struct spprof_slot paid_slot;
static _Atomic uint64_t paid_clock; /* the thread's clock up to which time is accounted for */
static _Atomic uint32_t looks;
static _Atomic bool paying;
static uint64_t sampled_ns, too_much;

static void *pays(void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < SIDE_BY_SIDE || looks < SIDE_BY_SIDE; i++) {
        uint64_t expiries = 2 + i % 3;
        too_much += spprof_schedule_forgone(&paid_slot) > 0; /* nothing is due, so each success is
                                                              * an error */
        paid_clock += expiries * MS;
        sampled_ns += spprof_schedule_pay_sigsafe(&paid_slot, expiries);
        for (volatile int pause = 0; pause < 20; pause++) { /* gives a late look time to act */
        }
    }
    paying = false;
    return NULL;
}

/* Each expiry is either sampled or forgone, and time that is paid is not forgone afterwards. */
TEST(signals_beside_looks_are_counted_once) {
    spprof_schedule_want(MS, true);
    spprof_schedule_begin(&paid_slot, 0, 0);
    paying = true;
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, pays, NULL));
    uint64_t forgone_ns = 0;
    while (paying) {
        forgone_ns += spprof_schedule_forgo(&paid_slot, paid_clock);
        looks++;
    }
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, too_much);
    CHECK_EQUAL(paid_clock, sampled_ns + forgone_ns);
}

/* For instance in a long system call: the signal is pending, although the thread does not block
 * it. */
TEST(a_thread_with_a_late_signal_is_not_named) {
    begin_session(2, MS);
    run(2, 500 * MS);
    spprof_threads_sweep();
    CHECK(reported() == NULL);
    end_session();
}

TEST(nobody_is_asked_who_is_signalled_in_time) {
    begin_session(1, MS);
    uint64_t id = begin_deaf("early");
    run(id, 10 * MS);
    spprof_threads_sweep();
    CHECK(reported() == NULL);
    end_session();
}

/* A look checks only some of the suspects. Suspects that do not block the signal remain
 * suspects. */
TEST(each_suspect_has_its_turn) {
    begin_session(100, MS);
    for (uint64_t i = 1; i <= 100; i++) {
        run(i, 200 * MS); /* their signals are late */
    }
    run(begin_deaf("last"), 200 * MS);
    for (int i = 0; i < 5; i++) {
        run(1, 2 * MS);
        spprof_threads_sweep();
    }
    check_reported("1 thread: last");
    end_session();
}

TEST(names_are_reported_as_ascii_and_three_of_them) {
    begin_session(1, MS);
    const char *names[] = {"a\xc3\xa4\n", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) {
        run(begin_deaf(names[i]), 200 * MS);
    }
    spprof_threads_sweep();
    check_reported("5 threads: a???, b, c, ...");
    end_session();
}

TEST(all_are_asked_at_the_start_if_the_caller_blocks_it) {
    for (int i = 0; i < 3; i++) {
        begin_deaf("of the parent");
    }
    begin_session(1, MS); /* the thread has not run yet */
    CHECK(reported() == NULL);
    spprof_threads_ask_all_for_blocking();
    check_reported("3 threads: of the parent, of the parent, of the parent");
    end_session();
}

TEST(a_new_session_has_forgotten_the_last_ones) {
    begin_session(1, MS);
    uint64_t id = begin_deaf("gone");
    run(id, 200 * MS);
    spprof_threads_sweep();
    end_thread(id);
    run(1, MS);
    spprof_threads_sweep();
    CHECK(reported() != NULL);
    end_session();
    spprof_threads_new_session();
    spprof_threads_begin(&fake_engine, NULL, MS);
    CHECK(reported() == NULL);
    end_session();
}

static struct spprof_engine process_engine;

/* Begins a session whose signals come from a process's timer, with one watched thread. */
static uint64_t begin_watched(const char *name) {
    CHECK_EQUAL(0, spprof_slots_map());
    process_engine = fake_engine;
    process_engine.timer_a_thread = false;
    uint64_t id = begin_thread();
    fakes[id].name = name;
    spprof_threads_lock();
    spprof_blocked_begin(&process_engine);
    spprof_threads_unlock();
    return id;
}

/* Lets the thread run, and makes the next check of the list. */
static void check_list_after(uint64_t id, uint64_t ns, bool blocked) {
    run(id, ns);
    fakes[id].blocks = blocked;
    spprof_threads_lock();
    for (int i = 0; i < SWEEPS_A_LOOK; i++) {
        spprof_blocked_look(false);
    }
    spprof_threads_unlock();
}

/* Each time that the system is asked, the thread may be in the sampler's own handler. */
TEST(a_watched_thread_that_blocks_the_signal_for_moments_is_not_named) {
    uint64_t id = begin_watched("busy");
    check_list_after(id, 0, false);
    for (int i = 0; i < 20; i++) {
        check_list_after(id, 50 * MS, i % 3 != 2);
        CHECK(reported() == NULL);
    }
    CHECK_EQUAL(20, blocks_read);
}

/* A thread that was preempted in such a moment, or that hardly runs, is in it for many checks. */
TEST(a_watched_thread_is_asked_about_once_in_50_ms_of_its_time) {
    uint64_t id = begin_watched("slow");
    check_list_after(id, 0, false);
    check_list_after(id, 50 * MS, true);
    for (int i = 0; i < 49; i++) {
        check_list_after(id, MS, true);
        CHECK(reported() == NULL);
    }
    CHECK_EQUAL(1, blocks_read);
}

TEST(a_watched_thread_that_blocks_the_signal_all_the_time_is_named_until_it_lets_it_in) {
    uint64_t id = begin_watched("rdk:main");
    check_list_after(id, 0, true);
    check_list_after(id, 50 * MS, true);
    check_list_after(id, 50 * MS, true);
    CHECK(reported() == NULL);
    for (int i = 0; i < 5; i++) {
        check_list_after(id, 50 * MS, true);
        check_reported("1 thread: rdk:main");
    }
    check_list_after(id, 50 * MS, false);
    CHECK(reported() == NULL);
}

int main(void) {
    RUN(a_thread_that_blocks_the_signal_is_named);
    RUN(its_time_is_counted_when_it_ends);
    RUN(a_thread_that_lets_the_signal_in_again_is_sampled_and_named_no_longer);
    RUN(what_it_uses_is_counted_at_each_look_and_once);
    RUN(a_signal_that_comes_while_it_is_counted_is_counted_once);
    RUN(what_was_counted_too_early_is_taken_off_the_next_signal);
    RUN(signals_beside_looks_are_counted_once);
    RUN(a_thread_with_a_late_signal_is_not_named);
    RUN(nobody_is_asked_who_is_signalled_in_time);
    RUN(each_suspect_has_its_turn);
    RUN(names_are_reported_as_ascii_and_three_of_them);
    RUN(all_are_asked_at_the_start_if_the_caller_blocks_it);
    RUN(a_new_session_has_forgotten_the_last_ones);
    RUN(a_watched_thread_that_blocks_the_signal_for_moments_is_not_named);
    RUN(a_watched_thread_is_asked_about_once_in_50_ms_of_its_time);
    RUN(a_watched_thread_that_blocks_the_signal_all_the_time_is_named_until_it_lets_it_in);
    return report();
}
