#include "walk/vm/continuation_frames.h"

#include "walk/cpu/cpu.h"
#include "walk/vm/continuations.h"
#include "walk/vm/return_slots.h"

#define MOST_WORDS_OF_BORDER 16

/* The offset in a JavaThread at which the border's address is; 0 until a walk first finds it.
 * Relaxed: the value is a constant of the JVM, and no other data depends on it. */
static _Atomic uint64_t border_offset;

bool spprof_continuations_return_sigsafe(struct spprof_cursor *cursor,
                                         const struct spprof_code *code, int *result) {
    struct spprof_return_slot slot;
    /* The instructions are checked first, because this check rejects nearly all other methods. */
    return spprof_cpu_follow_to_return_sigsafe(cursor, &slot) &&
           (code->kind == SPPROF_CODE_STUB || spprof_continuations_is_border_sigsafe(code) ||
            spprof_continuations_freezes_sigsafe(code)) &&
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
