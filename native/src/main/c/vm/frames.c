#include "vm/frames.h"

#include "guard.h"
#include "sample.h"
#include "vm/scopes.h"

#define WORD sizeof(uint64_t)

static bool is_on_stack_sigsafe(const struct spprof_cursor *cursor, uint64_t address) {
    return address >= cursor->low && address < cursor->high && address % WORD == 0;
}

static bool load_stack_sigsafe(const struct spprof_cursor *cursor, uint64_t address,
                               uint64_t *value) {
    if (!is_on_stack_sigsafe(cursor, address)) {
        return false;
    }
    *value = spprof_word_sigsafe(address);
    return true;
}

static int go_to_sigsafe(struct spprof_cursor *cursor, uint64_t pc, uint64_t sp, uint64_t fp) {
    if (sp < cursor->low || sp > cursor->high) {
        return SPPROF_WALK_BROKEN_STACK;
    }
    cursor->pc = pc;
    cursor->sp = sp;
    cursor->fp = fp;
    cursor->arrival = SPPROF_AT_CALL;
    return 0;
}

static bool is_entry_sigsafe(uint64_t pc) {
    return pc == spprof_word_sigsafe(spprof_layout.call_stub_return);
}

static bool is_interpreter_sigsafe(uint64_t pc) {
    return pc >= spprof_layout.interpreter_low && pc < spprof_layout.interpreter_end;
}

/* Words from an interpreter frame's fp: frame_x86.hpp, the same in 17 and 25; self_test.h. */
enum { METHOD_SLOT = -3, CACHE_SLOT = -6, BCP_SLOT = -8, LAST_SLOT = -9 };

static uint64_t slot_sigsafe(uint64_t fp, int slot) {
    return fp + (uint64_t)(int64_t)slot * WORD;
}

/* Whether a whole interpreter frame stands at fp, as far as what is in it agrees with itself. */
static bool is_frame_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                             struct spprof_method *method) {
    uint64_t address, cache, bcp, sender_sp;
    if (!is_on_stack_sigsafe(cursor, fp) || !is_on_stack_sigsafe(cursor, fp + WORD) ||
        !load_stack_sigsafe(cursor, slot_sigsafe(fp, BCP_SLOT), &bcp) ||
        !load_stack_sigsafe(cursor, slot_sigsafe(fp, METHOD_SLOT), &address) ||
        !load_stack_sigsafe(cursor, slot_sigsafe(fp, CACHE_SLOT), &cache) ||
        !load_stack_sigsafe(cursor, slot_sigsafe(fp, spprof_layout.sender_sp), &sender_sp) ||
        sender_sp <= fp || sender_sp > cursor->high) {
        return false;
    }
    return spprof_method_read_sigsafe(address, method) && method->pool_cache == cache &&
           (method->native ? bcp == 0 || bcp == method->code_begin
                           : bcp - method->code_begin < method->code_size);
}

/* Stubs that call Java code, besides call_stub: from native code, and to thaw a virtual thread. */
static bool calls_java_sigsafe(const struct spprof_code *code) {
    return spprof_code_is_named_sigsafe(code, "upcall") ||
           spprof_code_is_named_sigsafe(code, "StubRoutines (continuation");
}

/* Whether code can return to `pc`: it is behind a call, or where the interpreter goes on. */
static bool is_return_address_sigsafe(uint64_t pc) {
    uint64_t target;
    if (!spprof_is_code_sigsafe(pc)) {
        return false;
    }
    if (is_entry_sigsafe(pc) || is_interpreter_sigsafe(pc)) {
        return true;
    }
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    if (code.kind == SPPROF_CODE_NONE || pc < code.begin + 16 ||
        pc > spprof_code_end_sigsafe(&code)) {
        return false;
    }
    return spprof_cpu_is_call_before_sigsafe(pc, &target) ||
           (code.kind == SPPROF_CODE_METHOD
                ? spprof_method_is_deopt_handler_sigsafe(&code, pc)
                : calls_java_sigsafe(&code)); /* a virtual thread's lowest frame was not called */
}

/* Whether a Java method can have been called before `pc`: compilers write these places down. */
static bool is_call_of_java_sigsafe(uint64_t pc) {
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    return code.kind == SPPROF_CODE_METHOD ? spprof_scopes_are_exact_sigsafe(&code, pc)
                                           : is_interpreter_sigsafe(pc) || is_entry_sigsafe(pc);
}

