/*
 * A small test framework. Each test runs in a process of its own, so its signals, timers and
 * crashes cannot reach other tests.
 *
 *   TEST(ring_full_refuses) { CHECK(...); }
 *   int main(void) { RUN(ring_full_refuses); return report(); }
 *
 * With SPPROF_TEST=name in the environment, only tests run whose names begin with that name.
 *
 * A test that takes longer than five minutes, even on a busy machine, is killed and fails. No test
 * is ever run twice.
 */
#ifndef SPPROF_TEST_H
#define SPPROF_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* For helpers that some programs do not use. Never for a TEST. */
#define UNUSED __attribute__((unused))

static int tests_passed, tests_failed;

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

static UNUSED void run_test(const char *name, void (*test)(void)) {
    const char *only = getenv("SPPROF_TEST");
    if (only != NULL && strncmp(only, name, strlen(only)) != 0) {
        return;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(300);
        test();
        exit(0); /* not _exit, because sanitizers report at exit */
    }
    int status = -1;
    while (waitpid(child, &status, 0) != child) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        tests_passed++;
    } else {
        tests_failed++;
        fprintf(stderr, "  FAILED %s (%s %d)\n", name, WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static int report(void) {
    printf("%d passed, %d failed\n", tests_passed, tests_failed);
    return tests_failed == 0 ? 0 : 1;
}

#endif
