/*
 * Tests the check of the code blobs (blobs.h) with code heaps that the test builds itself. Each
 * blob that the check demands is renamed once: the check must name it. Blobs that this JVM need not
 * have must not be demanded. No content of a heap may crash the check.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "test.h"
#include "walk/cpu/cpu.h"
#include "walk/guard.h"
#include "walk/vm/blobs.h"
#include "walk/vm/code.h"

#define LOG2_SEGMENT 7
#define SEGMENTS 8192
#define FREE 0xff
#define KIND_OF_METHODS 1

/* A block of one segment: its header, and the blob behind it. */
struct block {
    uint64_t length;
    uint8_t used;
    uint8_t padding[7];
    struct {
        const char *name;
        uint8_t kind, level;
    } blob;
};

static uint8_t maps[2][SEGMENTS];
static char *heaps[2];
static uint64_t ends[2], call_stub_return;
static char why[512];

static struct block *block_at(int heap, uint64_t segment) {
    return (struct block *)(heaps[heap] + (segment << LOG2_SEGMENT));
}

static uint64_t number_of_blocks[2];

static struct block *add_block(int heap, const char *name, uint8_t kind, uint8_t level) {
    uint64_t segment = number_of_blocks[heap]++;
    struct block *block = block_at(heap, segment);
    block->used = true;
    block->blob.name = name;
    block->blob.kind = kind;
    block->blob.level = level;
    maps[heap][segment] = 0;
    return block;
}

/* A JVM without blobs. Heap 1 is that of the stubs. */
static void setup(int32_t release) {
    memset(maps, FREE, sizeof maps);
    spprof_layout = (struct spprof_layout){
        .release = release,
        .heap_count = 2,
        .block_used = offsetof(struct block, used),
        .block_size = offsetof(struct block, blob),
        .blob_name = offsetof(struct block, blob.name) - offsetof(struct block, blob),
        .blob_kind = offsetof(struct block, blob.kind) - offsetof(struct block, blob),
        .nmethod_level = offsetof(struct block, blob.level) - offsetof(struct block, blob),
        .call_stub_return = (uintptr_t)&call_stub_return,
    };
    for (int i = 0; i < 2; i++) {
        heaps[i] = mmap(NULL, SEGMENTS << LOG2_SEGMENT, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(heaps[i] != MAP_FAILED);
        number_of_blocks[i] = 0;
        ends[i] = (uintptr_t)block_at(i, SEGMENTS);
        spprof_layout.heaps[i] = (struct spprof_code_heap){
            .low = (uintptr_t)heaps[i],
            .end = ends[i],
            .high = (uintptr_t)&ends[i],
            .segment_map = (uintptr_t)maps[i],
            .log2_segment = LOG2_SEGMENT,
        };
    }
    call_stub_return = (uintptr_t)block_at(1, 5);
    CHECK_EQUAL(0, spprof_guard_install(false));
}

/* Adds what each release has in each mode, without the blob of the row `without`. */
static void add_blobs_of_start(const struct spprof_blob *without) {
    for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
        for (int i = 0; i < SPPROF_BLOBS_OF_A_ROLE; i++) {
            const struct spprof_blob *blob = &spprof_release_blobs[role][i];
            if (blob != without && blob->names[0] != NULL &&
                blob->creation != SPPROF_BLOB_AT_FIRST_USE) {
                add_block(1, blob->names[0], 0, 9);
            }
        }
    }
}

TEST(a_jvm_with_all_blobs_is_accepted) {
    setup(25);
    add_blobs_of_start(NULL);
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
    CHECK_EQUAL('\0', why[0]);
    add_block(0, "nmethod", 0, 4);
    add_block(0, "nmethod", 0, 3);
    add_block(0, "native nmethod", 0, 0);
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
    CHECK_EQUAL('\0', why[0]);
}

