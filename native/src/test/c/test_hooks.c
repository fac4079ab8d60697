/*
 * Tests the work that the sampler does at the start and end of each thread: it must be small, and
 * no CPU time may be lost.
 */
#include <limits.h>

#include "session.h"
#include "session/exit_key.h"
#include "threads/sweep.h"

static uint64_t accounted(void) {
    struct tally tally = read_ring();
    return tally.cpu_ns + spprof_counters.dropped_cpu_ns + spprof_counters.unsignalled_cpu_ns;
}

static uint64_t hooks(void) {
    return spprof_counters.hooks;
}

static void *comes_and_goes(void *times) {
    for (uintptr_t i = 0; i < (uintptr_t)times; i++) {
        thread_starts();
        burn(MS / 2);
        thread_ends("visitor");
        burn(MS / 2);
    }
    return NULL;
}

/* Attaches for every call, as some native libraries do. All ends but the first need no work. */
TEST(a_thread_that_comes_and_goes_keeps_its_timer_and_is_sampled) {
    setup();
    struct spprof_action before = current_action();
    config.interval_ns = 10 * MS;
    uint64_t begun = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread;
    uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t first = hooks();
    CHECK_EQUAL(0, pthread_create(&thread, NULL, comes_and_goes, (void *)1000));
    pthread_join(thread, NULL);
    uint64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    /* Each sample as a native thread adds a hook call. */
    CHECK(hooks() - first >= 16 && hooks() - first < 500);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t used_at_most = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun;
    check_no_trace(&before);
    /* The last tick of a thread that ends here is in no figure of this test. */
    check_between(accounted(), used, used_at_most, 30 * MS);
}

static _Atomic bool ready, found;
static _Atomic uint64_t lived;

static void *lives_once(void *attaches) {
    burn(3 * MS); /* long enough to be signalled soon after its timer exists */
    ready = true;
    while (!found) {
        sched_yield();
    }
    burn(10 * MS);
    if (attaches != NULL) {
        thread_starts();
        burn(MS / 2);
        thread_ends("visitor");
    }
    burn(10 * MS);
    lived = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

/*
 * The kernel looks at timers only at its ticks. Without the code under test, some 2 ms of each of
 * the 100 threads would be missing, or 0.5 ms with its fastest clock. The sampled time has a
 * standard deviation of 4 to 5 ms from the threads' phases, of which six are allowed. The process's
 * clock also counts what a thread uses after its exit is handled.
 */
static void check_that_exits_are_heard(void *attaches) {
    setup();
    struct spprof_action before = current_action();
    uint64_t begun = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID), others = 0;
    for (int i = 0; i < 100; i++) {
        found = ready = false;
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, lives_once, attaches));
        while (!ready) {
            sched_yield();
        }
        spprof_sampler_search(NULL); /* also tries the newest number the next time */
        spprof_sampler_search(NULL);
        found = true;
        pthread_join(thread, NULL);
        others += lived;
    }
    /* The time of this thread up to a signal is in the samples, too. */
    uint64_t own = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    int walked = walks;
    while (walks == walked) {
        burn(MS / 10);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun;
    check_no_trace(&before);
    uint64_t sampled = read_ring().cpu_ns + spprof_counters.dropped_cpu_ns;
    /* ThreadSanitizer keeps one signal, so it can lose one for good. With what was not signalled,
     * only the other builds show that exits are heard. */
#ifdef __SANITIZE_THREAD__
    sampled += spprof_counters.unsignalled_cpu_ns;
#endif
    CHECK(sampled + 30 * MS > others + own && sampled < used + 50 * MS);
}

TEST(a_native_threads_last_stretch_is_sampled_as_it_exits) {
    check_that_exits_are_heard(NULL);
}

TEST(what_a_thread_uses_after_it_left_the_jvm_is_sampled_to_its_exit) {
    check_that_exits_are_heard(&found);
}

static void *forks(void *unused) {
    (void)unused;
    burn(20 * MS); /* long enough to be signalled, so that its exit is handled */
    found = true;
    while (!over) {
        sched_yield();
    }
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        pthread_exit(NULL);
    }
    int status;
    CHECK_EQUAL(child, waitpid(child, &status, 0));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return NULL;
}

