/*
 * Tests whether the walker recognizes a system call, and its number, from what a signal has
 * interrupted. A thread makes one call over and over, through functions of the C library, while a
 * timer interrupts it. Every interruption must be in this call, or in no call.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "alarm.h"
#include "test.h"
#include "walk/cpu/cpu.h"
#include "walk/guard.h"

#define MOST 1024
#define ENOUGH 200

static _Atomic long in_call[MOST];
static _Atomic long in_unknown_call, in_no_call;

static void look(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    int32_t number;
    spprof_guard_begin_sigsafe(context);
    if (!spprof_cpu_system_call_sigsafe(context, spprof_load_sigsafe, &number)) {
        in_no_call++;
    } else if (number < 0) {
        in_unknown_call++;
    } else {
        in_call[number]++;
    }
    alarm_again_sigsafe();
}

static void interrupt_often(void) {
    CHECK_EQUAL(0, spprof_guard_install(false));
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = look;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, NULL));
    alarm_every(200);
}

static long in_calls(void) {
    long sum = in_unknown_call;
    for (int i = 0; i < MOST; i++) {
        sum += in_call[i];
    }
    return sum;
}

/* Whether the code of musl shows the number of a call. The code of glibc shows all. */
enum musl { MUSL_SHOWS, MUSL_HIDES };

/* Checks that no other call was interrupted. On a slow machine, the first interruption is in the
 * call that starts the timer. */
static void check_only(long number, enum musl musl) {
    for (int i = 0; i < MOST; i++) {
        if (i != number && i != SYS_setitimer && in_call[i] != 0) {
            fprintf(stderr, "    %ld interruptions in call %d, none of which was made\n",
                    in_call[i], i);
            _exit(1);
        }
    }
#ifdef __GLIBC__
    musl = MUSL_SHOWS;
#endif
    if (musl == MUSL_SHOWS) {
        CHECK_EQUAL(0, in_unknown_call);
    }
}

/* Returns how often the test was interrupted in its call. */
static long in_the_call(long number, enum musl musl) {
#ifdef __GLIBC__
    (void)musl;
    return in_call[number];
#else
    return in_call[number] + (musl == MUSL_HIDES ? in_unknown_call : 0);
#endif
}

/* Repeats `make` until it was interrupted in the call often enough. */
static void repeat(long number, enum musl musl, void (*make)(void)) {
    interrupt_often();
    while (in_the_call(number, musl) < ENOUGH) {
        make();
    }
    check_only(number, musl);
}

static _Alignas(1 << 16) char bytes[1 << 20];
static int file;
static _Atomic int word;

static void open_zero(void) {
    file = open("/dev/zero", O_RDONLY);
    CHECK(file >= 0);
}

static void make_read(void) {
    CHECK(read(file, bytes, sizeof bytes) > 0); /* a signal ends the call early */
}

static void make_pread(void) {
    CHECK_EQUAL(4096, pread(file, bytes, 4096, 0));
}

static void make_yield(void) {
    sched_yield();
}

static void make_random(void) {
    CHECK_EQUAL(4096, syscall(SYS_getrandom, bytes, 4096, 0));
}

static void make_wake(void) {
    CHECK_EQUAL(0, syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
}

static void make_getppid(void) {
    CHECK(getppid() > 0);
}

static void make_advice(void) {
    memset(bytes, 1, sizeof bytes);
    CHECK_EQUAL(0, madvise(bytes, sizeof bytes, MADV_DONTNEED));
}

TEST(read_is_recognized) {
    open_zero();
    repeat(SYS_read, MUSL_SHOWS, make_read);
}

TEST(short_calls_are_recognized) {
    open_zero();
    repeat(SYS_pread64, MUSL_SHOWS, make_pread);
}

TEST(yield_is_recognized) {
    repeat(SYS_sched_yield, MUSL_SHOWS, make_yield);
}

TEST(calls_through_the_function_syscall_are_recognized) {
    repeat(SYS_getrandom, MUSL_HIDES, make_random);
}

TEST(futex_wake_is_recognized) {
    repeat(SYS_futex, MUSL_HIDES, make_wake);
}

TEST(getppid_is_recognized) {
    repeat(SYS_getppid, MUSL_SHOWS, make_getppid);
}

TEST(madvise_is_recognized_and_page_faults_are_no_call) {
    repeat(SYS_madvise, MUSL_SHOWS, make_advice);
    CHECK(in_no_call > 0);
}

static void *wake_at_last(void *unused) {
    while (in_the_call(SYS_futex, MUSL_HIDES) < ENOUGH) {
        usleep(1000);
    }
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return unused;
}

/* A signal interrupts a wait, which begins anew: the kernel goes back to the instruction, with the
 * number in its register. */
TEST(a_call_that_begins_anew_is_recognized) {
    sigset_t alarms;
    pthread_t waker;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    CHECK_EQUAL(0, pthread_sigmask(SIG_BLOCK, &alarms, NULL));
    CHECK_EQUAL(0, pthread_create(&waker, NULL, wake_at_last, NULL));
    CHECK_EQUAL(0, pthread_sigmask(SIG_UNBLOCK, &alarms, NULL));
    interrupt_often();
    while (word == 0) {
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    }
    /* In musl's code, the number shows only if the call begins anew, not at its end. */
    CHECK(in_the_call(SYS_futex, MUSL_HIDES) >= ENOUGH);
    check_only(SYS_futex, MUSL_HIDES);
    pthread_join(waker, NULL);
}

TEST(code_that_makes_no_call_is_in_none) {
    interrupt_often();
    volatile long sum = 0;
    while (in_no_call < ENOUGH) {
        sum = sum + 1;
    }
    CHECK_EQUAL(0, in_calls() - in_call[SYS_setitimer]);
}

/* A program that is linked statically has musl's cancellable calls only if it can cancel threads.
 * The library of a program that is linked dynamically, as JVMs are, has them. */
static int (*volatile cancel)(pthread_t) = pthread_cancel;

int main(void) {
    CHECK(cancel != NULL);
    RUN(read_is_recognized);
    RUN(short_calls_are_recognized);
    RUN(yield_is_recognized);
    RUN(calls_through_the_function_syscall_are_recognized);
    RUN(futex_wake_is_recognized);
    RUN(getppid_is_recognized);
    RUN(madvise_is_recognized_and_page_faults_are_no_call);
    RUN(a_call_that_begins_anew_is_recognized);
    RUN(code_that_makes_no_call_is_in_none);
    return report();
}
