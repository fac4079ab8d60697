#include "walk/vm/return_slots.h"

#include "base/sample.h"
#include "walk/vm/call_sites.h"
#include "walk/vm/continuations.h"
#include "walk/vm/locations.h"
#include "walk/vm/scopes.h"

int spprof_cursor_go_to_sigsafe(struct spprof_cursor *cursor, const struct spprof_caller *caller) {
    if (caller->sp < cursor->low || caller->sp > cursor->high) {
        return SPPROF_WALK_BROKEN_STACK;
    }
    cursor->pc = caller->pc;
    cursor->sp = caller->sp;
    cursor->fp = caller->fp;
    cursor->arrival = SPPROF_AT_CALL;
    return 0;
}

static bool is_entry_sigsafe(uint64_t pc) {
    return pc == spprof_word_sigsafe(spprof_layout.call_stub_return);
}

bool spprof_code_in_interpreter_sigsafe(uint64_t pc) {
    return pc >= spprof_layout.interpreter_low && pc < spprof_layout.interpreter_end;
}

uint64_t spprof_interpreter_slot_sigsafe(uint64_t fp, int slot) {
    return fp + (uint64_t)(int64_t)slot * SPPROF_WORD_BYTES;
}

/* Checks that the caller's sp is above the frame, that the method's constant pool cache is the one
 * in the frame, and that the byte code pointer is in the method. In the frame of a native method,
 * the byte code pointer can also be 0. */
bool spprof_frames_is_interpreter_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                          struct spprof_method *method) {
    uint64_t address, cache, bcp, sender_sp;
    if (!spprof_cursor_on_stack_sigsafe(cursor, fp) ||
        !spprof_cursor_on_stack_sigsafe(cursor, fp + SPPROF_WORD_BYTES) ||
        !spprof_cursor_load_sigsafe(
            cursor, spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.bcp), &bcp) ||
        !spprof_cursor_load_sigsafe(
            cursor, spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.method),
            &address) ||
        !spprof_cursor_load_sigsafe(
            cursor, spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.cache),
            &cache) ||
        !spprof_cursor_load_sigsafe(
            cursor, spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.sender_sp),
            &sender_sp) ||
        sender_sp + SPPROF_CPU_MOST_BELOW_CALLEE <= fp || sender_sp > cursor->high) {
        return false;
    }
    return spprof_method_read_sigsafe(address, method) && method->pool_cache == cache &&
           (method->native ? bcp == 0 || bcp == method->code_begin
                           : bcp - method->code_begin < method->code_size);
}

/* Returns whether a JavaCallWrapper has `wanted` in a field before its anchor. All these fields are
 * tried, because the JVM does not publish their order (javaCalls.hpp). */
static bool wrapper_has_sigsafe(const struct spprof_cursor *cursor, uint64_t wrapper,
                                uint64_t wanted) {
    uint64_t word, end = wrapper + spprof_layout.wrapper_anchor;
    for (uint64_t at = wrapper; at < end; at += SPPROF_WORD_BYTES) {
        if (spprof_cursor_load_sigsafe(cursor, at, &word) && word == wanted) {
            return true;
        }
    }
    return false;
}

bool spprof_frames_is_entry_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                    const struct spprof_method *callee, uint64_t *wrapper) {
    uint64_t at = spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.entry_wrapper);
    return spprof_cursor_on_stack_sigsafe(cursor, fp) &&
           spprof_cursor_load_sigsafe(cursor, at, wrapper) && *wrapper >= fp &&
           wrapper_has_sigsafe(cursor, *wrapper, cursor->thread) &&
           (callee == NULL || wrapper_has_sigsafe(cursor, *wrapper, callee->address));
}

/* Returns whether the code is a stub, other than call_stub, that calls Java code: for native code,
 * or to thaw a virtual thread. */
static bool calls_java_sigsafe(const struct spprof_code *code) {
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_UPCALL) ||
           spprof_continuations_are_stubs_sigsafe(code);
}

bool spprof_is_call_before_sigsafe(uint64_t pc, uint64_t *target) {
    if (!spprof_cpu_is_call_before_sigsafe(pc, target)) {
        return false;
    }
    if (SPPROF_CPU_TRAMPOLINE_BYTES != 0) {
        struct spprof_code code = spprof_code_at_sigsafe(pc);
        if (code.kind != SPPROF_CODE_NONE && code.kind != SPPROF_CODE_INTERPRETER &&
            *target >= code.begin &&
            *target + SPPROF_CPU_TRAMPOLINE_BYTES <= spprof_code_end_sigsafe(&code)) {
            *target = spprof_cpu_through_trampoline_sigsafe(*target);
        }
    }
    return true;
}

