/*
 * Tests how a stop waits for signals that a thread took but did not act on yet. The wait asks the
 * kernel to interrupt all processors, falls back to letting time pass where a sandbox forbids the
 * call, and stays safe when a debugger holds a thread.
 */
#include "session.h"

#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/failure.h"
#include "platform/delivery.h"
#include "traced.h"

/* From now on, seccomp answers membarrier(command, ...) with this result; -1 stands for any
 * command. */
static void answer_membarrier(int command, uint32_t answer) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)command, 0, command < 0 ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    CHECK_EQUAL(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK_EQUAL(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static volatile sig_atomic_t asked;

static void on_asked(int signal) {
    (void)signal;
    asked++;
}

/* Where the kernel can be asked: none, but a kernel with PREEMPT_RT cannot promise anything. */
static int problem_of_this_kernel(void) {
    struct utsname name;
    CHECK_EQUAL(0, uname(&name));
    return strstr(name.version, "PREEMPT_RT") != NULL ? SPPROF_DELIVERY_REALTIME : 0;
}

TEST(the_kernel_is_asked_to_interrupt_all_processors) {
    CHECK_EQUAL(problem_of_this_kernel(), spprof_delivery_problem()); /* registers the process */
    signal(SIGSYS, on_asked);
    answer_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, SECCOMP_RET_TRAP);
    CHECK_EQUAL(0, spprof_delivery_await(1000));
    CHECK_EQUAL(1, asked);
}

/* A limit of the wait is known before a session needs the wait. */
static void check_problem(int problem) {
    CHECK_EQUAL(problem, spprof_delivery_problem());
    CHECK_EQUAL(problem, spprof_delivery_problem());
}

TEST(where_the_kernel_can_be_asked_there_is_no_problem) {
    check_problem(problem_of_this_kernel()); /* also in a process that is not registered yet */
}

TEST(a_call_that_a_sandbox_forbids_is_a_problem) {
    answer_membarrier(-1, SECCOMP_RET_ERRNO | EPERM);
    check_problem(-EPERM);
}

TEST(a_call_that_the_kernel_does_not_know_is_a_problem) {
    answer_membarrier(-1, SECCOMP_RET_ERRNO | ENOSYS);
    check_problem(-ENOSYS);
}

/* Linux 4.3 to 4.13 have the system call, but not this command. */
TEST(a_command_that_the_kernel_does_not_know_is_a_problem) {
    answer_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, SECCOMP_RET_ERRNO | EINVAL);
    check_problem(-EINVAL);
}

TEST(the_kernel_is_asked_at_every_stop) {
    setup();
    signal(SIGSYS, on_asked);
    answer_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, SECCOMP_RET_TRAP);
    for (int i = 1; i <= 3; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        CHECK_EQUAL(i, asked);
        CHECK_EQUAL(0, spprof_sampler_release());
    }
}

/* The shortest wait if the kernel gives no information. */
static void check_waits(void) {
    uint64_t from = clock_ns(CLOCK_MONOTONIC);
    CHECK_EQUAL(0, spprof_delivery_await(0));
    CHECK(clock_ns(CLOCK_MONOTONIC) - from >= 20 * MS);
}

TEST(where_the_kernel_may_not_be_asked_time_passes) {
    answer_membarrier(-1, SECCOMP_RET_ERRNO | EPERM);
    check_waits();
}

TEST(where_the_kernel_does_not_know_the_call_time_passes) {
    answer_membarrier(-1, SECCOMP_RET_ERRNO | ENOSYS);
    check_waits();
}

TEST(sessions_work_where_the_kernel_may_not_be_asked) {
    answer_membarrier(-1, SECCOMP_RET_ERRNO | EPERM);
    setup();
    struct spprof_action before = current_action();
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        burn(10 * MS);
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
        check_no_trace(&before);
        CHECK_EQUAL(0, spprof_sampler_release());
    }
}

static void stop_while_a_thread_is_held(void) {
    setup();
    struct spprof_action before = current_action();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* blocked here, so that the other thread receives the
                                             * signal */
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native_unblocked, NULL));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    traced_await(to_child);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(SPPROF_FAILED(DEBUGGER, 0), spprof_sampler_stop(NULL, 10));
        CHECK_EQUAL(-EBUSY, spprof_sampler_release());
        struct spprof_action now = current_action();
        CHECK(spprof_action_is_handler_sigsafe(&now));
    }
    traced_notify(from_child);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(0, spprof_sampler_release());
    check_action(&before);
    over = true;
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    check_no_trace(&before);
}

TEST(a_debugger_that_holds_a_thread_makes_the_stop_fail_until_it_lets_go) {
    run_traced(stop_while_a_thread_is_held, -1);
}

int main(void) {
    RUN(the_kernel_is_asked_to_interrupt_all_processors);
    RUN(where_the_kernel_can_be_asked_there_is_no_problem);
    RUN(a_call_that_a_sandbox_forbids_is_a_problem);
    RUN(a_call_that_the_kernel_does_not_know_is_a_problem);
    RUN(a_command_that_the_kernel_does_not_know_is_a_problem);
    RUN(the_kernel_is_asked_at_every_stop);
    RUN(where_the_kernel_may_not_be_asked_time_passes);
    RUN(where_the_kernel_does_not_know_the_call_time_passes);
    RUN_WITH_BOTH(sessions_work_where_the_kernel_may_not_be_asked);
    RUN_WITH_BOTH(a_debugger_that_holds_a_thread_makes_the_stop_fail_until_it_lets_go);
    return report();
}
