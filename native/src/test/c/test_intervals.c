/* Tests changes of the sampling interval while a session samples: no CPU time may be lost. */
#include <sys/syscall.h>

#include "session.h"
#include "threads/schedule.h"

#define THREADS 4
#define MAX_SERIAL 4096

static const uint64_t intervals[] = {MS, 7 * MS, MS / 2, 20 * MS, 3 * MS};
#define INTERVALS (sizeof intervals / sizeof *intervals)
#define LONGEST (20 * MS)

static uint64_t by_serial[MAX_SERIAL]; /* CPU time of the samples, indexed by serial number */

/* A sample stands for at least the shortest interval (session.h). */
static void change_interval(uint64_t interval_ns) {
    CHECK_EQUAL(0, spprof_sampler_set_interval(interval_ns));
    config.interval_ns = interval_ns < config.interval_ns ? interval_ns : config.interval_ns;
}

static void add_by_serial(const struct spprof_record *record, void *context) {
    (void)context;
    if (record->type == SPPROF_RECORD_SAMPLE) {
        CHECK(record->thread < MAX_SERIAL);
        by_serial[record->thread] += record->cpu_ns;
    }
}

struct worker {
    pthread_t thread;
    uint32_t serial;
    uint64_t burns_ns;          /* CPU time that it uses; 0: it works until `over` */
    uint64_t least_ns, most_ns; /* its own clock before the call that ends it, and at its exit,
                                 * behind the sampler's hook; a new thread is sampled from its
                                 * beginning */
};

static pthread_key_t exit_key;

/* The values of a thread's keys are destroyed in the order in which the keys were made, so this
 * comes after the sampler's hook. */
static void read_most(void *worker) {
    ((struct worker *)worker)->most_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void setup_workers(void) {
    setup();
    CHECK_EQUAL(0, pthread_key_create(&exit_key, read_most));
}

static void *work(void *argument) {
    struct worker *worker = argument;
    CHECK_EQUAL(0, pthread_setspecific(exit_key, worker));
    thread_starts();
    worker->serial = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe())->serial;
    burn(worker->burns_ns);
    while (worker->burns_ns == 0 && !over) {
        burn(MS);
    }
    worker->least_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    thread_ends("worker");
    return NULL;
}

/* Checks the sum of a worker's samples. It is within one interval of the thread's clock. */
static void check_worker(const struct worker *worker, uint64_t longest) {
    check_between(by_serial[worker->serial], worker->least_ns, worker->most_ns, longest + MS);
}

/* Each thread's samples add up to what its own clock shows, to within the longest interval. */
TEST(a_thousand_changes_lose_no_time_of_any_thread) {
    setup_workers();
    config.ring_bytes = 1 << 22;
    uint64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    struct worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
    }
    for (uint32_t i = 0; i < 1000 || clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from < THREADS * 500 * MS;
         i++) {
        CHECK_EQUAL(0, spprof_sampler_set_interval(intervals[i % INTERVALS]));
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        ring_read(&spprof_handler_session.ring, add_by_serial, NULL);
    }
    over = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    uint64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t used_at_most = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
    check_all_accounted_for();
    ring_read(&spprof_handler_session.ring, add_by_serial, NULL);
    uint64_t accounted = spprof_counters.dropped_cpu_ns + spprof_counters.unsignalled_cpu_ns;
    for (int i = 0; i < MAX_SERIAL; i++) {
        accounted += by_serial[i];
    }
    /* Tolerance: each thread's part of an interval at the end. */
    check_between(accounted, used, used_at_most, (THREADS + 1) * LONGEST);
    if (config.engine->timer_a_thread) {
        CHECK_EQUAL(0, spprof_counters.dropped[SPPROF_DROP_BUFFER_FULL]);
        for (int i = 0; i < THREADS; i++) {
            CHECK(workers[i].least_ns > 2 * LONGEST);
            check_worker(&workers[i], LONGEST);
        }
    }
}