bool spprof_is_return_address_sigsafe(uint64_t pc) {
    uint64_t target;
    if (!spprof_is_code_sigsafe(pc)) {
        return false;
    }
    if (is_entry_sigsafe(pc) || spprof_code_in_interpreter_sigsafe(pc)) {
        return true;
    }
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    if (code.kind == SPPROF_CODE_NONE || pc < code.begin + SPPROF_CPU_MOST_OF_A_CALL ||
        pc > spprof_code_end_sigsafe(&code)) {
        return false;
    }
    return spprof_cpu_is_call_before_sigsafe(pc, &target) ||
           (code.kind == SPPROF_CODE_METHOD
                ? spprof_method_is_deopt_handler_sigsafe(&code, pc)
                : calls_java_sigsafe(&code)); /* no call: the oldest frame of a virtual thread on
                                               * the stack returns to a stub that did not call it */
}

bool spprof_is_return_of_java_sigsafe(uint64_t pc) {
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    return code.kind == SPPROF_CODE_METHOD
               ? spprof_scopes_are_exact_sigsafe(&code, pc) ||
                     spprof_method_is_deopt_handler_sigsafe(&code, pc)
               : spprof_code_in_interpreter_sigsafe(pc) || is_entry_sigsafe(pc);
}

uint64_t spprof_target_of_call_sigsafe(uint64_t pc, const struct spprof_code *code) {
    uint64_t target;
    if (!spprof_is_return_address_sigsafe(pc) || spprof_code_in_interpreter_sigsafe(pc) ||
        is_entry_sigsafe(pc)) {
        return 0;
    }
    return spprof_is_call_before_sigsafe(pc, &target) && target >= code->begin &&
                   target < spprof_code_end_sigsafe(code)
               ? target
               : 0;
}

/* Returns whether the byte code of the call before `pc`, in the innermost method inlined there, can
 * have called `callee`. */
static bool site_calls_sigsafe(const struct spprof_code *caller, uint64_t pc,
                               const struct spprof_method *callee) {
    struct spprof_scopes scopes;
    struct spprof_scope scope;
    struct spprof_method method;
    if (!spprof_scopes_are_exact_sigsafe(caller, pc)) {
        return false;
    }
    spprof_scopes_open_sigsafe(&scopes, caller, pc, false);
    return spprof_scopes_next_sigsafe(&scopes, &scope) == 1 &&
           spprof_method_read_sigsafe(scope.method, &method) &&
           spprof_call_sites_can_call_sigsafe(&method, scope.bci, callee);
}

/* The called method. `code` is its compiled code, or NULL if it runs in the interpreter. */
struct callee {
    const struct spprof_code *code;
    struct spprof_method method;
};

/*
 * Returns whether the call before `pc`, in `caller`, can have called the callee. The call's target
 * is the callee's code; or the target is code through which calls reach methods, and the byte code
 * of the call can call the callee.
 */
static bool calls_sigsafe(const struct spprof_code *caller, uint64_t pc,
                          const struct callee *callee) {
    uint64_t target = 0;
    spprof_is_call_before_sigsafe(pc, &target);
    struct spprof_code code = spprof_code_at_sigsafe(target);
    bool own = code.blob == caller->blob;
    if (callee->code != NULL && code.blob == callee->code->blob &&
        code.kind == SPPROF_CODE_METHOD && !own) {
        return true;
    }
    /* A call whose target is in a register. JVMCI's compilers emit such calls. */
    bool leads = target == 0;
    if (code.kind == SPPROF_CODE_STUB) {
        /* All other stubs are called for other purposes, or by other code. An address that follows
         * such a call is not a method's return address. */
        leads = spprof_code_is_sigsafe(&code, SPPROF_BLOB_LEADS_TO_JAVA);
    } else if (code.kind == SPPROF_CODE_METHOD) {
        /* The target is a stub at the end of the caller's own code; or code without a frame, which
         * jumps on to the method that it is given (MethodHandle.linkToStatic); or an earlier
         * compilation of the callee. */
        leads =
            own || spprof_code_frame_size_sigsafe(&code) < 2 * SPPROF_WORD_BYTES ||
            spprof_word_sigsafe(code.blob + spprof_layout.nmethod_method) == callee->method.address;
    }
    return leads && site_calls_sigsafe(caller, pc, &callee->method);
}

static bool interpreter_calls_sigsafe(const struct spprof_cursor *cursor, uint64_t fp,
                                      const struct spprof_method *callee) {
    struct spprof_method caller;
    if (!spprof_frames_is_interpreter_sigsafe(cursor, fp, &caller) || caller.native) {
        return false;
    }
    uint64_t bcp =
        spprof_word_sigsafe(spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.bcp));
    return spprof_call_sites_can_call_sigsafe(&caller, (int32_t)(bcp - caller.code_begin), callee);
}

/* Returns whether `callee` can return to `pc`, in compiled code or a stub. `sp` is the value of sp
 * after the return. */
