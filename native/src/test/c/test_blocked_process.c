/*
 * Tests that the profiler reports the names of threads that block SIGPROF if the signals come from
 * a timer of the whole process. The CPU time of these threads appears in the samples of other
 * threads, so no other figure would reveal them.
 */
#include "session.h"
#include "threads/threads.h"

#include <sys/prctl.h>

static _Atomic bool silent = true; /* the thread blocks the signal */
static _Atomic bool ready;

static void block_all(int how) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(how, &all, NULL);
}

static void *deaf(void *unused) {
    (void)unused;
    prctl(PR_SET_NAME, "rdk:deaf");
    if (silent) {
        block_all(SIG_BLOCK);
    }
    ready = true;
    while (!over) {
        burn(MS);
        if (!silent) {
            block_all(SIG_UNBLOCK);
        }
    }
    return NULL;
}

static struct spprof_action before;
static pthread_t thread;

static void begin_deaf(void) {
    setup();
    before = current_action();
    CHECK_EQUAL(0, pthread_create(&thread, NULL, deaf, NULL));
    while (!ready) {
        sched_yield();
    }
}

static void end_deaf(void) {
    over = true;
    pthread_join(thread, NULL);
}

static void start(void) {
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
}

static void stop(void) {
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(0, spprof_sampler_release());
    check_action(&before);
}

static const char *reported(void) {
    static char text[256];
    return spprof_threads_blocking(text, sizeof text) ? text : "";
}

static void pass(void) {
    nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    CHECK(spprof_sampler_sweep(NULL) >= 1);
}

TEST(a_thread_that_blocks_it_is_named_until_it_lets_it_in) {
    begin_deaf();
    start();
    CHECK(strstr(reported(), "rdk:deaf") == NULL);
    while (strstr(reported(), "rdk:deaf") == NULL) {
        pass();
    }
    silent = false;
    while (strstr(reported(), "rdk:deaf") != NULL) {
        pass();
    }
    end_deaf();
    stop();
}

TEST(one_that_ended_is_named) {
    begin_deaf();
    start();
    while (strstr(reported(), "rdk:deaf") == NULL) {
        pass();
    }
    end_deaf();
    while (strstr(reported(), "1 thread that ended, the last rdk:deaf") == NULL) {
        pass();
    }
    stop();
    start();
    CHECK(strstr(reported(), "ended") == NULL); /* a new session no longer reports the thread */
    stop();
}

/* As in a process whose parent blocked the signal. */
TEST(all_are_named_at_the_start_if_the_caller_blocks_it) {
    block_all(SIG_BLOCK);
    begin_deaf();
    start();
    CHECK(atoi(reported()) >= 2); /* "2 threads: ..."; a sanitizer adds some of its own */
    end_deaf();
    stop();
}

/* A thread blocks the signal while it is in its handler. The interval is long, so that the system
 * hardly ever answers in such a moment. test_blocked.c has the tests of such answers. */
TEST(threads_that_do_not_block_it_are_not_named) {
    silent = false;
    config.interval_ns = 100 * MS;
    begin_deaf();
    start();
    clockid_t clock;
    CHECK_EQUAL(0, pthread_getcpuclockid(thread, &clock));
    uint64_t from = clock_ns(clock);
    for (int i = 0; i < 20 || clock_ns(clock) - from < 400 * MS; i++) {
        pass();
        CHECK(strstr(reported(), "rdk:deaf") == NULL);
    }
    end_deaf();
    stop();
}

/* Their slots are free again for a session with a timer for each thread. */
TEST(the_next_session_samples_all_threads) {
    silent = false;
    begin_deaf();
    start();
    for (int i = 0; i < 10; i++) {
        pass();
    }
    stop();
    config.engine = &spprof_engine_ctimer;
    int threads = threads_now();
    start();
    CHECK_EQUAL(threads, spprof_counters.threads_sampled);
    end_deaf();
    stop();
}

int main(void) {
    RUN_WITH(itimer, a_thread_that_blocks_it_is_named_until_it_lets_it_in);
    RUN_WITH(itimer, one_that_ended_is_named);
    RUN_WITH(itimer, all_are_named_at_the_start_if_the_caller_blocks_it);
    RUN_WITH(itimer, threads_that_do_not_block_it_are_not_named);
    RUN_WITH(itimer, the_next_session_samples_all_threads);
    return report();
}
