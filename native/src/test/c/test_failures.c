/*
 * Tests start and stop of the sampler with a failure at every step, stops from a thread that is
 * ending, and several stops at once. Each case must leave the sampler in a known state, and a later
 * try must succeed.
 */
#include "session.h"

static struct spprof_engine broken; /* the test's engine with one function replaced */
static const struct spprof_engine *whole;
static _Atomic int failures_left; /* how many more calls of the replaced function fail */

static int error_of_timers = -EAGAIN;

static bool fails(void) {
    return failures_left > 0 && failures_left-- > 0;
}

static int fail_to_list(void (*visit)(uint64_t id, void *context), void *context) {
    return fails() ? -EMFILE : whole->threads(visit, context);
}

static int fail_to_create(struct spprof_timer *timer, uint64_t id, int signal, void *value) {
    return fails() ? error_of_timers : whole->timer_create(timer, id, signal, value);
}

static int fail_to_set(const struct spprof_timer *timer, uint64_t first, uint64_t interval) {
    return fails() ? -EPERM : whole->timer_set_sigsafe(timer, first, interval);
}

/* Makes the deletion of every timer fail, as a sandbox does, until the test permits it again. */
static bool deletion_refused;

static int refuse_to_delete(struct spprof_timer *timer) {
    return deletion_refused && timer->valid ? -ENOSYS : whole->timer_delete(timer);
}

static int fail_to_take_pending(int signal) {
    return fails() ? -EIO : whole->take_pending(signal);
}

static int fail_with_einval(int signal) {
    return fails() ? -EINVAL : whole->take_pending(signal);
}

static int fail_to_await(uint32_t deadline_ms) {
    return fails() ? -EIO : whole->await_delivery(deadline_ms);
}

static void setup_broken(void) {
    setup();
    whole = config.engine;
    broken = *whole;
    config.engine = &broken;
}

static void check_start_leaves_nothing(int error) {
    struct spprof_action before = current_action();
    CHECK_EQUAL(error, spprof_sampler_start(NULL, &config));
    check_no_trace(&before);
    uint64_t size;
    CHECK(spprof_sampler_ring(&size) == NULL);
}