static void *change(void *unused) {
    (void)unused;
    for (uint32_t i = 0; !over; i++) {
        spprof_sampler_rest(1 + i % 3, i);
        int result = spprof_sampler_set_interval(intervals[i % INTERVALS]);
        CHECK(result == 0 || result == -EINVAL); /* -EINVAL between two sessions */
        nanosleep(&(struct timespec){.tv_nsec = 700000}, NULL);
    }
    return NULL;
}

/* As short_threads_are_seen_in_proportion, which explains the number of threads. Here some
 * intervals are shorter than a thread's life and some are four times as long. */
TEST(short_threads_are_seen_in_proportion_whatever_the_interval_did) {
    setup();
    config.ring_bytes = 1 << 22;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    config.interval_ns = MS / 2; /* the shortest interval, which read_ring checks */
    pthread_t changer;
    CHECK_EQUAL(0, pthread_create(&changer, NULL, change, NULL));
    for (int i = 0; i < 600; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)5));
        pthread_join(thread, NULL);
    }
    over = true;
    pthread_join(changer, NULL);
    uint64_t own = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    struct tally tally = read_ring();
    /* One thread: at worst 20 ms with probability 1/4, standard deviation 8.7 ms. 600 threads: 212
     * ms of 3000. */
    check_in_proportion(tally.cpu_ns, own, 600, LONGEST);
}

static uint64_t first_cpu_ns; /* of the first sample */
static int samples;

static void keep_first(const struct spprof_record *record, void *context) {
    (void)context;
    if (record->type == SPPROF_RECORD_SAMPLE && ++samples == 1) {
        first_cpu_ns = record->cpu_ns;
    }
}

/* Blocks or unblocks SIGPROF in the calling thread. */
static void mask_sigprof(int how) {
    sigset_t sigprof;
    sigemptyset(&sigprof);
    sigaddset(&sigprof, SIGPROF);
    CHECK_EQUAL(0, pthread_sigmask(how, &sigprof, NULL));
}

/* A thread whose next sample was scheduled late is sampled late once, for all of its CPU time, and
 * then at the new interval. The phase is random, so the first expiry can come before the change:
 * its signal is held back until after it. */
TEST(a_thread_follows_when_the_interval_it_is_in_ends) {
    setup();
    config.interval_ns = 100 * MS;
    mask_sigprof(SIG_BLOCK);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    change_interval(MS);
    const struct spprof_slot *slot = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    CHECK_EQUAL(100 * MS, slot->interval_ns);
    CHECK_EQUAL(0, walks);
    mask_sigprof(SIG_UNBLOCK);
    while (walks == 0) {
        burn(MS);
    }
    CHECK_EQUAL(MS, slot->interval_ns);
    /* At the old interval, this would be ten walks. */
    for (int i = 0; i < 1000 && walks <= 20; i++) {
        burn(MS);
    }
    CHECK(walks > 20);
#ifndef __SANITIZE_THREAD__ /* it keeps one signal, so it can lose one for good */
    /* The phase stays after the change: the error is within the new interval and one tick. A
     * virtual processor can stand still for some ticks, so the clock can be ahead for a moment. */
    uint64_t now, paid;
    int looks = 0;
    do {
        burn(MS);
        paid = slot->paid_ns;
        now = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    } while (paid + 15 * MS < now && ++looks < 100);
    check_between(paid, now, now, 15 * MS);
#endif
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    ring_read(&spprof_handler_session.ring, keep_first, NULL);
    CHECK(samples > 20);
    CHECK(first_cpu_ns > 0 && first_cpu_ns % (100 * MS) == 0);
}

static _Atomic bool next_is_slow;
static _Atomic uint64_t wanted; /* the slot's interval when the signal after the slow one comes */
static const struct spprof_slot *slowed;
static uint64_t foreign;

