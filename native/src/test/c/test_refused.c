/*
 * Tests a session during which a sandbox starts to forbid calls that set timers. No CPU time may be
 * counted twice, and none may be lost without being counted. The session must count the threads
 * without a timer.
 */
#include "base/failure.h"
#include "fake_threads.h"

static uint64_t failed(void) {
    return spprof_counters.threads_failed;
}

static void check_failed(uint64_t threads) {
    CHECK_EQUAL(threads, failed());
    CHECK_EQUAL(SPPROF_FAILED(TIMER_SET, -EPERM), spprof_threads_last_error());
}

/* Each thread may be less than an interval off, in either direction. */
static void check_all_accounted(uint64_t used, uint64_t interval_ns, uint64_t threads) {
    end_session();
    CHECK(accounted() <= used + threads * interval_ns);
    CHECK(accounted() + threads * interval_ns >= used);
}

static void run_both(uint64_t ns) {
    run(1, ns);
    run(2, ns);
}

TEST(a_timer_that_is_not_disarmed_at_the_threads_end_is_paid_once) {
    begin_session(1, 10 * MS);
    self = begin_thread();
    thread_starts();
    run(self, 95 * MS);
    set_error = -EPERM;
    thread_ends();
    end_thread(self);
    run(1, MS);
    tick();
    spprof_threads_sweep();
    CHECK_EQUAL(0, failed());
    check_all_accounted(96 * MS, 10 * MS, 2);
}

TEST(a_thread_that_cannot_be_put_to_rest_has_no_timer_and_is_counted) {
    begin_session(2, MS);
    set_error = -EPERM;
    spprof_threads_rest(2, 0);
    check_failed(1);
    CHECK_EQUAL(1, fakes[1].has_timer + fakes[2].has_timer);
    run_both(50 * MS);
    tick();
    spprof_threads_sweep(); /* tries again */
    check_failed(1);
    set_error = 0;
    spprof_threads_sweep();
    CHECK_EQUAL(0, failed());
    CHECK(fakes[1].has_timer && fakes[2].has_timer);
    run_both(50 * MS);
    tick();
    CHECK(signalled_ns >= 148 * MS);
    check_all_accounted(200 * MS, MS, 2);
}

/* By then its CPU time is counted as not signalled. It is not counted as unseen as well. */
TEST(a_thread_that_blocks_the_signal_and_whose_rest_cannot_be_ended_is_counted_once) {
    begin_session(2, MS);
    fakes[1].blocks = fakes[2].blocks = true;
    run_both(200 * MS);
    spprof_threads_sweep();
    CHECK(spprof_counters.unsignalled_cpu_ns >= 396 * MS);
    spprof_threads_rest(2, 0);
    set_error = -EPERM;
    spprof_threads_rest(2, 1);
    check_failed(2);
    run_both(50 * MS);
    spprof_threads_sweep();
    set_error = 0;
    spprof_threads_sweep();
    CHECK_EQUAL(0, failed());
    check_all_accounted(500 * MS, MS, 2);
}

TEST(a_thread_whose_rest_cannot_be_ended_has_no_timer_and_is_counted) {
    begin_session(2, MS);
    spprof_threads_rest(2, 0);
    CHECK_EQUAL(0, failed());
    run_both(50 * MS);
    set_error = -EPERM;
    spprof_threads_rest(2, 1); /* one thread is to rest, the other is to continue */
    check_failed(2);
    CHECK(!fakes[1].has_timer && !fakes[2].has_timer);
    set_error = 0;
    spprof_threads_sweep();
    CHECK_EQUAL(0, failed());
    run_both(50 * MS);
    tick();
    CHECK(signalled_ns >= 98 * MS);
    check_all_accounted(200 * MS, MS, 2);
}

/* A thread that ends is not counted as a thread without a timer, and the next sweep notices. */
TEST(a_thread_that_has_gone_is_not_counted) {
    begin_session(2, MS);
    run(2, 50 * MS);
    end_thread(1);
    end_thread(2);
    set_error = -ESRCH;
    spprof_threads_rest(2, 0);
    spprof_threads_rest(2, 1);
    CHECK_EQUAL(0, failed());
    CHECK_EQUAL(0, spprof_threads_last_error());
    check_all_accounted(50 * MS, MS, 2);
}

/* Called with 80 ms due. `sets_left` further settings of the timer succeed. */
static void leave_the_jvm(int settings) {
    spprof_thread_hooks_load();
    begin_session(1, MS);
    self = begin_thread();
    thread_starts();
    run(self, 80 * MS);
    set_error = -EPERM;
    sets_left = settings;
    thread_ends();
}

/* The thread keeps its timer outside of the JVM. Settling has disarmed that timer. */
TEST(a_thread_that_left_the_jvm_and_cannot_go_on_is_counted) {
    leave_the_jvm(1);
    check_failed(1);
    CHECK(!fakes[self].has_timer);
    run(self, 50 * MS);
    set_error = 0;
    spprof_threads_sweep();
    CHECK_EQUAL(0, failed());
    CHECK(fakes[self].has_timer);
    check_all_accounted(130 * MS, MS, 2);
}

/* Its timer continues unchanged. */
TEST(a_thread_that_left_the_jvm_and_was_not_disarmed_is_sampled_on) {
    leave_the_jvm(0);
    CHECK_EQUAL(0, failed());
    run(self, 50 * MS);
    tick();
    CHECK(signalled_ns >= 129 * MS);
    check_all_accounted(130 * MS, MS, 2);
}

int main(void) {
    RUN(a_timer_that_is_not_disarmed_at_the_threads_end_is_paid_once);
    RUN(a_thread_that_cannot_be_put_to_rest_has_no_timer_and_is_counted);
    RUN(a_thread_that_blocks_the_signal_and_whose_rest_cannot_be_ended_is_counted_once);
    RUN(a_thread_whose_rest_cannot_be_ended_has_no_timer_and_is_counted);
    RUN(a_thread_that_has_gone_is_not_counted);
    RUN(a_thread_that_left_the_jvm_and_cannot_go_on_is_counted);
    RUN(a_thread_that_left_the_jvm_and_was_not_disarmed_is_sampled_on);
    return report();
}