/* In the child, the owner of the lock does not exist. */
TEST(an_exit_in_a_forked_child_waits_for_no_lock) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, forks, NULL));
    while (!found) {
        spprof_sampler_search(NULL);
        sched_yield();
    }
    spprof_threads_lock();
    over = true;
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL); /* the thread forks meanwhile */
    spprof_threads_unlock();
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static _Atomic int steps;

static void *visits_two_sessions(void *unused) {
    (void)unused;
    for (int session = 0; session < 2; session++) {
        for (int i = 0; i < 20; i++) {
            thread_starts();
            thread_ends("visitor");
        }
        steps++;
        while (steps % 2 != 0) {
            sched_yield();
        }
    }
    return NULL;
}

/* What a thread stored in an earlier session has no effect in the next one. */
static void check_that_sessions_are_apart(enum spprof_thread_starts starts, uint64_t heard) {
    setup();
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_thread_starts(starts));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, visits_two_sessions, NULL));
    while (steps != 1) {
        sched_yield();
    }
    CHECK(hooks() >= heard && hooks() < 40);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    CHECK_EQUAL(0, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_thread_starts(starts));
    uint64_t second = hooks();
    steps++;
    while (steps != 3) {
        sched_yield();
    }
    CHECK(hooks() - second >= heard);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    steps++;
    pthread_join(thread, NULL);
}

TEST(a_thread_that_kept_its_timer_is_new_in_the_next_session) {
    check_that_sessions_are_apart(SPPROF_STARTS_TIMED, 2);
}

/* With late timers, the thread keeps its timer from the eighth end on. */
TEST(a_thread_that_kept_a_late_timer_is_new_in_the_next_session) {
    check_that_sessions_are_apart(SPPROF_STARTS_LATE, 16);
}

static void *takes_over(void *ticket) {
    spprof_exit_key_set_sigsafe(ticket);
    thread_starts();
    struct spprof_slot *own = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    CHECK(own != NULL && own->env != NULL);
    thread_ends("takes over");
    spprof_exit_key_set_sigsafe(ticket);
    return NULL;
}

/* glibc gives a thread's memory, with what the last handler left in it, to another thread. */
TEST(a_thread_does_not_take_over_what_another_thread_kept) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    thread_starts();
    thread_ends("main");
    struct spprof_slot *slot = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    uint32_t life = slot->life;
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, takes_over, spprof_threads_ticket_locked(slot)));
    pthread_join(thread, NULL);
    CHECK_EQUAL(life, slot->life);
    CHECK(slot->env == NULL && slot->state == SPPROF_SLOT_LIVE && slot->timer.valid);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static void *is_cancelled(void *unused) {
    (void)unused;
    while (!over) {
        burn(MS);
    }
    pthread_cancel(pthread_self()); /* deferred: the next cancellation point would be in our code */
    return NULL;
}

static bool slow_signal_sigsafe(const siginfo_t *info, struct spprof_signal *signal) {
    bool ours = spprof_engine_ctimer.signal_sigsafe(info, signal);
    burn(MS / 2);
    return ours;
}

static int slow_timer_set_sigsafe(const struct spprof_timer *timer, uint64_t next_ns,
                                  uint64_t interval_ns) {
    burn(MS / 2);
    return spprof_engine_ctimer.timer_set_sigsafe(timer, next_ns, interval_ns);
}

/* At its end, a thread sets its timer anew, with the signal open. Here the next expiry is due by
 * then, so the timer signals at once, and the handler pays, which moves the next expiry. */
TEST(a_thread_ends_though_a_handler_takes_longer_than_the_interval) {
    setup();
    struct spprof_engine engine = spprof_engine_ctimer;
    engine.signal_sigsafe = slow_signal_sigsafe;
    engine.timer_set_sigsafe = slow_timer_set_sigsafe;
    config.engine = &engine;
    config.interval_ns = MS / 10;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    for (int i = 0; i < 20; i++) {
        thread_starts();
        burn(MS);
        thread_ends("main");
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_all_accounted_for();
}

/* The thread's name is read at its exit, with the lock held. */
TEST(a_thread_that_is_cancelled_as_it_exits_gives_the_lock_back) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t first = hooks(), signals = spprof_counters.signals;
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, is_cancelled, NULL));
    while (spprof_counters.signals < signals + 100) {
        spprof_sampler_search(NULL);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    over = true;
    pthread_join(thread, NULL);
    /* A signal between the C library's call of the destructor and the mark of the exiting thread
     * sets the key again, so the hook runs again. In a software emulation, that is often. */
    CHECK(hooks() > first && hooks() <= first + PTHREAD_DESTRUCTOR_ITERATIONS);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000)); /* waits for the lock */
}

