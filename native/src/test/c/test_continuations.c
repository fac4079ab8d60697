/*
 * Tests where the walk of a virtual thread ends. The JVM is a fake that this file builds: a code
 * heap with four methods and the stubs of continuations, and a thread with a stack.
 *
 *   call_stub ; Continuation.run ; Continuation.enterSpecial | Continuation.enter
 */
#include <stddef.h>

#include "test.h"
#include SPPROF_PROCESSOR_CODE
#include "walk/cpu/cpu.h"
#include "walk/vm/frames.h"
#include "walk/vm/locations.h"
#include "walk/vm/self_test.h"
#include "walk/vm/walk_stack.h"
#include "walk/walk.h"

#define SEGMENT 64
#define BLOCK 512
#define BLOCK_HEADER 16
#define CODE 192 /* bytes from the start of a blob to its code */
#define FRAME_WORDS 10
#define RETURN 32 /* offset in each method: return address behind a call */
#define BODY 40   /* offset in each method: its frame is complete */
#define PUSHED_WORDS (SPPROF_CPU_CALL_PUSHES / 8) /* of the stack, by a call */
#define BARRIER 48                                /* in the stubs: loads sp from the thread */
#define TAIL 64                                   /* the last instructions of a method or stub */

/* The walker's view of a JVM. `layout` holds the offsets of the fields. */
struct spprof_layout spprof_layout;

uint64_t spprof_layout_flag(const char *name) {
    (void)name;
    return 0;
}

int spprof_vm_self_test(JNIEnv *jni, const struct spprof_engine *engine,
                        const struct spprof_walker *walker, char *why, uint64_t size) {
    (void)jni, (void)engine, (void)walker, (void)why, (void)size;
    return 0;
}

struct blob {
    const char *name;
    uint64_t method, immutable, mutable_data, osr_entry;
    int32_t code, code_end, frame_complete, frame_size, compile_id, entry_bci;
    int32_t deopt, deopt_mh, orig_pc, pcs, pcs_end, scopes, relocation_size;
};

struct symbol {
    uint32_t hash;
    uint16_t length;
    char body[40];
};

struct method {
    uint64_t constants_of; /* ConstMethod */
    uint16_t flags;
};

struct const_method {
    uint64_t constants;
    uint16_t code_size, name;
    uint32_t flags;
};

struct pool {
    uint64_t holder, cache;
    uint32_t length;
    uint64_t entries[2];
};

struct holder {
    uint64_t name;
};

/* Creates a method and its names. */
struct java_method {
    struct method method;
    struct const_method constants_of;
    struct pool pool;
    struct holder holder;
    struct symbol class_name, name;
};

struct anchor {
    uint64_t sp, pc, fp;
};

struct thread {
    struct anchor anchor;
    uint64_t stack_base, stack_size, vframes, exception_pc, border;
    int32_t state;
};

enum { CALL_STUB, RUN, ENTER_SPECIAL, DO_YIELD, ENTER, STUBS };
enum { IN_JAVA = 8, IN_NATIVE = 4 };

static _Alignas(SEGMENT) uint8_t heap[(STUBS + 1) * BLOCK];
static uint8_t segment_map[sizeof heap / SEGMENT];
static uint64_t heap_high, call_stub_return;
static struct java_method methods[STUBS];
static struct thread thread;
static uint64_t stack[256];
static struct spprof_ring ring;
static uint64_t words[2 * 65];
static struct spprof_walk walk;

static uint64_t address_of(const void *pointer) {
    return (uintptr_t)pointer;
}

static struct blob *blob(int which) {
    return (struct blob *)(void *)(heap + which * BLOCK + BLOCK_HEADER);
}

static uint8_t *code(int which) {
    return (uint8_t *)blob(which) + CODE;
}

static uint64_t pc_of(int which, uint64_t offset) {
    return address_of(code(which)) + offset;
}

