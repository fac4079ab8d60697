/*
 * Tests that the time that threads wait for a CPU is counted once, whatever the threads do, and at
 * little cost.
 */
#include "base/clock.h"
#include "fake_threads.h"
#include "threads/kernel_times.h"

static uint64_t waited(void) {
    return spprof_counters.cpu_wait_ns;
}

/* A session whose clock says that it began long ago, so that fake threads can have waited in it. */
static void begin_old_session(int count) {
    begin_session(count, MS);
    for (int i = 0; i < count; i++) {
        fakes[i + 1].wait_ns = 1000 * SPPROF_NS_PER_S; /* before the session */
    }
    spprof_kernel_times_look(false);
}

TEST(waits_from_before_the_first_look_are_not_counted) {
    begin_old_session(20);
    CHECK_EQUAL(0, waited());
    CHECK_EQUAL(1, spprof_counters.cpu_wait_known);
    for (int i = 0; i < 100; i++) {
        wait_for_cpu(1 + (uint64_t)i % 20, 3 * MS);
        if (i % 7 == 0) {
            spprof_kernel_times_look(false);
            CHECK_EQUAL((uint64_t)(i + 1) * 3 * MS, waited());
        }
    }
    spprof_kernel_times_look(true);
    CHECK_EQUAL(300 * MS, waited());
    end_session();
}

TEST(only_threads_that_ran_are_read) {
    begin_old_session(1000);
    CHECK_EQUAL(1000, waits_read);
    wait_for_cpu(7, MS);
    wait_for_cpu(700, MS);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(1002, waits_read);
    CHECK_EQUAL(2 * MS, waited());
    end_session();
}

TEST(a_thread_of_the_session_is_counted_from_its_beginning) {
    begin_old_session(1);
    uint64_t id = begin_thread();
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    wait_for_cpu(id, 2 * MS);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(2 * MS, waited());
    end_session();
}

/* The listing is not atomic, so it can miss a living thread. */
TEST(an_old_thread_that_the_first_listing_missed_has_only_its_later_waits_counted) {
    begin_session(2, MS);
    fakes[2].wait_ns = 1000 * SPPROF_NS_PER_S;
    fakes[2].alive = false;
    spprof_kernel_times_look(false);
    fakes[2].alive = true;
    spprof_kernel_times_look(false);
    CHECK_EQUAL(0, waited());
    wait_for_cpu(2, MS);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(MS, waited());
    end_session();
}

static void hidden_from_the_listing(uint64_t id) {
    uint64_t end = newest;
    newest = id - 1;
    spprof_kernel_times_look(false);
    newest = end;
}

TEST(a_known_thread_that_a_listing_misses_is_not_counted_twice) {
    begin_old_session(2);
    wait_for_cpu(2, MS);
    hidden_from_the_listing(2);
    CHECK_EQUAL(0, waited());
    spprof_kernel_times_look(false);
    CHECK_EQUAL(MS, waited());
    end_session();
}

TEST(a_number_that_the_system_gives_out_again_is_a_new_thread) {
    begin_old_session(3);
    fakes[2] = (struct fake_thread){.alive = true, .name = "new"};
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    wait_for_cpu(2, MS);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(MS, waited());
    end_session();
}

TEST(gone_threads_leave_the_table) {
    begin_old_session(2);
    for (int i = 0; i < 4000; i++) {
        uint64_t id = begin_thread();
        run(id, MS);
        spprof_kernel_times_look(false);
        end_thread(id);
    }
    clock_reads = 0;
    spprof_kernel_times_look(false);
    CHECK(clock_reads < 10);
    end_session();
}

TEST(the_profilers_own_threads_are_left_out) {
    begin_session(2, MS);
    spprof_slots_find_sigsafe(2)->state = SPPROF_SLOT_EXCLUDED;
    spprof_kernel_times_look(false);
    wait_for_cpu(2, MS);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(0, waited());
    end_session();
}

/* The two steps of the exit hook. */
static struct spprof_exit_times read_exit(uint64_t id) {
    uint64_t cpu_ns;
    CHECK_EQUAL(0, fake_engine.thread_cpu_ns(id, &cpu_ns));
    return spprof_kernel_times_read_exit(&fake_engine, id, cpu_ns);
}

static void count_exit(uint64_t id, const struct spprof_exit_times *times) {
    spprof_threads_lock();
    spprof_kernel_times_count_exit_locked(spprof_threads_slot_for_locked(id), times);
    spprof_threads_unlock();
}

