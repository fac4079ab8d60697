/*
 * Tests a whole session of the sampler: which signals and CPU time it counts, which samples it
 * keeps, and which signal action it restores.
 */
#include "session.h"

TEST(sampler_counts_every_signal_and_all_cpu_time) {
    setup();
    struct spprof_action before = current_action();
    uint64_t begun = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    burn(500 * MS);
    while (spprof_counters.committed <= 10) { /* signals come at the kernel's ticks */
        burn(MS);
    }
    uint64_t to = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t ended = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    check_no_trace(&before);
    struct tally tally = read_ring();
    CHECK_EQUAL(tally.samples, spprof_counters.committed);
    CHECK_EQUAL(tally.samples, tally.walked + tally.native);
    /* Without a list of threads there are two rows: the caller and all others. */
    CHECK_EQUAL(config.engine->timer_a_thread ? threads_now() : 2, tally.names);
    /* The session begins within the start and ends within the stop. In a software emulation, each
     * of them uses many milliseconds. What is counted of a thread is at most one interval from its
     * clock (schedule.h). One interval more is for the process's clock. */
    uint64_t accounted =
        tally.cpu_ns + spprof_counters.dropped_cpu_ns + spprof_counters.unsignalled_cpu_ns;
    uint64_t off = (uint64_t)(threads_now() + 1) * config.interval_ns;
    CHECK(accounted + off > to - from && accounted < ended - begun + off);
    CHECK_EQUAL(0, spprof_sampler_release());
}

