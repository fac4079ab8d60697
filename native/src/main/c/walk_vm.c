/*
 * Our own walker: from the registers that the signal interrupted up to the thread's first Java
 * frame, by what HotSpot publishes of itself (vm/layout.h).
 *
 *   where the thread is          where the walk begins
 *   in Java code                 there
 *   in native code or the JVM    at the anchor, which every way out of Java code leaves behind, but
 *                                calls of small functions do not: then at the Java code that native
 *                                frames lead to (native_frames.h)
 *
 *   then, by the code that a frame's pc is in (vm/frames.h)
 *   compiled                     its location, which stands for the methods inlined there
 *   interpreter                  its method
 *   stub                         nothing: the time is the caller's
 *   call_stub                    nothing; on with the anchor that was kept there, or the end
 *
 * What a compiled frame's pc stands for is written down at the first sight of it, in the handler,
 * as the code may be gone when the sample is read, and is certainly there now. From then on it is a
 * number, found by the pc and the compilation's id in a table: warm, a frame costs a look at the
 * segment map, the header of its code, the table and the stack, and no debug information is read.
 * DEFINE makes the number known in the same record that first has it; only when that is in the ring
 * does it go into the table (`published`), so a number never comes before its definition.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "guard.h"
#include "native_frames.h"
#include "table.h"
#include "vm/frames.h"
#include "vm/scopes.h"
#include "vm/self_test.h"
#include "walk.h"

/* Where a thread was interrupted and where a call returns to can be one address, and two places. */
#define INTERRUPTED_KEY (UINT64_C(1) << 63)

static struct spprof_table locations, methods;
static _Atomic uint32_t last_location;

static uint64_t kind_sigsafe(uint64_t kind) {
    return kind << SPPROF_WORD_KIND_SHIFT;
}

static bool room_for_sigsafe(const struct spprof_walk *walk, uint32_t words) {
    return walk->count + words <= 2 * (walk->depth + 1);
}

/* Whether it is in the words: not if it makes no sense, or if its name found no room. */
static bool write_frame_sigsafe(struct spprof_walk *walk, const struct spprof_method *method,
                                int32_t bci) {
    uint32_t number;
    enum spprof_method_result result = spprof_method_number_sigsafe(method, &number);
    walk->ring_full = walk->ring_full || result == SPPROF_METHOD_RING_FULL;
    if (result != SPPROF_METHOD_KNOWN) {
        return false;
    }
    walk->words[walk->count++] = kind_sigsafe(SPPROF_WORD_FRAME) |
                                 (uint64_t)(uint32_t)(bci + SPPROF_BCI_BIAS) << SPPROF_WORD_SHIFT |
                                 number;
    return true;
}

/* What a table's entry holds of the code: its blob's distance from the code cache's beginning,
 * which is below 2 GB in every JVM, and the size of its frames in words. */
static uint64_t pack_sigsafe(const struct spprof_code *code) {
    return (code->blob - spprof_layout.code_low) << 32 |
           (uint32_t)(spprof_code_frame_size_sigsafe(code) / sizeof(uint64_t));
}

/*
 * Frames whose places are known, one after the other: the fast way, for a return address that is in
 * the table. The entry tells the code's header, and that tells by the compilation's id whether the
 * code is still the same: where other code lies now, another number is there, of 32 bits. Stops at
 * the first frame that is not known, with nothing said about it.
 */
static uint32_t follow_known_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor,
                                     uint32_t most) {
    uint64_t *words = walk->words + walk->count;
    uint64_t pc = cursor->pc, sp = cursor->sp, fp = cursor->fp, value;
    uint32_t count = 0;
    while (count < most) {
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
        pc = spprof_word_sigsafe(end - sizeof(uint64_t));
        fp = spprof_word_sigsafe(end - 2 * sizeof(uint64_t));
    }
    cursor->pc = pc;
    cursor->sp = sp;
    cursor->fp = fp;
    walk->count += count;
    return count;
}

/*
 * The methods that are inlined at a place. Room for them all, or only the first of them, which are
 * then more than is wanted: a frame takes at most two words with its DEFINE.
 */