/* One signal is so slow that the kernel makes the next one meanwhile. Somebody else's signal, too,
 * is then pending. */
static bool slow_signal_sigsafe(const siginfo_t *info, struct spprof_signal *signal) {
    bool ours = spprof_engine_ctimer.signal_sigsafe(info, signal);
    CHECK(next_is_slow || wanted == 0 || slowed->interval_ns == wanted);
    /* On Linux before 6.13, the signal can be one for which nothing is due. */
    if (ours && next_is_slow &&
        spprof_schedule_due(slowed, clock_ns(CLOCK_THREAD_CPUTIME_ID)) > 0) {
        next_is_slow = false;
        sigset_t pending; /* of two signals that one sender sends, the kernel keeps one */
        sigpending(&pending);
        foreign += !sigismember(&pending, SIGPROF) && raise(SIGPROF) == 0;
        burn(12 * MS);
    }
    return ours;
}

/* An expiry is due, and its signal may be pending, when the handler sets the timer anew. Everything
 * is counted once: the CPU time, and the signal of the other sender. */
TEST(a_thread_follows_at_its_next_signal_even_if_more_is_due) {
    setup();
    struct spprof_engine engine = spprof_engine_ctimer;
    engine.signal_sigsafe = slow_signal_sigsafe;
    config.engine = &engine;
    uint64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    slowed = spprof_slots_find_sigsafe(engine.thread_id_sigsafe());
    for (int i = 0; i < 50; i++) {
        uint64_t interval = intervals[i % INTERVALS];
        change_interval(interval);
        next_is_slow = true;
        wanted = interval;
        while (next_is_slow) {
            burn(MS / 10);
        }
        CHECK_EQUAL(interval, slowed->interval_ns);
        wanted = 0;
    }
    uint64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t used_at_most = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
    struct tally tally = read_ring();
    /* The timer's signal can come between the look at the pending signals and the other signal,
     * which the kernel then drops. That is rare. */
    CHECK(spprof_counters.dropped[SPPROF_DROP_FOREIGN] <= foreign &&
          spprof_counters.dropped[SPPROF_DROP_FOREIGN] + 3 >= foreign);
    uint64_t paid = tally.cpu_ns + spprof_counters.unsignalled_cpu_ns;
    check_between(paid, used, used_at_most, LONGEST + MS);
}

static void *ticket; /* what the latest timer's signals carry */

static int create_and_keep(struct spprof_timer *timer, uint64_t id, int signal, void *value) {
    ticket = value;
    return spprof_engine_ctimer.timer_create(timer, id, signal, value);
}

/* Linux before 6.13 delivers the pending signal of a timer that was set anew. Here the test sends
 * such a signal: it stands for expiries that are not due. */
TEST(a_signal_pays_for_no_more_than_is_due) {
    setup();
    struct spprof_engine engine = spprof_engine_ctimer;
    engine.timer_create = create_and_keep;
    config.engine = &engine;
    config.interval_ns = 1000 * 1000 * 1000 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    const struct spprof_slot *slot = spprof_slots_find_sigsafe(engine.thread_id_sigsafe());
    uint64_t paid = slot->paid_ns;
    siginfo_t stale = {.si_signo = SIGPROF, .si_code = SI_TIMER};
    stale.si_value.sival_ptr = ticket;
    stale.si_overrun = 5;
    CHECK_EQUAL(0, syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGPROF, &stale));
    while (spprof_counters.signals == 0) {
        burn(MS / 10);
    }
    CHECK_EQUAL(paid, slot->paid_ns);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(1, spprof_counters.dropped[SPPROF_DROP_LATE]);
    CHECK_EQUAL(0, spprof_counters.dropped_cpu_ns);
    CHECK_EQUAL(0, read_ring().samples);
}

