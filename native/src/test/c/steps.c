/*
 * Shows which failure each step of the teardown of a session prevents. The Makefile builds this
 * file and teardown.c once with every step in place (SPPROF_LEAVE_OUT=0), which must succeed, and
 * once without each step. Without a step, the failure that the step prevents must show. Step 1 is
 * explained at its test.
 */
#include "session.h"

#include "session/teardown.h"
#include "traced.h"

/* Runs in a process of its own, with one engine. Exits with 0 if all is well. */
struct scenario {
    int step;
    const char *what;
    const struct spprof_engine *engine;
    void (*run)(void);
    int signal; /* signal that kills the process if the step is missing; 0: the process itself
                 * detects the failure */
};

#define NOT_WELL 3

static struct spprof_action before;

static void begin(void) {
    setup();
    before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
}

/* The bare protocol, without the sampler's lock. Signals do not interrupt the holder of that
 * lock. */
static int tear_down_now(void) {
    struct spprof_teardown teardown = {.signal = SIGPROF,
                                       .engine = config.engine,
                                       .ours = current_action(),
                                       .before = before,
                                       .deadline_ms = 60000};
    return spprof_teardown(&teardown);
}

/* 2. Without this step, a thread that starts now gets a timer that nobody deletes. */
static void starts_a_thread_after_the_sweep(void) {
    begin();
    CHECK_EQUAL(0, tear_down_now());
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)200));
    pthread_join(thread, NULL);
}

/* 3. Without this step, the next expiry finds SIG_DFL and kills the process. */
static void goes_on_working(void) {
    begin();
    CHECK_EQUAL(0, tear_down_now());
    burn(200 * MS);
}

/* 4. Without this step, a pending signal finds SIG_DFL as soon as the thread unblocks it. */
static void lets_the_signal_in_later(void) {
    begin();
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    CHECK_EQUAL(0, pthread_sigmask(SIG_BLOCK, &set, NULL));
    do {
        burn(MS);
        sigpending(&pending);
    } while (!sigismember(&pending, SIGPROF));
    CHECK_EQUAL(0, tear_down_now());
    CHECK_EQUAL(0, pthread_sigmask(SIG_UNBLOCK, &set, NULL));
}

/* 5. Without this step, a thread that took its signal before reads the action after SIG_DFL is
 *   restored. */
static void tears_down_while_a_thread_is_held(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native_unblocked, NULL));
    begin();
    traced_await(to_child);
    CHECK_EQUAL(0, tear_down_now());
    traced_notify(from_child);
    burn(10 * MS);
    over = true;
    pthread_join(thread, NULL);
}

static void holds_a_thread_at_its_signal(void) {
    /* Without the step the teardown is soon over; with it, it waits for the thread. */
    run_traced(tears_down_while_a_thread_is_held, SPPROF_LEAVE_OUT == 5 ? -1 : 200);
}

/* 6. Without this step, a handler that is half-way writes into memory that was freed. */
static void frees_the_memory_of_a_slow_handler(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    walker_hangs = true;
    begin();
    pthread_t slow;
    CHECK_EQUAL(0, pthread_create(&slow, NULL, java_thread_unblocked, (void *)100));
    while (walks == 0) {
        sched_yield();
    }
    int stopped = spprof_sampler_stop(NULL, 50);
    int released = spprof_sampler_release();
    walker_hangs = false;
    pthread_join(slow, NULL);
    CHECK_EQUAL(SPPROF_FAILED(IN_FLIGHT, 0), stopped);
    CHECK_EQUAL(-EBUSY, released);
}

/* 7. Without this step, the process keeps our action. */
static void looks_at_the_action(void) {
    begin();
    CHECK_EQUAL(0, tear_down_now());
    struct spprof_action now = current_action();
    _exit(memcmp(&before, &now, sizeof now) == 0 ? 0 : NOT_WELL);
}

/* 8. Without this step, a child process that is started now never receives the signal. */
static void starts_a_child(void) {
    begin();
    CHECK_EQUAL(0, tear_down_now());
    pid_t child = fork();
    if (child == 0) {
        execlp("sh", "sh", "-c", "kill -PROF $$; exit 0", (char *)NULL);
        _exit(1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? 0 : NOT_WELL);
}

/*
 * 1. No failure without this step is known. The caller holds the sampler's lock, which blocks the
 * signal itself. Without the lock, a handler that interrupts the caller after step 2 does nothing
 * and returns, and before step 2 there is no code. The step exists for a caller of the bare
 * protocol, and because take_pending requires it. The test checks that nothing depends on the step
 * by accident.
 */
static const struct scenario scenarios[] = {
    {1, "1 goes on working", &spprof_engine_ctimer, goes_on_working, 0},
    {1, "1 goes on working", &spprof_engine_itimer, goes_on_working, 0},
    {2, "2 starts a thread", &spprof_engine_ctimer, starts_a_thread_after_the_sweep, SIGPROF},
    {2, "2 starts a thread", &spprof_engine_itimer, starts_a_thread_after_the_sweep, SIGPROF},
    {3, "3 goes on working", &spprof_engine_ctimer, goes_on_working, SIGPROF},
    {3, "3 goes on working", &spprof_engine_itimer, goes_on_working, SIGPROF},
    /* Not with ctimer: since Linux 6.13, the pending signal of a deleted timer is not delivered. */
    {4, "4 lets the signal in", &spprof_engine_itimer, lets_the_signal_in_later, SIGPROF},
    {5, "5 holds a thread", &spprof_engine_ctimer, holds_a_thread_at_its_signal, SIGPROF},
    {5, "5 holds a thread", &spprof_engine_itimer, holds_a_thread_at_its_signal, SIGPROF},
    {6, "6 frees the memory", &spprof_engine_ctimer, frees_the_memory_of_a_slow_handler, SIGSEGV},
    {6, "6 frees the memory", &spprof_engine_itimer, frees_the_memory_of_a_slow_handler, SIGSEGV},
    {7, "7 looks at the action", &spprof_engine_ctimer, looks_at_the_action, 0},
    {7, "7 looks at the action", &spprof_engine_itimer, looks_at_the_action, 0},
    {8, "8 starts a child", &spprof_engine_ctimer, starts_a_child, 0},
    {8, "8 starts a child", &spprof_engine_itimer, starts_a_child, 0},
};

static void run_scenario(const void *argument) {
    const struct scenario *scenario = argument;
    config.engine = scenario->engine;
    scenario->run();
    _exit(0);
}

static void run(const struct scenario *scenario) {
    int status = run_in_child(run_scenario, scenario);
    bool left_out = scenario->step == SPPROF_LEAVE_OUT && scenario->step != 1;
    bool as_expected = !left_out ? WIFEXITED(status) && WEXITSTATUS(status) == 0
                       : scenario->signal != 0
                           ? WIFSIGNALED(status) && WTERMSIG(status) == scenario->signal
                           : WIFEXITED(status) && WEXITSTATUS(status) == NOT_WELL;
    tests_passed += as_expected;
    tests_failed += !as_expected;
    printf("    %s step %d, %s [%s]: %s\n", as_expected ? "ok" : "FAILED:", SPPROF_LEAVE_OUT,
           scenario->what, scenario->engine->name, describe_status(status));
}

int main(void) {
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (SPPROF_LEAVE_OUT == 0 || scenarios[i].step == SPPROF_LEAVE_OUT) {
            run(&scenarios[i]);
        }
    }
    return report();
}