TEST(sampler_refuses_what_comes_at_the_wrong_time) {
    setup();
    CHECK_EQUAL(SPPROF_FAILED(NO_SESSION, 0), spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(-EINVAL, spprof_sampler_sweep(NULL));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(SPPROF_FAILED(SESSION, 0), spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(SPPROF_FAILED(NO_SESSION, 0), spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(SPPROF_FAILED(SESSION, 0),
                spprof_sampler_start(NULL, &config)); /* not released yet */
    CHECK_EQUAL(0, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_release());
}

TEST(sampler_restores_an_ignored_signal) {
    setup();
    signal(SIGPROF, SIG_IGN);
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(20 * MS);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
}

static _Atomic int foreign_calls;

static void foreign_handler(int signal) {
    CHECK_EQUAL(SIGPROF, signal);
    foreign_calls++;
}

TEST(sampler_leaves_a_handler_that_replaced_ours) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(10 * MS);
    /* Installs the handler with a direct system call, as a sanitizer's runtime installs its own
     * handler before all others. The return trampoline (restorer) is ours: without it the first
     * signal would be the last. */
    struct spprof_action theirs = current_action();
    theirs.handler = foreign_handler;
    theirs.flags &= ~(unsigned long)SA_SIGINFO;
    CHECK_EQUAL(0, spprof_action_put_sigsafe(SIGPROF, &theirs, NULL));
    raise(SIGPROF);
    CHECK(foreign_calls > 0);
    CHECK_EQUAL(1, spprof_sampler_stop(NULL, 60000));
    check_action(&theirs);
    CHECK_EQUAL(0, timers_left());
}

TEST(sampler_leaves_the_default_action_that_replaced_ours) {
    setup();
    signal(SIGPROF, SIG_IGN); /* not the action that is expected afterwards */
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    CHECK_EQUAL(0, pthread_sigmask(SIG_BLOCK, &set, NULL)); /* otherwise the next signal kills */
    signal(SIGPROF, SIG_DFL);
    struct spprof_action theirs = current_action();
    CHECK_EQUAL(1, spprof_sampler_stop(NULL, 60000));
    check_action(&theirs);
    CHECK_EQUAL(0, timers_left());
}

TEST(sampler_stopped_to_the_default_action_survives_under_load) {
    setup();
    /* SIG_DFL: from here on, a SIGPROF would kill the process. */
    check_action(&(struct spprof_action){0});
    for (int i = 0; i < 20; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        burn(8 * MS);
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        CHECK_EQUAL(0, spprof_sampler_release());
        burn(8 * MS);
    }
}

TEST(a_full_ring_drops_and_counts) {
    setup();
    config.ring_bytes = 4096;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (spprof_counters.dropped[SPPROF_DROP_BUFFER_FULL] < 5) {
        burn(5 * MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_all_accounted_for();
    CHECK(spprof_counters.dropped_cpu_ns > 0);
    CHECK_EQUAL(spprof_counters.committed, read_ring().samples);
}

/* ThreadSanitizer's runtime keeps one pending signal of each number. A signal that a test sends
 * could take the place of a timer's, or lose its own. So no timer of the session expires. */
#define NEVER (1000 * 1000 * MS)

TEST(a_foreign_signal_is_counted_and_harms_nothing) {
    setup();
    config.interval_ns = NEVER;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    raise(SIGPROF);
    CHECK_EQUAL(1, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
    union sigval value = {.sival_ptr = &config};
    CHECK_EQUAL(0, sigqueue(getpid(), SIGPROF, value));
    CHECK_EQUAL(2, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_all_accounted_for();
}

static void foreign_siginfo_handler(int signal, siginfo_t *info, void *context) {
    CHECK_EQUAL(SIGPROF, signal);
    CHECK_EQUAL(SI_QUEUE, info->si_code);
    CHECK(info->si_value.sival_ptr == &config);
    CHECK(context != NULL);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    CHECK(sigismember(&mask, SIGUSR1)); /* because the handler's own action requests it */
    foreign_calls++;
}

/*
 * A start refuses if a handler is installed. A handler is therefore replaced only if it is
 * installed between the start's check and its own installation. This test installs one there.
 */
TEST(a_foreign_signal_is_passed_on_to_the_handler_that_was_there_before) {
    setup();
    config.interval_ns = NEVER;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    struct sigaction plain = {.sa_handler = foreign_handler};
    spprof_handler_session.previous = &plain;
    raise(SIGPROF);
    CHECK_EQUAL(1, foreign_calls);
    struct sigaction full = {.sa_flags = SA_SIGINFO};
    full.sa_sigaction = foreign_siginfo_handler;
    sigaddset(&full.sa_mask, SIGUSR1);
    spprof_handler_session.previous = &full;
    CHECK_EQUAL(0, sigqueue(getpid(), SIGPROF, (union sigval){.sival_ptr = &config}));
    CHECK_EQUAL(2, foreign_calls);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    CHECK(!sigismember(&mask, SIGUSR1));
    CHECK_EQUAL(0, spprof_sampler_set_interval(MS));
    pthread_t thread; /* this thread's timer follows at its next expiry only */
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy, NULL));
    while (spprof_counters.committed == 0) {
        sched_yield();
    }
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(2, foreign_calls); /* our own signals are not forwarded */
    CHECK_EQUAL(2, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

TEST(a_library_that_is_loaded_again_counts_from_zero) {
    setup();
    struct spprof_action before = current_action();
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(0, spprof_sampler_load());
        CHECK_EQUAL(0, spprof_counters.signals);
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        while (walks == 0) {
            burn(MS);
        }
        if (i == 1) {
            CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        }
        spprof_sampler_unload(); /* whether or not it was stopped */
        check_action(&before);
        CHECK_EQUAL(0, timers_left());
        check_all_accounted_for();
        walks = 0;
    }
}

static _Atomic uint32_t forget_records;

#define MOST_SERIALS (1 << 16)
static _Atomic uint64_t left_at[MOST_SERIALS]; /* CLOCK_MONOTONIC, by thread; 0: has not left */

/* A thread that has left the JVM is a native one until it has ended, and can be sampled as such. */
static void count_forgets(const struct spprof_record *record, void *context) {
    if (record->type == SPPROF_RECORD_FORGET) {
        forget_records++;
        return;
    }
    struct tally *tally = context;
    uint64_t native = tally->native;
    add_to_tally(record, tally);
    if (tally->native != native && record->thread < MOST_SERIALS && left_at[record->thread] != 0 &&
        record->time_ns >= left_at[record->thread]) {
        tally->native--;
    }
}

static void leave(void) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    CHECK(slot != NULL && slot->serial < MOST_SERIALS);
    left_at[slot->serial] = clock_ns(CLOCK_MONOTONIC);
    thread_ends("worker");
}

static _Atomic int started;

/* One in 16 runs on as a native thread for some ticks of the kernel. */
static void *java_thread_that_notes_its_end(void *unused) {
    thread_starts();
    burn(MS);
    leave();
    burn(++started % 16 == 0 ? 12 * MS : 0);
    return unused;
}

static void *busy_and_notes_its_end(void *unused) {
    thread_starts();
    while (!over) {
        burn(MS);
    }
    leave();
    return unused;
}

static void *spawner_of_java_threads(void *unused) {
    while (!over) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, java_thread_that_notes_its_end, NULL) == 0) {
            pthread_join(thread, NULL);
        }
    }
    return unused;
}

/* Runs with a load and with threads that start and end: late signals are counted, and no thread is
 * overlooked. */
TEST(a_walker_forgets_between_two_handlers) {
    setup();
    struct spprof_action before = current_action();
    CHECK_EQUAL(-EINVAL, spprof_sampler_forget());
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t load, threads;
    CHECK_EQUAL(0, pthread_create(&load, NULL, busy_and_notes_its_end, NULL));
    CHECK_EQUAL(0, pthread_create(&threads, NULL, spawner_of_java_threads, NULL));
    struct tally tally = {0};
    int times = 0;
    /* A handler that is held up for long makes a call give up. */
    for (int i = 0; i < 1000 || (times <= 900 && i < 10000); i++) {
        times += spprof_sampler_forget() == 0;
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
        ring_read(&spprof_handler_session.ring, count_forgets, &tally);
    }
    over = true;
    pthread_join(load, NULL);
    pthread_join(threads, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    ring_read(&spprof_handler_session.ring, count_forgets, &tally);
    check_no_trace(&before);
    CHECK(times > 900);
    CHECK_EQUAL(times, forgotten);
    CHECK_EQUAL(times, forget_records);
    CHECK_EQUAL(tally.samples, spprof_counters.committed);
    /* A thread that started while the gate was closed would have no stacks. Those of threads that
     * have left are not in this number. */
    CHECK_EQUAL(0, tally.native);
    CHECK_EQUAL(-EINVAL, spprof_sampler_forget());
}

static uint64_t read_names(void) {
    struct tally tally = {0};
    ring_read(&spprof_handler_session.ring, count_forgets, &tally);
    return tally.names;
}

static void be_sampled(void) {
    int before = walks;
    while (walks == before) {
        burn(MS);
    }
}

TEST(nothing_is_forgotten_while_a_handler_hangs) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t load;
    CHECK_EQUAL(0, pthread_create(&load, NULL, busy, NULL));
    sigset_t set, mask; /* this thread must not hang as well */
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, &mask);
    while (spprof_gate_in_flight() != 0) {
        sched_yield();
    }
    walker_hangs = true;
    while (!walk_hangs) { /* a thread that starts is in flight for a moment, too */
        sched_yield();
    }
    CHECK_EQUAL(-ETIMEDOUT, spprof_sampler_forget());
    CHECK_EQUAL(0, forgotten);
    CHECK(spprof_gate_is_open_sigsafe());
    walker_hangs = false;
    over = true;
    pthread_join(load, NULL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    CHECK_EQUAL(0, spprof_sampler_forget());
    CHECK_EQUAL(1, forgotten);
    read_names();
    be_sampled();
    CHECK_EQUAL(0, spprof_sampler_read_names(NULL));
    CHECK(read_names() > 0);
    be_sampled();
    CHECK_EQUAL(0, spprof_sampler_read_names(NULL));
    CHECK_EQUAL(0, read_names()); /* no new names */
    CHECK_EQUAL(0, spprof_sampler_forget());
    be_sampled();
    CHECK_EQUAL(0, spprof_sampler_read_names(NULL));
    CHECK(read_names() > 0);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

TEST(a_handler_keeps_errno) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks < 3) {
        errno = ENOTTY;
        burn(MS);
        CHECK_EQUAL(ENOTTY, errno);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

TEST(a_deep_stack_keeps_exactly_depth_frames) {
    setup();
    frames_per_walk = 17;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks < 3) {
        burn(MS);
    }
    frames_per_walk = 16;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    struct tally tally = read_ring();
    CHECK(tally.truncated >= 3 && tally.truncated <= tally.samples);
}

TEST(a_stack_that_cannot_be_walked_is_kept_with_its_cause) {
    setup();
    frames_per_walk = -5;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks < 3) {
        burn(MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    struct tally tally = read_ring();
    CHECK_EQUAL(0, tally.walked);
    CHECK(tally.samples >= 3);
}

/*
 * A thread can be preempted between the delivery of a signal and the handler's first instruction.
 * The preemption can last through a stop and the next start.
 */
TEST(a_signal_of_an_earlier_session_is_late) {
    setup();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    CHECK_EQUAL(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
    siginfo_t info = {.si_code = SI_TIMER};
    for (uint64_t session = 1; session <= 5; session += 2) { /* the number counts beginnings and
                                                              * ends, so sessions have odd
                                                              * numbers */
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        struct spprof_slot *slot = spprof_slots_get(0);
        uint64_t paid = slot->paid_ns;
        for (uint64_t then = 1; then < session; then++) {
            info.si_value.sival_ptr = spprof_slots_ticket(slot, then);
            spprof_handler_sigsafe(SIGPROF, &info, NULL);
        }
        CHECK_EQUAL(paid, slot->paid_ns);
        burn(2 * config.interval_ns); /* an expiry is due */
        info.si_value.sival_ptr = spprof_slots_ticket(slot, session);
        spprof_handler_sigsafe(SIGPROF, &info, NULL);
        CHECK_EQUAL(paid + config.interval_ns, slot->paid_ns);
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        CHECK_EQUAL(0, spprof_sampler_release());
    }
    CHECK_EQUAL(3, spprof_counters.committed);
    CHECK_EQUAL(6, spprof_counters.dropped[SPPROF_DROP_LATE]);
    info.si_value.sival_ptr = &config; /* a timer of other code */
    spprof_handler_sigsafe(SIGPROF, &info, NULL);
    CHECK_EQUAL(1, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
}

/* The thread was preempted before its first instruction. The stop has counted its CPU time as
 * due. */
TEST(a_handler_that_enters_after_the_stop_counts_no_time) {
    setup();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    CHECK_EQUAL(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    siginfo_t info = {.si_code = SI_TIMER};
    info.si_value.sival_ptr = spprof_slots_ticket(spprof_slots_get(0), 1);
    burn(20 * MS);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK(spprof_counters.unsignalled_cpu_ns > 10 * MS);
    CHECK_EQUAL(0, spprof_counters.dropped_cpu_ns);
    spprof_handler_sigsafe(SIGPROF, &info, NULL);
    CHECK_EQUAL(1, spprof_counters.dropped[SPPROF_DROP_LATE]);
    CHECK_EQUAL(0, spprof_counters.dropped_cpu_ns);
    CHECK_EQUAL(0, spprof_sampler_release());
}

int main(void) {
    RUN_WITH(ctimer, a_handler_that_enters_after_the_stop_counts_no_time);
    RUN_WITH(ctimer, a_signal_of_an_earlier_session_is_late);
    RUN_WITH_BOTH(sampler_counts_every_signal_and_all_cpu_time);
    RUN_WITH_BOTH(sampler_refuses_what_comes_at_the_wrong_time);
    RUN_WITH_BOTH(sampler_restores_an_ignored_signal);
    RUN_WITH_BOTH(sampler_leaves_a_handler_that_replaced_ours);
    RUN_WITH_BOTH(sampler_leaves_the_default_action_that_replaced_ours);
    RUN_WITH_BOTH(sampler_stopped_to_the_default_action_survives_under_load);
    RUN_WITH_BOTH(a_full_ring_drops_and_counts);
    RUN_WITH_BOTH(a_foreign_signal_is_counted_and_harms_nothing);
    RUN_WITH_BOTH(a_foreign_signal_is_passed_on_to_the_handler_that_was_there_before);
    RUN_WITH_BOTH(a_library_that_is_loaded_again_counts_from_zero);
    RUN_WITH(ctimer, a_walker_forgets_between_two_handlers);
    RUN_WITH_BOTH(nothing_is_forgotten_while_a_handler_hangs);
    RUN_WITH_BOTH(a_handler_keeps_errno);
    RUN_WITH_BOTH(a_deep_stack_keeps_exactly_depth_frames);
    RUN_WITH_BOTH(a_stack_that_cannot_be_walked_is_kept_with_its_cause);
    return report();
}
