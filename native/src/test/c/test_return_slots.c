/*
 * Tests which words of a stack the walker accepts as a method's return address: the addresses after
 * a call instruction that can have led to the method, and none of the addresses that other calls
 * have left on the stack. The test builds the code heap, methods and stubs itself, as JDK 17 lays
 * them out.
 */
#include <stddef.h>

#include "fake_methods.h"
#include "test.h"
#include SPPROF_PROCESSOR_CODE
#include "walk/guard.h"
#include "walk/vm/frames.h"
#include "walk/vm/layout.h"
#include "walk/vm/locations.h"
#include "walk/vm/return_slots.h"

#define SEGMENT 128
#define BLOCK_SEGMENTS 8
#define BLOCKS 16
#define CODE_AT 64 /* bytes of code before a method's first call */
#define CALL 16    /* from one call to the next */

/* A block of the heap: its header, the blob's, debug information, the code. */
struct block {
    uint64_t length;
    uint8_t used[8];
    const char *name;
    uint64_t code_begin, code_end, method, scopes, deopt, deopt_mh, osr_entry;
    int32_t frame_complete, frame_words, entry_bci, compile_id, pcs, pcs_end, orig_pc, to_metadata;
    struct {
        int32_t pc_offset, scope_offset, obj_offset, flags;
    } descs[16];
    uint64_t metadata[2];
    uint8_t scope_data[96];
    uint8_t code[BLOCK_SEGMENTS * SEGMENT - 480];
};
_Static_assert(sizeof(struct block) == BLOCK_SEGMENTS * SEGMENT, "a block");

static struct block heap[BLOCKS] __attribute__((aligned(SEGMENT)));
static uint8_t segments[BLOCKS * BLOCK_SEGMENTS];
static uint64_t heap_high = (uint64_t)(uintptr_t)(heap + BLOCKS);
static uint64_t call_stub_return;
static int blocks, calls;
static uint64_t stack[128];
#define STACK_END ((uintptr_t)(stack + 128))
static uint64_t thread[1];

/* What compiled code in these tests is of, and the byte codes of the one that calls. */
static struct fake_method *calling, *called, *another, *inlining;
static int32_t calls_called, calls_another, links;

#define IN_BLOB(field) (offsetof(struct block, field) - offsetof(struct block, name))

static struct block *make(const char *name, int frame_words, const struct fake_method *method) {
    struct block *block = &heap[blocks++];
    block->used[0] = 1;
    block->name = name;
    block->code_begin = (uintptr_t)block->code;
    block->code_end = (uintptr_t)(block->code + sizeof block->code);
    block->method = method == NULL ? 0 : fake_address(method);
    block->metadata[0] = block->method;
    block->metadata[1] = fake_address(calling); /* what is inlined in it */
    block->scopes = (uintptr_t)block->scope_data;
    block->to_metadata = IN_BLOB(metadata);
    block->orig_pc = 3 * sizeof(uint64_t);
    block->frame_words = frame_words;
    block->entry_bci = -1;
    block->compile_id = blocks;
    block->pcs = IN_BLOB(descs);
    block->pcs_end = IN_BLOB(descs);
    code_fill(block->code, sizeof block->code);
    return block;
}