static void check_start_works(void) {
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks == 0) {
        burn(MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    CHECK_EQUAL(0, spprof_sampler_release());
}

static void foreign_handler(int signal) {
    (void)signal;
}

TEST(a_start_that_fails_at_any_step_leaves_nothing) {
    setup();
    walker_missing = true;
    check_start_leaves_nothing(SPPROF_FAILED(WALKER, 0));
    walker_missing = false;
    events_fail = true;
    check_start_leaves_nothing(SPPROF_FAILED(EVENTS, 0));
    events_fail = false;
    config.depth = SPPROF_MAX_DEPTH + 1;
    check_start_leaves_nothing(SPPROF_FAILED(SETTINGS, 0));
    config.depth = 16;
    config.ring_bytes = 5000;
    check_start_leaves_nothing(SPPROF_FAILED(SETTINGS, 0));
    config.ring_bytes = 1 << 20;
    config.walk_buffers = SPPROF_MAX_BUFFERS + 1;
    check_start_leaves_nothing(SPPROF_FAILED(SETTINGS, 0));
    config.walk_buffers = 8;
    check_start_works();
}

/* The walker serves, and the reason stays until the next start. */
TEST(a_start_keeps_what_limits_the_walker) {
    char why[64];
    setup();
    walker_limited = true;
    check_start_works();
    spprof_sampler_walker_problem(why, sizeof why);
    CHECK(strcmp("the test says so", why) == 0);
    walker_limited = false; /* the JVM has created a blob meanwhile: each start asks anew */
    check_start_works();
    spprof_sampler_walker_problem(why, sizeof why);
    CHECK_EQUAL('\0', why[0]);
    walker_missing = true;
    check_start_leaves_nothing(SPPROF_FAILED(WALKER, 0));
}

TEST(a_start_leaves_a_foreign_handler_untouched) {
    setup();
    struct sigaction foreign = {.sa_handler = foreign_handler, .sa_flags = SA_NODEFER};
    sigaddset(&foreign.sa_mask, SIGUSR2);
    CHECK_EQUAL(0, sigaction(SIGPROF, &foreign, NULL));
    for (int i = 0; i < 100; i++) {
        check_start_leaves_nothing(SPPROF_FAILED(SIGNAL_LEFT, 0));
    }
    signal(SIGPROF, SIG_DFL);
    check_start_works();
}

TEST(a_probe_leaves_nothing) {
    setup();
    CHECK_EQUAL(0, config.engine->probe());
    CHECK_EQUAL(0, timers_left());
    check_start_works();
}

TEST(a_start_leaves_a_foreign_process_timer_untouched) {
    setup();
    struct itimerval far = {.it_value = {.tv_sec = 1000}};
    CHECK_EQUAL(0, setitimer(ITIMER_PROF, &far, NULL));
    struct spprof_action before = current_action();
    CHECK_EQUAL(SPPROF_FAILED(TIMER_HELD, 0), spprof_sampler_start(NULL, &config));
    check_action(&before);
    CHECK_EQUAL(-EEXIST, config.engine->probe());
    struct itimerval now;
    CHECK_EQUAL(0, getitimer(ITIMER_PROF, &now));
    CHECK(now.it_value.tv_sec > 900);
    memset(&far, 0, sizeof far);
    CHECK_EQUAL(0, setitimer(ITIMER_PROF, &far, NULL));
    check_start_works();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* the sanitizers map \
                                                                     * terabytes */
TEST(a_start_without_memory_leaves_nothing) {
    setup();
    struct rlimit limit;
    CHECK_EQUAL(0, getrlimit(RLIMIT_AS, &limit));
    struct rlimit tight = {UINT64_C(64) << 20, limit.rlim_max};
    config.ring_bytes = UINT64_C(1) << 30;
    CHECK_EQUAL(0, setrlimit(RLIMIT_AS, &tight));
    check_start_leaves_nothing(SPPROF_FAILED(MEMORY, 0));
    CHECK_EQUAL(0, setrlimit(RLIMIT_AS, &limit));
    config.ring_bytes = 1 << 20;
    check_start_works();
}
#endif

TEST(a_start_that_cannot_list_the_threads_leaves_nothing) {
    setup_broken();
    broken.threads = fail_to_list;
    failures_left = 1;
    check_start_leaves_nothing(SPPROF_FAILED(THREADS, -EMFILE));
    check_start_works();
}

TEST(a_start_without_any_timer_leaves_nothing) {
    setup_broken();
    broken.timer_create = fail_to_create;
    failures_left = 1000;
    check_start_leaves_nothing(SPPROF_FAILED(TIMER, -EAGAIN));
    CHECK_EQUAL(SPPROF_FAILED(TIMER, -EAGAIN), spprof_threads_last_error());
    broken.timer_create = whole->timer_create;
    broken.timer_set_sigsafe = fail_to_set;
    failures_left = 1000;
    check_start_leaves_nothing(SPPROF_FAILED(TIMER_SET, -EPERM));
    CHECK_EQUAL(SPPROF_FAILED(TIMER_SET, -EPERM), spprof_threads_last_error());
    failures_left = 0;
    check_start_works();
}

/* One error number with different reasons: a sandbox that forbids timers and a JVM of another kind
 * both give ENOSYS. */
TEST(a_start_returns_which_step_failed) {
    setup_broken();
    walker_missing = true;
    check_start_leaves_nothing(SPPROF_FAILED(WALKER, 0));
    walker_missing = false;
    error_of_timers = -ENOSYS;
    broken.timer_create = fail_to_create;
    failures_left = 1000;
    check_start_leaves_nothing(SPPROF_FAILED(TIMER, -ENOSYS));
    CHECK_EQUAL(SPPROF_FAILED(TIMER, -ENOSYS), spprof_threads_last_error());
    error_of_timers = -EINVAL; /* EINVAL from the timers, not from the settings */
    failures_left = 1000;
    check_start_leaves_nothing(SPPROF_FAILED(TIMER, -EINVAL));
    error_of_timers = -ENOMEM; /* ENOMEM from the timers, not from the ring */
    failures_left = 1000;
    check_start_leaves_nothing(SPPROF_FAILED(TIMER, -ENOMEM));
    failures_left = 0;
    check_start_works();

    /* EINVAL from a system call during a stop does not mean that there is no session. */
    broken.take_pending = fail_with_einval;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    failures_left = 1;
    CHECK_EQUAL(SPPROF_FAILED(SYSTEM, -EINVAL), spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(SPPROF_FAILED(NO_SESSION, 0), spprof_sampler_stop(NULL, 1000));
}

TEST(a_thread_without_a_timer_is_counted_and_gets_one_later) {
    setup_broken();
    broken.timer_create = fail_to_create;
    failures_left = 1; /* the first call fails */
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native, NULL));
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(1, spprof_counters.threads_failed);
    CHECK(spprof_counters.threads_sampled >= 1);
    CHECK_EQUAL(SPPROF_FAILED(TIMER, -EAGAIN), spprof_threads_last_error());
    CHECK(spprof_sampler_sweep(NULL) >= 2);
    CHECK_EQUAL(0, spprof_counters.threads_failed);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    over = true;
    pthread_join(thread, NULL);
}

/* Then all threads are sampled without stacks, and the reason is reported. */
TEST(a_session_without_knowledge_of_java_threads_says_so) {
    setup();
    threads_unknown = true;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(SPPROF_FAILED(JAVA_THREADS, 0), spprof_threads_last_error());
    while (spprof_counters.committed == 0) {
        burn(MS);
    }
    CHECK_EQUAL(0, walks);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* The teardown of a failed start fails, too. The next start completes that teardown first. */
TEST(a_failed_start_that_cannot_be_undone_is_undone_by_the_next) {
    setup_broken();
    struct spprof_action before = current_action();
    broken.timer_create = fail_to_create;
    broken.take_pending = fail_to_take_pending;
    failures_left = 1000; /* every timer, and the pending signals */
    CHECK_EQUAL(SPPROF_FAILED(TIMER, -EAGAIN), spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(SPPROF_FAILED(UNDO, 0), spprof_sampler_start(NULL, &config)); /* still fails */
    failures_left = 0;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
}

static void stop_fails_and_can_be_tried_again(void) {
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(10 * MS);
    failures_left = 2;
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(SPPROF_FAILED(SYSTEM, -EIO), spprof_sampler_stop(NULL, 1000));
        CHECK(!spprof_gate_is_open_sigsafe());
        CHECK_EQUAL(0, timers_left());
        CHECK_EQUAL(-EBUSY, spprof_sampler_release());
        CHECK_EQUAL(SPPROF_FAILED(SESSION, 0), spprof_sampler_start(NULL, &config));
        struct spprof_action now = current_action(); /* our action, which is inert: a child process
                                                      * does not inherit SIG_IGN */
        CHECK(spprof_action_is_handler_sigsafe(&now));
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    CHECK_EQUAL(0, spprof_sampler_release());
    check_start_works();
}

TEST(a_stop_that_fails_can_be_tried_again) {
    setup_broken();
    broken.take_pending = fail_to_take_pending;
    stop_fails_and_can_be_tried_again();
    broken.take_pending = whole->take_pending;
    broken.await_delivery = fail_to_await;
    stop_fails_and_can_be_tried_again();
}

static void check_timers_keep_the_session(void) {
    CHECK_EQUAL(SPPROF_FAILED(TIMER_LIVES, -ENOSYS), spprof_sampler_stop(NULL, 1000));
    CHECK(!spprof_gate_is_open_sigsafe());
    struct spprof_action now = current_action();
    CHECK(spprof_action_is_handler_sigsafe(&now));
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(SPPROF_FAILED(SESSION, 0), spprof_sampler_start(NULL, &config));
    CHECK(timers_left() > 0);
    burn(30 * MS); /* The timers are armed: with SIG_DFL restored, this would kill the process. */
}

TEST(a_stop_whose_timers_cannot_be_deleted_keeps_the_handler) {
    setup_broken();
    struct spprof_action before = current_action();
    broken.timer_delete = refuse_to_delete;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(10 * MS);
    deletion_refused = true;
    check_timers_keep_the_session();
    check_timers_keep_the_session();
    deletion_refused = false;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    CHECK_EQUAL(0, spprof_sampler_release());
    check_start_works();
}

static void *lives_and_ends(void *unused) {
    (void)unused;
    thread_starts();
    burn(5 * MS);
    thread_ends("short");
    return NULL;
}

/* The thread has ended, but its timer still exists. The stop fails until it can delete that
 * timer. */
TEST(a_thread_whose_timer_cannot_be_deleted_leaves_it_to_the_stop) {
    setup_broken();
    struct spprof_action before = current_action();
    broken.timer_delete = refuse_to_delete;
    pthread_t thread; /* the first thread created makes ThreadSanitizer create one of its own */
    CHECK_EQUAL(0, pthread_create(&thread, NULL, lives_and_ends, NULL));
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    int timers = timers_left();
    deletion_refused = true;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, lives_and_ends, NULL));
    pthread_join(thread, NULL);
    burn(5 * MS);
    spprof_sampler_sweep(NULL);
    burn(5 * MS);
    spprof_sampler_sweep(NULL);
    CHECK_EQUAL(timers + (config.engine->timer_a_thread ? 1 : 0), timers_left());
    CHECK_EQUAL(SPPROF_FAILED(TIMER_LIVES, -ENOSYS), spprof_sampler_stop(NULL, 1000));
    deletion_refused = false;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
    CHECK_EQUAL(0, spprof_sampler_release());
    check_start_works();
}

TEST(a_failed_start_whose_timers_cannot_be_deleted_keeps_the_handler) {
    setup_broken();
    struct spprof_action before = current_action();
    broken.timer_delete = refuse_to_delete;
    broken.timer_set_sigsafe = fail_to_set;
    failures_left = 1000;
    deletion_refused = true;
    CHECK_EQUAL(SPPROF_FAILED(TIMER_SET, -EPERM), spprof_sampler_start(NULL, &config));
    struct spprof_action now = current_action();
    CHECK(spprof_action_is_handler_sigsafe(&now));
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(SPPROF_FAILED(UNDO, 0), spprof_sampler_start(NULL, &config));
    failures_left = 0;
    deletion_refused = false;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
}

TEST(a_handler_that_does_not_finish_makes_the_stop_fail_and_keeps_its_memory) {
    setup();
    walker_hangs = true;
    /* The hanging walk must be on another thread, because this one has to call stop. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t hanging;
    CHECK_EQUAL(0, pthread_create(&hanging, NULL, java_thread_unblocked, (void *)200));
    while (walks == 0) {
        sched_yield();
    }
    CHECK_EQUAL(SPPROF_FAILED(IN_FLIGHT, 0),
                spprof_sampler_stop(NULL, 50)); /* and does not wait for a lock */
    CHECK(!spprof_gate_is_open_sigsafe());
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(SPPROF_FAILED(SESSION, 0), spprof_sampler_start(NULL, &config));
    uint64_t size;
    CHECK(spprof_sampler_ring(&size) != NULL);
    walker_hangs = false;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 5000));
    check_all_accounted_for();
    pthread_join(hanging, NULL);
    CHECK_EQUAL(0, spprof_sampler_release());
}