static void write_code(int which, size_t offset, const char *bytes, size_t size) {
    memcpy(code(which) + offset, bytes, size);
}
#define WRITE(which, offset, bytes) write_code(which, offset, bytes, sizeof(bytes) - 1)

static void name_symbol(struct symbol *symbol, const char *text) {
    symbol->hash = 0x12340001;
    symbol->length = (uint16_t)strlen(text);
    memcpy(symbol->body, text, symbol->length);
}

static void make_method(int which, const char *class_name, const char *name, bool native) {
    struct java_method *m = &methods[which];
    name_symbol(&m->class_name, class_name);
    name_symbol(&m->name, name);
    m->holder.name = address_of(&m->class_name);
    m->pool = (struct pool){
        .holder = address_of(&m->holder), .length = 2, .entries = {0, address_of(&m->name)}};
    m->constants_of =
        (struct const_method){.constants = address_of(&m->pool), .code_size = 0, .name = 1};
    m->method =
        (struct method){.constants_of = address_of(&m->constants_of), .flags = native ? 0x0100 : 0};
    blob(which)->method = address_of(&m->method);
    blob(which)->name = native ? "native nmethod" : "nmethod";
}

/* Writes a `call` of a method. The call returns to RETURN. */
static void make_call(int from, int to) {
    code_call(pc_of(from, RETURN), pc_of(to, 0));
}

static void make_heap(void) {
    for (int i = 0; i <= STUBS; i++) {
        heap[i * BLOCK] = 1; /* marks the block as used */
        for (int segment = 0; segment < BLOCK / SEGMENT; segment++) {
            segment_map[i * BLOCK / SEGMENT + segment] = (uint8_t)segment;
        }
        *blob(i) = (struct blob){.name = "StubRoutines (continuation stubs)",
                                 .code = CODE,
                                 .code_end = BLOCK - BLOCK_HEADER,
                                 .frame_complete = 12,
                                 .frame_size = FRAME_WORDS,
                                 .compile_id = 100 + i,
                                 .entry_bci = -1,
                                 .deopt = -1,
                                 .deopt_mh = -1};
        code_fill(code(i), BLOCK - BLOCK_HEADER - CODE);
    }
    blob(CALL_STUB)->name = "StubRoutines (initial stubs)";
    make_method(RUN, "jdk/internal/vm/Continuation", "run", false);
    make_method(ENTER_SPECIAL, "jdk/internal/vm/Continuation", "enterSpecial", true);
    make_method(DO_YIELD, "jdk/internal/vm/Continuation", "doYield", true);
    make_method(ENTER, "jdk/internal/vm/Continuation", "enter", false);
    make_call(RUN, ENTER_SPECIAL);
    make_call(ENTER_SPECIAL, ENTER);
    make_call(ENTER, DO_YIELD);
    /* The border is at offset 0x38 of the thread. */
    WRITE(STUBS, BARRIER, CODE_LOADS_SP);
    WRITE(STUBS, TAIL, CODE_THAW_END);
    WRITE(DO_YIELD, TAIL, CODE_YIELD_END);
    heap_high = address_of(heap) + sizeof heap;
    call_stub_return = pc_of(CALL_STUB, RETURN);
}

#define BLOB(field) offsetof(struct blob, field)

