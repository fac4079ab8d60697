#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/ring.h"
#include "ring_reader.h"
#include "test.h"
#include "walk/table.h"

static struct spprof_table table;

TEST(table_refuses_a_count_that_is_no_power_of_two) {
    CHECK_EQUAL(-EINVAL, spprof_table_create(&table, 0));
    CHECK_EQUAL(-EINVAL, spprof_table_create(&table, 4));
    CHECK_EQUAL(-EINVAL, spprof_table_create(&table, 1000));
    CHECK_EQUAL(0, spprof_table_create(&table, 1024));
    spprof_table_destroy(&table);
    spprof_table_destroy(&table);
}

TEST(table_finds_what_was_put_with_its_check_only) {
    CHECK_EQUAL(0, spprof_table_create(&table, 1024));
    CHECK_EQUAL(0, spprof_table_find_sigsafe(&table, 0x7f0000001000, 1));
    spprof_table_put_sigsafe(&table, 0x7f0000001000, 1, 11, 0);
    CHECK_EQUAL(11, spprof_table_find_sigsafe(&table, 0x7f0000001000, 1));
    CHECK_EQUAL(0, spprof_table_find_sigsafe(&table, 0x7f0000001000, 2));
    CHECK_EQUAL(0, spprof_table_find_sigsafe(&table, 0x7f0000001008, 1));
    spprof_table_put_sigsafe(&table, 0x7f0000001000, 2, 12, 0); /* another method uses the memory
                                                                 * now */
    CHECK_EQUAL(0, spprof_table_find_sigsafe(&table, 0x7f0000001000, 1));
    CHECK_EQUAL(12, spprof_table_find_sigsafe(&table, 0x7f0000001000, 2));
}

TEST(table_that_is_full_keeps_what_it_has_and_takes_nothing_more) {
    CHECK_EQUAL(0, spprof_table_create(&table, 64));
    for (uint32_t i = 1; i <= 1000; i++) {
        spprof_table_put_sigsafe(&table, i * UINT64_C(0x11111), i, i, 0);
    }
    uint32_t found = 0;
    for (uint32_t i = 1; i <= 1000; i++) {
        uint32_t number = spprof_table_find_sigsafe(&table, i * UINT64_C(0x11111), i);
        CHECK(number == 0 || number == i);
        found += number != 0;
    }
    CHECK_EQUAL(64, found);
    uint64_t kept = 0, refused = 0;
    for (uint32_t i = 1; i <= 1000; i++) {
        uint64_t key = i * UINT64_C(0x11111);
        bool has = spprof_table_find_sigsafe(&table, key, i) == i;
        kept = has ? key : kept;
        refused = has ? refused : key;
    }
    CHECK(spprof_table_has_room_sigsafe(&table, kept)); /* for another meaning of the key */
    CHECK(!spprof_table_has_room_sigsafe(&table, refused));

    spprof_table_clear(&table);
    CHECK(spprof_table_has_room_sigsafe(&table, refused));
    for (uint32_t i = 1; i <= 1000; i++) {
        CHECK_EQUAL(0, spprof_table_find_sigsafe(&table, i * UINT64_C(0x11111), i));
    }
    spprof_table_put_sigsafe(&table, refused, 1, 11, 0);
    CHECK_EQUAL(11, spprof_table_find_sigsafe(&table, refused, 1));
}

#define KEYS 300
#define WRITERS 4

static struct spprof_ring ring;
static _Atomic uint32_t next_number;
static _Atomic int writers;

/*
 * Does what handlers do: look up a key; if it is missing, write a record with a new number to the
 * ring, then put the number into the table. For a number that was found, a record is written to the
 * ring, too. The check of a key changes now and then.
 */
static void *define_and_find(void *seed) {
    uint64_t random = (uintptr_t)seed;
    for (int i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t key = (uint32_t)(random >> 33) % KEYS + 1, check = (uint32_t)(i / 20000) + 1;
        uint32_t number = spprof_table_find_sigsafe(&table, key, check);
        bool fresh = number == 0;
        if (fresh) {
            number = ++next_number;
        }
        struct spprof_record *record;
        do {
            record = spprof_ring_reserve_sigsafe(&ring, spprof_record_size(0));
        } while (record == NULL);
        record->type = fresh ? SPPROF_RECORD_METHOD : SPPROF_RECORD_SAMPLE;
        record->method = number;
        record->time_ns = key << 8 | check;
        spprof_ring_publish_sigsafe(record, spprof_record_size(0));
        if (fresh) {
            spprof_table_put_sigsafe(&table, key, check, number, 0);
        }
    }
    writers--;
    return NULL;
}

static uint32_t *meaning_of;

static void expect_defined_before(const struct spprof_record *record, void *context) {
    uint64_t *samples = context;
    if (record->type == SPPROF_RECORD_METHOD) {
        meaning_of[record->method] = (uint32_t)record->time_ns;
    } else {
        CHECK_EQUAL(record->time_ns, meaning_of[record->method]);
        ++*samples;
    }
}

TEST(table_never_gives_a_number_before_it_was_defined_nor_one_that_means_something_else) {
    CHECK_EQUAL(0, spprof_table_create(&table, 1024));
    CHECK_EQUAL(0, spprof_ring_create(&ring, 1 << 16));
    meaning_of = calloc(WRITERS * 200000 + 1, sizeof *meaning_of);
    CHECK(meaning_of != NULL);
    writers = WRITERS;
    pthread_t threads[WRITERS];
    for (uintptr_t i = 0; i < WRITERS; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, define_and_find, (void *)(i + 1)));
    }
    uint64_t samples = 0;
    while (writers > 0) {
        ring_read(&ring, expect_defined_before, &samples);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    ring_read(&ring, expect_defined_before, &samples);
    CHECK_EQUAL(WRITERS * 200000, samples + next_number);
    CHECK(samples > next_number);
}

int main(void) {
    RUN(table_refuses_a_count_that_is_no_power_of_two);
    RUN(table_finds_what_was_put_with_its_check_only);
    RUN(table_that_is_full_keeps_what_it_has_and_takes_nothing_more);
    RUN(table_never_gives_a_number_before_it_was_defined_nor_one_that_means_something_else);
    return report();
}
