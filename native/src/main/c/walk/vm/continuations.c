#include "walk/vm/continuations.h"

#include "walk/cpu/cpu.h"
#include "walk/vm/methods.h"
#include "walk/vm/return_slots.h"

#define MOST_WORDS_OF_BORDER 16

/*
 * The blob of enterSpecial, and the offset in a JavaThread at which the border's address is. Each
 * is 0 until a walk first finds it. The JVM creates the blob when the first virtual thread starts,
 * and never frees it. Relaxed: each value is a constant of the JVM, and no other data depends on
 * it.
 */
static _Atomic uint64_t border;
static _Atomic uint64_t border_offset;

static bool is_of_continuation_sigsafe(const struct spprof_code *code, const char *name) {
    uint64_t address = spprof_word_sigsafe(code->blob + spprof_layout.nmethod_method);
    struct spprof_method method;
    return spprof_method_read_sigsafe(address, &method) &&
           spprof_method_is_named_sigsafe(&method, SPPROF_RELEASE_CONTINUATION, name);
}

static bool is_native_sigsafe(const struct spprof_code *code) {
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_NATIVE_METHOD);
}

bool spprof_continuations_is_border_sigsafe(const struct spprof_code *code) {
    uint64_t known = atomic_load_explicit(&border, memory_order_relaxed);
    if (known != 0) {
        return code->blob == known;
    }
    if (!is_native_sigsafe(code) || !is_of_continuation_sigsafe(code, SPPROF_RELEASE_BORDER)) {
        return false;
    }
    atomic_store_explicit(&border, code->blob, memory_order_relaxed);
    return true;
}

bool spprof_continuations_border_calls_sigsafe(const struct spprof_method *method) {
    return spprof_method_is_named_sigsafe(method, SPPROF_RELEASE_CONTINUATION,
                                          SPPROF_RELEASE_BORDER_CALLS);
}

bool spprof_continuations_are_stubs_sigsafe(const struct spprof_code *code) {
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_CONTINUATION_STUBS);
}

bool spprof_continuations_return_sigsafe(struct spprof_cursor *cursor,
                                         const struct spprof_code *code, int *result) {
    struct spprof_return_slot slot;
    /* The instructions are checked first, because this check rejects nearly all other methods. */
    return spprof_cpu_follow_to_return_sigsafe(cursor, &slot) &&
           (code->kind == SPPROF_CODE_STUB || spprof_continuations_is_border_sigsafe(code) ||
            (is_native_sigsafe(code) &&
             is_of_continuation_sigsafe(code, SPPROF_RELEASE_FREEZES))) &&
           spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
}

/* The offset is in the first load of sp in the stubs: the return barrier begins by moving sp to the
 * border. */
static uint64_t border_offset_sigsafe(const struct spprof_code *stubs) {
    uint64_t known = atomic_load_explicit(&border_offset, memory_order_relaxed);
    if (known == 0) {
        known = spprof_cpu_loaded_sp_sigsafe(stubs->begin, spprof_code_end_sigsafe(stubs));
        atomic_store_explicit(&border_offset, known, memory_order_relaxed);
    }
    return known;
}

bool spprof_continuations_go_to_carrier_sigsafe(struct spprof_cursor *cursor,
                                                const struct spprof_code *stubs, int *result) {
    uint64_t offset = border_offset_sigsafe(stubs);
    if (offset == 0) {
        return false;
    }
    /* The border begins with a ContinuationEntry, which contains no address of code. The first
     * address of code behind it is the return address of enterSpecial. */
    uint64_t at = spprof_word_sigsafe(cursor->thread + offset);
    for (int words = 1; words < MOST_WORDS_OF_BORDER; words++, at += SPPROF_WORD_BYTES) {
        struct spprof_return_slot slot = spprof_return_slot_of_record_sigsafe(at);
        if (spprof_return_slot_holds_sigsafe(cursor, &slot, NULL)) {
            return spprof_return_slot_go_by_sigsafe(cursor, &slot, result);
        }
    }
    return false;
}