static void begin(void) {
    uint64_t low = (uintptr_t)heap;
    for (size_t i = 0; i < sizeof segments; i++) {
        segments[i] = i % BLOCK_SEGMENTS;
    }
    spprof_layout = (struct spprof_layout){
        .heaps = {{.low = low,
                   .end = heap_high,
                   .high = (uintptr_t)&heap_high,
                   .segment_map = (uintptr_t)segments,
                   .log2_segment = 7}},
        .heap_count = 1,
        .code_low = low,
        .code_end = heap_high,
        .block_used = offsetof(struct block, used),
        .block_size = offsetof(struct block, name),
        .code_is_address = true,
        .blob_name = IN_BLOB(name),
        .blob_code = IN_BLOB(code_begin),
        .blob_code_end = IN_BLOB(code_end),
        .blob_frame_complete = IN_BLOB(frame_complete),
        .blob_frame_size = IN_BLOB(frame_words),
        .nmethod_method = IN_BLOB(method),
        .nmethod_entry_bci = IN_BLOB(entry_bci),
        .nmethod_compile_id = IN_BLOB(compile_id),
        .nmethod_osr_entry = IN_BLOB(osr_entry),
        .nmethod_deopt = IN_BLOB(deopt),
        .nmethod_deopt_mh = IN_BLOB(deopt_mh),
        .nmethod_pcs = IN_BLOB(pcs),
        .nmethod_pcs_end = IN_BLOB(pcs_end),
        .nmethod_scopes = IN_BLOB(scopes),
        .nmethod_metadata = IN_BLOB(to_metadata),
        .nmethod_orig_pc = IN_BLOB(orig_pc),
        .invocation_entry_bci = -1,
        .call_stub_return = (uintptr_t)&call_stub_return,
    };
    fake_methods_begin(false);
    calling = fake_method("Calling", "run", "()V");
    called = fake_method("Called", "call", "(I)V");
    another = fake_method("Another", "call", "(J)V");
    inlining = fake_method("Inlining", "run", "()V");
    calls_called = fake_call(calling, 0xb6, "Base", "call", "(I)V");
    calls_another = fake_call(calling, 0xb9, "Interface", "call", "(J)V");
    links = fake_call(calling, 0xb8, "java/lang/invoke/MethodHandle", "linkToStatic",
                      "(JLjava/lang/invoke/MemberName;)V");
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_locations_create(1024));
}

static void end(void) {
    spprof_locations_destroy();
    spprof_guard_remove();
}

static struct spprof_code code_of(const struct block *block) {
    return spprof_code_at_sigsafe(block->code_begin);
}

/* The compiler has written down that the byte code at `bci` can call a method before `pc`: of the
 * block's own method, or of the one that is inlined in it. */
static void write_desc(struct block *caller, uint64_t pc, int32_t bci) {
    int at = calls++;
    bool inlined = caller->method != fake_address(calling);
    uint8_t *scope = caller->scope_data + 1 + 6 * at; /* 0 means that there is none */
    caller->descs[at].pc_offset = (int32_t)(pc - caller->code_begin);
    caller->descs[at].scope_offset = (int32_t)(scope - caller->scope_data) + (inlined ? 3 : 0);
    caller->pcs_end = (int32_t)(IN_BLOB(descs) + (size_t)calls * sizeof caller->descs[0]);
    /* The caller's scope, the method, the byte code's index plus one. */
    memcpy(scope, (uint8_t[]){0, 1, inlined ? 1 : (uint8_t)(bci + 1)}, 3);
    memcpy(scope + 3, (uint8_t[]){(uint8_t)(1 + 6 * at), 2, (uint8_t)(bci + 1)}, 3);
}

static uint64_t next_call(const struct block *caller) {
    return caller->code_begin + CODE_AT + (uint64_t)calls * CALL;
}

/* Behind a new call in `caller` that leads to an address, by the byte code at `bci`. */
static uint64_t call_by(struct block *caller, int32_t bci, uint64_t target) {
    uint64_t pc = next_call(caller);
    code_call(pc, target);
    write_desc(caller, pc, bci);
    return pc;
}

static uint64_t call(struct block *caller, uint64_t target) {
    return call_by(caller, calls_called, target);
}

static bool can_return(const struct block *method, uint64_t pc) {
    struct spprof_cursor cursor = {.low = (uintptr_t)stack, .high = STACK_END};
    struct spprof_return_slot slot = spprof_return_slot_at_sigsafe((uintptr_t)&stack[2], 0);
    struct spprof_code code = code_of(method);
    stack[2] = pc;
    return spprof_return_slot_holds_sigsafe(&cursor, &slot, &code);
}

TEST(a_method_returns_behind_a_call_of_it_and_of_no_other) {
    begin();
    struct block *caller = make("nmethod", 4, calling), *callee = make("nmethod", 4, called);
    struct block *anew = make("nmethod", 6, called), *other = make("nmethod", 4, another);
    struct block *frameless = make("nmethod", 1, another);
    CHECK(can_return(callee, call(caller, callee->code_begin)));
    CHECK(can_return(anew, call(caller, callee->code_begin)));
    CHECK(!can_return(other, call(caller, callee->code_begin)));
    CHECK(can_return(other, call_by(caller, links, frameless->code_begin)));
    CHECK(!can_return(callee, call_by(caller, links, frameless->code_begin))); /* (I)V */
    CHECK(can_return(callee, call(caller, caller->code_end - 32))); /* a stub of the caller's own */
    CHECK(!can_return(callee, next_call(caller)));                  /* no call */
    end();
}