static void make_layout(void) {
    spprof_layout = (struct spprof_layout){
        .thread_state = offsetof(struct thread, state),
        .thread_anchor = offsetof(struct thread, anchor),
        .thread_stack_base = offsetof(struct thread, stack_base),
        .thread_stack_size = offsetof(struct thread, stack_size),
        .thread_vframes = offsetof(struct thread, vframes),
        .thread_exception_pc = offsetof(struct thread, exception_pc),
        .anchor_sp = offsetof(struct anchor, sp),
        .anchor_pc = offsetof(struct anchor, pc),
        .anchor_fp = offsetof(struct anchor, fp),
        .state_in_java = IN_JAVA,
        .state_in_java_trans = IN_JAVA + 1,
        .state_in_native = IN_NATIVE,
        .state_in_native_trans = IN_NATIVE + 1,
        .wrapper_anchor = 4 * sizeof(uint64_t),
        .call_stub_return = address_of(&call_stub_return),
        .heaps = {{.low = address_of(heap),
                   .end = address_of(heap) + sizeof heap,
                   .high = address_of(&heap_high),
                   .segment_map = address_of(segment_map),
                   .log2_segment = 6}},
        .heap_count = 1,
        .code_low = address_of(heap),
        .code_end = address_of(heap) + sizeof heap,
        .block_size = BLOCK_HEADER,
        .blob_name = BLOB(name),
        .blob_code = BLOB(code),
        .blob_code_end = BLOB(code_end),
        .blob_frame_complete = BLOB(frame_complete),
        .blob_frame_size = BLOB(frame_size),
        .blob_mutable_data = BLOB(mutable_data),
        .blob_relocation_size = BLOB(relocation_size),
        .debug_info_apart = true,
        .nmethod_method = BLOB(method),
        .nmethod_entry_bci = BLOB(entry_bci),
        .nmethod_compile_id = BLOB(compile_id),
        .nmethod_orig_pc = BLOB(orig_pc),
        .nmethod_osr_entry = BLOB(osr_entry),
        .nmethod_deopt = BLOB(deopt),
        .nmethod_deopt_mh = BLOB(deopt_mh),
        .nmethod_pcs = BLOB(pcs),
        .nmethod_pcs_end = BLOB(pcs_end),
        .nmethod_scopes = BLOB(scopes),
        .nmethod_immutable = BLOB(immutable),
        .invocation_entry_bci = -1,
        .method_const = offsetof(struct method, constants_of),
        .method_flags = offsetof(struct method, flags),
        .const_constants = offsetof(struct const_method, constants),
        .const_flags = offsetof(struct const_method, flags),
        .const_code_size = offsetof(struct const_method, code_size),
        .const_name = offsetof(struct const_method, name),
        .const_size = sizeof(struct const_method),
        .pool_cache = offsetof(struct pool, cache),
        .pool_holder = offsetof(struct pool, holder),
        .pool_length = offsetof(struct pool, length),
        .pool_size = offsetof(struct pool, entries),
        .klass_name = offsetof(struct holder, name),
        .symbol_hash = offsetof(struct symbol, hash),
        .symbol_length = offsetof(struct symbol, length),
        .symbol_body = offsetof(struct symbol, body),
    };
}

/* Stack indices of sp in each frame. The stack grows down. */
enum {
    SP_OF_ENTER = 100,
    SP_OF_BORDER = SP_OF_ENTER + FRAME_WORDS,
    SP_OF_RUN = 120,
    SP_OF_ENTRY = 130,
    FP_OF_ENTRY = SP_OF_ENTRY + 8
};

/* Writes a frame that begins at `sp` and returns to `pc`. */
static void make_frame(int sp, uint64_t pc, uint64_t fp) {
    stack[sp + FRAME_WORDS - 2] = fp;
    stack[sp + FRAME_WORDS - 1] = pc;
}

static void make_jvm(void) {
    CHECK_EQUAL(0x38, offsetof(struct thread, border));
    make_heap();
    make_layout();
    uint64_t entry_fp = address_of(&stack[FP_OF_ENTRY]);
    make_frame(SP_OF_ENTER, pc_of(ENTER_SPECIAL, RETURN), 0);
    make_frame(SP_OF_BORDER, pc_of(RUN, RETURN), 0);
    make_frame(SP_OF_RUN, call_stub_return, entry_fp);
    /* A wrapper that refers to the thread, with an empty anchor. */
    stack[FP_OF_ENTRY + spprof_cpu_interpreter_slots.entry_wrapper] =
        address_of(&stack[SP_OF_ENTRY + 8]);
    stack[SP_OF_ENTRY + 8] = address_of(&thread);
    thread = (struct thread){.stack_base = address_of(stack + 256),
                             .stack_size = sizeof stack,
                             .border = address_of(&stack[SP_OF_BORDER]),
                             .state = IN_JAVA};
    CHECK_EQUAL(0, spprof_ring_create(&ring, 1 << 16));
    const struct spprof_walker_config config = {.ring = &ring, .locations = 1024, .methods = 1024};
    CHECK_EQUAL(0, spprof_walker_vm.create(&config));
}