/* Where the call before `pc` leads, if that is right into `code`; else 0. */
static uint64_t call_into_sigsafe(uint64_t pc, const struct spprof_code *code) {
    uint64_t target;
    if (!is_return_address_sigsafe(pc) || is_interpreter_sigsafe(pc) || is_entry_sigsafe(pc)) {
        return 0;
    }
    return spprof_cpu_is_call_before_sigsafe(pc, &target) && target >= code->begin &&
                   target < spprof_code_end_sigsafe(code)
               ? target
               : 0;
}

/*
 * Whether a method can return to `pc`: a call of this method, or of one that leads to it in its
 * place; not of another one, which a word that was left behind in the stack can well be behind.
 */
static bool can_return_to_sigsafe(uint64_t pc, const struct spprof_code *method) {
    if (!is_return_address_sigsafe(pc)) {
        return false;
    }
    if (is_entry_sigsafe(pc) || is_interpreter_sigsafe(pc)) {
        return true;
    }
    struct spprof_code caller = spprof_code_at_sigsafe(pc);
    uint64_t target = 0;
    if (caller.kind == SPPROF_CODE_STUB) {
        return calls_java_sigsafe(&caller);
    }
    if (spprof_method_is_deopt_handler_sigsafe(&caller, pc)) {
        return true;
    }
    spprof_cpu_is_call_before_sigsafe(pc, &target);
    struct spprof_code callee = spprof_code_at_sigsafe(target);
    if (callee.blob == method->blob && callee.kind == SPPROF_CODE_METHOD &&
        callee.blob != caller.blob) {
        return true;
    }
    /* One without a frame jumps on to whatever it is given: MethodHandle.linkToStatic and such. */
    bool other = callee.kind == SPPROF_CODE_METHOD && callee.blob != caller.blob &&
                 spprof_code_frame_size_sigsafe(&callee) >= 2 * WORD &&
                 spprof_word_sigsafe(callee.blob + spprof_layout.nmethod_method) !=
                     spprof_word_sigsafe(method->blob + spprof_layout.nmethod_method);
    return !other && spprof_scopes_are_exact_sigsafe(&caller, pc);
}

/* Places for a return address, and the caller's fp if it is saved there. */
struct place {
    uint64_t at;    /* of the return address */
    uint64_t fp_at; /* 0: fp is the caller's */
};

static bool go_by_sigsafe(struct spprof_cursor *cursor, const struct place *place, int *result) {
    uint64_t pc, fp = cursor->fp;
    if (!load_stack_sigsafe(cursor, place->at, &pc) ||
        (place->fp_at != 0 && !load_stack_sigsafe(cursor, place->fp_at, &fp))) {
        return false;
    }
    *result = go_to_sigsafe(cursor, pc, place->at + WORD, fp);
    return true;
}

/* Whether a place has a return address, for `method` unless that is NULL, and the fp that belongs
 * to it. */
static bool holds_return_sigsafe(const struct spprof_cursor *cursor, const struct place *place,
                                 const struct spprof_code *method) {
    uint64_t pc, fp = cursor->fp;
    struct spprof_method ignored;
    if (!load_stack_sigsafe(cursor, place->at, &pc) ||
        (place->fp_at != 0 && !load_stack_sigsafe(cursor, place->fp_at, &fp))) {
        return false;
    }
    if (is_interpreter_sigsafe(pc)) {
        return fp > place->at && is_frame_sigsafe(cursor, fp, &ignored);
    }
    if (is_entry_sigsafe(pc)) {
        return fp > place->at && is_on_stack_sigsafe(cursor, fp);
    }
    return method == NULL ? is_return_address_sigsafe(pc) : can_return_to_sigsafe(pc, method);
}

static struct place behind_frame_sigsafe(uint64_t end) {
    return (struct place){.at = end - WORD, .fp_at = end - 2 * WORD};
}