TEST(a_method_returns_behind_a_call_by_stubs_that_lead_to_methods) {
    static const char *const names[] = {
        "vtable chunks",          "I2C/C2I adapters",
        "MethodHandles adapters", "InlineCacheBuffer",
        "resolve_virtual_call",   "ic_miss_stub",
        "wrong_method_stub",      "Shared Runtime resolve_opt_virtual_call_blob",
    };
    begin();
    struct block *caller = make("nmethod", 4, calling), *callee = make("nmethod", 4, called);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK(can_return(callee, call(caller, make(names[i], 0, NULL)->code_begin)));
    }
    uint64_t pc = next_call(caller);
    code_call_register(pc);
    write_desc(caller, pc, calls_called);
    CHECK(can_return(callee, pc));
    end();
}

TEST(what_calls_of_anything_else_left_behind_is_no_return_address) {
    static const char *const names[] = {
        "_new_instance_Java",           "C2 Runtime new_array",
        "C1 Runtime new_instance_blob", "fast_new_instance Runtime1 stub",
        "StubRoutines (compilerstubs)", "DeoptimizationBlob",
    };
    begin();
    struct block *caller = make("nmethod", 4, calling), *callee = make("nmethod", 4, called);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK(!can_return(callee, call(caller, make(names[i], 0, NULL)->code_begin)));
    }
    CHECK(!can_return(callee, call(caller, (uintptr_t)heap - 4096))); /* native code */
    end();
}

TEST(a_call_that_can_lead_to_many_methods_has_led_to_what_its_byte_code_names) {
    begin();
    struct block *caller = make("nmethod", 4, calling), *callee = make("nmethod", 4, called);
    struct block *other = make("nmethod", 4, another), *outer = make("nmethod", 4, inlining);
    uint64_t stubs[] = {
        make("vtable chunks", 0, NULL)->code_begin, make("I2C/C2I adapters", 0, NULL)->code_begin,
        make("Shared Runtime resolve_virtual_call_blob", 0, NULL)->code_begin,
        caller->code_end - 32, /* at the caller's own end */
    };
    for (size_t i = 0; i < sizeof stubs / sizeof *stubs; i++) {
        uint64_t pc = call_by(caller, calls_called, stubs[i]);
        CHECK(can_return(callee, pc));
        CHECK(!can_return(other, pc));
        pc = call_by(caller, calls_another, stubs[i]);
        CHECK(!can_return(callee, pc));
        CHECK(can_return(other, pc));
    }
    calls = 0;
    uint64_t inlined = call_by(outer, calls_another, stubs[0]);
    CHECK(can_return(other, inlined));
    CHECK(!can_return(callee, inlined));
    end();
}

TEST(a_frame_that_is_marked_for_deoptimization_has_called_where_it_was) {
    begin();
    struct block *caller = make("nmethod", 4, calling), *callee = make("nmethod", 4, called);
    struct block *other = make("nmethod", 4, another);
    uint64_t pc = call(caller, make("vtable chunks", 0, NULL)->code_begin);
    caller->deopt = caller->code_end - 64;
    stack[3 + 3] = pc; /* the caller's sp is behind the return address */
    CHECK(can_return(callee, caller->deopt));
    CHECK(!can_return(other, caller->deopt));
    stack[3 + 3] = 42;
    CHECK(!can_return(callee, caller->deopt));
    end();
}

#define STUB_WORDS CODE_FRAME_WORDS
#define LEFT_BEHIND 2 /* words, at sp */

/* Leaves a stub whose frame is at the beginning of the stack, with return addresses of earlier
 * calls below `pc`. */
static int leave_stub(const struct block *stub, enum spprof_arrival arrival, uint64_t left,
                      uint64_t pc, struct spprof_cursor *cursor) {
    static struct spprof_registers registers;
    struct spprof_code code = code_of(stub);
    for (int i = 0; i < LEFT_BEHIND; i++) {
        stack[i] = left;
    }
    stack[STUB_WORDS - 2] = 0x1234; /* the caller's fp */
    stack[STUB_WORDS - 1] = pc;
    *cursor = (struct spprof_cursor){
        .pc = stub->code_begin + 160,
        .sp = (uintptr_t)stack,
        .fp = (uintptr_t)&stack[STUB_WORDS - 2],
        .thread = (uintptr_t)thread,
        .low = (uintptr_t)stack,
        .high = STACK_END,
        .arrival = arrival,
        .registers = &registers,
    };
    return spprof_frames_of_stub_sigsafe(cursor, &code);
}