/* Walks the stack as a sample that is written to the ring. */
static int16_t walk_from(uint64_t pc, int sp, uint64_t thaw_to) {
    struct spprof_registers registers = {.pc = pc, .sp = address_of(&stack[sp]), .fp = 0};
    if (SPPROF_CPU_CALL_PUSHES == 0) {
        registers.return_address = stack[sp - 1]; /* of a record that was just popped */
    }
    code_thaw_to(&registers, thaw_to);
    walk = (struct spprof_walk){.env = &thread, .words = words, .depth = 64};
    spprof_walk_from_sigsafe(&walk, &registers);
    spprof_walker_vm.published_sigsafe(&walk);
    return walk.result;
}

/* Walks from native code, where an anchor marks the last Java frame. */
static int16_t walk_anchored(uint64_t pc, int sp) {
    thread.anchor = (struct anchor){.sp = address_of(&stack[sp]), .pc = pc};
    int16_t result = walk_from(address_of(&thread), 10, 0);
    thread.anchor = (struct anchor){0};
    return result;
}

/* The number of frames and locations. Each location stands for one frame here. */
static uint32_t frames(void) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < walk.count; i++) {
        count += words[i] >> SPPROF_WORD_KIND_SHIFT != SPPROF_WORD_DEFINE;
    }
    return count;
}

/* The name to which the walk's last word refers. */
static void copy_last_name(char *name) {
    uint64_t last = words[walk.count - 1];
    CHECK_EQUAL(SPPROF_WORD_BROKEN_AT, last >> SPPROF_WORD_KIND_SHIFT);
    uint64_t tail = atomic_load_explicit(&ring.block->tail, memory_order_relaxed);
    for (uint64_t at = 0; at < tail;) {
        const struct spprof_record *record = (const void *)(ring.block->data + at);
        if (record->type == SPPROF_RECORD_METHOD && record->method == (uint32_t)last) {
            memcpy(name, record + 1, record->name_bytes);
            name[record->name_bytes] = '\0';
            return;
        }
        at += (uint32_t)record->length;
    }
    CHECK(!"the number has a name");
}

#define CHECK_NAMED(expected)                                                            \
    do {                                                                                 \
        char name[256];                                                                  \
        copy_last_name(name);                                                            \
        if (strcmp(expected, name) != 0) {                                               \
            fprintf(stderr, "    %s:%d: \"%s\", not \"%s\"\n", __FILE__, __LINE__, name, \
                    expected);                                                           \
            _exit(1);                                                                    \
        }                                                                                \
    } while (0)

TEST(a_walk_of_the_carrier_opens_the_border_for_nobody) {
    make_jvm();
    for (int round = 0; round < 3; round++) {
        /* The frames of the virtual thread are frozen, so the anchor is at the border. */
        CHECK_EQUAL(SPPROF_WALK_OK, walk_anchored(pc_of(ENTER_SPECIAL, RETURN), SP_OF_BORDER));
        CHECK_EQUAL(2, frames()); /* enterSpecial, run */
        CHECK_EQUAL(SPPROF_WALK_VIRTUAL, walk_from(pc_of(ENTER, BODY), SP_OF_ENTER, 0));
        CHECK_EQUAL(1, frames());
        CHECK_EQUAL(SPPROF_WALK_VIRTUAL, walk_anchored(pc_of(ENTER, RETURN), SP_OF_ENTER));
        CHECK_EQUAL(1, frames());
    }
}

