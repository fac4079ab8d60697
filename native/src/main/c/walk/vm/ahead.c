#include "walk/vm/ahead.h"

#include "walk/vm/code.h"
#include "walk/vm/locations.h"
#include "walk/vm/method_hints.h"
#include "walk/vm/methods.h"
#include "walk/vm/return_slots.h"

#define PART_BYTES 1024
#define MOST 24 /* methods and locations of a part that are followed up */

/* Returns the method of the interpreter frame with this fp, which is above `at`; 0 if there is no
 * such frame. */
static uint64_t method_sigsafe(const struct spprof_cursor *cursor, uint64_t at, uint64_t fp) {
    uint64_t method;
    return fp > at && spprof_cursor_load_sigsafe(
                          cursor,
                          spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.method),
                          &method)
               ? method
               : 0;
}

uint64_t spprof_ahead_fetch_sigsafe(const struct spprof_cursor *cursor, uint64_t from) {
    uint64_t end = cursor->high - from > PART_BYTES ? from + PART_BYTES : cursor->high;
    uint64_t locations[MOST], methods[MOST];
    uint32_t location_count = 0, method_count = 0;
    bool is_first = from == cursor->sp;
    uint64_t before = is_first ? 0 : spprof_word_sigsafe(from - SPPROF_WORD_BYTES);
    if (is_first && spprof_code_in_interpreter_sigsafe(cursor->pc)) {
        uint64_t method = method_sigsafe(cursor, from, cursor->fp);
        if (method != 0) {
            spprof_method_fetch_sigsafe(method);
            methods[method_count++] = method;
        }
    }
    for (uint64_t at = from; at < end; at += SPPROF_WORD_BYTES) {
        uint64_t word = spprof_word_sigsafe(at), pc = spprof_cpu_strip_sigsafe(word);
        if (spprof_is_code_sigsafe(pc)) {
            if (spprof_code_in_interpreter_sigsafe(pc)) {
                uint64_t method = method_sigsafe(cursor, at, before);
                if (method != 0 && method_count < MOST) {
                    spprof_method_fetch_sigsafe(method);
                    methods[method_count++] = method;
                }
            } else if (location_count < MOST) {
                spprof_locations_fetch_sigsafe(pc);
                locations[location_count++] = pc;
            }
        }
        before = word;
    }
    /* By now, some of the entries have arrived. They show what else to fetch. */
    for (uint32_t i = 0; i < method_count; i++) {
        spprof_method_hints_fetch_parts_sigsafe(methods[i]);
    }
    for (uint32_t i = 0; i < location_count; i++) {
        spprof_locations_fetch_code_sigsafe(locations[i]);
    }
    return end;
}
