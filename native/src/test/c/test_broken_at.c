/*
 * Tests the names that a walk gives to the code at which it failed, and how many of them a session
 * writes. The code heap is a fake with one block for each name.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <sys/mman.h>

#include "ring_reader.h"
#include "test.h"
#include "walk/guard.h"
#include "walk/libraries.h"
#include "walk/vm/broken_at.h"
#include "walk/vm/layout.h"
#include "walk/vm/methods.h"

#define BLOCK 1024
#define BLOCK_HEADER 16
#define CODE 128 /* bytes from the start of a blob to its code */

struct spprof_layout spprof_layout;

struct blob {
    const char *name;
    int32_t code, code_end;
    uint8_t kind;
};

enum { METHOD, STUBS, BAD_NAME, FREE, BLOCKS };

static uint8_t *heap; /* in no library */
static uint8_t segment_map[BLOCKS * BLOCK / 64];
static uint64_t heap_high;
static uint8_t interpreter[256];
static struct spprof_ring ring;
static struct spprof_table methods;
static uint64_t words[2 * (1 + 4)];
static struct spprof_walk walk;

static uint64_t address_of(const void *pointer) {
    return (uintptr_t)pointer;
}

static uint64_t block_at(int which) {
    return address_of(heap) + (uint64_t)which * BLOCK;
}

static uint64_t code_at(int which) {
    return block_at(which) + BLOCK_HEADER + CODE;
}

static void make_blob(int which, const char *name) {
    *(struct blob *)(uintptr_t)(block_at(which) + BLOCK_HEADER) = (struct blob){
        .name = name, .code = CODE, .code_end = BLOCK - BLOCK_HEADER, .kind = which == METHOD};
    heap[which * BLOCK] = which != FREE;
    for (uint8_t i = 0; i < BLOCK / 64; i++) {
        segment_map[which * BLOCK / 64 + i] = i;
    }
}

static void begin(void) {
    void *mapped =
        mmap(NULL, BLOCKS * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED);
    heap = mapped;
    make_blob(METHOD, "nmethod");
    make_blob(STUBS, "StubRoutines (final stubs)");
    make_blob(BAD_NAME, (const char *)(uintptr_t)16); /* not mapped */
    make_blob(FREE, "freed");
    heap_high = address_of(heap) + BLOCKS * BLOCK;
    spprof_layout = (struct spprof_layout){
        .heaps = {{.low = address_of(heap),
                   .end = address_of(heap) + BLOCKS * BLOCK,
                   .high = address_of(&heap_high),
                   .segment_map = address_of(segment_map),
                   .log2_segment = 6}},
        .heap_count = 1,
        .interpreter_low = address_of(interpreter),
        .interpreter_end = address_of(interpreter) + sizeof interpreter,
        .code_end = UINT64_MAX / 2,
        .block_size = BLOCK_HEADER,
        .blob_name = offsetof(struct blob, name),
        .has_kind = true, /* JDK 23 and later: code_at reads no names */
        .blob_kind = offsetof(struct blob, kind),
        .kinds = {[SPPROF_KIND_METHOD] = 1},
        .blob_code = offsetof(struct blob, code),
        .blob_code_end = offsetof(struct blob, code_end),
    };
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_libraries_create(true));
    CHECK_EQUAL(0, spprof_ring_create(&ring, 1 << 16));
    CHECK_EQUAL(0, spprof_table_create(&methods, 1024));
    spprof_methods_reset(&ring, &methods);
    spprof_broken_at_reset();
}

static char read_names[4096]; /* the names that the ring had, each followed by ';' */
static uint32_t last_number;

static void read_name(const struct spprof_record *record, void *context) {
    (void)context;
    CHECK_EQUAL(SPPROF_RECORD_METHOD, record->type);
    CHECK_EQUAL(0, record->line_count);
    last_number = record->method;
    strncat(read_names, (const char *)(record + 1), record->name_bytes);
    strcat(read_names, ";");
}

/* The names that the walk of a stack that breaks at `pc` writes. The word refers to the last. */
static const char *names_at(uint64_t pc) {
    walk = (struct spprof_walk){.words = words, .depth = 4};
    read_names[0] = '\0';
    spprof_broken_at_write_sigsafe(&walk, pc);
    ring_read(&ring, read_name, NULL);
    return read_names;
}

/* The number in the walk's only word; 0 if it has none. */
static uint32_t number(void) {
    if (walk.count == 0) {
        return 0;
    }
    CHECK_EQUAL(1, walk.count);
    CHECK_EQUAL(SPPROF_WORD_BROKEN_AT << 24, words[0] >> 32);
    return (uint32_t)words[0];
}

#define CHECK_NAMES(expected, pc)                                                         \
    do {                                                                                  \
        const char *names = names_at(pc);                                                 \
        if (strcmp(expected, names) != 0) {                                               \
            fprintf(stderr, "    %s:%d: \"%s\", not \"%s\"\n", __FILE__, __LINE__, names, \
                    expected);                                                            \
            _exit(1);                                                                     \
        }                                                                                 \
    } while (0)

TEST(a_name_is_of_the_code_and_its_offset) {
    begin();
    CHECK_NAMES("[at nmethod+0x40];", code_at(METHOD) + 0x40);
    CHECK_EQUAL(last_number, number());
    CHECK_NAMES("[at StubRoutines (final stubs)+0x0];", code_at(STUBS));
    CHECK_NAMES("[at StubRoutines (final stubs)+0x123];", code_at(STUBS) + 0x123);
    CHECK_NAMES("[at Interpreter+0xab];", address_of(interpreter) + 0xab);
    CHECK_EQUAL(last_number, number());
}

