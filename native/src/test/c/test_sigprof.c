/*
 * Tests which SIGPROF handlers a session may replace, and which it restores: the handler that the
 * JVM's flight recorder leaves behind, handlers of other libraries, and libraries that save the
 * session's handler and restore it later.
 */
#include "session.h"

#include <sys/syscall.h>
#include <ucontext.h>

#include "platform/timers.h"

#ifndef sigev_notify_thread_id /* the field's name in glibc */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static _Atomic int jvms_signals; /* signals that reached the JVM's handler */
static _Atomic int with_value;   /* of these, the ones sent by a timer of its own */

static void jvms(int signal, siginfo_t *info, void *context) {
    (void)context;
    CHECK_EQUAL(SIGPROF, signal);
    jvms_signals++;
    with_value += info->si_code == SI_TIMER && info->si_value.sival_ptr == NULL;
}

static struct spprof_action of_jvm;

/* Installs the handler without the C library, as a sanitizer's runtime installs its own handler
 * before all others. */
static struct spprof_action action_of(void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction any = {.sa_flags = SA_SIGINFO | SA_RESTART};
    any.sa_sigaction = handler;
    sigfillset(&any.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGUSR2, &any, NULL));
    struct spprof_action action;
    CHECK_EQUAL(0, spprof_action_get(SIGUSR2, &action));
    CHECK(spprof_action_set_handler(&action, handler));
    return action;
}

static void put(const struct spprof_action *action) {
    CHECK_EQUAL(0, spprof_action_put_sigsafe(SIGPROF, action, NULL));
}

static void setup_of_jvm(void) {
    setup();
    of_jvm = action_of(jvms);
    code_of_jvm = spprof_action_code(&of_jvm);
    put(&of_jvm);
}

/* Like a signal of the flight recorder: it carries no value. */
static int make_timer(int notify, int signal, clockid_t clock) {
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = notify;
    event.sigev_signo = signal;
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    int number;
    CHECK_EQUAL(0, syscall(SYS_timer_create, clock, &event, &number));
    return number;
}

static int flight_recorders_timer(void) {
    int number = make_timer(SIGEV_THREAD_ID, SIGPROF, CLOCK_THREAD_CPUTIME_ID);
    const struct itimerspec spec = {{0, 20000000}, {0, 20000000}};
    CHECK_EQUAL(0, syscall(SYS_timer_settime, number, 0, &spec, NULL));
    return number;
}

static void delete_timer(int number) {
    CHECK_EQUAL(0, syscall(SYS_timer_delete, number));
}

static void burn_until(const _Atomic int *count, int more) {
    int from = *count;
    while (*count < from + more) {
        burn(MS);
    }
}

static void sample_and_stop(int stop_result) {
    int before = walks;
    while (walks == before) {
        burn(MS);
    }
    CHECK_EQUAL(stop_result, spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(0, spprof_sampler_release());
}

/* A raised signal is one of this thread, and the kernel keeps one of a kind: it would drop this one
 * if a thread's timer had just sent one. A process's timer sends to the process. */
static void send_foreign(void) {
    CHECK_EQUAL(0, config.engine->timer_a_thread ? kill(getpid(), SIGPROF) : raise(SIGPROF));
}

TEST(an_idle_handler_of_the_jvm_is_taken_over_and_put_back) {
    setup_of_jvm();
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        int before = jvms_signals;
        uint64_t foreign = spprof_counters.dropped[SPPROF_DROP_FOREIGN];
        send_foreign();
        CHECK_EQUAL(before + 1, jvms_signals); /* not ours, so it is forwarded */
        CHECK_EQUAL(foreign + 1, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
        sample_and_stop(0);
        check_no_trace(&of_jvm);
        raise(SIGPROF);
        CHECK_EQUAL(before + 2, jvms_signals);
    }
}

TEST(a_handler_of_the_jvm_with_a_timer_is_refused) {
    setup_of_jvm();
    int timer = flight_recorders_timer();
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(SPPROF_FAILED(FLIGHT_RECORDER, 0), spprof_sampler_start(NULL, &config));
        check_action(&of_jvm);
    }
    burn_until(&with_value, 2);
    delete_timer(timer);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    sample_and_stop(0);
    check_no_trace(&of_jvm);
}