static int define_sigsafe(struct spprof_walk *walk, const struct spprof_code *code, uint64_t key,
                          struct spprof_scopes *scopes) {
    uint32_t define = walk->count;
    if (!room_for_sigsafe(walk, 2)) {
        walk->flags |= SPPROF_FLAG_TRUNCATED;
        return 0;
    }
    walk->count++;
    struct spprof_scope scope;
    struct spprof_method method;
    int next;
    bool all = true;
    while ((next = spprof_scopes_next_sigsafe(scopes, &scope)) == 1) {
        if (!room_for_sigsafe(walk, 1)) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            all = false;
            break;
        }
        if (!spprof_method_read_sigsafe(scope.method, &method)) {
            next = -1;
            break;
        }
        int32_t bci = method.native ? SPPROF_BCI_NATIVE : scope.bci;
        if (!write_frame_sigsafe(walk, &method, bci)) {
            next = -1;
            break;
        }
    }
    uint32_t number = 0;
    uint32_t count = walk->count - define - 1;
    if (next == 0 && all && walk->fresh_count < SPPROF_MAX_FRESH) {
        /* Relaxed: each gets a number of its own. */
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

static int write_location_sigsafe(struct spprof_walk *walk, const struct spprof_code *code,
                                  const struct spprof_cursor *cursor) {
    uint64_t pc = cursor->pc;
    bool interrupted = cursor->arrival == SPPROF_INTERRUPTED;
    if (!interrupted) {
        pc = spprof_method_original_pc_sigsafe(code, pc, cursor->sp);
    }
    uint64_t key = interrupted ? pc | INTERRUPTED_KEY : pc;
    uint32_t number =
        spprof_table_find_sigsafe(&locations, key, spprof_method_compile_id_sigsafe(code));
    if (number != 0) {
        if (!room_for_sigsafe(walk, 1)) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            return 0;
        }
        walk->words[walk->count++] = kind_sigsafe(SPPROF_WORD_LOCATION) | number;
        return 0;
    }
    struct spprof_scopes scopes;
    if (interrupted && pc < spprof_method_complete_sigsafe(code)) {
        spprof_scopes_open_root_sigsafe(&scopes, code); /* before the method's own first code */
    } else {
        spprof_scopes_open_sigsafe(&scopes, code, pc, interrupted);
    }
    return define_sigsafe(walk, code, key, &scopes);
}

/* A virtual thread's stack begins in Continuation.enterSpecial, or, where the rest of it is on the
 * heap, with a return to a stub that fetches that. 0 elsewhere. */
static int continuation_sigsafe(const struct spprof_code *code) {
    if (spprof_layout.continuation_return == 0) {
        return 0;
    }
    uint64_t from = spprof_word_sigsafe(spprof_layout.continuation_return);
    if (code->kind == SPPROF_CODE_METHOD) {
        bool enters = from >= code->begin && from < spprof_code_end_sigsafe(code);
        return enters ? SPPROF_WALK_VIRTUAL : 0;
    }
    return spprof_code_is_named_sigsafe(code, "StubRoutines (continuation") ? SPPROF_WALK_FROZEN
                                                                            : 0;
}

/* Where the walk begins. 0, 1 if there is no Java frame, or a SPPROF_WALK_BROKEN. */
static int begin_sigsafe(struct spprof_cursor *cursor, struct spprof_registers *registers,
                         uint64_t thread, const void *ucontext) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t base = spprof_word_sigsafe(thread + layout->thread_stack_base);
    uint64_t size = spprof_word_sigsafe(thread + layout->thread_stack_size);
    *cursor = (struct spprof_cursor){.pc = registers->pc,
                                     .sp = registers->sp,
                                     .fp = registers->fp,
                                     .thread = thread,
                                     .low = registers->sp,
                                     .high = base,
                                     .arrival = SPPROF_INTERRUPTED,
                                     .registers = registers};
    if (registers->sp >= base || base - registers->sp > size) {
        return SPPROF_WALK_BROKEN_STACK;
    }
    int32_t state = (int32_t)spprof_int_sigsafe(thread + layout->thread_state);
    bool in_java = state == layout->state_in_java || state == layout->state_in_java_trans;
    enum spprof_code_kind kind = spprof_code_at_sigsafe(registers->pc).kind;
    /* The JVM itself copies memory by a stub, too. */
    if (kind != SPPROF_CODE_NONE && (in_java || kind != SPPROF_CODE_STUB)) {
        return 0;
    }
    int result = spprof_frames_of_anchor_sigsafe(cursor, thread + layout->thread_anchor);
    if (result != 1 || !in_java) {
        return result;
    }
    switch (
        spprof_native_frames_unwind_sigsafe(registers, ucontext, base, spprof_is_code_sigsafe)) {
        case SPPROF_NATIVE_FOUND:
            cursor->pc = registers->pc;
            cursor->sp = registers->sp;
            cursor->fp = registers->fp;
            cursor->arrival = SPPROF_FROM_LEAF;
            return 0;
        case SPPROF_NATIVE_END:
            return 1;
        default:
            return SPPROF_WALK_BROKEN_NATIVE;
    }
}