static _Atomic int stopped;

static void *stop_once(void *unused) {
    (void)unused;
    int result = spprof_sampler_stop(NULL, 5000);
    CHECK(result == 0 || result == SPPROF_FAILED(NO_SESSION, 0));
    stopped += result == 0;
    return NULL;
}

TEST(of_several_stops_at_once_one_stops) {
    setup();
    for (int i = 0; i < 50; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        stopped = 0;
        pthread_t threads[4];
        for (int t = 0; t < 4; t++) {
            CHECK_EQUAL(0, pthread_create(&threads[t], NULL, stop_once, NULL));
        }
        for (int t = 0; t < 4; t++) {
            pthread_join(threads[t], NULL);
        }
        CHECK_EQUAL(1, stopped);
        CHECK_EQUAL(0, spprof_sampler_release());
    }
}

static void *start_again_and_again(void *starts) {
    while (!over) {
        int result = spprof_sampler_start(NULL, &config);
        CHECK(result == 0 || result == SPPROF_FAILED(SESSION, 0));
        *(_Atomic int *)starts += result == 0;
    }
    return NULL;
}

TEST(a_start_during_a_stop_waits_or_is_refused) {
    setup();
    struct spprof_action before = current_action();
    static _Atomic int starts;
    pthread_t starter;
    CHECK_EQUAL(0, pthread_create(&starter, NULL, start_again_and_again, (void *)&starts));
    int stops = 0;
    while (stops < 50) {
        int result = spprof_sampler_stop(NULL, 5000);
        CHECK(result == 0 || result == SPPROF_FAILED(NO_SESSION, 0));
        if (result == 0) {
            stops++;
            CHECK_EQUAL(0, spprof_sampler_release());
        }
        sched_yield();
    }
    over = true;
    pthread_join(starter, NULL);
    if (starts > stops) {
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 5000));
    }
    check_no_trace(&before);
}

