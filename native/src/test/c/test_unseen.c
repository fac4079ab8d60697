/*
 * Tests that the CPU time of the samples and the dropped CPU time together are the process's CPU
 * time, whatever its threads do. "Unseen" is the part of the dropped time that no signal stands
 * for.
 */
#include "fake_threads.h"

TEST(a_steady_load_has_nothing_unseen) {
    begin_session(3, MS);
    for (int i = 0; i < 1000; i++) {
        run(1 + (uint64_t)i % 3, 700000);
        if (i % 3 == 0) {
            tick(); /* some CPU time is always due and not yet signalled */
        }
        spprof_threads_sweep();
        CHECK_EQUAL(0, unseen());
    }
    end_session();
    CHECK_EQUAL(0, unseen());
    /* Each thread may be less than an interval off, in either direction. */
    CHECK(accounted() > 697 * MS && accounted() < 703 * MS);
}

TEST(a_thread_that_came_and_went_between_two_looks_is_unseen) {
    begin_session(1, MS);
    uint64_t shown = 0;
    for (int i = 0; i < 10; i++) {
        uint64_t id = begin_thread();
        run(id, 30 * MS);
        end_thread(id);
        spprof_threads_sweep();
        CHECK_EQUAL(shown += 30 * MS, unseen()); /* while it happens */
    }
    end_session();
    CHECK_EQUAL(300 * MS, accounted());
}

/* Finds threads by the thread ids that the system assigns, without listing them. */
TEST(a_search_finds_new_threads_and_samples_them_from_their_beginning) {
    begin_session(20, MS);
    run(1, 10 * MS);
    spprof_threads_sweep();
    run(1, 10 * MS);
    spprof_threads_sweep();
    tick();
    int before = listings;
    for (int i = 0; i < 50; i++) {
        uint64_t id = begin_thread();
        run(id, 8 * MS);
        spprof_threads_search();
        CHECK(fakes[id].has_timer);
        tick();
        run(id, 2 * MS);
        tick();
        end_thread(id);
    }
    CHECK_EQUAL(before, listings);
    spprof_threads_sweep();
    end_session();
    CHECK(signalled_ns >= 500 * MS); /* of 520; the last interval of each thread may be 1 ms
                                      * short */
    CHECK(accounted() > 510 * MS && accounted() < 530 * MS);
}

/* After the system has assigned an id, its thread takes a moment to appear in the process. */
TEST(a_search_tries_each_number_twice) {
    begin_session(2, MS);
    for (int i = 0; i < 2; i++) {
        run(1, 2 * MS);
        spprof_threads_sweep();
    }
    uint64_t id = begin_thread();
    fakes[id].alive = false;
    spprof_threads_search();
    CHECK(!fakes[id].has_timer);
    fakes[id].alive = true;
    run(id, 5 * MS);
    spprof_threads_search();
    CHECK(fakes[id].has_timer);
    end_session();
}

/* If the system does not show the ids, sweeps list the threads. */
TEST(threads_are_found_by_listings_where_numbers_are_not_published) {
    newest_hidden = true;
    begin_session(2, MS);
    uint64_t id = begin_thread();
    run(id, 5 * MS);
    spprof_threads_sweep();
    CHECK(fakes[id].has_timer);
    end_session();
}

TEST(what_a_native_thread_used_after_its_last_signal_is_unseen) {
    begin_session(1, MS);
    uint64_t used = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t id = begin_thread();
        run(id, MS);
        spprof_threads_search();
        run(id, 20 * MS);
        tick();
        run(id, 3 * MS); /* the kernel does not tick before the thread ends */
        end_thread(id);
        spprof_threads_sweep();
        used += 24 * MS;
    }
    end_session();
    /* 200 threads at 1 ms: standard deviation 5.8 ms. */
    CHECK(unseen() > 570 * MS && unseen() < 630 * MS);
    CHECK(accounted() > used - 30 * MS && accounted() < used + 30 * MS);
}

/* ThreadEnd reads the clock, so the result does not depend on chance. */
TEST(a_java_threads_last_moments_are_unseen_to_the_nanosecond) {
    begin_session(1, 10 * MS);
    for (uint64_t i = 1; i <= 100; i++) {
        self = begin_thread();
        thread_starts();
        run(self, 3 * MS);
        thread_ends();
        run(self, 40000);
        end_thread(self);
        self = 1;
        run(1, MS);
        spprof_threads_sweep();
        CHECK_EQUAL(i * 40000, unseen());
    }
    end_session();
}

/*
 * A thread whose expiry is near uses more CPU time as it ends, which takes it past the expiry. 4000
 * threads, of which 1 in 20 is sampled for an interval: standard deviation 0.22 ms x sqrt(4000), 14
 * ms.
 */