static struct place place_at_stage_sigsafe(const struct spprof_cursor *cursor,
                                           enum spprof_frame_stage stage, uint64_t frame_size) {
    uint64_t sp = cursor->sp;
    switch (stage) {
        case SPPROF_FRAME_NONE:
            return (struct place){.at = sp};
        case SPPROF_FRAME_PUSHED:
            return (struct place){.at = sp + WORD, .fp_at = sp};
        case SPPROF_FRAME_NO_FP:
            return (struct place){.at = sp + frame_size - WORD};
        default:
            return behind_frame_sigsafe(sp + frame_size);
    }
}

static enum spprof_frame_stage stage_sigsafe(uint64_t pc, const struct spprof_code *code) {
    /* Entered from a loop, the frame is made there, far behind the beginning. */
    uint64_t osr = spprof_method_osr_entry_sigsafe(code);
    uint64_t complete = spprof_method_complete_sigsafe(code);
    if (osr != 0 && pc >= osr && pc < osr + 64 && pc >= complete) {
        enum spprof_frame_stage stage = spprof_cpu_stage_sigsafe(pc, osr, osr + 64);
        if (stage != SPPROF_FRAME_NONE) {
            return stage;
        }
    }
    return spprof_cpu_stage_sigsafe(pc, code->begin, complete);
}

/* What intrinsics may have pushed in the midst of a method. */
#define MOST_WORDS_PUSHED 24

int spprof_frames_of_method_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    uint64_t sp = cursor->sp;
    int result;
    if (cursor->arrival == SPPROF_AT_CALL) {
        struct place place = behind_frame_sigsafe(sp + frame_size);
        return frame_size >= 2 * WORD && go_by_sigsafe(cursor, &place, &result)
                   ? result
                   : SPPROF_WALK_BROKEN_STACK;
    }
    enum spprof_frame_stage stage = cursor->arrival == SPPROF_INTERRUPTED
                                        ? stage_sigsafe(cursor->pc, code)
                                        : SPPROF_FRAME_COMPLETE;
    struct place place = place_at_stage_sigsafe(cursor, stage, frame_size);
    bool whole = frame_size >= 2 * WORD;
    if ((stage != SPPROF_FRAME_COMPLETE || whole) && holds_return_sigsafe(cursor, &place, code) &&
        go_by_sigsafe(cursor, &place, &result)) {
        return result;
    }
    /* A barrier out of line tells by how much it has moved sp. */
    uint64_t moved = spprof_cpu_moved_sp_sigsafe(cursor->pc, spprof_code_end_sigsafe(code));
    place = behind_frame_sigsafe(sp + frame_size + moved);
    if (moved != 0 && whole && holds_return_sigsafe(cursor, &place, code) &&
        go_by_sigsafe(cursor, &place, &result)) {
        return result;
    }
    const struct place unmade[] = {{.at = sp}, {.at = sp + WORD, .fp_at = sp}};
    for (size_t i = 0; i < 2 && cursor->arrival == SPPROF_INTERRUPTED; i++) {
        if (holds_return_sigsafe(cursor, &unmade[i], code) &&
            go_by_sigsafe(cursor, &unmade[i], &result)) {
            return result;
        }
    }
    for (uint64_t words = 0; words <= MOST_WORDS_PUSHED && whole; words++) {
        place = behind_frame_sigsafe(sp + frame_size + words * WORD);
        if (holds_return_sigsafe(cursor, &place, code) && go_by_sigsafe(cursor, &place, &result)) {
            return result;
        }
    }
    /* The way of calls is not always known: anything behind a call. */
    place = behind_frame_sigsafe(sp + frame_size);
    if (whole && holds_return_sigsafe(cursor, &place, NULL) &&
        go_by_sigsafe(cursor, &place, &result)) {
        return result;
    }
    return SPPROF_WALK_BROKEN_METHOD;
}

#define MOST_WORDS_OF_A_STUB 512
#define MOST_OF_A_PROLOGUE 64 /* bytes */

/* Adapters between the interpreter and compiled code: c2i has made room for arguments, and kept the
 * caller's sp. */
static bool leave_adapter_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                  int *result) {
    uint64_t caller_sp = cursor->registers->bcp, ret = cursor->registers->return_address;
    uint64_t sp = cursor->sp, old, pc;
    if (!spprof_code_is_named_sigsafe(code, "I2C/C2I") || caller_sp <= sp ||
        caller_sp - sp > 512 * WORD || !load_stack_sigsafe(cursor, caller_sp - WORD, &old) ||
        !is_return_address_sigsafe(old) ||
        (ret != old && !(load_stack_sigsafe(cursor, sp, &pc) && pc == old))) {
        return false;
    }
    *result = go_to_sigsafe(cursor, old, caller_sp, cursor->fp);
    return true;
}