TEST(timers_that_send_another_signal_or_none_do_not_count) {
    setup_of_jvm();
    CHECK_EQUAL(0, spprof_timers_that_send(SIGPROF));
    int other = make_timer(SIGEV_SIGNAL, SIGUSR1, CLOCK_MONOTONIC);
    int silent = make_timer(SIGEV_NONE, SIGPROF, CLOCK_MONOTONIC);
    CHECK_EQUAL(0, spprof_timers_that_send(SIGPROF));
    CHECK_EQUAL(1, spprof_timers_that_send(SIGUSR1));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    sample_and_stop(0);
    int process = make_timer(SIGEV_SIGNAL, SIGPROF, CLOCK_PROCESS_CPUTIME_ID);
    CHECK_EQUAL(1, spprof_timers_that_send(SIGPROF));
    CHECK_EQUAL(SPPROF_FAILED(FLIGHT_RECORDER, 0), spprof_sampler_start(NULL, &config));
    delete_timer(process);
    delete_timer(silent);
    delete_timer(other);
}

/*
 * The flight recorder assumes that its handler is still installed. ThreadSanitizer's runtime keeps
 * one pending signal of each number. The kernel makes the signals at its ticks. So the intervals
 * are longer than most ticks, and have no common divisor: often, only one of the timers expires.
 */