TEST(the_border_calls_whatever_code_its_method_has) {
    make_jvm();
    make_call(ENTER_SPECIAL, ENTER_SPECIAL);      /* through its stub for the interpreter */
    stack[SP_OF_BORDER + 7] = pc_of(RUN, RETURN); /* left over from earlier, where a barrier could
                                                   * find sp */
    CHECK_EQUAL(SPPROF_WALK_VIRTUAL, walk_from(pc_of(ENTER, BODY), SP_OF_ENTER, 0));
    CHECK_EQUAL(1, frames());
}

TEST(a_frame_that_returns_to_the_barrier_has_its_callers_on_the_heap) {
    make_jvm();
    make_frame(SP_OF_ENTER, pc_of(STUBS, BARRIER), 0);
    CHECK_EQUAL(SPPROF_WALK_FROZEN, walk_from(pc_of(ENTER, BODY), SP_OF_ENTER, 0));
    CHECK_EQUAL(1, frames());
}

TEST(time_in_stubs_without_a_frame_is_the_carrier_s) {
    make_jvm();
    CHECK_EQUAL(SPPROF_WALK_OK, walk_from(pc_of(STUBS, BARRIER), 60, 0));
    CHECK_EQUAL(1, frames()); /* run */
    CHECK_EQUAL(SPPROF_WALK_VIRTUAL, walk_from(pc_of(ENTER, BODY), SP_OF_ENTER, 0));
    thread.border = 0;
    CHECK_EQUAL(SPPROF_WALK_BROKEN_STUB, walk_from(pc_of(STUBS, BARRIER), 60, 0));
    CHECK_EQUAL(1, walk.count);
    CHECK_NAMED("[at StubRoutines (continuation stubs)+0x30]");
}

TEST(a_broken_stack_ends_with_the_code_of_the_frame_that_could_not_be_left) {
    make_jvm();
    for (int round = 0; round < 2; round++) { /* at first the location of `run` is new */
        make_frame(SP_OF_RUN, 16, 0);
        CHECK_EQUAL(SPPROF_WALK_BROKEN_CODE, walk_anchored(pc_of(RUN, RETURN), SP_OF_RUN));
        CHECK_EQUAL(2, frames());
        CHECK_NAMED("[at unknown code]");
        make_frame(SP_OF_RUN, pc_of(CALL_STUB, BODY), 0);
        blob(CALL_STUB)->frame_size = 1000; /* beyond the stack's end */
        CHECK_EQUAL(SPPROF_WALK_BROKEN_STACK, walk_anchored(pc_of(RUN, RETURN), SP_OF_RUN));
        CHECK_EQUAL(2, frames());
        CHECK_NAMED("[at StubRoutines (initial stubs)+0x28]");
        blob(CALL_STUB)->frame_size = FRAME_WORDS;
    }
    /* The anchor that call_stub saved leads down the stack. */
    make_frame(SP_OF_RUN, call_stub_return, address_of(&stack[FP_OF_ENTRY]));
    stack[SP_OF_ENTRY + 12] = address_of(&stack[SP_OF_ENTER]);
    stack[SP_OF_ENTRY + 13] = pc_of(ENTER, RETURN);
    CHECK_EQUAL(SPPROF_WALK_BROKEN_ENTRY, walk_anchored(pc_of(RUN, RETURN), SP_OF_RUN));
    CHECK_NAMED("[at StubRoutines (initial stubs)+0x20]");
    /* The thread runs on another stack. */
    thread.stack_size = sizeof(uint64_t);
    CHECK_EQUAL(SPPROF_WALK_BROKEN_STACK, walk_from(pc_of(ENTER, BODY), SP_OF_ENTER, 0));
    CHECK_EQUAL(1, walk.count);
    CHECK_NAMED("[at nmethod+0x28]");
}