static void exits(uint64_t id) {
    struct spprof_exit_times times = read_exit(id);
    count_exit(id, &times);
}

TEST(a_thread_that_exits_is_counted_to_its_end_and_once) {
    begin_old_session(2);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    uint64_t id = begin_thread();
    wait_for_cpu(id, 3 * MS);
    exits(id);
    CHECK_EQUAL(3 * MS, waited());
    exits(id); /* a signal in the hook's first instructions makes the C library run it again */
    CHECK_EQUAL(3 * MS, waited());
    spprof_kernel_times_look(false); /* it is still there */
    CHECK_EQUAL(3 * MS, waited());
    wait_for_cpu(2, 4 * MS);
    exits(2);
    CHECK_EQUAL(7 * MS, waited());
    end_thread(2);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(7 * MS, waited());
    end_session();
}

TEST(of_many_exits_some_are_read_and_count_for_all) {
    begin_old_session(2);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    int before = waits_read;
    for (int i = 0; i < 128 + 800; i++) {
        uint64_t id = begin_thread();
        wait_for_cpu(id, MS);
        exits(id);
        end_thread(id);
        CHECK(i >= 128 || waited() == (uint64_t)(i + 1) * MS);
    }
    int read = waits_read - before - 128;
    CHECK(read > 90 && read < 110);
    CHECK_EQUAL((uint64_t)(128 + 8 * read) * MS, waited());
    spprof_kernel_times_look(false);
    uint64_t id = begin_thread();
    wait_for_cpu(id, MS);
    exits(id);
    CHECK_EQUAL((uint64_t)(129 + 8 * read) * MS, waited()); /* read again after a look */
    end_session();
}

TEST(nothing_is_known_where_the_kernel_reports_nothing) {
    waits_hidden = true;
    begin_old_session(3);
    wait_for_cpu(1, MS);
    exits(2);
    spprof_kernel_times_look(true);
    CHECK_EQUAL(0, spprof_counters.cpu_wait_known);
    CHECK_EQUAL(0, waited());
    end_session();
}

TEST(a_stop_ends_a_look_and_the_last_look_reads_all) {
    begin_old_session(100);
    wait_for_cpu(99, MS);
    spprof_kernel_times_hurry();
    spprof_kernel_times_look(false);
    CHECK_EQUAL(0, waited());
    spprof_kernel_times_look(true);
    CHECK_EQUAL(MS, waited());
    end_session();
}

TEST(a_session_that_ends_before_its_first_look_reads_no_thread) {
    begin_session(100, MS);
    spprof_kernel_times_hurry();
    spprof_kernel_times_look(true);
    CHECK_EQUAL(0, waits_read);
    CHECK_EQUAL(0, spprof_counters.cpu_wait_known);
    end_session();
}

/* User and system time together are the process's CPU time, which a clock shows, too. */
TEST(user_and_system_time_are_the_processs_cpu_time) {
    uint64_t before = spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID);
    begin_session(1, MS);
    uint64_t from = spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID), to;
    do {
        for (int i = 0; i < 1000; i++) {
            (void)SPPROF_DEFAULT_ENGINE.thread_count(); /* time in the kernel */
        }
        to = spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID);
    } while (to - from < 100 * MS);
    spprof_kernel_times_look(true);
    uint64_t after = spprof_clock_ns_sigsafe(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t both = spprof_counters.user_cpu_ns + spprof_counters.system_cpu_ns;
    CHECK(both >= to - from - 2 * MS && both <= after - before + 2 * MS);
    end_session();
}

static uint64_t user_ns, system_ns;

static void add_times(const struct spprof_record *record, void *context) {
    (void)context;
    if (record->type == SPPROF_RECORD_TIMES) {
        user_ns += record->user_ns;
        system_ns += record->system_ns;
    }
}

static void run_in(uint64_t id, uint64_t user, uint64_t system) {
    fakes[id].system_ns += system;
    run(id, user + system);
}

static void check_times(uint64_t user, uint64_t system) {
    ring_read(&spprof_handler_session.ring, add_times, NULL);
    CHECK_EQUAL(user, user_ns);
    CHECK_EQUAL(system, system_ns);
}