/*
 * Frames that are being made anew: deoptimisation takes a compiled frame off the stack and puts a
 * frame of the interpreter there for each method that was inlined in it; until all of these are
 * filled in, the thread has an array of what will be in them, the youngest first.
 */
static int write_new_frames_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t array = spprof_word_sigsafe(cursor->thread + layout->thread_vframes);
    uint32_t count;
    if (array == 0 || !spprof_load32_sigsafe(array + layout->vframes_count, &count)) {
        return SPPROF_WALK_BROKEN_DEOPT;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t element = array + layout->vframes_first + i * layout->vframe_size, address;
        uint32_t bci;
        struct spprof_method method;
        if (!spprof_load64_sigsafe(element + layout->vframe_method, &address) ||
            !spprof_load32_sigsafe(element + layout->vframe_bci, &bci) ||
            !spprof_method_read_sigsafe(address, &method) ||
            ((int32_t)bci >= 0 && bci >= method.code_size)) {
            return SPPROF_WALK_BROKEN_DEOPT;
        }
        if (!room_for_sigsafe(walk, 1)) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            return 0;
        }
        if (!write_frame_sigsafe(walk, &method, (int32_t)bci < 0 ? -1 : (int32_t)bci)) {
            return SPPROF_WALK_BROKEN_DEOPT;
        }
    }
    return spprof_frames_of_new_sigsafe(cursor, array, count);
}

static bool is_deoptimizing_sigsafe(const struct spprof_cursor *cursor) {
    return spprof_word_sigsafe(cursor->thread + spprof_layout.thread_vframes) != 0;
}

/* One frame: 0 to go on, 1 at the root, SPPROF_WALK_VIRTUAL or _FROZEN, or a
 * SPPROF_WALK_BROKEN. */
static int next_sigsafe(struct spprof_walk *walk, struct spprof_cursor *cursor) {
    if (cursor->arrival == SPPROF_AT_CALL &&
        cursor->pc == spprof_word_sigsafe(spprof_layout.call_stub_return)) {
        return spprof_frames_of_entry_sigsafe(cursor);
    }
    struct spprof_code code = spprof_code_at_sigsafe(cursor->pc);
    int error;
    switch (code.kind) {
        case SPPROF_CODE_METHOD:
            error = continuation_sigsafe(&code);
            if (error != 0) {
                return error;
            }
            error = write_location_sigsafe(walk, &code, cursor);
            return error != 0 ? error : spprof_frames_of_method_sigsafe(cursor, &code);
        case SPPROF_CODE_INTERPRETER: {
            struct spprof_method method = {0};
            int32_t bci;
            error = spprof_frames_of_interpreter_sigsafe(cursor, &method, &bci);
            if (error == SPPROF_WALK_BROKEN_INTERPRETER && is_deoptimizing_sigsafe(cursor)) {
                return write_new_frames_sigsafe(walk, cursor);
            }
            if (method.address == 0) {
                return error;
            }
            if (!room_for_sigsafe(walk, 1)) {
                walk->flags |= SPPROF_FLAG_TRUNCATED;
            } else if (!write_frame_sigsafe(walk, &method, bci)) {
                return SPPROF_WALK_BROKEN_INTERPRETER;
            }
            return error;
        }
        case SPPROF_CODE_STUB:
            if (is_deoptimizing_sigsafe(cursor) &&
                (spprof_code_is_named_sigsafe(&code, "DeoptimizationBlob") ||
                 spprof_code_is_named_sigsafe(&code, "UncommonTrapBlob"))) {
                return write_new_frames_sigsafe(walk, cursor);
            }
            error = continuation_sigsafe(&code);
            return error != 0 ? error : spprof_frames_of_stub_sigsafe(cursor, &code);
        default:
            return SPPROF_WALK_BROKEN_CODE;
    }
}