/*
 * On the way to an exception's handler, which has no call before it: ExceptionBlob, at its end, has
 * the address that threw in a register, and no frame; DeoptimizationBlob, at its beginning, has its
 * frame, and that address in the thread.
 */
static bool leave_exception_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                    int *result) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code), fp;
    uint64_t pc = cursor->registers->throw_pc;
    if (spprof_code_is_named_sigsafe(code, "ExceptionBlob")) {
        if (cursor->arrival == SPPROF_INTERRUPTED &&
            spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD) {
            *result = go_to_sigsafe(cursor, pc, cursor->sp, cursor->fp);
            return true;
        }
        return false;
    }
    pc = spprof_word_sigsafe(cursor->thread + spprof_layout.thread_exception_pc);
    if (spprof_code_is_named_sigsafe(code, "DeoptimizationBlob") &&
        spprof_code_at_sigsafe(pc).kind == SPPROF_CODE_METHOD &&
        load_stack_sigsafe(cursor, cursor->sp + frame_size - 2 * WORD, &fp)) {
        *result = go_to_sigsafe(cursor, pc, cursor->sp + frame_size, fp);
        return true;
    }
    return false;
}

/*
 * Stubs that save registers without a frame: of the words that are behind a call into the block of
 * stubs, the one whose call leads to where the stub begins, which is the nearest before us.
 */
static bool leave_frameless_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code,
                                    int *result) {
    uint64_t best = 0, best_at = 0, best_pc = 0, pc;
    for (uint64_t at = cursor->sp; at < cursor->sp + MOST_WORDS_OF_A_STUB * WORD; at += WORD) {
        if (!load_stack_sigsafe(cursor, at, &pc)) {
            break;
        }
        if (spprof_is_code_sigsafe(pc)) {
            uint64_t target = call_into_sigsafe(pc, code);
            if (target > best && target <= cursor->pc) {
                best = target;
                best_at = at;
                best_pc = pc;
            }
        }
    }
    if (best == 0) {
        return false;
    }
    *result = go_to_sigsafe(cursor, best_pc, best_at + WORD, cursor->fp);
    return true;
}

static int leave_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    uint64_t sp = cursor->sp, fp = cursor->fp, pc;
    bool top = cursor->arrival == SPPROF_INTERRUPTED;
    bool sized = frame_size >= 2 * WORD;
    int result;
    if (top && sized) {
        enum spprof_frame_stage stage =
            spprof_cpu_stage_sigsafe(cursor->pc, code->begin, code->begin + MOST_OF_A_PROLOGUE);
        struct place place = place_at_stage_sigsafe(cursor, stage, frame_size);
        if (holds_return_sigsafe(cursor, &place, NULL) && go_by_sigsafe(cursor, &place, &result)) {
            return result;
        }
    }
    bool has_fp = fp >= sp && is_on_stack_sigsafe(cursor, fp);
    if (sized && has_fp && spprof_code_is_named_sigsafe(code, "DeoptimizationBlob") &&
        spprof_word_sigsafe(cursor->thread + spprof_layout.thread_vframes) != 0) {
        /* Above its own frame are those that it has made, which nothing is in yet. */
        struct place place = {.at = fp + WORD, .fp_at = fp};
        return go_by_sigsafe(cursor, &place, &result) ? result : SPPROF_WALK_BROKEN_STUB;
    }
    struct place places[] = {
        {.at = sp},
        {.at = fp + WORD, .fp_at = fp},
        behind_frame_sigsafe(sp + frame_size),
        {.at = sp + WORD, .fp_at = sp},
        {.at = fp + 2 * WORD, .fp_at = fp}, /* method_entry_barrier, with its cookie */
    };
    bool possible[] = {top, has_fp, sized, top, has_fp};
    /* First those whose call leads here. */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (possible[i] && load_stack_sigsafe(cursor, places[i].at, &pc) &&
            call_into_sigsafe(pc, code) != 0 && go_by_sigsafe(cursor, &places[i], &result)) {
            return result;
        }
    }
    if (top && leave_adapter_sigsafe(cursor, code, &result)) {
        return result;
    }
    if (leave_exception_sigsafe(cursor, code, &result)) {
        return result;
    }
    if (leave_frameless_sigsafe(cursor, code, &result)) {
        return result;
    }
    /* The way of an exception to a caller whose call was of a method that is gone: its return
     * address is what is left, perhaps with a word below it for alignment. */
    for (uint64_t at = sp; at <= sp + WORD && cursor->arrival == SPPROF_FROM_LEAF; at += WORD) {
        struct place place = {.at = at};
        if (load_stack_sigsafe(cursor, at, &pc) && is_call_of_java_sigsafe(pc) &&
            holds_return_sigsafe(cursor, &place, NULL) && go_by_sigsafe(cursor, &place, &result)) {
            return result;
        }
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (possible[i] && holds_return_sigsafe(cursor, &places[i], NULL) &&
            go_by_sigsafe(cursor, &places[i], &result)) {
            return result;
        }
    }
    return SPPROF_WALK_BROKEN_STUB;
}