TEST(a_stub_that_was_jumped_to_has_its_return_address_at_its_frames_end) {
    static const char points_fp[] = CODE_MAKES_FRAME_WITH_FP;
    static const char sized[] = CODE_MAKES_FRAME;
    begin();
    struct block *caller = make("nmethod", 4, calling), *other = make("nmethod", 4, another);
    struct block *linker = make("nmethod", 1, another);
    struct block *native = make("nep_invoker_blob", STUB_WORDS, NULL);
    struct block *rethrow = make("rethrow_stub", STUB_WORDS, NULL);
    memcpy(native->code, points_fp, sizeof points_fp - 1);
    memcpy(rethrow->code, sized, sizeof sized - 1);
    uint64_t pc = call(caller, linker->code_begin);
    calls = 0; /* each method has its own */
    uint64_t left = call(other, linker->code_begin);
    struct {
        const struct block *stub;
        enum spprof_arrival arrival;
    } cases[] = {{native, SPPROF_FROM_LEAF},
                 {native, SPPROF_INTERRUPTED},
                 {rethrow, SPPROF_FROM_LEAF},
                 {rethrow, SPPROF_INTERRUPTED}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spprof_cursor cursor;
        CHECK_EQUAL(0, leave_stub(cases[i].stub, cases[i].arrival, left, pc, &cursor));
        CHECK_EQUAL((int64_t)pc, (int64_t)cursor.pc);
        CHECK_EQUAL((int64_t)(uintptr_t)&stack[STUB_WORDS], (int64_t)cursor.sp);
        CHECK_EQUAL(0x1234, (int64_t)cursor.fp);
    }
    /* Nothing of what earlier calls left behind stands in for it. */
    struct spprof_cursor cursor;
    CHECK_EQUAL(SPPROF_WALK_BROKEN_STUB, leave_stub(native, SPPROF_FROM_LEAF, left, 42, &cursor));
    CHECK_EQUAL(SPPROF_WALK_BROKEN_STUB, leave_stub(rethrow, SPPROF_FROM_LEAF, left, 42, &cursor));
    end();
}

/*
 * A routine's return address stays in the register, if calls put it there. Below the record that
 * the routine has pushed, or that its caller has, an earlier call has left one that fits as well.
 */
TEST(a_routine_does_not_lead_to_what_earlier_calls_have_left_below_its_caller_s_frame) {
    static const char points_fp[] = CODE_MAKES_FRAME_WITH_FP;
    static const char pushes[] = CODE_MAKES_FRAME;
    begin();
    struct block *caller = make("nmethod", 4, calling), *method = make("nmethod", 4, called);
    struct block *routine = make("StubRoutines (2)", 0, NULL);
    struct block *pusher = make("StubRoutines (3)", 0, NULL);
    memcpy(routine->code, points_fp, sizeof points_fp - 1);
    memcpy(pusher->code, pushes, sizeof pushes - 1);
    uint64_t expected = call(caller, method->code_begin);
    uint64_t left = call(caller, method->code_begin);
    calls = 0;
    uint64_t into[] = {call(method, routine->code_begin), call(method, pusher->code_begin)};
    const struct block *stubs[] = {routine, pusher};
    for (int i = 0; i < 2; i++) {
        for (size_t word = 0; word < sizeof stack / sizeof *stack; word++) {
            stack[word] = left;
        }
        stack[STUB_WORDS - 2] = 0x1234;
        stack[STUB_WORDS - 1] = into[i];
        stack[STUB_WORDS + 3] = expected; /* at the end of the method's frame */
        const struct spprof_registers registers = {.return_address = into[i]};
        struct spprof_code code = code_of(stubs[i]);
        struct spprof_cursor cursor = {
            .pc = code.begin + (i == 0 ? sizeof points_fp : sizeof pushes) - 1,
            .sp = (uintptr_t)stack,
            .fp = i == 0 ? (uintptr_t)&stack[STUB_WORDS - 2] : 0x1234,
            .thread = (uintptr_t)thread,
            .low = (uintptr_t)stack,
            .high = STACK_END,
            .arrival = SPPROF_INTERRUPTED,
            .registers = &registers,
        };
        CHECK_EQUAL(0, spprof_frames_of_stub_sigsafe(&cursor, &code));
        CHECK_EQUAL((int64_t)into[i], (int64_t)cursor.pc);
        CHECK_EQUAL((int64_t)(uintptr_t)&stack[STUB_WORDS], (int64_t)cursor.sp);
        CHECK_EQUAL(0x1234, (int64_t)cursor.fp);
        code = code_of(method);
        CHECK_EQUAL(0, spprof_frames_of_method_sigsafe(&cursor, &code));
        CHECK_EQUAL((int64_t)expected, (int64_t)cursor.pc);
        CHECK_EQUAL((int64_t)(uintptr_t)&stack[STUB_WORDS + 4], (int64_t)cursor.sp);
    }
    end();
}

