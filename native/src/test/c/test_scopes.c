/*
 * Tests the search for the debug information of an address: the entry that interpolation finds is
 * the one that a search from the beginning finds, with even, uneven and invalid offsets.
 */
#include <stddef.h>
#include <string.h>

#include "test.h"
#include "walk/guard.h"
#include "walk/vm/layout.h"
#include "walk/vm/scopes.h"

#define MOST 3000

/* A compiled method: its header, then its table, as JDK 17 has them in one block. */
static struct {
    uint64_t code_end, method, scopes, metadata;
    int32_t pcs, pcs_end, to_metadata, unused;
    struct {
        int32_t pc_offset, scope_offset, obj_offset, flags;
    } descs[MOST];
} blob;

static uint32_t random_bits = 1;

static uint32_t random_below(uint32_t limit) {
    random_bits = random_bits * 1664525 + 1013904223;
    return (random_bits >> 8) % limit;
}

static void begin(void) {
    uint64_t base = (uintptr_t)&blob;
    spprof_layout = (struct spprof_layout){
        .code_is_address = true,
        .blob_code_end = offsetof(__typeof__(blob), code_end),
        .nmethod_method = offsetof(__typeof__(blob), method),
        .nmethod_scopes = offsetof(__typeof__(blob), scopes),
        .nmethod_metadata = offsetof(__typeof__(blob), to_metadata),
        .nmethod_pcs = offsetof(__typeof__(blob), pcs),
        .nmethod_pcs_end = offsetof(__typeof__(blob), pcs_end),
    };
    blob.method = base;
    blob.pcs = offsetof(__typeof__(blob), descs);
    CHECK_EQUAL(0, spprof_guard_install(false));
}

static void set_count(int count) {
    blob.pcs_end = blob.pcs + count * (int32_t)sizeof blob.descs[0];
}

/* Returns the position of the scope at an offset, by a search from the beginning; 0 if none. */
static uint32_t expected(int count, int32_t offset) {
    for (int i = 0; i < count; i++) {
        if (blob.descs[i].pc_offset >= offset) {
            return (uint32_t)blob.descs[i].scope_offset;
        }
    }
    return 0;
}

static uint32_t found(int32_t offset) {
    struct spprof_code code = {.kind = SPPROF_CODE_METHOD, .blob = (uintptr_t)&blob, .begin = 4096};
    struct spprof_scopes scopes;
    spprof_scopes_open_sigsafe(&scopes, &code, code.begin + (uint64_t)offset, false);
    return scopes.root_only ? 0 : scopes.next;
}

TEST(the_first_entry_at_or_after_an_address_is_found) {
    begin();
    for (int round = 0; round < 300; round++) {
        int count = 2 + (int)random_below(round % 10 == 0 ? MOST - 2 : 60);
        uint32_t step = 1U << random_below(8);
        int32_t offset = 0;
        for (int i = 0; i < count; i++) {
            blob.descs[i].pc_offset = offset;
            blob.descs[i].scope_offset = i + 1;
            /* Now and then a wide gap: the offsets are uneven. */
            offset += 1 + (int32_t)random_below(random_below(16) == 0 ? 50 * step : step);
        }
        blob.descs[0].pc_offset = -1;
        blob.descs[count - 1].pc_offset = INT32_MAX;
        blob.code_end = 4096 + (uint64_t)offset;
        set_count(count);
        for (int i = 0; i < 200; i++) {
            int32_t at = (int32_t)random_below((uint32_t)offset + 2);
            CHECK_EQUAL(expected(count, at), found(at));
        }
    }
    spprof_guard_remove();
}

TEST(a_table_without_order_ends_the_search) {
    begin();
    for (int round = 0; round < 2000; round++) {
        int count = 1 + (int)random_below(MOST);
        for (int i = 0; i < 3 * count; i++) {
            int32_t any = (int32_t)(random_below(1 << 24) << 8 | random_below(256));
            blob.descs[i % count].pc_offset = any;
            blob.descs[i % count].scope_offset = 1;
        }
        blob.code_end = random_below(2) == 0 ? random_below(1 << 24) : UINT64_MAX - round;
        set_count(count);
        for (int i = 0; i < 20; i++) {
            CHECK(found((int32_t)random_below(1 << 24)) <= 1);
        }
    }
    spprof_guard_remove();
}

int main(void) {
    RUN(the_first_entry_at_or_after_an_address_is_found);
    RUN(a_table_without_order_ends_the_search);
    return report();
}