TEST(an_address_that_is_no_code_has_a_name_without_an_offset) {
    begin();
    CHECK_NAMES("[at nmethod];", code_at(METHOD) - 1);
    CHECK_NAMES("[at unknown code];", code_at(FREE));
    uint32_t unknown = number();
    CHECK_NAMES("", 0);
    CHECK_EQUAL(unknown, number());
    CHECK_NAMES("", UINT64_MAX);
    CHECK_NAMES("", address_of(&walk) | UINT64_C(1) << 63);
    CHECK_EQUAL(unknown, number());
}

TEST(a_blob_s_name_that_cannot_be_read_is_left_out) {
    begin();
    CHECK_NAMES("[at +0x8];", code_at(BAD_NAME) + 8);
    make_blob(BAD_NAME, "I2C/C2I\x01 adapters");
    CHECK_NAMES("[at I2C/C2I+0x8];", code_at(BAD_NAME) + 8);
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    make_blob(BAD_NAME, name);
    const char *names = names_at(code_at(BAD_NAME) + 8);
    CHECK_EQUAL(4 + 64 + 6, strlen(names));
    CHECK(strcmp(names + 4 + 60, "nnnn+0x8];") == 0);
}

TEST(native_code_has_the_name_of_its_library_and_the_offset_of_its_symbols) {
    begin();
    spprof_layout.code_end = 0; /* the libraries are outside of the code heap */
    uint64_t pc = address_of(dlsym(RTLD_DEFAULT, "qsort"));
    Dl_info info;
    if (dlsym(RTLD_DEFAULT, "_dl_find_object") == NULL ||
        dladdr((void *)(uintptr_t)pc, &info) == 0) {
        return; /* test_native_frames also tries the list of libraries */
    }
    char expected[128];
    snprintf(expected, sizeof expected, "[at %s+0x%llx];", strrchr(info.dli_fname, '/') + 1,
             (unsigned long long)(pc - (uintptr_t)info.dli_fbase));
    CHECK_NAMES(expected, pc);
}

TEST(a_name_is_written_once_until_it_is_forgotten) {
    begin();
    CHECK_NAMES("[at nmethod+0x40];", code_at(METHOD) + 0x40);
    uint32_t first = number();
    CHECK_NAMES("[at nmethod+0x41];", code_at(METHOD) + 0x41);
    CHECK(first != number());
    CHECK_NAMES("", code_at(METHOD) + 0x40);
    CHECK_EQUAL(first, number());
    spprof_methods_forget();
    spprof_broken_at_forget();
    CHECK_NAMES("[at nmethod+0x41];", code_at(METHOD) + 0x41);
    CHECK_EQUAL(1, number()); /* numbers begin anew */
}

TEST(a_session_writes_only_so_many_names) {
    begin();
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 200; i++) {
            const char *names = names_at(code_at(METHOD) + i);
            bool known = i < SPPROF_MOST_BROKEN_AT;
            CHECK_EQUAL(known && round != 1, strlen(names) > 0);
            CHECK_EQUAL(known, number() != 0);
        }
        if (round == 1) { /* names that were written are written again, and no others */
            spprof_methods_forget();
            spprof_broken_at_forget();
        }
    }
    spprof_broken_at_reset();
    CHECK_NAMES("[at nmethod+0xc7];", code_at(METHOD) + 199);
}

TEST(a_stack_without_room_for_the_word_stays_as_it_is) {
    begin();
    walk = (struct spprof_walk){.words = words, .depth = 4, .count = 2 * (1 + 4)};
    spprof_broken_at_write_sigsafe(&walk, code_at(METHOD));
    CHECK_EQUAL(2 * (1 + 4), walk.count);
    walk.count--;
    spprof_broken_at_write_sigsafe(&walk, code_at(METHOD));
    CHECK_EQUAL(2 * (1 + 4), walk.count);
    CHECK_EQUAL(SPPROF_WORD_BROKEN_AT, words[walk.count - 1] >> SPPROF_WORD_KIND_SHIFT);
}

TEST(a_name_that_finds_the_ring_full_is_written_later) {
    begin();
    struct spprof_record *record;
    while ((record = spprof_ring_reserve_sample_sigsafe(&ring, 64)) != NULL) {
        record->type = SPPROF_RECORD_PADDING;
        spprof_ring_publish_sigsafe(record, 64);
    }
    CHECK_NAMES("", code_at(METHOD) + 0x40);
    CHECK_EQUAL(0, number());
    CHECK_NAMES("[at nmethod+0x40];", code_at(METHOD) + 0x40);
    CHECK_EQUAL(last_number, number());
}

int main(void) {
    RUN(a_name_is_of_the_code_and_its_offset);
    RUN(an_address_that_is_no_code_has_a_name_without_an_offset);
    RUN(a_blob_s_name_that_cannot_be_read_is_left_out);
    RUN(native_code_has_the_name_of_its_library_and_the_offset_of_its_symbols);
    RUN(a_name_is_written_once_until_it_is_forgotten);
    RUN(a_session_writes_only_so_many_names);
    RUN(a_stack_without_room_for_the_word_stays_as_it_is);
    RUN(a_name_that_finds_the_ring_full_is_written_later);
    return report();
}