TEST(a_new_thread_begins_with_the_interval_in_force) {
    setup_workers();
    config.interval_ns = 1000 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    change_interval(MS);
    struct worker worker = {.burns_ns = 50 * MS};
    CHECK_EQUAL(0, pthread_create(&worker.thread, NULL, work, &worker));
    pthread_join(worker.thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    ring_read(&spprof_handler_session.ring, add_by_serial, NULL);
    check_worker(&worker, 4 * MS);
}

TEST(stops_beside_changes_leave_no_trace) {
    setup();
    struct spprof_action before = current_action();
    pthread_t changer, load;
    CHECK_EQUAL(0, pthread_create(&changer, NULL, change, NULL));
    CHECK_EQUAL(0, pthread_create(&load, NULL, busy_native, NULL));
    for (int i = 0; i < 100; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        burn(5 * MS);
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        check_no_trace(&before);
        CHECK_EQUAL(0, spprof_sampler_release());
    }
    over = true;
    pthread_join(changer, NULL);
    pthread_join(load, NULL);
}

/* Waits until the process has used this much CPU time. Elapsed time would give tests on a busy
 * machine a varying share of it. */
static void run_for(uint64_t cpu_ns) {
    uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - from < cpu_ns) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

/*
 * One in four threads is sampled at a time: fewer signals for all of each thread's CPU time. A turn
 * begins with a signal for the CPU time used at rest, so a turn must include further signals. Turns
 * are measured in CPU time, because in a span of elapsed time a thread may get none.
 */
TEST(threads_that_rest_are_paid_for_on_their_turn) {
    setup_workers();
    config.ring_bytes = 1 << 22;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t sampled = spprof_counters.threads_sampled;
    struct worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
    }
    while (spprof_counters.threads_sampled < sampled + THREADS) {
        sched_yield(); /* a thread that comes later does not rest in the first turn */
    }
    uint64_t used_at_rest = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t signals = spprof_counters.signals;
    for (uint32_t turn = 0; turn < 8; turn++) {
        CHECK_EQUAL(0, spprof_sampler_rest(THREADS, turn));
        CHECK_EQUAL(0, spprof_sampler_set_interval(intervals[turn % INTERVALS]));
        run_for(240 * MS);
    }
    used_at_rest = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - used_at_rest;
    signals = spprof_counters.signals - signals;
    uint64_t signals_then = spprof_counters.signals;
    CHECK_EQUAL(0, spprof_sampler_rest(1, 0)); /* all threads again */
    CHECK_EQUAL(0, spprof_sampler_set_interval(MS));
    run_for(used_at_rest);
    signals_then = spprof_counters.signals - signals_then;
    CHECK_EQUAL(0, spprof_sampler_rest(THREADS, 1)); /* most threads end while they rest */
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    over = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    ring_read(&spprof_handler_session.ring, add_by_serial, NULL);
    CHECK_EQUAL(0, spprof_counters.dropped[SPPROF_DROP_BUFFER_FULL]);
    for (int i = 0; i < THREADS; i++) {
        check_worker(&workers[i], LONGEST);
    }
    CHECK(signals > 0 && 2 * signals < signals_then); /* a quarter is expected; the bound allows for
                                                       * longer intervals */
}

/* Puts the calling thread to rest. Returns the turn in which it is sampled. */
static uint32_t put_to_rest(const struct spprof_slot *slot) {
    uint32_t turn = 0;
    while (!slot->resting) {
        CHECK(turn < 2);
        CHECK_EQUAL(0, spprof_sampler_rest(2, turn++));
    }
    return turn;
}

/* The next thread does not rest. */
static void check_that_it_follows(const struct spprof_slot *slot) {
    change_interval(MS / 2);
    uint64_t signals = spprof_counters.signals;
    while (spprof_counters.signals == signals) {
        burn(MS);
    }
    CHECK_EQUAL(MS / 2, slot->interval_ns);
}