void spprof_walk_from_sigsafe(struct spprof_walk *walk, struct spprof_registers *registers) {
    uint64_t thread = (uint64_t)((uintptr_t)walk->env - (uint64_t)spprof_layout.env);
    struct spprof_cursor cursor;
    walk->count = 0;
    walk->flags = SPPROF_FLAG_WORDS;
    walk->fresh_count = 0;
    walk->ring_full = false;
    int result = begin_sigsafe(&cursor, registers, thread, walk->ucontext);
    /* Each word is a frame at least: with more than `depth` of them there is enough. */
    for (uint32_t frames = 0; result == 0 && !walk->ring_full && frames <= walk->depth;) {
        uint32_t room = 2 * (walk->depth + 1) - walk->count;
        uint32_t most = walk->depth + 1 - frames;
        uint32_t before = walk->count;
        if (cursor.arrival == SPPROF_AT_CALL) {
            frames += follow_known_sigsafe(walk, &cursor, most < room ? most : room);
        }
        if (walk->count == before) {
            result = next_sigsafe(walk, &cursor);
            frames += walk->count > before ? 1 : 0;
        }
        if ((walk->flags & SPPROF_FLAG_TRUNCATED) != 0 || frames > walk->depth) {
            walk->flags |= SPPROF_FLAG_TRUNCATED;
            result = 1;
        }
    }
    if (result < 0 && spprof_word_sigsafe(thread + spprof_layout.thread_vframes) != 0) {
        result = SPPROF_WALK_BROKEN_DEOPT;
    }
    walk->result =
        (int16_t)(result == 1 || result == 0 ? (walk->count > 0 ? SPPROF_WALK_OK : 0) : result);
}

static void walk_sigsafe(struct spprof_walk *walk) {
    struct spprof_registers registers;
    spprof_cpu_registers_sigsafe(walk->ucontext, &registers);
    spprof_walk_from_sigsafe(walk, &registers);
}

static void published_sigsafe(const struct spprof_walk *walk) {
    for (uint32_t i = 0; i < walk->fresh_count; i++) {
        spprof_table_put_sigsafe(&locations, walk->fresh[i].key, walk->fresh[i].compile_id,
                                 walk->fresh[i].number, walk->fresh[i].code);
    }
}

static void destroy(void) {
    spprof_guard_remove();
    spprof_methods_reset(NULL, NULL);
    spprof_native_frames_destroy();
    spprof_table_destroy(&locations);
    spprof_table_destroy(&methods);
}

/* Whether the JVM looks after its handlers, and tells of ours (-Xcheck:jni). */
static bool handlers_are_checked(void) {
    uint64_t flag = spprof_layout_flag("CheckJNICalls");
    return flag != 0 && *(const bool *)(uintptr_t)flag;
}

static int create(const struct spprof_walker_config *config) {
    int error = spprof_table_create(&locations, config->locations);
    if (error == 0) {
        error = spprof_table_create(&methods, config->methods);
    }
    if (error == 0) {
        error = spprof_native_frames_create();
    }
    if (error == 0) {
        error = spprof_guard_install(handlers_are_checked());
    }
    if (error != 0) {
        destroy();
        return error;
    }
    atomic_store_explicit(&last_location, 0, memory_order_relaxed);
    spprof_methods_reset(config->ring, &methods);
    return 0;
}

static int probe(JNIEnv *jni, const struct spprof_engine *engine, char *why, uint64_t size) {
    return spprof_vm_self_test(jni, engine, &spprof_walker_vm, why, size);
}

const struct spprof_walker spprof_walker_vm = {
    .name = "vm",
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .walk_sigsafe = walk_sigsafe,
    .published_sigsafe = published_sigsafe,
};