TEST(starts_and_ends_are_counted_and_measured) {
    setup();
    uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)0));
        pthread_join(thread, NULL);
    }
    uint64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    /* For each thread: its start, its end, and its exit if its own timer continues. */
    uint64_t each = config.engine->timer_a_thread ? 3 : 2;
    CHECK_EQUAL(100 * each, hooks());
    /* One in eight is timed: each reads a clock, which costs some time. */
    uint64_t timed = 100 * each / 8;
    CHECK(spprof_counters.timed_hook_ns > timed * 50);
    CHECK(spprof_counters.timed_hook_ns < used);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/*
 * 5 ms at an interval of 10 ms: a thread has an expiry with probability 1/2. It is either
 * signalled by its timer or settled at its end. Mean 1000 ms, standard deviation 71 ms.
 */
static void run_short_threads(void) {
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)5));
        pthread_join(thread, NULL);
    }
}

TEST(short_threads_with_late_timers_are_seen_in_proportion) {
    setup();
    config.interval_ns = 10 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_LATE));
    uint64_t sampled = spprof_counters.threads_sampled;
    run_short_threads();
    CHECK_EQUAL(sampled, spprof_counters.threads_sampled);
    uint64_t own = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    struct tally tally = read_ring();
    CHECK(tally.exits > 50);
    check_in_proportion(tally.cpu_ns, own, 200, 10 * MS);
}

/* A thread that blocks the signal receives none. The CPU time due at its end is settled without a
 * signal. */
static void *deaf_thread(void *ms) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    return java_thread(ms);
}

TEST(what_is_due_on_a_late_thread_that_blocks_the_signal_is_settled) {
    setup();
    config.interval_ns = 10 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_LATE));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, deaf_thread, (void *)50));
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    struct tally tally = read_ring();
    CHECK_EQUAL(1, tally.exits);
    CHECK(tally.cpu_ns >= 40 * MS);
}

TEST(the_next_sweep_makes_a_late_timer_and_no_time_is_lost) {
    setup();
    struct spprof_action before = current_action();
    config.interval_ns = 10 * MS;
    uint64_t begun = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_LATE));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy, NULL));
    uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from < 100 * MS) {
        sched_yield();
    }
    int walked = walks;
    /* One of several sweeps in a row looks at all threads. */
    for (int i = 0; i < SPPROF_SWEEPS_A_LISTING; i++) {
        CHECK(spprof_sampler_sweep(NULL) >= 2);
    }
    while (walks < walked + 10) {
        sched_yield();
    }
    over = true;
    pthread_join(thread, NULL);
    uint64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t used_at_most = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun;
    check_no_trace(&before);
    check_between(accounted(), used, used_at_most, 30 * MS);
    CHECK_EQUAL(-EINVAL, spprof_sampler_thread_starts(SPPROF_STARTS_LATE));
}

static _Atomic bool ends; /* the thread that runs `unheard` ends once */

static void *unheard(void *unused) {
    (void)unused;
    unheard_thread = SPPROF_DEFAULT_ENGINE.thread_id_sigsafe();
    while (!over) {
        if (ends) {
            thread_ends("unheard");
            ends = false;
        }
    }
    unheard_thread = 0;
    return NULL;
}

static void sweep_often(void) {
    /*
     * One of several sweeps in a row looks at all threads, and the next one adopts the thread at
     * the latest.
     */
    for (int i = 0; i < 2 * SPPROF_SWEEPS_A_LISTING; i++) {
        CHECK(spprof_sampler_sweep(NULL) >= 1);
    }
}

static pthread_t start_unheard(void) {
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_UNHEARD));
    CHECK(!starts_heard);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, unheard, NULL));
    while (unheard_thread == 0) {
        sched_yield();
    }
    return thread;
}