/* Every row of the table that has a condition, renamed once. */
TEST(a_renamed_blob_is_named) {
    int renamed = 0;
    for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
        for (int i = 0; i < SPPROF_BLOBS_OF_A_ROLE; i++) {
            const struct spprof_blob *blob = &spprof_release_blobs[role][i];
            if (blob->names[0] == NULL || blob->creation == SPPROF_BLOB_AT_FIRST_USE) {
                continue;
            }
            setup(25);
            add_block(1, "a name of JDK 99", 0, 9);
            add_blobs_of_start(blob);
            add_block(0, "nmethod", 0, 4);
            add_block(0, "nmethod", 0, 2);
            add_block(0, blob->creation == SPPROF_BLOB_WITH_NATIVE ? "nmethod" : "native nmethod",
                      0, 0);
            bool rare = role == SPPROF_BLOB_FLUSH_ICACHE;
            CHECK_EQUAL(rare ? 0 : -ENOSYS, spprof_blobs_check(why, sizeof why));
            char expected[128];
            snprintf(expected, sizeof expected, "this JVM has no code blob called %s",
                     blob->names[0]);
            bool wanted = !rare || SPPROF_CPU_FLUSHES_BY_STUB;
            CHECK(strcmp(wanted ? expected : "", why) == 0);
            renamed++;
        }
    }
    CHECK(renamed >= 16);
}

TEST(all_missing_blobs_are_named_as_far_as_there_is_room) {
    setup(25);
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    CHECK(strstr(why, "I2C/C2I, DeoptimizationBlob, SafepointBlob, ") != NULL);
    CHECK((strstr(why, ", flush_icache_stub, ") != NULL) == SPPROF_CPU_FLUSHES_BY_STUB);
    CHECK(strstr(why, "handle_exception") == NULL); /* no compiled method exists */
    char little[40];
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(little, sizeof little));
    CHECK_EQUAL(sizeof little - 1, strlen(little));
}

/* -Xint; C1 alone; C2 alone; the time before a compiler has started. */
TEST(a_compilers_blobs_are_demanded_once_it_has_compiled) {
    static const struct {
        uint8_t level;
        const char *missing;
    } modes[] = {{0, "native nmethod"},
                 {1, "forward_exception, handle_exception, unwind_exception"},
                 {3, "forward_exception, handle_exception, unwind_exception"},
                 {4, "ExceptionBlob, UncommonTrapBlob"}};
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++) {
        setup(25);
        for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
            for (int i = 0; i < SPPROF_BLOBS_OF_A_ROLE; i++) {
                if (spprof_release_blobs[role][i].creation == SPPROF_BLOB_AT_START) {
                    add_block(1, spprof_release_blobs[role][i].names[0], 0, 9);
                }
            }
        }
        CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
        CHECK_EQUAL('\0', why[0]);
        add_block(0, "nmethod", 0, modes[mode].level);
        CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
        char expected[128];
        snprintf(expected, sizeof expected, "this JVM has no code blob called %s",
                 modes[mode].missing);
        CHECK(strcmp(expected, why) == 0);
        spprof_layout.nmethod_level = 0; /* not published */
        CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
    }
}

TEST(a_release_is_not_asked_for_what_came_later) {
    setup(17);
    add_blobs_of_start(&spprof_release_blobs[SPPROF_BLOB_CONTINUATION_STUBS][0]);
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
    spprof_layout.release = 21;
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    CHECK(strstr(why, "StubRoutines (continuation") != NULL);
    spprof_layout.release = INT32_MAX; /* not published */
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
}

