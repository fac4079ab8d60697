/* Threads that block the signal are named, and what they used is counted. */
#include "fake_threads.h"

static const char *told(void) {
    static char text[256];
    return spprof_threads_blocking(text, sizeof text) ? text : NULL;
}

static void check_told(const char *text) {
    CHECK(told() != NULL);
    if (strcmp(text, told()) != 0) {
        fprintf(stderr, "    told: %s\n", told());
        CHECK(false);
    }
}

static uint64_t begin_deaf(const char *name) {
    uint64_t id = begin_thread();
    fakes[id].blocks = true;
    fakes[id].name = name;
    return id;
}

TEST(a_thread_that_blocks_the_signal_is_named) {
    begin_session(2, MS);
    CHECK(told() == NULL);
    uint64_t id = begin_deaf("rdk:main");
    run(id, 200 * MS);
    spprof_threads_sweep();
    check_told("1 thread: rdk:main");
    CHECK_EQUAL(0, spprof_counters.unsignalled_cpu_ns); /* it may let the signal in yet */
    end_session();
    CHECK(accounted() >= 199 * MS && accounted() <= 201 * MS);
}

TEST(its_time_is_counted_when_it_ends) {
    begin_session(2, MS);
    uint64_t first = begin_deaf("rdk:a"), second = begin_deaf("rdk:b");
    run(first, 200 * MS);
    run(second, 300 * MS);
    spprof_threads_sweep();
    check_told("2 threads: rdk:a, rdk:b");
    end_thread(first);
    run(1, MS);
    tick();
    spprof_threads_sweep();
    check_told("1 thread: rdk:b, and 1 thread that ended, the last rdk:a");
    CHECK(spprof_counters.unsignalled_cpu_ns >= 199 * MS);
    run(second, 50 * MS);
    end_thread(second);
    run(1, MS);
    tick();
    spprof_threads_sweep();
    check_told("2 threads that ended, the last rdk:b");
    end_session();
    CHECK(accounted() >= 548 * MS && accounted() <= 556 * MS);
}

TEST(a_thread_that_lets_the_signal_in_again_is_sampled_and_named_no_longer) {
    begin_session(2, MS);
    uint64_t id = begin_deaf("shy");
    run(id, 200 * MS);
    spprof_threads_sweep();
    CHECK(told() != NULL);
    fakes[id].blocks = false;
    tick();
    CHECK(told() == NULL);
    CHECK(signalled_ns >= 199 * MS);
    end_session();
    CHECK(accounted() >= 199 * MS && accounted() <= 201 * MS);
}

/* In the kernel for long, for instance: the signal waits, though nobody blocks it. */
TEST(a_thread_with_a_late_signal_is_not_named) {
    begin_session(2, MS);
    run(2, 500 * MS);
    spprof_threads_sweep();
    CHECK(told() == NULL);
    end_session();
}

TEST(nobody_is_asked_who_is_signalled_in_time) {
    begin_session(1, MS);
    uint64_t id = begin_deaf("early");
    run(id, 10 * MS);
    spprof_threads_sweep();
    CHECK(told() == NULL);
    end_session();
}

/* A look asks some suspects only, and those that do not block it stay suspects. */
TEST(each_suspect_has_its_turn) {
    begin_session(100, MS);
    for (uint64_t i = 1; i <= 100; i++) {
        run(i, 200 * MS); /* their signals are late */
    }
    run(begin_deaf("last"), 200 * MS);
    for (int i = 0; i < 5; i++) {
        run(1, 2 * MS);
        spprof_threads_sweep();
    }
    check_told("1 thread: last");
    end_session();
}

TEST(names_are_told_as_ascii_and_three_of_them) {
    begin_session(1, MS);
    const char *names[] = {"a\xc3\xa4\n", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) {
        run(begin_deaf(names[i]), 200 * MS);
    }
    spprof_threads_sweep();
    check_told("5 threads: a???, b, c, ...");
    end_session();
}

TEST(all_are_asked_at_the_start_if_the_caller_blocks_it) {
    for (int i = 0; i < 3; i++) {
        begin_deaf("of the parent");
    }
    begin_session(1, MS); /* which has run nothing yet */
    CHECK(told() == NULL);
    spprof_threads_ask_all_for_blocking();
    check_told("3 threads: of the parent, of the parent, of the parent");
    end_session();
}

TEST(a_new_session_has_forgotten_the_last_ones) {
    begin_session(1, MS);
    uint64_t id = begin_deaf("gone");
    run(id, 200 * MS);
    spprof_threads_sweep();
    end_thread(id);
    run(1, MS);
    spprof_threads_sweep();
    CHECK(told() != NULL);
    end_session();
    spprof_threads_new_session();
    spprof_threads_begin(&fake_engine, NULL, MS);
    CHECK(told() == NULL);
    end_session();
}

int main(void) {
    RUN(a_thread_that_blocks_the_signal_is_named);
    RUN(its_time_is_counted_when_it_ends);
    RUN(a_thread_that_lets_the_signal_in_again_is_sampled_and_named_no_longer);
    RUN(a_thread_with_a_late_signal_is_not_named);
    RUN(nobody_is_asked_who_is_signalled_in_time);
    RUN(each_suspect_has_its_turn);
    RUN(names_are_told_as_ascii_and_three_of_them);
    RUN(all_are_asked_at_the_start_if_the_caller_blocks_it);
    RUN(a_new_session_has_forgotten_the_last_ones);
    return report();
}