int spprof_frames_of_stub_sigsafe(struct spprof_cursor *cursor, const struct spprof_code *code) {
    uint64_t frame_size = spprof_code_frame_size_sigsafe(code);
    int result;
    if (cursor->arrival == SPPROF_AT_CALL && frame_size >= 2 * WORD) {
        struct place place = behind_frame_sigsafe(cursor->sp + frame_size);
        return go_by_sigsafe(cursor, &place, &result) ? result : SPPROF_WALK_BROKEN_STACK;
    }
    bool leaf = cursor->arrival != SPPROF_AT_CALL;
    result = leave_stub_sigsafe(cursor, code);
    if (leaf && result == 0) {
        cursor->arrival = SPPROF_FROM_LEAF; /* whoever called it may have pushed something before */
    }
    return result;
}

static int32_t bci_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                           const struct spprof_method *method) {
    if (method->native) {
        return SPPROF_BCI_NATIVE;
    }
    uint64_t bcp = cursor->arrival == SPPROF_AT_CALL ? 0 : cursor->registers->bcp;
    if (bcp - method->code_begin >= method->code_size) { /* the register is used otherwise now */
        bcp = spprof_word_sigsafe(slot_sigsafe(fp, BCP_SLOT));
    }
    return (int32_t)(bcp - method->code_begin);
}

static int leave_frame_sigsafe(struct spprof_cursor *cursor, uint64_t fp) {
    return go_to_sigsafe(cursor, spprof_word_sigsafe(fp + WORD),
                         spprof_word_sigsafe(slot_sigsafe(fp, spprof_layout.sender_sp)),
                         spprof_word_sigsafe(fp));
}

/*
 * In the code that a method is entered by, templateInterpreterGenerator_x86.cpp. It takes the
 * return address off the stack, makes room for locals, and pushes, one by one: the return address,
 * the caller's fp (which fp then points to), the caller's sp, and the other slots. The method is in
 * a register all the way, the caller's sp until its slot is written. False: the frame is whole.
 */
static bool enter_method_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                 int *result) {
    const struct spprof_registers *registers = cursor->registers;
    uint64_t sp = cursor->sp, fp = cursor->fp, pc;
    uint64_t caller_sp = registers->bcp;
    if (cursor->pc < spprof_layout.entries_low || cursor->pc >= spprof_layout.entries_end) {
        return false;
    }
    bool known = spprof_method_read_sigsafe(registers->method, method);
    method->address = known ? method->address : 0;
    if (fp >= sp && (fp - sp) / WORD < (uint64_t)-LAST_SLOT && is_on_stack_sigsafe(cursor, fp) &&
        load_stack_sigsafe(cursor, fp + WORD, &pc) && is_return_address_sigsafe(pc)) {
        bool has_caller_sp = fp - sp >= WORD;
        caller_sp = has_caller_sp ? spprof_word_sigsafe(slot_sigsafe(fp, spprof_layout.sender_sp))
                                  : caller_sp;
        *result = go_to_sigsafe(cursor, pc, caller_sp, spprof_word_sigsafe(fp));
        return true;
    }
    uint64_t above;
    if (load_stack_sigsafe(cursor, sp, &pc) && pc == fp &&
        load_stack_sigsafe(cursor, sp + WORD, &above) && is_return_address_sigsafe(above)) {
        *result = go_to_sigsafe(cursor, above, caller_sp, fp); /* fp is pushed, and about to move */
        return true;
    }
    if (load_stack_sigsafe(cursor, sp, &pc) && is_return_address_sigsafe(pc)) {
        /* Before its first instructions, the caller's sp is just above. */
        bool sane = caller_sp > sp && caller_sp <= cursor->high && caller_sp % WORD == 0;
        *result = go_to_sigsafe(cursor, pc, sane ? caller_sp : sp + WORD, fp);
        return true;
    }
    pc = registers->return_address;
    if (is_return_address_sigsafe(pc) && caller_sp >= sp && caller_sp <= cursor->high &&
        caller_sp % WORD == 0 && !(load_stack_sigsafe(cursor, fp + WORD, &above) && above == pc)) {
        *result = go_to_sigsafe(cursor, pc, caller_sp, fp);
        return true;
    }
    return false;
}

