#include "walk/vm/broken_at.h"

#include <stdatomic.h>

#include "walk/guard.h"
#include "walk/libraries.h"
#include "walk/vm/code.h"
#include "walk/vm/locations.h"
#include "walk/vm/methods.h"

#define MOST_OF_A_BLOB_NAME 64

struct text {
    uint32_t count;
    char bytes[128]; /* "[at ", a name, "+0x", 16 digits, "]" */
};

/* The names that were written, by their hashes. */
static struct {
    _Atomic uint64_t hash;   /* 0: free */
    _Atomic uint32_t number; /* 0: to be written again */
} names[SPPROF_MOST_BROKEN_AT];

static void append_sigsafe(struct text *text, const char *more) {
    while (*more != '\0') {
        text->bytes[text->count++] = *more++;
    }
}

static void append_offset_sigsafe(struct text *text, uint64_t offset) {
    append_sigsafe(text, "+0x");
    int shift = 60;
    while (shift > 0 && offset >> shift == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        text->bytes[text->count++] = "0123456789abcdef"[offset >> shift & 0xf];
    }
}

/* Appends a name that the JVM owns. If `pc` is no code of this thread's stack, the name may be
 * anything, so only printable characters are copied. */
static void append_name_sigsafe(struct text *text, uint64_t name) {
    uint8_t byte;
    for (int i = 0; i < MOST_OF_A_BLOB_NAME; i++) {
        if (!spprof_load8_sigsafe(name++, &byte) || byte < ' ' || byte > '~') {
            break;
        }
        text->bytes[text->count++] = (char)byte;
    }
}

static void describe_sigsafe(struct text *text, uint64_t pc) {
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    char library[SPPROF_LIBRARY_NAME];
    uint64_t offset = pc - code.begin;
    append_sigsafe(text, "[at ");
    if (code.kind == SPPROF_CODE_INTERPRETER) {
        append_sigsafe(text, "Interpreter");
    } else if (code.kind != SPPROF_CODE_NONE) {
        append_name_sigsafe(text, spprof_word_sigsafe(code.blob + spprof_layout.blob_name));
    } else if (spprof_libraries_name_sigsafe(pc, library, &offset)) {
        append_sigsafe(text, library);
    } else {
        append_sigsafe(text, "unknown code]");
        return;
    }
    /* An address in a blob's header is no code. */
    if (code.kind == SPPROF_CODE_NONE || pc >= code.begin) {
        append_offset_sigsafe(text, offset);
    }
    append_sigsafe(text, "]");
}

/* Returns the hash FNV-1a of a text; never 0. */
static uint64_t hash_sigsafe(const struct text *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < text->count; i++) {
        hash = (hash ^ (uint8_t)text->bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash != 0 ? hash : 1;
}

/* Returns the number of a name, which is first written to the ring if it is new. Returns 0 if there
 * is no room for it. */
static uint32_t number_sigsafe(const struct text *text) {
    uint64_t hash = hash_sigsafe(text);
    for (uint32_t i = 0; i < SPPROF_MOST_BROKEN_AT; i++) {
        /* Relaxed order is enough: the hash publishes nothing. */
        uint64_t here = atomic_load_explicit(&names[i].hash, memory_order_relaxed);
        if (here == hash ||
            (here == 0 &&
             atomic_compare_exchange_strong_explicit(&names[i].hash, &here, hash,
                                                     memory_order_relaxed, memory_order_relaxed)) ||
            here == hash) {
            /* This acquire pairs with the release below. The reader therefore finds the record of
             * the name before the record of the sample; table.h gives the argument. */
            uint32_t number = atomic_load_explicit(&names[i].number, memory_order_acquire);
            if (number == 0) {
                number = spprof_method_name_sigsafe(text->bytes, text->count);
                atomic_store_explicit(&names[i].number, number, memory_order_release);
            }
            return number;
        }
    }
    return 0;
}

void spprof_broken_at_write_sigsafe(struct spprof_walk *walk, uint64_t pc) {
    struct text text = {.count = 0};
    if (!spprof_words_room_sigsafe(walk, 1)) {
        return;
    }
    describe_sigsafe(&text, pc);
    uint32_t number = number_sigsafe(&text);
    if (number != 0) {
        walk->words[walk->count++] =
            (uint64_t)SPPROF_WORD_BROKEN_AT << SPPROF_WORD_KIND_SHIFT | number;
    }
}

void spprof_broken_at_reset(void) {
    spprof_broken_at_forget();
    for (uint32_t i = 0; i < SPPROF_MOST_BROKEN_AT; i++) { /* relaxed: no handler is in flight */
        atomic_store_explicit(&names[i].hash, 0, memory_order_relaxed);
    }
}

void spprof_broken_at_forget(void) {
    for (uint32_t i = 0; i < SPPROF_MOST_BROKEN_AT; i++) { /* relaxed: no handler is in flight */
        atomic_store_explicit(&names[i].number, 0, memory_order_relaxed);
    }
}
