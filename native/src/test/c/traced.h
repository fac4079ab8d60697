/*
 * A debugger for tests: this process traces a child of its own. The kernel removes a signal from
 * the pending ones, asks the debugger about it, and then reads the action. The debugger can hold a
 * thread exactly there, in a state that otherwise lasts microseconds and cannot be prolonged.
 */
#ifndef SPPROF_TEST_TRACED_H
#define SPPROF_TEST_TRACED_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>

#include "test.h"

static int to_child[2], from_child[2]; /* pipes; each message is one byte */

static void traced_notify(int pipe[2]) {
    CHECK_EQUAL(1, write(pipe[1], "", 1));
}

static void traced_await(int pipe[2]) {
    char byte;
    CHECK_EQUAL(1, read(pipe[0], &byte, 1));
}

/*
 * Runs `session` in a child process, all of whose threads are traced. The first thread that is to
 * receive SIGPROF is held before it does. `session` then finds a byte in to_child. The thread
 * continues when `session` has written a byte to from_child, or after `most_ms`, unless that is
 * negative. This process ends as the child does.
 */
static void run_traced(void (*session)(void), int most_ms) {
    CHECK_EQUAL(0, pipe(to_child));
    CHECK_EQUAL(0, pipe(from_child));
    pid_t child = fork();
    if (child == 0) {
        traced_await(to_child);
        session();
        _exit(0);
    }
    close(to_child[0]);
    close(from_child[1]); /* so that the wait below ends if the child dies */
    CHECK_EQUAL(0, ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL));
    traced_notify(to_child);
    bool held = false;
    for (;;) {
        int status;
        pid_t thread = waitpid(-1, &status, __WALL);
        CHECK(thread > 0);
        if (WIFSTOPPED(status)) {
            bool event = status >> 16 != 0; /* a new thread, not a signal */
            if (!event && WSTOPSIG(status) == SIGPROF && !held) {
                held = true;
                traced_notify(to_child);
                struct pollfd end = {.fd = from_child[0], .events = POLLIN};
                poll(&end, 1, most_ms);
            }
            ptrace(PTRACE_CONT, thread, NULL, event ? 0 : WSTOPSIG(status));
        } else if (thread == child) {
            CHECK(held);
            if (WIFSIGNALED(status)) {
                raise(WTERMSIG(status));
            }
            _exit(WEXITSTATUS(status));
        }
    }
}

#endif