TEST(user_and_system_time_of_the_session_are_reported) {
    begin_session(3, MS);
    spprof_threads.ring = &spprof_handler_session.ring;
    run_in(1, 500 * MS, 500 * MS); /* before the first look */
    spprof_kernel_times_look(false);
    check_times(0, 0);
    run_in(1, 70 * MS, 30 * MS);
    run_in(2, 20 * MS, 0);
    spprof_kernel_times_look(false);
    check_times(90 * MS, 30 * MS);
    spprof_kernel_times_look(false);
    check_times(90 * MS, 30 * MS);
    run_in(1, 3 * MS, 0);
    spprof_kernel_times_look(false);
    check_times(90 * MS, 30 * MS); /* too little for a reading */
    spprof_kernel_times_look(true);
    check_times(93 * MS, 30 * MS);
    end_session();
}

TEST(user_and_system_time_add_up_to_the_threads_clocks) {
    begin_old_session(8);
    spprof_threads.ring = &spprof_handler_session.ring;
    uint64_t user = 0, system = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        run_in(1 + i % 8, i % 7 * MS, i % 5 * MS);
        user += i % 7 * MS;
        system += i % 5 * MS;
        if (i % 11 == 0) {
            spprof_kernel_times_look(false);
        }
    }
    spprof_kernel_times_look(true);
    ring_read(&spprof_handler_session.ring, add_times, NULL);
    CHECK_EQUAL(user + system, user_ns + system_ns);
    CHECK(system_ns <= system && system_ns + 8 * 10 * MS > system); /* 10 ms a thread */
    end_session();
}

TEST(system_time_is_read_only_of_threads_that_used_10_ms) {
    begin_old_session(1000);
    spprof_threads.ring = &spprof_handler_session.ring;
    systems_read = 0;
    for (int i = 0; i < 9; i++) {
        for (uint64_t id = 1; id <= 1000; id++) {
            run_in(id, MS, 0);
        }
        spprof_kernel_times_look(false);
    }
    CHECK_EQUAL(0, systems_read);
    run_in(500, MS, 0);
    spprof_kernel_times_look(false);
    CHECK_EQUAL(1, systems_read);
    end_session();
}

TEST(a_thread_that_exits_has_its_user_and_system_time) {
    begin_old_session(2);
    spprof_threads.ring = &spprof_handler_session.ring;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    run_in(2, 30 * MS, 10 * MS);
    spprof_kernel_times_look(false);
    run_in(2, 2 * MS, 10 * MS);
    exits(2);
    check_times(32 * MS, 20 * MS);
    exits(2);
    check_times(32 * MS, 20 * MS);
    end_thread(2);
    uint64_t id = begin_thread();
    run_in(id, 4 * MS, 10 * MS);
    exits(id); /* no look has found it */
    check_times(36 * MS, 30 * MS);
    end_session();
}

/* A new thread cannot have waited for so long. */
TEST(an_old_thread_that_the_first_listing_missed_has_no_times_at_its_exit) {
    begin_session(2, MS);
    spprof_threads.ring = &spprof_handler_session.ring;
    fakes[2].wait_ns = 1000 * SPPROF_NS_PER_S;
    fakes[2].alive = false;
    spprof_kernel_times_look(false);
    fakes[2].alive = true;
    run_in(2, 20 * MS, 10 * MS);
    exits(2);
    check_times(0, 0);
    CHECK_EQUAL(0, waited());
    end_session();
}

TEST(a_number_that_was_given_out_again_has_all_times_of_the_new_thread_at_its_exit) {
    begin_old_session(3);
    spprof_threads.ring = &spprof_handler_session.ring;
    fakes[2] = (struct fake_thread){.alive = true, .name = "new"};
    run_in(2, 7 * MS, 0); /* the old thread had used 5 ms, and had waited longer */
    exits(2);
    check_times(7 * MS, 0);
    end_session();
}

static void fill_with_samples(void) {
    struct spprof_ring *ring = &spprof_handler_session.ring;
    uint32_t size = spprof_record_size(0);
    struct spprof_record *record;
    while ((record = spprof_ring_reserve_sample_sigsafe(ring, size)) != NULL) {
        record->type = SPPROF_RECORD_SAMPLE;
        spprof_ring_publish_sigsafe(record, size);
    }
}