static void burn_a_while(void) {
    burn(20 * MS);
}

static void *env_of_unheard(void) {
    return spprof_slots_find_sigsafe(unheard_thread)->env;
}

TEST(a_sweep_finds_a_thread_whose_start_was_unheard_and_it_has_stacks) {
    setup();
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread = start_unheard();
    sweep_often();
    CHECK(env_of_unheard() == &walks);
    int walked = walks;
    while (walks < walked + 10) {
        sched_yield();
    }
    ends = true;
    while (ends) {
        sched_yield();
    }
    CHECK(env_of_unheard() == NULL); /* and the thread goes on as a native thread */
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_TIMED));
    CHECK(starts_heard);
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
}

/*
 * CPU time used before a thread is found is due at once. Its timer is not set until the thread is
 * known to be in Java.
 */
TEST(a_thread_whose_start_was_unheard_has_a_stack_from_its_first_sample_on) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while_asking = burn_a_while;
    pthread_t thread = start_unheard();
    sweep_often();
    CHECK(env_of_unheard() == &walks);
    int walked = walks;
    while (walks < walked + 10) {
        sched_yield();
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, read_ring().native);
}

static void let_it_end(void) {
    ends = true;
    while (ends) {
        sched_yield();
    }
}

/* The JVM reported a Java frame. The thread leaves before the sampler acts on the report. */
TEST(a_thread_that_ends_while_it_is_adopted_gets_no_env) {
    setup();
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while_asking = let_it_end;
    pthread_t thread = start_unheard();
    for (int i = 0; i < 20; i++) {
        sweep_often();
        CHECK(env_of_unheard() == NULL);
    }
    while_asking = NULL;
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
}

static void *only_ends(void *unused) {
    (void)unused;
    thread_ends("unheard");
    return NULL;
}

/* The thread's end is counted, because that counter gives the number of ends, but creates no
 * sample. */
TEST(a_thread_that_was_never_found_ends_without_a_slot) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_UNHEARD));
    uint64_t before = hooks();
    uint32_t used = spprof_slots_used();
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, only_ends, NULL));
        pthread_join(thread, NULL);
    }
    CHECK_EQUAL(before + 100, hooks());
    CHECK_EQUAL(used, spprof_slots_used());
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(0, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK(starts_heard);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

int main(void) {
    RUN_WITH(ctimer, a_thread_that_comes_and_goes_keeps_its_timer_and_is_sampled);
    RUN_WITH(ctimer, a_thread_that_kept_its_timer_is_new_in_the_next_session);
    RUN_WITH(ctimer, a_native_threads_last_stretch_is_sampled_as_it_exits);
    RUN_WITH(ctimer, what_a_thread_uses_after_it_left_the_jvm_is_sampled_to_its_exit);
    RUN_WITH(ctimer, an_exit_in_a_forked_child_waits_for_no_lock);
    RUN_WITH(ctimer, a_thread_that_kept_a_late_timer_is_new_in_the_next_session);
    RUN_WITH(ctimer, a_thread_does_not_take_over_what_another_thread_kept);
    RUN_WITH(ctimer, a_thread_ends_though_a_handler_takes_longer_than_the_interval);
    RUN_WITH(ctimer, a_thread_that_is_cancelled_as_it_exits_gives_the_lock_back);
    RUN_WITH_BOTH(starts_and_ends_are_counted_and_measured);
    RUN_WITH(ctimer, short_threads_with_late_timers_are_seen_in_proportion);
    RUN_WITH(ctimer, what_is_due_on_a_late_thread_that_blocks_the_signal_is_settled);
    RUN_WITH(ctimer, the_next_sweep_makes_a_late_timer_and_no_time_is_lost);
    RUN_WITH(ctimer, a_sweep_finds_a_thread_whose_start_was_unheard_and_it_has_stacks);
    RUN_WITH(ctimer, a_thread_whose_start_was_unheard_has_a_stack_from_its_first_sample_on);
    RUN_WITH(ctimer, a_thread_that_ends_while_it_is_adopted_gets_no_env);
    RUN_WITH(ctimer, a_thread_that_was_never_found_ends_without_a_slot);
    return report();
}
