#include "walk/vm/locations.h"

#include "walk/table.h"
#include "walk/vm/continuations.h"
#include "walk/vm/method_hints.h"
#include "walk/vm/methods.h"
#include "walk/vm/scopes.h"

/*
 * A bit in the keys of addresses that spprof_locations_follow_sigsafe must not find. This function
 * looks up nothing but the address. Two kinds of address have the bit. At the address where a
 * thread was interrupted, the location can differ from that of a return address of the same value.
 * At the border of a virtual thread's stack, a walk may have to end (continuations.h).
 */
#define APART_KEY (UINT64_C(1) << 63)

/* A bit in the third kind of key: a return address together with a callee. The number of such an
 * entry has no meaning. */
#define RETURN_KEY (UINT64_C(1) << 62)

static struct spprof_table locations;
static _Atomic uint32_t last_location;

int spprof_locations_create(uint32_t entries) {
    atomic_store_explicit(&last_location, 0, memory_order_relaxed); /* no handler is in flight */
    return spprof_table_create(&locations, entries);
}

void spprof_locations_forget(void) {
    atomic_store_explicit(&last_location, 0, memory_order_relaxed);
    spprof_table_clear(&locations);
}

void spprof_locations_destroy(void) {
    spprof_table_destroy(&locations);
}

static uint64_t kind_sigsafe(uint64_t kind) {
    return kind << SPPROF_WORD_KIND_SHIFT;
}

bool spprof_words_room_sigsafe(const struct spprof_walk *walk, uint32_t words) {
    return walk->count + words <= SPPROF_FRAME_WORDS * (walk->depth + 1);
}

bool spprof_words_frame_sigsafe(struct spprof_walk *walk, const struct spprof_method *method,
                                int32_t bci) {
    uint32_t number;
    enum spprof_method_result result = spprof_method_number_sigsafe(method, &number);
    walk->ring_full = walk->ring_full || result == SPPROF_METHOD_RING_FULL;
    if (result != SPPROF_METHOD_KNOWN) {
        return false;
    }
    walk->words[walk->count++] = spprof_frame_word(SPPROF_WORD_FRAME, bci, number);
    return true;
}

/* Returns the detail of a table's entry (table.h). The detail consists of the distance of the
 * code's blob from the beginning of the code cache, which is below 2 GB in every JVM, and of the
 * size of the code's frames in words. */
static uint64_t pack_sigsafe(const struct spprof_code *code) {
    return (code->blob - spprof_layout.code_low) << 32 |
           (uint32_t)(spprof_code_frame_size_sigsafe(code) / sizeof(uint64_t));
}

void spprof_locations_fetch_sigsafe(uint64_t pc) {
    __builtin_prefetch(spprof_table_entry_sigsafe(&locations, pc, 0));
}

void spprof_locations_fetch_code_sigsafe(uint64_t pc) {
    uint64_t value;
    const struct spprof_table_entry *entry = spprof_table_look_sigsafe(&locations, pc, &value);
    if (entry != NULL) {
        uint64_t code = atomic_load_explicit(&entry->detail, memory_order_relaxed);
        __builtin_prefetch((const void *)(uintptr_t)(spprof_layout.code_low + (code >> 32) +
                                                     spprof_layout.nmethod_compile_id));
    }
}

uint32_t spprof_locations_follow_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor,
                                         uint32_t most, uint64_t until) {
    uint64_t *words = walk->words + walk->count;
    uint64_t pc = cursor->pc, sp = cursor->sp, fp = cursor->fp, value;
    uint32_t count = 0;
    while (count < most && sp < until) {
        const struct spprof_table_entry *entry = spprof_table_look_sigsafe(&locations, pc, &value);
        if (entry == NULL) {
            break;
        }
        uint64_t code = atomic_load_explicit(&entry->detail, memory_order_relaxed);
        uint64_t end = sp + (code & 0xffffffff) * sizeof(uint64_t);
        uint64_t blob = spprof_layout.code_low + (code >> 32);
        if (spprof_int_sigsafe(blob + spprof_layout.nmethod_compile_id) != value >> 32 ||
            end > cursor->high || end < sp + 2 * sizeof(uint64_t)) {
            break;
        }
        words[count++] = kind_sigsafe(SPPROF_WORD_LOCATION) | (uint32_t)value;
        sp = end;
        pc = spprof_cpu_strip_sigsafe(spprof_word_sigsafe(end - sizeof(uint64_t)));
        fp = spprof_word_sigsafe(end - 2 * sizeof(uint64_t));
    }
    cursor->pc = pc;
    cursor->sp = sp;
    cursor->fp = fp;
    walk->count += count;
    return count;
}

#define MOST_FETCHED 16

/* Begins to fetch what belongs to the methods at a location (ahead.h gives the reason). */
static void fetch_methods_sigsafe(struct spprof_scopes scopes) {
    uint64_t methods[MOST_FETCHED];
    struct spprof_scope scope;
    int count = 0;
    if (scopes.root_only) {
        return;
    }
    while (count < MOST_FETCHED && spprof_scopes_next_sigsafe(&scopes, &scope) == 1) {
        spprof_method_fetch_sigsafe(scope.method);
        methods[count++] = scope.method;
    }
    for (int i = 0; i < count; i++) {
        spprof_method_hints_fetch_parts_sigsafe(methods[i]);
    }
}

