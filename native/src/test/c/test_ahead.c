/*
 * Tests that looking ahead changes nothing but caches: it reads the stack between the given
 * addresses only, and fetches from any address without a fault. Whether it helps is a matter of
 * benchmarks.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"
#include "walk/vm/ahead.h"
#include "walk/vm/layout.h"
#include "walk/vm/locations.h"
#include "walk/vm/method_hints.h"
#include "walk/vm/methods.h"

#define CODE UINT64_C(0x7e0000000000)
#define CODE_BYTES UINT64_C(0x10000000)
#define INTERPRETER (CODE + 0x10000)
#define WORDS 512

static struct spprof_table methods;

static void begin(void) {
    spprof_layout = (struct spprof_layout){.code_low = CODE,
                                           .code_end = CODE + CODE_BYTES,
                                           .interpreter_low = INTERPRETER,
                                           .interpreter_end = INTERPRETER + 0x10000};
    CHECK_EQUAL(0, spprof_locations_create(1024));
    CHECK_EQUAL(0, spprof_table_create(&methods, 64));
    CHECK_EQUAL(0, spprof_method_hints_create(64));
    spprof_methods_reset(NULL, &methods);
}

static void end(void) {
    spprof_method_hints_destroy();
    spprof_table_destroy(&methods);
    spprof_locations_destroy();
}

TEST(hints_refuse_a_count_that_is_no_power_of_two) {
    CHECK_EQUAL(-EINVAL, spprof_method_hints_create(0));
    CHECK_EQUAL(-EINVAL, spprof_method_hints_create(2));
    CHECK_EQUAL(-EINVAL, spprof_method_hints_create(100));
    CHECK_EQUAL(0, spprof_method_hints_create(4));
    spprof_method_hints_destroy();
    spprof_method_hints_destroy();
}

/* The pages below and above the stack cannot be read. Its words are return addresses, frame
 * pointers and anything else, on and off the stack. */
TEST(looking_ahead_reads_the_stack_only) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    CHECK_EQUAL(0, mprotect(pages + page, page, PROT_READ | PROT_WRITE));
    uint64_t low = (uintptr_t)pages + page, high = low + page;
    uint64_t *stack = (uint64_t *)(uintptr_t)low;
    uint32_t random = 1;
    begin();
    for (int round = 0; round < 1000; round++) {
        for (uint64_t i = 0; i < page / sizeof *stack; i++) {
            random = random * 1664525 + 1013904223;
            const uint64_t any[] = {CODE + (random & (CODE_BYTES - 1)),
                                    INTERPRETER + (random >> 16),
                                    low + (random & (2 * page - 1)),
                                    high - 8 * (random >> 29),
                                    low - 8 * (random >> 29),
                                    0,
                                    UINT64_MAX,
                                    random};
            stack[i] = any[random >> 8 & 7];
        }
        struct spprof_cursor cursor = {.sp = low, .low = low, .high = high};
        uint64_t until = 0, parts = 0;
        for (cursor.sp = low + 8 * (random >> 27); cursor.sp < high;
             cursor.sp += 8 * (1 + (random++ & 15))) {
            uint64_t before = until;
            until = spprof_ahead_sigsafe(&cursor, until);
            CHECK(until >= before && until <= high);
            CHECK(until == high || until > cursor.sp + SPPROF_AHEAD_LEAST);
            parts += until != before;
        }
        CHECK_EQUAL(high, until);
        CHECK(parts <= page / 512);
    }
    end();
    munmap(pages, 3 * page);
}

TEST(hints_may_be_of_any_address) {
    begin();
    for (uint64_t i = 0; i < 64; i++) {
        uint64_t parts[SPPROF_METHOD_PARTS];
        for (uint64_t k = 0; k < SPPROF_METHOD_PARTS; k++) {
            parts[k] = (i - k) << i;
        }
        spprof_method_hints_put_sigsafe(8 * i, parts);
        spprof_method_fetch_sigsafe(8 * i);
        spprof_method_hints_fetch_parts_sigsafe(8 * i);
    }
    end();
    uint64_t none[SPPROF_METHOD_PARTS] = {0}; /* outside of a session */
    spprof_method_hints_put_sigsafe(8, none);
    spprof_method_hints_fetch_sigsafe(8);
    spprof_method_hints_fetch_parts_sigsafe(8);
}

static void *write_and_fetch(void *unused) {
    (void)unused;
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t parts[SPPROF_METHOD_PARTS] = {i, i, i, i, i, i, i};
        spprof_method_hints_put_sigsafe(8 * (i & 255), parts);
        spprof_method_hints_fetch_parts_sigsafe(8 * (i & 255));
    }
    return NULL;
}

TEST(handlers_write_and_fetch_hints_at_the_same_time) {
    pthread_t threads[4];
    begin();
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, write_and_fetch, NULL));
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    end();
}

int main(void) {
    RUN(hints_refuse_a_count_that_is_no_power_of_two);
    RUN(looking_ahead_reads_the_stack_only);
    RUN(hints_may_be_of_any_address);
    RUN(handlers_write_and_fetch_hints_at_the_same_time);
    return report();
}