TEST(a_whole_stack_has_no_such_word) {
    make_jvm();
    CHECK_EQUAL(SPPROF_WALK_OK, walk_anchored(pc_of(RUN, RETURN), SP_OF_RUN));
    CHECK(words[walk.count - 1] >> SPPROF_WORD_KIND_SHIFT != SPPROF_WORD_BROKEN_AT);
    CHECK_EQUAL(SPPROF_WALK_VIRTUAL, walk_from(pc_of(ENTER, BODY), SP_OF_ENTER, 0));
    CHECK(words[walk.count - 1] >> SPPROF_WORD_KIND_SHIFT != SPPROF_WORD_BROKEN_AT);
}

TEST(the_end_of_a_stub_that_thaws_is_of_the_frame_that_goes_on) {
    make_jvm();
    /* doYield's frame was thawed, too, and execution returns from it. */
    stack[SP_OF_ENTER - 2] = 0;
    stack[SP_OF_ENTER - 1] = pc_of(ENTER, RETURN);
    uint64_t thaw_to = address_of(&stack[SP_OF_ENTER]);
    CHECK_EQUAL(SPPROF_WALK_VIRTUAL, walk_from(pc_of(STUBS, TAIL), 60, thaw_to));
    /* For one instruction, the value that it will pop is below sp, where the walker reads
     * nothing. */
    CHECK_EQUAL(SPPROF_WALK_OK, walk_from(pc_of(STUBS, TAIL + CODE_THAW_HAS_SP), SP_OF_ENTER, 0));
    CHECK_EQUAL(SPPROF_WALK_VIRTUAL,
                walk_from(pc_of(STUBS, TAIL + CODE_THAW_AT_RECORD), SP_OF_ENTER - 2, 0));
    CHECK_EQUAL(SPPROF_WALK_VIRTUAL,
                walk_from(pc_of(STUBS, TAIL + CODE_THAW_AT_RETURN), SP_OF_ENTER - PUSHED_WORDS, 0));
    CHECK_EQUAL(1, frames());
}

TEST(a_yield_is_the_carrier_s_when_sp_is_at_the_border) {
    make_jvm();
    CHECK_EQUAL(SPPROF_WALK_OK, walk_from(pc_of(DO_YIELD, TAIL), SP_OF_ENTER - 2, 0));
    CHECK_EQUAL(1, frames()); /* run, without a doYield that run did not call */
    CHECK_EQUAL(SPPROF_WALK_OK,
                walk_from(pc_of(DO_YIELD, TAIL + CODE_YIELD_AT_BORDER), SP_OF_BORDER, 0));
    thread.border = 0; /* the thread's own continuation restored the former value */
    CHECK_EQUAL(SPPROF_WALK_OK,
                walk_from(pc_of(DO_YIELD, TAIL + CODE_YIELD_LEAVES_BORDER), SP_OF_BORDER, 0));
    CHECK_EQUAL(SPPROF_WALK_OK,
                walk_from(pc_of(DO_YIELD, TAIL + CODE_YIELD_AT_RECORD), SP_OF_BORDER + 8, 0));
    CHECK_EQUAL(SPPROF_WALK_OK, walk_from(pc_of(DO_YIELD, TAIL + CODE_YIELD_AT_RETURN),
                                          SP_OF_BORDER + 10 - PUSHED_WORDS, 0));
    CHECK_EQUAL(1, frames());
}

int main(void) {
    RUN(a_walk_of_the_carrier_opens_the_border_for_nobody);
    RUN(the_border_calls_whatever_code_its_method_has);
    RUN(a_frame_that_returns_to_the_barrier_has_its_callers_on_the_heap);
    RUN(time_in_stubs_without_a_frame_is_the_carrier_s);
    RUN(a_broken_stack_ends_with_the_code_of_the_frame_that_could_not_be_left);
    RUN(a_whole_stack_has_no_such_word);
    RUN(the_end_of_a_stub_that_thaws_is_of_the_frame_that_goes_on);
    RUN(a_yield_is_the_carrier_s_when_sp_is_at_the_border);
    return report();
}
