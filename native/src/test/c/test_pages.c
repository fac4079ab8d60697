/*
 * Tests that memory for a session is zeroed, whole, and gone after its end, whatever its size; and
 * which of its pages are present.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pages.h"
#include "base/ring.h"
#include "test.h"

#define MIB (UINT64_C(1) << 20)
#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE */

static uint64_t page_bytes(void) {
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Returns how many of the first pages are present. */
static uint64_t present(const void *pages, uint64_t bytes) {
    static unsigned char resident[1 << 16];
    uint64_t count = (bytes + page_bytes() - 1) / page_bytes(), found = 0;
    CHECK(count <= sizeof resident);
    CHECK_EQUAL(0, mincore((void *)(uintptr_t)pages, bytes, (void *)resident));
    for (uint64_t i = 0; i < count; i++) {
        found += resident[i] & 1;
    }
    return found;
}

static bool is_mapped(const void *page) {
    unsigned char resident;
    return mincore((void *)(uintptr_t)page, page_bytes(), (void *)&resident) == 0;
}

TEST(pages_of_all_sizes_are_zero_and_leave_nothing) {
    const uint64_t sizes[] = {1,       page_bytes(),  page_bytes() + 1, MIB,
                              2 * MIB, 2 * MIB + 256, 5 * MIB,          16 * MIB + 256};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint64_t part = 0; part < 3; part++) {
            uint8_t *pages = spprof_pages_map(sizes[i], sizes[i] * part / 2);
            CHECK(pages != NULL);
            CHECK(present(pages, sizes[i]) * page_bytes() >= sizes[i] * part / 2);
            for (uint64_t k = 0; k < sizes[i]; k += 64) {
                CHECK_EQUAL(0, pages[k]);
            }
            memset(pages, 1, sizes[i]);
            spprof_pages_unmap(pages, sizes[i]);
            CHECK(!is_mapped(pages));
            CHECK(!is_mapped(pages + (sizes[i] - 1) / page_bytes() * page_bytes()));
        }
    }
}

TEST(pages_of_a_table_are_present_unless_it_is_very_large) {
    uint8_t *table = spprof_pages_map_table(4 * MIB);
    CHECK_EQUAL(4 * MIB / page_bytes(), present(table, 4 * MIB));
    spprof_pages_unmap(table, 4 * MIB);
    table = spprof_pages_map_table(64 * MIB);
    CHECK_EQUAL(0, present(table, 64 * MIB));
    spprof_pages_unmap(table, 64 * MIB);
}

TEST(ring_has_a_part_ahead_of_its_writers_present) {
    struct spprof_ring ring = {0};
    CHECK_EQUAL(0, spprof_ring_create(&ring, 16 * MIB));
    CHECK(present(ring.block, 16 * MIB) * page_bytes() >= MIB);
    for (int i = 0; i < 48; i++) { /* three megabytes */
        struct spprof_record *record = spprof_ring_reserve_sigsafe(&ring, 65536);
        record->type = SPPROF_RECORD_PADDING;
        spprof_ring_publish_sigsafe(record, 65536);
    }
    spprof_ring_make_present(&ring);
    CHECK_EQUAL(2 * MIB, ring.present); /* one call makes one megabyte present */
    for (int i = 0; i < 3; i++) {
        spprof_ring_make_present(&ring);
    }
    CHECK_EQUAL(4 * MIB + sizeof *ring.block, ring.present);
    if (madvise(ring.block, MIB, POPULATE_WRITE) == 0) { /* a system that has this */
        CHECK(present(ring.block, 16 * MIB) * page_bytes() >= 4 * MIB);
    }
    for (int i = 0; i < 300; i++) { /* more than there is room for */
        spprof_ring_reserve_sigsafe(&ring, 65536);
        spprof_ring_make_present(&ring);
    }
    CHECK_EQUAL(spprof_ring_block_size(&ring), ring.present);
    spprof_ring_destroy(&ring);
}

int main(void) {
    RUN(pages_of_all_sizes_are_zero_and_leave_nothing);
    RUN(pages_of_a_table_are_present_unless_it_is_very_large);
    RUN(ring_has_a_part_ahead_of_its_writers_present);
    return report();
}