TEST(what_a_thread_uses_because_it_is_nearly_due_is_not_sampled) {
    begin_session(1, MS);
    for (int i = 0; i < 4000; i++) {
        self = begin_thread();
        thread_starts();
        run(self, 50000);
        set_costs_ns = 45000;
        thread_ends();
        set_costs_ns = 0;
        end_thread(self);
        self = 1;
    }
    run(1, MS);
    tick();
    spprof_threads_sweep();
    uint64_t used = process_ns - 5 * MS; /* used before the session */
    end_session();
    CHECK(accounted() + 100 * MS > used && accounted() < used + 100 * MS);
}

/* The cost of reading the process's clock grows with the number of threads. */
TEST(the_start_and_end_of_a_thread_do_not_read_the_processs_clock) {
    begin_session(3, MS);
    run(1, 50 * MS);
    int before = process_reads;
    for (int i = 0; i < 100; i++) {
        self = begin_thread();
        run(self, MS / 10);
        thread_starts();
        run(self, MS / 10);
        thread_ends();
        end_thread(self);
    }
    CHECK(process_reads - before <= 1);
    end_session();
}

TEST(a_thread_that_left_the_jvm_is_sampled_on) {
    begin_session(1, MS);
    uint64_t id = self = begin_thread();
    thread_starts();
    run(id, 10 * MS);
    tick();
    thread_ends();
    self = 1;
    CHECK(!fakes[id].has_timer);
    run(id, 20 * MS);
    spprof_threads_search();
    CHECK(fakes[id].has_timer);
    run(id, 20 * MS);
    tick();
    CHECK(signalled_ns >= 49 * MS && signalled_ns <= 51 * MS);
    spprof_threads_sweep();
    CHECK_EQUAL(0, unseen());
    end_session();
}

/* From the ninth time on, the thread keeps its timer (thread_hooks.h), which continues where it
 * was. */
TEST(a_thread_that_comes_and_goes_is_sampled_all_the_time) {
    spprof_thread_hooks_load();
    begin_session(1, MS);
    uint64_t id = self = begin_thread();
    for (int i = 0; i < 50; i++) {
        thread_starts();
        run(id, 3 * MS);
        thread_ends();
        run(id, MS);
        tick();
    }
    self = 1;
    CHECK(signalled_ns >= 190 * MS && signalled_ns <= 201 * MS);
    spprof_threads_sweep();
    end_session();
    CHECK(accounted() >= 199 * MS && accounted() <= 201 * MS);
}

TEST(threads_without_a_timer_are_unseen_until_they_have_one) {
    begin_session(1, MS);
    refuse = true;
    uint64_t id = begin_thread();
    run(id, 100 * MS);
    spprof_threads_sweep();
    run(1, 10 * MS);
    spprof_threads_sweep();
    CHECK_EQUAL(1, spprof_counters.threads_failed);
    CHECK_EQUAL(100 * MS, unseen());
    refuse = false;
    spprof_threads_sweep();
    CHECK_EQUAL(0, spprof_counters.threads_failed);
    run(id, 50 * MS);
    tick();
    spprof_threads_sweep();
    CHECK_EQUAL(100 * MS, unseen()); /* and not sampled as well */
    end_session();
    CHECK(accounted() >= 158 * MS && accounted() <= 162 * MS);
}

TEST(a_java_thread_without_a_timer_is_unseen_to_its_end) {
    begin_session(1, MS);
    refuse = true;
    self = begin_thread();
    thread_starts();
    run(self, 30 * MS);
    thread_ends();
    refuse = false;
    run(self, 20 * MS);
    spprof_threads_sweep(); /* the thread continues as a native one */
    tick();
    end_thread(self);
    self = 1;
    run(1, 10 * MS);
    tick();
    spprof_threads_sweep();
    end_session();
    CHECK(unseen() >= 29 * MS && unseen() <= 31 * MS);
    CHECK(accounted() >= 58 * MS && accounted() <= 62 * MS);
}

TEST(the_profilers_own_thread_is_not_unseen) {
    begin_session(3, MS);
    struct spprof_slot *slot = spprof_slots_find_sigsafe(3);
    CHECK(slot != NULL);
    slot->state = SPPROF_SLOT_EXCLUDED; /* as spprof_threads_exclude does for its own engine */
    for (int i = 0; i < 10; i++) {
        run(3, 10 * MS);
        spprof_threads_sweep();
    }
    CHECK_EQUAL(0, unseen());
    end_session();
}