/* With late timers the thread counts as new: it is sampled until the next turn. */
TEST(a_thread_that_comes_back_does_not_rest) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_thread_starts(SPPROF_STARTS_LATE));
    struct spprof_slot *slot = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    uint32_t turn = put_to_rest(slot);
    thread_ends("main");
    thread_starts();
    CHECK(!slot->resting);
    check_that_it_follows(slot);
    CHECK_EQUAL(0, spprof_sampler_rest(2, turn - 1));
    CHECK(slot->resting);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* Its timer stays and continues to rest. */
TEST(a_thread_that_leaves_the_jvm_while_it_rests_is_paid_for_on_its_turn) {
    setup();
    uint64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct spprof_slot *slot = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    uint32_t turn = put_to_rest(slot);
    thread_ends("main");
    thread_starts();
    CHECK(slot->resting);
    uint64_t signals = spprof_counters.signals;
    burn(50 * MS);
    CHECK_EQUAL(signals, spprof_counters.signals);
    CHECK_EQUAL(0, spprof_sampler_rest(2, turn));
    CHECK(!slot->resting);
    check_that_it_follows(slot);
    uint64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    uint64_t used_at_most = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
    uint64_t paid = read_ring().cpu_ns + spprof_counters.unsignalled_cpu_ns;
    check_between(paid, used, used_at_most, 5 * MS);
}

TEST(a_change_is_refused_without_a_session_and_to_zero) {
    setup();
    CHECK_EQUAL(-EINVAL, spprof_sampler_set_interval(MS));
    CHECK_EQUAL(-EINVAL, spprof_sampler_rest(1, 0));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(-EINVAL, spprof_sampler_set_interval(0));
    CHECK_EQUAL(-EINVAL, spprof_sampler_rest(0, 0));
    CHECK_EQUAL(0, spprof_sampler_set_interval(MS));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(-EINVAL, spprof_sampler_set_interval(MS));
    CHECK_EQUAL(0, spprof_sampler_release());
}

/* If other code has set the process's timer over ours, that setting is kept. */
TEST(a_change_leaves_a_process_timer_that_is_somebody_elses) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    struct itimerval theirs = {.it_value = {.tv_sec = 3600}, .it_interval = {.tv_sec = 1800}};
    CHECK_EQUAL(0, setitimer(ITIMER_PROF, &theirs, NULL));
    CHECK_EQUAL(-EEXIST, spprof_sampler_set_interval(2 * MS));
    struct itimerval found;
    CHECK_EQUAL(0, getitimer(ITIMER_PROF, &found));
    CHECK_EQUAL(1800, found.it_interval.tv_sec);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    theirs = (struct itimerval){.it_value = {0}};
    CHECK_EQUAL(0, setitimer(ITIMER_PROF, &theirs, NULL));
}

int main(void) {
    RUN_WITH_BOTH(a_thousand_changes_lose_no_time_of_any_thread);
    RUN_WITH(ctimer, short_threads_are_seen_in_proportion_whatever_the_interval_did);
    RUN_WITH(ctimer, a_thread_follows_when_the_interval_it_is_in_ends);
    RUN_WITH(ctimer, a_thread_follows_at_its_next_signal_even_if_more_is_due);
    RUN_WITH(ctimer, a_signal_pays_for_no_more_than_is_due);
    RUN_WITH(ctimer, a_new_thread_begins_with_the_interval_in_force);
    RUN_WITH(ctimer, threads_that_rest_are_paid_for_on_their_turn);
    RUN_WITH(ctimer, a_thread_that_comes_back_does_not_rest);
    RUN_WITH(ctimer, a_thread_that_leaves_the_jvm_while_it_rests_is_paid_for_on_its_turn);
    RUN_WITH_BOTH(stops_beside_changes_leave_no_trace);
    RUN_WITH_BOTH(a_change_is_refused_without_a_session_and_to_zero);
    RUN_WITH(itimer, a_change_leaves_a_process_timer_that_is_somebody_elses);
    return report();
}