TEST(a_routine_that_has_called_code_of_its_own_keeps_its_record) {
    static const char end_of_routine[] = CODE_THAW_END;
    begin();
    struct block *method = make("nmethod", 4, called);
    struct block *routine = make("StubRoutines (2)", 0, NULL);
    uint64_t into = call(method, routine->code_begin + 32);
    uint64_t own = routine->code_begin + 64; /* where its own call has returned to */
    memcpy(routine->code, &end_of_routine[CODE_THAW_AT_RETURN],
           sizeof end_of_routine - 1 - CODE_THAW_AT_RETURN);
    code_call(own, routine->code_begin);
    memcpy(routine->code + 80, end_of_routine, sizeof end_of_routine - 1);
    memset(stack, 0, sizeof stack);
    stack[0] = 0x1234;
    stack[1] = into;
    const struct spprof_registers registers = {.return_address = own};
    struct spprof_code code = code_of(routine);
    struct spprof_cursor cursor = {
        .pc = code.begin + 80 + CODE_THAW_AT_RECORD,
        .sp = (uintptr_t)stack,
        .fp = (uintptr_t)stack,
        .thread = (uintptr_t)thread,
        .low = (uintptr_t)stack,
        .high = STACK_END,
        .arrival = SPPROF_INTERRUPTED,
        .registers = &registers,
    };
    for (int i = 0; i < 2 && cursor.pc != into; i++) {
        CHECK_EQUAL(0, spprof_frames_of_stub_sigsafe(&cursor, &code));
    }
    CHECK_EQUAL((int64_t)into, (int64_t)cursor.pc);
    CHECK_EQUAL((int64_t)(uintptr_t)&stack[2], (int64_t)cursor.sp);
    CHECK_EQUAL(0x1234, (int64_t)cursor.fp);
    end();
}

TEST(a_method_that_pops_words_behind_its_call_of_a_stub_has_them_below_its_frame) {
    begin();
    struct block *caller = make("nmethod", 4, calling), *method = make("nmethod", 4, called);
    uint64_t expected = call(caller, method->code_begin);
    uint64_t left = call(caller, method->code_begin);
    struct spprof_code code = code_of(method);
    const struct spprof_registers registers = {0};
    struct spprof_cursor cursor = {
        .pc = method->code_begin + 160,
        .sp = (uintptr_t)stack,
        .low = (uintptr_t)stack,
        .high = STACK_END,
        .arrival = SPPROF_FROM_LEAF,
        .registers = &registers,
    };
    uint64_t words = code_pops(cursor.pc);
    for (size_t word = 0; word < sizeof stack / sizeof *stack; word++) {
        stack[word] = left;
    }
    stack[words + 3] = expected;
    CHECK_EQUAL(0, spprof_frames_of_method_sigsafe(&cursor, &code));
    CHECK_EQUAL((int64_t)expected, (int64_t)cursor.pc);
    CHECK_EQUAL((int64_t)(uintptr_t)&stack[words + 4], (int64_t)cursor.sp);
    end();
}

/* With all registers saved, in 82 words, far above what is looked through for a return address. */
#define RETURN_AT 84

static int leave_patching(const struct block *adapter, enum spprof_arrival arrival,
                          uint64_t return_address, struct spprof_cursor *cursor) {
    struct spprof_code code = code_of(adapter);
    struct spprof_registers registers = {.return_address = return_address};
    uint64_t pc = adapter->code_begin + 160;
    uint64_t fp_of_caller = (uintptr_t)&stack[RETURN_AT + 4]; /* the caller itself uses it */
    *cursor = (struct spprof_cursor){
        .pc = pc,
        .sp = (uintptr_t)stack,
        .fp = code_patch(pc, &stack[RETURN_AT], fp_of_caller, &registers),
        .thread = (uintptr_t)thread,
        .low = (uintptr_t)stack,
        .high = STACK_END,
        .arrival = arrival,
        .registers = &registers,
    };
    return spprof_frames_of_stub_sigsafe(cursor, &code);
}