/*
 * Writes a DEFINE word and the methods that are inlined at a location. If there is no room for all
 * methods, only the first are written. The walk then has more frames than it may return, because a
 * frame takes at most two words together with its DEFINE.
 */
static int define_sigsafe(struct spprof_walk *walk, const struct spprof_code *code, uint64_t key,
                          struct spprof_scopes *scopes) {
    uint32_t define = walk->count;
    if (!spprof_words_room_sigsafe(walk, 2)) {
        walk->flags |= SPPROF_FLAG_TRUNCATED;
        return 0;
    }
    walk->count++;
    struct spprof_scope scope;
    struct spprof_method method;
    int next;
    bool all = true;
    fetch_methods_sigsafe(*scopes);
    while ((next = spprof_scopes_next_sigsafe(scopes, &scope)) == 1) {
        if (!spprof_words_room_sigsafe(walk, 1)) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            all = false;
            break;
        }
        if (!spprof_method_read_sigsafe(scope.method, &method)) {
            next = -1;
            break;
        }
        int32_t bci = method.native ? SPPROF_BCI_NATIVE : scope.bci;
        if (!spprof_words_frame_sigsafe(walk, &method, bci)) {
            next = -1;
            break;
        }
    }
    uint32_t number = 0;
    uint32_t count = walk->count - define - 1;
    if (next == 0 && all && walk->fresh_count < SPPROF_MAX_FRESH &&
        spprof_table_has_room_sigsafe(&locations, key)) {
        /* Relaxed order is enough: the numbers only have to be distinct. */
        number = atomic_fetch_add_explicit(&last_location, 1, memory_order_relaxed) + 1;
        walk->fresh[walk->fresh_count].key = key;
        walk->fresh[walk->fresh_count].code = pack_sigsafe(code);
        walk->fresh[walk->fresh_count].compile_id = spprof_method_compile_id_sigsafe(code);
        walk->fresh[walk->fresh_count++].number = number;
    }
    walk->words[define] =
        kind_sigsafe(SPPROF_WORD_DEFINE) | (uint64_t)count << SPPROF_WORD_SHIFT | number;
    return next == -1 && !walk->ring_full ? SPPROF_WALK_BROKEN_SCOPES : 0;
}

int spprof_locations_write_sigsafe(struct spprof_walk *walk, const struct spprof_code *code,
                                   const struct spprof_cursor *cursor) {
    uint64_t pc = cursor->pc;
    bool interrupted = cursor->arrival == SPPROF_INTERRUPTED;
    if (!interrupted) {
        pc = spprof_method_original_pc_sigsafe(code, pc, cursor->sp);
    }
    bool apart = interrupted || spprof_continuations_is_border_sigsafe(code);
    uint64_t key = apart ? pc | APART_KEY : pc;
    uint32_t number =
        spprof_table_find_sigsafe(&locations, key, spprof_method_compile_id_sigsafe(code));
    if (number != 0) {
        if (!spprof_words_room_sigsafe(walk, 1)) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            return 0;
        }
        walk->words[walk->count++] = kind_sigsafe(SPPROF_WORD_LOCATION) | number;
        return 0;
    }
    struct spprof_scopes scopes;
    if (interrupted && pc < spprof_method_complete_sigsafe(code)) {
        spprof_scopes_open_root_sigsafe(&scopes, code); /* the method's own code has not begun */
    } else {
        spprof_scopes_open_sigsafe(&scopes, code, pc, interrupted);
    }
    return define_sigsafe(walk, code, key, &scopes);
}

/* Returns the key of a return address together with a callee. Both addresses are stored as
 * distances in the code cache, which are below 2 GB in every JVM. */
static uint64_t return_key_sigsafe(uint64_t pc, const struct spprof_code *callee) {
    return RETURN_KEY | (pc - spprof_layout.code_low) << 31 |
           (callee->blob - spprof_layout.code_low);
}

/* Returns the check of a RETURN_KEY entry, made of the ids of both compilations: both must still be
 * there. */
static uint32_t return_check_sigsafe(uint64_t caller_blob, const struct spprof_code *callee) {
    uint32_t caller = spprof_int_sigsafe(caller_blob + spprof_layout.nmethod_compile_id);
    return caller * UINT32_C(0x9E3779B9) ^ spprof_method_compile_id_sigsafe(callee);
}

bool spprof_locations_returns_sigsafe(uint64_t pc, const struct spprof_code *callee) {
    uint64_t value;
    const struct spprof_table_entry *entry =
        spprof_table_look_sigsafe(&locations, return_key_sigsafe(pc, callee), &value);
    if (entry == NULL) {
        return false;
    }
    uint64_t caller =
        spprof_layout.code_low + atomic_load_explicit(&entry->detail, memory_order_relaxed);
    return value >> 32 == return_check_sigsafe(caller, callee);
}

void spprof_locations_remember_return_sigsafe(uint64_t pc, const struct spprof_code *caller,
                                              const struct spprof_code *callee) {
    spprof_table_put_sigsafe(&locations, return_key_sigsafe(pc, callee),
                             return_check_sigsafe(caller->blob, callee), 1,
                             caller->blob - spprof_layout.code_low);
}

void spprof_locations_published_sigsafe(const struct spprof_walk *walk) {
    for (uint32_t i = 0; i < walk->fresh_count; i++) {
        spprof_table_put_sigsafe(&locations, walk->fresh[i].key, walk->fresh[i].compile_id,
                                 walk->fresh[i].number, walk->fresh[i].code);
    }
}