/* Threads continue to run while their clocks are read. At a session's start the reading takes
 * long. */
TEST(clocks_that_move_while_they_are_read_make_nothing_unseen) {
    reader = 30;
    read_costs_ns = 3 * MS;
    begin_session(60, MS);
    read_costs_ns = 100000;
    for (int i = 0; i < 20; i++) {
        run(2, 10 * MS);
        tick();
        spprof_threads_sweep();
        CHECK_EQUAL(0, unseen());
    }
    /* The remainder of the first look was far too high. A later look corrects it. */
    read_costs_ns = 0;
    run(2, 10 * MS);
    spprof_threads_sweep();
    CHECK_EQUAL(0, unseen());
    /* A look that takes longer than the quickest one does not change the result. */
    for (int i = 1; i <= 5; i++) {
        read_costs_ns = (uint64_t)i * 50000;
        run(2, 10 * MS);
        spprof_threads_sweep();
        CHECK_EQUAL(0, unseen());
    }
    read_costs_ns = 0;
    for (int i = 0; i < 10; i++) {
        uint64_t id = begin_thread();
        run(id, 50 * MS);
        end_thread(id);
        spprof_threads_sweep();
    }
    CHECK_EQUAL(500 * MS, unseen());
    end_session();
}

static uint64_t random_state = 88172645463325252u;

static uint64_t random_below(uint64_t bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

/* Threads of all kinds start, work, are signalled or not, and end, between looks or across them. */
TEST(whatever_threads_do_the_sum_is_the_processs_cpu_time) {
    begin_session(4, MS);
    uint64_t before = process_ns, last = 0, started = 0;
    uint64_t living[16] = {0};
    bool java[16] = {false};
    for (int step = 0; step < 20000; step++) {
        uint64_t at = random_below(16);
        uint64_t id = living[at];
        switch (random_below(8)) {
            case 0:
                if (id == 0 && newest + 2 < MOST) {
                    self = living[at] = begin_thread();
                    java[at] = random_below(2) == 0;
                    fakes[self].blocks = random_below(8) == 0;
                    if (java[at]) {
                        thread_starts();
                    }
                    self = 1;
                    started++;
                }
                break;
            case 1:
                if (id != 0 && random_below(4) == 0) {
                    self = id;
                    if (java[at]) {
                        thread_ends();
                        tick();
                    }
                    self = 1;
                    end_thread(id);
                    living[at] = 0;
                }
                break;
            case 2:
                tick();
                break;
            case 3:
                spprof_threads_search();
                break;
            case 4:
                refuse = random_below(20) == 0;
                spprof_threads_sweep();
                CHECK(unseen() >= last);
                last = unseen();
                break;
            default:
                run(id != 0 ? id : 1, random_below(4 * MS));
                break;
        }
    }
    refuse = false;
    tick();
    spprof_threads_sweep();
    end_session();
    CHECK(started > 500);
    /* Standard deviation: 1 ms x sqrt(threads / 6), some 20 ms. The tolerance is six of them. */
    double off = ((double)accounted() - (double)(process_ns - before)) / (double)MS;
    if (off < -120 || off > 120) {
        fprintf(stderr, "    off by %.1f ms of %.1f\n", off, (double)(process_ns - before) / MS);
        CHECK(false);
    }
    CHECK(unseen() > 0 && spprof_counters.unsignalled_cpu_ns > 0 && signalled_ns > 0);
}

int main(void) {
    RUN(a_steady_load_has_nothing_unseen);
    RUN(a_thread_that_came_and_went_between_two_looks_is_unseen);
    RUN(a_search_finds_new_threads_and_samples_them_from_their_beginning);
    RUN(a_search_tries_each_number_twice);
    RUN(threads_are_found_by_listings_where_numbers_are_not_published);
    RUN(what_a_native_thread_used_after_its_last_signal_is_unseen);
    RUN(a_java_threads_last_moments_are_unseen_to_the_nanosecond);
    RUN(what_a_thread_uses_because_it_is_nearly_due_is_not_sampled);
    RUN(the_start_and_end_of_a_thread_do_not_read_the_processs_clock);
    RUN(a_thread_that_left_the_jvm_is_sampled_on);
    RUN(a_thread_that_comes_and_goes_is_sampled_all_the_time);
    RUN(threads_without_a_timer_are_unseen_until_they_have_one);
    RUN(a_java_thread_without_a_timer_is_unseen_to_its_end);
    RUN(the_profilers_own_thread_is_not_unseen);
    RUN(clocks_that_move_while_they_are_read_make_nothing_unseen);
    RUN(whatever_threads_do_the_sum_is_the_processs_cpu_time);
    return report();
}
