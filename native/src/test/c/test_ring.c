#include <errno.h>
#include <pthread.h>

#include "base/ring.h"
#include "ring_reader.h"
#include "test.h"

#define CAPACITY 4096

static struct spprof_ring ring;

static struct spprof_record *write_one(uint32_t thread, uint32_t count) {
    uint32_t size = spprof_record_size(count * 16);
    struct spprof_record *record = spprof_ring_reserve_sigsafe(&ring, size);
    if (record != NULL) {
        record->type = SPPROF_RECORD_SAMPLE;
        record->thread = thread;
        record->words = 2 * count;
        memset(record + 1, (int)thread & 0xFF, count * 16);
        spprof_ring_publish_sigsafe(record, size);
    }
    return record;
}

TEST(ring_refuses_a_capacity_that_is_no_power_of_two) {
    CHECK_EQUAL(-EINVAL, spprof_ring_create(&ring, 5000));
    CHECK_EQUAL(-EINVAL, spprof_ring_create(&ring, 2048));
    CHECK_EQUAL(0, spprof_ring_create(&ring, CAPACITY));
    spprof_ring_destroy(&ring);
    spprof_ring_destroy(&ring);
}

static void expect_in_order(const struct spprof_record *record, void *context) {
    uint32_t *next = context;
    CHECK_EQUAL(*next, record->thread);
    const unsigned char *payload = (const unsigned char *)(record + 1);
    for (uint32_t i = 0; i < record->words * 8; i++) {
        CHECK_EQUAL(*next & 0xFF, payload[i]);
    }
    ++*next;
}

TEST(ring_gives_back_what_was_written_in_order) {
    CHECK_EQUAL(0, spprof_ring_create(&ring, CAPACITY));
    uint32_t next = 0;
    /* Odd sizes, so that records reach the end of the ring at every offset. */
    for (uint32_t i = 0; i < 10000; i++) {
        CHECK(write_one(i, i % 23) != NULL);
        if (i % 5 == 4) {
            CHECK_EQUAL(5, ring_read(&ring, expect_in_order, &next));
        }
    }
    CHECK_EQUAL(10000, next);
}

TEST(ring_never_wraps_a_record) {
    CHECK_EQUAL(0, spprof_ring_create(&ring, CAPACITY));
    for (int i = 0; i < 1000; i++) {
        struct spprof_record *record = write_one(1, 20);
        CHECK(record != NULL);
        CHECK((unsigned char *)record + spprof_record_size(20 * 16) <=
              ring.block->data + ring.capacity);
        CHECK_EQUAL(1, ring_read(&ring, NULL, NULL));
    }
}

TEST(ring_full_refuses_and_recovers) {
    CHECK_EQUAL(0, spprof_ring_create(&ring, CAPACITY));
    int written = 0;
    while (write_one(7, 1) != NULL) {
        written++;
    }
    CHECK_EQUAL(CAPACITY / (int)spprof_record_size(16), written);
    CHECK(write_one(7, 1) == NULL);
    CHECK_EQUAL(written, ring_read(&ring, NULL, NULL));
    CHECK(write_one(7, 1) != NULL);
}

TEST(ring_hides_a_record_until_it_is_published) {
    CHECK_EQUAL(0, spprof_ring_create(&ring, CAPACITY));
    uint32_t size = spprof_record_size(0);
    struct spprof_record *slow = spprof_ring_reserve_sigsafe(&ring, size);
    slow->type = SPPROF_RECORD_SAMPLE;
    CHECK(write_one(2, 0) != NULL);
    CHECK_EQUAL(0, ring_read(&ring, NULL, NULL)); /* the reader waits for the slow writer */
    spprof_ring_publish_sigsafe(slow, size);
    CHECK_EQUAL(2, ring_read(&ring, NULL, NULL));
}

#define WRITERS 4
#define RECORDS 20000

static _Atomic int writers_left = WRITERS;
static _Atomic long refused;

static void *writer(void *argument) {
    uint32_t id = (uint32_t)(uintptr_t)argument;
    for (uint32_t i = 0; i < RECORDS;) {
        uint32_t size = spprof_record_size((i % 7) * 16);
        struct spprof_record *record = spprof_ring_reserve_sigsafe(&ring, size);
        if (record == NULL) {
            refused++;
            sched_yield();
            continue;
        }
        record->type = SPPROF_RECORD_SAMPLE;
        record->thread = id;
        record->words = 2 * (i % 7);
        record->time_ns = i;
        record->cpu_ns = (uint64_t)id * 1000003 + i;
        spprof_ring_publish_sigsafe(record, size);
        i++;
    }
    writers_left--;
    return NULL;
}

static void expect_next_of_writer(const struct spprof_record *record, void *context) {
    uint64_t *next = context;
    CHECK(record->thread < WRITERS);
    CHECK_EQUAL(next[record->thread], record->time_ns);
    CHECK_EQUAL((uint64_t)record->thread * 1000003 + record->time_ns, record->cpu_ns);
    next[record->thread]++;
}

TEST(ring_with_many_writers_loses_and_tears_nothing) {
    CHECK_EQUAL(0, spprof_ring_create(&ring, CAPACITY));
    pthread_t threads[WRITERS];
    for (uintptr_t i = 0; i < WRITERS; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, writer, (void *)i));
    }
    uint64_t next[WRITERS] = {0};
    while (writers_left > 0) {
        if (ring_read(&ring, expect_next_of_writer, next) == 0) {
            sched_yield();
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    ring_read(&ring, expect_next_of_writer, next);
    for (int i = 0; i < WRITERS; i++) {
        CHECK_EQUAL(RECORDS, next[i]);
    }
    spprof_ring_destroy(&ring);
}

/* SampleRingTest has the same words. */
TEST(a_frame_word_keeps_a_negative_byte_code_index) {
    CHECK_EQUAL(UINT64_C(0x0400000d00000000), spprof_frame_word(SPPROF_WORD_ID_FRAME, -3, 0));
    CHECK_EQUAL(UINT64_C(0x0101000f00000007), spprof_frame_word(SPPROF_WORD_FRAME, 65535, 7));
}

int main(void) {
    RUN(a_frame_word_keeps_a_negative_byte_code_index);
    RUN(ring_refuses_a_capacity_that_is_no_power_of_two);
    RUN(ring_gives_back_what_was_written_in_order);
    RUN(ring_never_wraps_a_record);
    RUN(ring_full_refuses_and_recovers);
    RUN(ring_hides_a_record_until_it_is_published);
    RUN(ring_with_many_writers_loses_and_tears_nothing);
    return report();
}
