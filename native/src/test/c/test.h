/*
 * A small test framework. Each test runs in a process of its own, so its signals, timers and
 * crashes cannot reach other tests.
 *
 *   TEST(ring_full_refuses) { CHECK(...); }
 *   int main(void) { RUN(ring_full_refuses); return report(); }
 *
 * With SPPROF_TEST=name in the environment, only tests run whose names begin with that name.
 *
 * A test that takes longer than five minutes, even on a busy machine, is killed and fails. The
 * limit is a timer of the parent process, so that no timer of a test can cancel it. No test is ever
 * run twice.
 */
#ifndef SPPROF_TEST_H
#define SPPROF_TEST_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* For helpers that some programs do not use. Never for a TEST. */
#define UNUSED __attribute__((unused))

static int tests_passed, tests_failed;
static UNUSED unsigned test_limit_s = 300; /* a test of many cycles sets a longer one */

#define TEST(name) static void name(void)
#define RUN(name) run_test(#name, name)

#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "    %s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                                   \
        }                                                                               \
    } while (0)

#define CHECK_EQUAL(expected, actual)                                                         \
    do {                                                                                      \
        long long want = (long long)(expected), have = (long long)(actual);                   \
        if (want != have) {                                                                   \
            fprintf(stderr, "    %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, \
                    have, want);                                                              \
            _exit(1);                                                                         \
        }                                                                                     \
    } while (0)

static pid_t test_child; /* the process of the test; written before its limit is set */
static volatile sig_atomic_t test_took_too_long;

static UNUSED void kill_test(int signal) {
    (void)signal;
    test_took_too_long = 1;
    kill(test_child, SIGKILL);
}

/* Runs `body` in a child process. Returns the child's status, as waitpid does. */
static UNUSED int run_in_child(void (*body)(const void *), const void *argument) {
    const struct sigaction action = {.sa_handler = kill_test};
    struct sigaction before;
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, &before));
    fflush(NULL);
    test_took_too_long = 0;
    test_child = fork();
    CHECK(test_child >= 0);
    if (test_child == 0) {
        CHECK_EQUAL(0, sigaction(SIGALRM, &before, NULL));
        body(argument);
        exit(0); /* not _exit, because sanitizers report at exit */
    }
    alarm(test_limit_s);
    siginfo_t info;
    /* The child keeps its number until waitpid, so the handler cannot kill any other process. */
    while (waitid(P_PID, (id_t)test_child, &info, WEXITED | WNOWAIT) != 0) {
    }
    alarm(0);
    int status = -1;
    CHECK_EQUAL(test_child, waitpid(test_child, &status, 0));
    return status;
}

/* Why a test failed, for instance "signal 11". */
static UNUSED const char *describe_status(int status) {
    static char text[64];
    if (test_took_too_long && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        snprintf(text, sizeof text, "longer than %u s", test_limit_s);
    } else {
        snprintf(text, sizeof text, "%s %d", WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return text;
}

static UNUSED void run_body(const void *test) {
    (*(void (*const *)(void))test)();
}

static UNUSED void run_test(const char *name, void (*test)(void)) {
    const char *only = getenv("SPPROF_TEST");
    if (only != NULL && strncmp(only, name, strlen(only)) != 0) {
        return;
    }
    int status = run_in_child(run_body, &test);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        tests_passed++;
    } else {
        tests_failed++;
        fprintf(stderr, "  FAILED %s (%s)\n", name, describe_status(status));
    }
}

static int report(void) {
    printf("%d passed, %d failed\n", tests_passed, tests_failed);
    return tests_failed == 0 ? 0 : 1;
}

#endif