static bool code_calls_sigsafe(const struct spprof_cursor *cursor, uint64_t pc, uint64_t sp,
                               const struct callee *callee) {
    struct spprof_code caller = spprof_code_at_sigsafe(pc);
    if (caller.kind == SPPROF_CODE_STUB) {
        return spprof_code_is_sigsafe(&caller, SPPROF_BLOB_UPCALL)
                   ? spprof_call_sites_is_of_handles_sigsafe(&callee->method)
                   : spprof_continuations_are_stubs_sigsafe(&caller);
    }
    if (spprof_method_is_deopt_handler_sigsafe(&caller, pc)) {
        uint64_t at = sp + spprof_int_sigsafe(caller.blob + spprof_layout.nmethod_orig_pc);
        return spprof_cursor_load_sigsafe(cursor, at, &pc) && pc >= caller.begin &&
               pc <= spprof_code_end_sigsafe(&caller) && calls_sigsafe(&caller, pc, callee);
    }
    if (!(spprof_continuations_is_border_sigsafe(&caller)
              ? spprof_continuations_border_calls_sigsafe(&callee->method)
              : calls_sigsafe(&caller, pc, callee))) {
        return false;
    }
    if (callee->code != NULL) {
        spprof_locations_remember_return_sigsafe(pc, &caller, callee->code);
    }
    return true;
}

/*
 * Returns whether a method can return to `pc`: the call before `pc` must be of this method, or of
 * code that leads to this method. A call of another method does not count: a word that an earlier
 * call left in the stack can well be the return address of another method.
 */
static bool can_return_to_sigsafe(const struct spprof_cursor *cursor,
                                  const struct spprof_caller *caller, const struct callee *callee) {
    uint64_t wrapper;
    if (!spprof_is_return_address_sigsafe(caller->pc)) {
        return false;
    }
    if (spprof_code_in_interpreter_sigsafe(caller->pc)) {
        return caller->fp >= caller->sp &&
               interpreter_calls_sigsafe(cursor, caller->fp, &callee->method);
    }
    if (is_entry_sigsafe(caller->pc)) {
        return caller->fp >= caller->sp &&
               spprof_frames_is_entry_sigsafe(cursor, caller->fp, &callee->method, &wrapper);
    }
    return code_calls_sigsafe(cursor, caller->pc, caller->sp, callee);
}

bool spprof_return_slot_can_call_sigsafe(const struct spprof_cursor *cursor,
                                         const struct spprof_caller *caller,
                                         const struct spprof_method *callee) {
    const struct callee interpreted = {.method = *callee};
    return can_return_to_sigsafe(cursor, caller, &interpreted);
}

bool spprof_return_slot_go_by_sigsafe(struct spprof_cursor *cursor,
                                      const struct spprof_return_slot *slot, int *result) {
    struct spprof_caller caller;
    if (!spprof_return_slot_read_sigsafe(cursor, slot, &caller)) {
        return false;
    }
    *result = spprof_cursor_go_to_sigsafe(cursor, &caller);
    return true;
}

bool spprof_return_slot_holds_sigsafe(const struct spprof_cursor *cursor,
                                      const struct spprof_return_slot *slot,
                                      const struct spprof_code *method) {
    struct spprof_caller caller;
    struct spprof_method ignored;
    uint64_t wrapper;
    if (!spprof_return_slot_pc_sigsafe(cursor, slot, &caller.pc) ||
        !spprof_is_code_sigsafe(caller.pc) ||
        !spprof_return_slot_read_sigsafe(cursor, slot, &caller)) {
        return false;
    }
    if (method != NULL) {
        /* The table of locations remembers positive answers. */
        struct callee callee = {.code = method};
        return spprof_locations_returns_sigsafe(caller.pc, method) ||
               (spprof_method_read_sigsafe(
                    spprof_word_sigsafe(method->blob + spprof_layout.nmethod_method),
                    &callee.method) &&
                can_return_to_sigsafe(cursor, &caller, &callee));
    }
    if (spprof_code_in_interpreter_sigsafe(caller.pc)) {
        return caller.fp >= caller.sp &&
               spprof_frames_is_interpreter_sigsafe(cursor, caller.fp, &ignored);
    }
    if (is_entry_sigsafe(caller.pc)) {
        return caller.fp >= caller.sp &&
               spprof_frames_is_entry_sigsafe(cursor, caller.fp, NULL, &wrapper);
    }
    return spprof_is_return_address_sigsafe(caller.pc);
}

struct spprof_return_slot spprof_return_slot_at_stage_sigsafe(const struct spprof_cursor *cursor,
                                                              enum spprof_frame_stage stage,
                                                              uint64_t frame_size) {
    uint64_t sp = cursor->sp;
    switch (stage) {
        case SPPROF_FRAME_NONE:
            return spprof_return_slot_without_frame_sigsafe(sp);
        case SPPROF_FRAME_PUSHED:
            return spprof_return_slot_of_record_sigsafe(sp);
        case SPPROF_FRAME_NO_FP:
            return spprof_return_slot_without_frame_sigsafe(sp + frame_size -
                                                            SPPROF_CPU_CALL_PUSHES);
        default:
            return spprof_return_slot_behind_frame_sigsafe(sp + frame_size);
    }
}