TEST(the_jvms_timers_beside_a_session_reach_its_handler_and_outlive_the_session) {
    setup_of_jvm();
    config.interval_ns = 13 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    int timer = flight_recorders_timer();
    burn_until(&with_value, 3);
    int before = walks;
    while (walks < before + 3) {
        burn(MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(0, spprof_sampler_release());
    check_action(&of_jvm);
    /* The timer continues, unless its signal was pending at the moment of step 4. */
    burn(50 * MS);
    delete_timer(timer);
    int signals_before = jvms_signals;
    raise(SIGPROF);
    CHECK_EQUAL(signals_before + 1, jvms_signals);
    check_all_accounted_for();
}

static void others(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info, (void)context;
}

TEST(a_handler_of_others_is_refused_with_what_is_known_of_it) {
    setup_of_jvm();
    struct spprof_action foreign = action_of(others);
    put(&foreign);
    CHECK_EQUAL(SPPROF_FAILED(SIGNAL_LEFT, 0), spprof_sampler_start(NULL, &config));
    int timer = make_timer(SIGEV_THREAD_ID, SIGPROF, CLOCK_THREAD_CPUTIME_ID);
    CHECK_EQUAL(SPPROF_FAILED(SIGNAL_HELD, 0), spprof_sampler_start(NULL, &config));
    delete_timer(timer);
    struct itimerval far = {.it_value = {.tv_sec = 1000}};
    CHECK_EQUAL(0, setitimer(ITIMER_PROF, &far, NULL));
    CHECK_EQUAL(SPPROF_FAILED(SIGNAL_HELD, 0), spprof_sampler_start(NULL, &config));
    memset(&far, 0, sizeof far);
    CHECK_EQUAL(0, setitimer(ITIMER_PROF, &far, NULL));
    check_action(&foreign);
}

TEST(a_handler_that_replaces_ours_is_seen_while_the_session_runs) {
    setup_of_jvm();
    CHECK(!spprof_sampler_signal_is_taken());
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK(!spprof_sampler_signal_is_taken());
    struct spprof_action our_own = current_action(), foreign = action_of(others);
    put(&foreign);
    CHECK(spprof_sampler_signal_is_taken());
    put(&our_own);
    CHECK(!spprof_sampler_signal_is_taken());
    put(&foreign);
    CHECK_EQUAL(1, spprof_sampler_stop(NULL, 60000));
    CHECK(!spprof_sampler_signal_is_taken());
    check_action(&foreign);
}

/* ThreadSanitizer's runtime defers handlers, so the path of a signal cannot be observed. */
#ifndef __SANITIZE_THREAD__
/*
 * Libraries chain SIGPROF handlers in every order around two sessions. Each order is compared with
 * the same order without our handler. At every moment, a signal that belongs to no timer must take
 * the same path to the JVM's handler. Between sessions the action must be the same, byte for byte,
 * unless a library has just restored our handler.
 */
#define LIBRARIES 2
#define JVM LIBRARIES
#define LONGEST 8

static int way[LONGEST];
static volatile int steps;
static struct spprof_action actions[LIBRARIES + 1], saved[LIBRARIES];
static struct {
    int in_front;
    int saved[LIBRARIES];
} world;

static void pass(int whom) {
    if (steps == LONGEST) {
        _exit(2); /* the path is a circle */
    }
    way[steps++] = whom;
}

static bool probing; /* signals of sessions' timers take the same path and are not examined */

static void chain(int library, int signal, siginfo_t *info, void *context) {
    if (probing) {
        pass(library);
    }
    spprof_action_call_sigsafe(&saved[library], signal, info, context);
}

static void library_0(int signal, siginfo_t *info, void *context) {
    chain(0, signal, info, context);
}

static void library_1(int signal, siginfo_t *info, void *context) {
    chain(1, signal, info, context);
}

static void end_of_chain(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info, (void)context;
    if (probing) {
        pass(JVM);
    }
}

/* The owner of the installed action; -1 if it is ours. */
static int in_front(void) {
    struct spprof_action action = current_action();
    for (int i = 0; i <= JVM; i++) {
        if (memcmp(&action, &actions[i], sizeof action) == 0) {
            return i;
        }
    }
    return -1;
}

enum { START = 2 * LIBRARIES, STOP };

static bool sampling;

static void step(int what) {
    int library = what / 2;
    if (what == START) {
        bool free = in_front() < 0 || in_front() == JVM;
        int result = spprof_sampler_start(NULL, &config);
        CHECK_EQUAL(free ? 0 : SPPROF_FAILED(SIGNAL_LEFT, 0), result);
        sampling = free;
    } else if (what == STOP) {
        if (sampling) {
            bool replaced = in_front() >= 0;
            CHECK_EQUAL(replaced, spprof_sampler_stop(NULL, 1000));
            CHECK_EQUAL(0, spprof_sampler_release());
            CHECK(in_front() >= 0);
        }
        sampling = false;
    } else if (what % 2 == 0) {
        saved[library] = current_action();
        put(&actions[library]);
        world.saved[library] = world.in_front;
        world.in_front = library;
    } else {
        put(&saved[library]);
        world.in_front = world.saved[library];
    }
}

static void check_way(void) {
    sigset_t set, mask;
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, &mask); /* blocks the signals of timers */
    probing = true;
    steps = 0;
    siginfo_t info = {.si_signo = SIGPROF, .si_code = SI_USER};
    ucontext_t context = {0};
    struct spprof_action action = current_action();
    spprof_action_call_sigsafe(&action, SIGPROF, &info, &context);
    probing = false;
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    int wanted = world.in_front;
    for (int i = 0; i < steps; i++) {
        CHECK_EQUAL(wanted, way[i]);
        wanted = wanted < JVM ? world.saved[wanted] : -1;
    }
    CHECK_EQUAL(-1, wanted);
}

static int order[LONGEST], tried;

static void try_order(int length) {
    put(&actions[JVM]);
    world.in_front = JVM;
    for (int i = 0; i < length; i++) {
        step(order[i]);
        check_way();
        if (!sampling && in_front() >= 0) {
            CHECK_EQUAL(world.in_front, in_front());
        }
    }
    tried++;
}

/* As in test_guard_chains.c. */
static void try_all(int length, int *steps_left) {
    bool more = false;
    for (int who = 0; who <= LIBRARIES; who++) {
        if (who == 1 && steps_left[0] == 2) {
            continue; /* the libraries are interchangeable */
        }
        if (steps_left[who] > 0) {
            more = true;
            order[length] = 2 * who + (steps_left[who] % 2);
            steps_left[who]--;
            try_all(length + 1, steps_left);
            steps_left[who]++;
        }
    }
    if (!more) {
        try_order(length);
    }
}

TEST(libraries_that_chain_the_signal_in_every_order) {
    setup();
    actions[0] = action_of(library_0);
    actions[1] = action_of(library_1);
    actions[JVM] = action_of(end_of_chain);
    code_of_jvm = spprof_action_code(&actions[JVM]);
    int steps_left[LIBRARIES + 1] = {2, 2, 4};
    try_all(0, steps_left);
    CHECK_EQUAL(210, tried);
}
#endif

int main(void) {
    RUN_WITH_BOTH(an_idle_handler_of_the_jvm_is_taken_over_and_put_back);
    RUN_WITH_BOTH(a_handler_of_the_jvm_with_a_timer_is_refused);
    RUN_WITH_BOTH(timers_that_send_another_signal_or_none_do_not_count);
    RUN_WITH_BOTH(the_jvms_timers_beside_a_session_reach_its_handler_and_outlive_the_session);
    RUN_WITH(ctimer, a_handler_of_others_is_refused_with_what_is_known_of_it);
    RUN_WITH_BOTH(a_handler_that_replaces_ours_is_seen_while_the_session_runs);
#ifndef __SANITIZE_THREAD__
    RUN_WITH_BOTH(libraries_that_chain_the_signal_in_every_order);
#endif
    return report();
}