int spprof_frames_of_interpreter_sigsafe(struct spprof_cursor *cursor, struct spprof_method *method,
                                         int32_t *bci) {
    int result;
    if (cursor->arrival == SPPROF_INTERRUPTED) {
        *bci = 0;
        if (enter_method_sigsafe(cursor, method, &result)) {
            return result;
        }
    }
    uint64_t fp = cursor->fp;
    if (fp >= cursor->sp && is_frame_sigsafe(cursor, fp, method)) {
        *bci = bci_sigsafe(cursor, fp, method);
        return leave_frame_sigsafe(cursor, fp);
    }
    method->address = 0;
    uint64_t pc;
    if (cursor->arrival != SPPROF_AT_CALL && load_stack_sigsafe(cursor, cursor->sp, &pc) &&
        is_return_address_sigsafe(pc)) {
        /* About to return, or just called; or, from a leaf, about to throw into the caller. */
        result = go_to_sigsafe(cursor, pc, cursor->sp + WORD, fp);
        cursor->arrival = SPPROF_FROM_LEAF;
        return result;
    }
    return SPPROF_WALK_BROKEN_INTERPRETER;
}

int spprof_frames_of_new_sigsafe(struct spprof_cursor *cursor) {
    uint64_t fp = cursor->fp;
    if (fp < cursor->sp || !is_on_stack_sigsafe(cursor, slot_sigsafe(fp, METHOD_SLOT)) ||
        !is_on_stack_sigsafe(cursor, fp + WORD)) {
        return SPPROF_WALK_BROKEN_DEOPT;
    }
    return leave_frame_sigsafe(cursor, fp);
}

int spprof_frames_of_anchor_sigsafe(struct spprof_cursor *cursor, uint64_t anchor) {
    uint64_t sp = spprof_word_sigsafe(anchor + spprof_layout.anchor_sp);
    uint64_t pc = spprof_word_sigsafe(anchor + spprof_layout.anchor_pc);
    if (sp == 0) {
        return 1;
    }
    /* Without a pc it is the return address of the call into the JVM, below sp (frame_x86.inline).
     */
    if (pc == 0 && !load_stack_sigsafe(cursor, sp - WORD, &pc)) {
        return SPPROF_WALK_BROKEN_STACK;
    }
    return go_to_sigsafe(cursor, pc, sp, spprof_word_sigsafe(anchor + spprof_layout.anchor_fp));
}

int spprof_frames_of_entry_sigsafe(struct spprof_cursor *cursor) {
    uint64_t wrapper, sp = cursor->sp;
    uint64_t at = slot_sigsafe(cursor->fp, spprof_layout.entry_wrapper);
    if (cursor->fp < sp || !load_stack_sigsafe(cursor, at, &wrapper) ||
        !is_on_stack_sigsafe(cursor, wrapper) || wrapper < cursor->fp) {
        return SPPROF_WALK_BROKEN_ENTRY;
    }
    int result = spprof_frames_of_anchor_sigsafe(cursor, wrapper + spprof_layout.wrapper_anchor);
    return result == 0 && cursor->sp <= sp ? SPPROF_WALK_BROKEN_ENTRY : result;
}