static void stop_as_the_thread_ends(void *unused) {
    (void)unused;
    thread_ends("dying"); /* the JVM would have reported the end by now */
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 5000));
    stopped++;
}

static void *dying_thread(void *key) {
    thread_starts();
    CHECK_EQUAL(0, pthread_setspecific(*(pthread_key_t *)key, key));
    burn(20 * MS);
    return NULL;
}

TEST(a_dying_thread_can_stop) {
    setup();
    struct spprof_action before = current_action();
    pthread_key_t key;
    CHECK_EQUAL(0, pthread_key_create(&key, stop_as_the_thread_ends));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, dying_thread, &key));
    pthread_join(thread, NULL);
    CHECK_EQUAL(1, stopped);
    check_no_trace(&before);
}

TEST(the_end_of_the_jvm_ends_a_session) {
    setup();
    struct spprof_action before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(20 * MS);
    spprof_sampler_vm_death();
    check_action(&before);
    CHECK_EQUAL(0, timers_left());
    int seen = walks;
    burn(20 * MS);
    CHECK_EQUAL(seen, walks);
    spprof_sampler_vm_death(); /* a second time, because OnUnload may follow VMDeath */
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    check_no_trace(&before);
}

int main(void) {
    RUN_WITH_BOTH(a_start_that_fails_at_any_step_leaves_nothing);
    RUN(a_start_keeps_what_limits_the_walker);
    RUN_WITH_BOTH(a_start_leaves_a_foreign_handler_untouched);
    RUN_WITH_BOTH(a_probe_leaves_nothing);
    RUN_WITH(itimer, a_start_leaves_a_foreign_process_timer_untouched);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    RUN_WITH_BOTH(a_start_without_memory_leaves_nothing);
#endif
    RUN_WITH_BOTH(a_start_that_cannot_list_the_threads_leaves_nothing);
    RUN_WITH_BOTH(a_start_without_any_timer_leaves_nothing);
    RUN_WITH_BOTH(a_start_returns_which_step_failed);
    RUN_WITH_BOTH(a_thread_without_a_timer_is_counted_and_gets_one_later);
    RUN_WITH_BOTH(a_session_without_knowledge_of_java_threads_says_so);
    RUN_WITH_BOTH(a_failed_start_that_cannot_be_undone_is_undone_by_the_next);
    RUN_WITH_BOTH(a_stop_that_fails_can_be_tried_again);
    RUN_WITH_BOTH(a_stop_whose_timers_cannot_be_deleted_keeps_the_handler);
    RUN_WITH_BOTH(a_thread_whose_timer_cannot_be_deleted_leaves_it_to_the_stop);
    RUN_WITH_BOTH(a_failed_start_whose_timers_cannot_be_deleted_keeps_the_handler);
    RUN_WITH_BOTH(a_handler_that_does_not_finish_makes_the_stop_fail_and_keeps_its_memory);
    RUN_WITH_BOTH(of_several_stops_at_once_one_stops);
    RUN_WITH_BOTH(a_start_during_a_stop_waits_or_is_refused);
    RUN_WITH_BOTH(a_dying_thread_can_stop);
    RUN_WITH_BOTH(the_end_of_the_jvm_ends_a_session);
    return report();
}