TEST(an_adapter_that_has_its_callers_call_patched_has_kept_where_it_returns_to) {
    begin();
    struct block *caller = make("nmethod", 4, calling),
                 *callers_caller = make("nmethod", 4, another);
    struct block *adapter = make("I2C/C2I adapters", 0, NULL);
    struct block *compiled = make("nmethod", 4, called);
    uint64_t pc = call(caller, adapter->code_begin);
    uint64_t patched = call(caller, compiled->code_begin);
    calls = 0;
    uint64_t further_up = call(callers_caller, adapter->code_begin);
    memset(stack, 0, sizeof stack);
    stack[RETURN_AT + 5] = further_up;
    struct {
        enum spprof_arrival arrival;
        uint64_t pc, return_address;
    } cases[] = {{SPPROF_FROM_LEAF, pc, 0},
                 {SPPROF_FROM_LEAF, patched, 0},
                 {SPPROF_INTERRUPTED, pc, 0},
                 {SPPROF_INTERRUPTED, patched, patched}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spprof_cursor cursor;
        stack[RETURN_AT] = cases[i].pc;
        CHECK_EQUAL(0, leave_patching(adapter, cases[i].arrival, cases[i].return_address, &cursor));
        CHECK_EQUAL((int64_t)cases[i].pc, (int64_t)cursor.pc);
        CHECK_EQUAL((int64_t)(uintptr_t)&stack[RETURN_AT + 1], (int64_t)cursor.sp);
        CHECK_EQUAL((int64_t)(uintptr_t)&stack[RETURN_AT + 4], (int64_t)cursor.fp);
    }
    end();
}

TEST(a_method_that_calls_itself_is_not_left_by_what_its_own_call_has_left_in_a_register) {
    begin();
    struct block *method = make("nmethod", 4, calling), *caller = make("nmethod", 4, calling);
    int32_t calls_itself = fake_call(calling, 0xb8, "Calling", "run", "()V");
    const struct spprof_registers registers = {
        .return_address = call_by(method, calls_itself, method->code_end - 32)};
    calls = 0;
    uint64_t pc = call_by(caller, calls_itself, method->code_begin);
    struct spprof_code code = code_of(method);
    struct spprof_cursor cursor = {
        .pc = method->code_begin + 200,
        .sp = (uintptr_t)stack,
        .low = (uintptr_t)stack,
        .high = STACK_END,
        .arrival = SPPROF_INTERRUPTED,
        .registers = &registers,
    };
    CHECK(can_return(method, registers.return_address));
    memset(stack, 0, sizeof stack);
    stack[9] = pc; /* six words were pushed below the frame */
    CHECK_EQUAL(0, spprof_frames_of_method_sigsafe(&cursor, &code));
    CHECK_EQUAL((int64_t)pc, (int64_t)cursor.pc);
    CHECK_EQUAL((int64_t)(uintptr_t)&stack[10], (int64_t)cursor.sp);
    end();
}

/* An interpreter's frame of the method that calls, at a byte code; its fp. */
#define INTERPRETER_AT 40

static uint64_t make_interpreter(int32_t bci) {
    struct block *interpreter = make("Interpreter", 0, NULL);
    uint64_t fp = (uintptr_t)&stack[INTERPRETER_AT];
    spprof_layout.interpreter_low = interpreter->code_begin;
    spprof_layout.interpreter_end = interpreter->code_end;
    stack[INTERPRETER_AT + spprof_cpu_interpreter_slots.method] = fake_address(calling);
    stack[INTERPRETER_AT + spprof_cpu_interpreter_slots.cache] = calling->pool.cache;
    stack[INTERPRETER_AT + spprof_cpu_interpreter_slots.bcp] =
        (uintptr_t)calling->const_method.code + (uint64_t)bci;
    stack[INTERPRETER_AT + spprof_cpu_interpreter_slots.sender_sp] = fp + 2 * SPPROF_WORD_BYTES;
    stack[1] = fp;
    stack[2] = interpreter->code_begin + 100;
    return fp;
}

