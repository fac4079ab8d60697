#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/buffers.h"
#include "base/gate.h"
#include "test.h"

TEST(gate_is_closed_until_it_is_opened) {
    CHECK(!spprof_gate_is_open_sigsafe());
    CHECK(!spprof_gate_enter_sigsafe());
    spprof_gate_leave_sigsafe();
    spprof_gate_open();
    CHECK(spprof_gate_enter_sigsafe());
    spprof_gate_leave_sigsafe();
}

TEST(gate_counts_who_is_in_flight_open_or_closed) {
    spprof_gate_open();
    CHECK(spprof_gate_enter_sigsafe());
    spprof_gate_close();
    CHECK_EQUAL(1, spprof_gate_in_flight());
    CHECK(!spprof_gate_enter_sigsafe());
    CHECK_EQUAL(2, spprof_gate_in_flight());
    spprof_gate_leave_sigsafe();
    spprof_gate_leave_sigsafe();
    CHECK_EQUAL(0, spprof_gate_in_flight());
    CHECK(!spprof_gate_is_open_sigsafe());
}

TEST(gate_closed_twice_is_closed) {
    spprof_gate_close();
    spprof_gate_close();
    spprof_gate_open();
    CHECK(spprof_gate_is_open_sigsafe());
}

/* Stands for the memory of a session. It is a plain variable, so ThreadSanitizer reports any access
 * that the gate does not order. */
static int session_memory;
static _Atomic bool over;
static _Atomic long uses;

static void *visitor(void *unused) {
    (void)unused;
    while (!over) {
        if (spprof_gate_enter_sigsafe()) {
            CHECK_EQUAL(42, session_memory);
            uses++;
        }
        spprof_gate_leave_sigsafe();
        sched_yield(); /* like handlers, which run briefly and then are away for long */
    }
    return NULL;
}

TEST(gate_keeps_visitors_out_of_a_session_that_ended) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, visitor, NULL));
    }
    for (int i = 0; i < 1000; i++) {
        long before = uses;
        session_memory = 42;
        spprof_gate_open();
        while (uses == before) {
            sched_yield();
        }
        spprof_gate_close();
        while (spprof_gate_in_flight() != 0) {
            sched_yield();
        }
        session_memory = 0; /* nobody is inside: stands for unmapping the memory */
    }
    over = true;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
}

static struct spprof_buffers buffers;

TEST(buffers_refuse_bad_sizes) {
    CHECK_EQUAL(-EINVAL, spprof_buffers_create(&buffers, 0, 8));
    CHECK_EQUAL(-EINVAL, spprof_buffers_create(&buffers, 65, 8));
    CHECK_EQUAL(-EINVAL, spprof_buffers_create(&buffers, 4, 0));
}

TEST(buffers_are_handed_out_once_each) {
    for (uint32_t count = 1; count <= SPPROF_MAX_BUFFERS; count += 63) {
        CHECK_EQUAL(0, spprof_buffers_create(&buffers, count, 8));
        for (uint32_t i = 0; i < count; i++) {
            CHECK_EQUAL(i, spprof_buffers_claim_sigsafe(&buffers));
        }
        CHECK_EQUAL(-1, spprof_buffers_claim_sigsafe(&buffers));
        spprof_buffers_release_sigsafe(&buffers, 0);
        CHECK_EQUAL(0, spprof_buffers_claim_sigsafe(&buffers));
        spprof_buffers_destroy(&buffers);
    }
}

static void *claimer(void *argument) {
    uint64_t mark = (uint64_t)(uintptr_t)argument;
    for (int i = 0; i < 20000; i++) {
        int number = spprof_buffers_claim_sigsafe(&buffers);
        if (number >= 0) {
            uint64_t *words = spprof_buffers_get_sigsafe(&buffers, number);
            words[7] = mark;
            if (i % 64 == 0) {
                sched_yield();
            }
            CHECK_EQUAL(mark, words[7]);
            spprof_buffers_release_sigsafe(&buffers, number);
        }
    }
    return NULL;
}

TEST(buffers_have_one_user_at_a_time) {
    CHECK_EQUAL(0, spprof_buffers_create(&buffers, 3, 8));
    pthread_t threads[5];
    for (uintptr_t i = 0; i < 5; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, claimer, (void *)(i + 1)));
    }
    for (int i = 0; i < 5; i++) {
        pthread_join(threads[i], NULL);
    }
    spprof_buffers_destroy(&buffers);
}

int main(void) {
    RUN(gate_is_closed_until_it_is_opened);
    RUN(gate_counts_who_is_in_flight_open_or_closed);
    RUN(gate_closed_twice_is_closed);
    RUN(gate_keeps_visitors_out_of_a_session_that_ended);
    RUN(buffers_refuse_bad_sizes);
    RUN(buffers_are_handed_out_once_each);
    RUN(buffers_have_one_user_at_a_time);
    return report();
}