TEST(a_full_ring_keeps_its_reserve_for_names_and_a_later_look_reports_the_times) {
    begin_old_session(3);
    spprof_threads.ring = &spprof_handler_session.ring;
    run_in(1, 70 * MS, 30 * MS);
    fill_with_samples();
    spprof_kernel_times_look(false);
    check_times(0, 0);
    spprof_kernel_times_look(false);
    check_times(70 * MS, 30 * MS);
    run_in(2, 20 * MS, 0);
    fill_with_samples();
    exits(2);
    check_times(70 * MS, 30 * MS);
    end_session();
}

TEST(an_exit_reads_each_figure_once_and_none_before_the_first_look) {
    begin_session(2, MS);
    spprof_threads.ring = &spprof_handler_session.ring;
    clock_reads = 0, waits_read = systems_read = 0;
    exits(1);
    CHECK_EQUAL(1, clock_reads); /* by the hook, for other purposes */
    CHECK_EQUAL(0, waits_read + systems_read);
    spprof_kernel_times_look(false);
    run_in(2, 40 * MS, 0);
    clock_reads = 0, waits_read = systems_read = 0;
    exits(2);
    CHECK_EQUAL(1, clock_reads);
    CHECK_EQUAL(1, waits_read);
    CHECK_EQUAL(1, systems_read);
    check_times(40 * MS, 0);
    end_session();
}

/* The hook waits for the lock while a look holds it. */
TEST(a_look_between_the_steps_of_an_exit_counts_nothing_twice) {
    begin_old_session(2);
    spprof_threads.ring = &spprof_handler_session.ring;
    for (uint64_t id = 1; id <= 2; id++) {
        run_in(id, 4 * id * id * MS, 0); /* 4 ms and 16 ms: too little for the look, and enough */
        struct spprof_exit_times times = read_exit(id);
        wait_for_cpu(id, 3 * MS);
        spprof_kernel_times_look(false);
        count_exit(id, &times);
        CHECK_EQUAL(id * 3 * MS, waited());
    }
    check_times(20 * MS + 2000, 0);
    end_session();
}

/* The look reads the clock before the hook does, and the wait after it. */
TEST(a_look_that_encloses_the_readings_of_an_exit_counts_nothing_twice) {
    begin_old_session(2);
    spprof_threads.ring = &spprof_handler_session.ring;
    run_in(1, 4 * MS, 0);
    struct spprof_exit_times times = read_exit(1);
    waits_between_readings_ns = 3 * MS;
    spprof_kernel_times_look(false);
    waits_between_readings_ns = 0;
    count_exit(1, &times);
    CHECK_EQUAL(3 * MS, waited());
    check_times(4 * MS, 0);
    end_session();
}

int main(void) {
    RUN(waits_from_before_the_first_look_are_not_counted);
    RUN(only_threads_that_ran_are_read);
    RUN(a_thread_of_the_session_is_counted_from_its_beginning);
    RUN(an_old_thread_that_the_first_listing_missed_has_only_its_later_waits_counted);
    RUN(a_known_thread_that_a_listing_misses_is_not_counted_twice);
    RUN(a_number_that_the_system_gives_out_again_is_a_new_thread);
    RUN(gone_threads_leave_the_table);
    RUN(the_profilers_own_threads_are_left_out);
    RUN(a_thread_that_exits_is_counted_to_its_end_and_once);
    RUN(of_many_exits_some_are_read_and_count_for_all);
    RUN(user_and_system_time_of_the_session_are_reported);
    RUN(user_and_system_time_add_up_to_the_threads_clocks);
    RUN(system_time_is_read_only_of_threads_that_used_10_ms);
    RUN(a_thread_that_exits_has_its_user_and_system_time);
    RUN(an_old_thread_that_the_first_listing_missed_has_no_times_at_its_exit);
    RUN(a_number_that_was_given_out_again_has_all_times_of_the_new_thread_at_its_exit);
    RUN(a_full_ring_keeps_its_reserve_for_names_and_a_later_look_reports_the_times);
    RUN(an_exit_reads_each_figure_once_and_none_before_the_first_look);
    RUN(a_look_between_the_steps_of_an_exit_counts_nothing_twice);
    RUN(a_look_that_encloses_the_readings_of_an_exit_counts_nothing_twice);
    RUN(nothing_is_known_where_the_kernel_reports_nothing);
    RUN(a_stop_ends_a_look_and_the_last_look_reads_all);
    RUN(a_session_that_ends_before_its_first_look_reads_no_thread);
    RUN(user_and_system_time_are_the_processs_cpu_time);
    return report();
}