TEST(the_interpreter_has_called_what_the_byte_code_of_its_frame_names) {
    begin();
    struct block *callee = make("nmethod", 4, called), *other = make("nmethod", 4, another);
    struct spprof_code code = code_of(callee), wrong = code_of(other);
    struct spprof_cursor cursor = {.low = (uintptr_t)stack, .high = STACK_END};
    struct spprof_return_slot slot = spprof_return_slot_of_record_sigsafe((uintptr_t)&stack[1]);
    make_interpreter(calls_called);
    CHECK(spprof_return_slot_holds_sigsafe(&cursor, &slot, &code));
    CHECK(!spprof_return_slot_holds_sigsafe(&cursor, &slot, &wrong));
    CHECK(spprof_return_slot_holds_sigsafe(&cursor, &slot, NULL));
    calling->method.flags = 0x0100; /* native */
    CHECK(!spprof_return_slot_holds_sigsafe(&cursor, &slot, &code));
    end();
}

#define ENTRY_AT 60

TEST(call_stub_has_called_what_its_wrapper_names_for_this_thread) {
    begin();
    struct block *callee = make("nmethod", 4, called), *other = make("nmethod", 4, another);
    struct block *stubs = make("StubRoutines (1)", 0, NULL);
    struct spprof_code code = code_of(callee), wrong = code_of(other);
    struct spprof_cursor cursor = {
        .thread = (uintptr_t)thread, .low = (uintptr_t)stack, .high = STACK_END};
    struct spprof_return_slot slot = spprof_return_slot_of_record_sigsafe((uintptr_t)&stack[1]);
    uint64_t *wrapper = &stack[ENTRY_AT + 4];
    call_stub_return = stubs->code_begin + 64;
    spprof_layout.wrapper_anchor = 4 * SPPROF_WORD_BYTES;
    memset(stack, 0, sizeof stack);
    stack[2] = call_stub_return;
    stack[1] = (uintptr_t)&stack[ENTRY_AT];
    stack[ENTRY_AT + spprof_cpu_interpreter_slots.entry_wrapper] = (uintptr_t)wrapper;
    wrapper[0] = (uintptr_t)thread;
    wrapper[2] = fake_address(called);
    CHECK(spprof_return_slot_holds_sigsafe(&cursor, &slot, &code));
    CHECK(!spprof_return_slot_holds_sigsafe(&cursor, &slot, &wrong));
    CHECK(spprof_return_slot_holds_sigsafe(&cursor, &slot, NULL));

    /* That of a thread's root: no frame before it. */
    cursor.fp = (uintptr_t)&stack[ENTRY_AT];
    cursor.sp = (uintptr_t)&stack[3];
    CHECK_EQUAL(1, spprof_frames_of_entry_sigsafe(&cursor));
    wrapper[0] = 0;
    CHECK_EQUAL(SPPROF_WALK_BROKEN_ENTRY, spprof_frames_of_entry_sigsafe(&cursor));
    CHECK(!spprof_return_slot_holds_sigsafe(&cursor, &slot, NULL));
    end();
}

int main(void) {
    RUN(a_method_returns_behind_a_call_of_it_and_of_no_other);
    RUN(a_method_returns_behind_a_call_by_stubs_that_lead_to_methods);
    RUN(what_calls_of_anything_else_left_behind_is_no_return_address);
    RUN(a_call_that_can_lead_to_many_methods_has_led_to_what_its_byte_code_names);
    RUN(a_frame_that_is_marked_for_deoptimization_has_called_where_it_was);
    RUN(a_stub_that_was_jumped_to_has_its_return_address_at_its_frames_end);
    RUN(a_routine_does_not_lead_to_what_earlier_calls_have_left_below_its_caller_s_frame);
    RUN(a_routine_that_has_called_code_of_its_own_keeps_its_record);
    RUN(a_method_that_pops_words_behind_its_call_of_a_stub_has_them_below_its_frame);
    RUN(an_adapter_that_has_its_callers_call_patched_has_kept_where_it_returns_to);
    RUN(a_method_that_calls_itself_is_not_left_by_what_its_own_call_has_left_in_a_register);
    RUN(the_interpreter_has_called_what_the_byte_code_of_its_frame_names);
    RUN(call_stub_has_called_what_its_wrapper_names_for_this_thread);
    return report();
}