/* Where kinds are published, the name does not matter: adapters from an AOT cache. */
TEST(a_published_kind_counts_and_not_the_name) {
    setup(25);
    spprof_layout.has_kind = true;
    spprof_layout.kinds[SPPROF_KIND_METHOD] = KIND_OF_METHODS;
    spprof_layout.kinds[SPPROF_KIND_ADAPTER] = 3;
    add_blobs_of_start(NULL);
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    CHECK(strcmp("this JVM has no code blob called I2C/C2I", why) == 0);
    struct block *adapter = add_block(1, "LII", 3, 9);
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
    struct spprof_code code = {.kind = SPPROF_CODE_STUB, .blob = (uintptr_t)&adapter->blob};
    CHECK(spprof_code_is_sigsafe(&code, SPPROF_BLOB_ADAPTER));
    CHECK(spprof_code_is_sigsafe(&code, SPPROF_BLOB_LEADS_TO_JAVA));
    CHECK(!spprof_code_is_sigsafe(&code, SPPROF_BLOB_VTABLE));
    CHECK(!spprof_code_is_sigsafe(&code, SPPROF_BLOB_DEOPTIMIZATION));
    /* A method is then recognised by its kind, too. */
    add_block(0, "a name of JDK 99", KIND_OF_METHODS, 0);
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
    adapter->blob.kind = 4;
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
}

/* Other threads free and create blobs meanwhile. */
TEST(free_blocks_do_not_count) {
    setup(25);
    add_blobs_of_start(&spprof_release_blobs[SPPROF_BLOB_SAFEPOINT][0]);
    add_block(1, "SafepointBlob", 0, 9)->used = false;
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    maps[1][number_of_blocks[1] - 1] = FREE;
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    maps[1][number_of_blocks[1] - 1] = 0;
    block_at(1, number_of_blocks[1] - 1)->used = true;
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
}

TEST(no_name_crashes_the_check) {
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK_EQUAL(0, munmap(page + 4096, 4096));
    memset(page, 'x', 4096);
    setup(25);
    add_block(1, NULL, 0, 9);
    add_block(1, (const char *)8, 0, 9);
    add_block(1, (const char *)0xdead000000000000, 0, 0xff);
    add_block(1, page + 4090, 0, 9); /* no end before the end of the mapped memory */
    add_block(1, page, 0, 9);        /* longer than any name */
    add_block(1, page + 8192, 0, 9);
    add_blobs_of_start(NULL);
    CHECK_EQUAL(0, spprof_blobs_check(why, sizeof why));
}

/* The handler can come to a blob that is just being made. */
TEST(no_name_crashes_the_walker) {
    setup(17);
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    const char *names[] = {NULL, (const char *)8, (const char *)0xdead000000000000, page};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct block *block = add_block(1, names[i], 0, 9);
        struct spprof_code code = {.blob = (uintptr_t)&block->blob};
        for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
            CHECK(!spprof_code_is_sigsafe(&code, role));
        }
    }
    CHECK_EQUAL(0, munmap(page, 4096));
}

/* A JVM that has run for long, with everything in one heap: the work is bounded. */
TEST(only_the_first_blocks_are_examined) {
    setup(25);
    add_blobs_of_start(&spprof_release_blobs[SPPROF_BLOB_SAFEPOINT][0]);
    while (number_of_blocks[1] < 4096) {
        add_block(1, "another blob", 0, 9);
    }
    add_block(1, "SafepointBlob", 0, 9);
    while (number_of_blocks[1] < SEGMENTS) {
        add_block(1, (const char *)8, 0, 9);
    }
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    CHECK(strstr(why, "SafepointBlob") != NULL);
    memset(maps[1], FREE, SEGMENTS);
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
    ends[1] = (uintptr_t)heaps[1]; /* nothing is committed */
    CHECK_EQUAL(-ENOSYS, spprof_blobs_check(why, sizeof why));
}

int main(void) {
    RUN(a_jvm_with_all_blobs_is_accepted);
    RUN(a_renamed_blob_is_named);
    RUN(all_missing_blobs_are_named_as_far_as_there_is_room);
    RUN(a_compilers_blobs_are_demanded_once_it_has_compiled);
    RUN(a_release_is_not_asked_for_what_came_later);
    RUN(a_published_kind_counts_and_not_the_name);
    RUN(free_blocks_do_not_count);
    RUN(no_name_crashes_the_check);
    RUN(no_name_crashes_the_walker);
    RUN(only_the_first_blocks_are_examined);
    return report();
}
