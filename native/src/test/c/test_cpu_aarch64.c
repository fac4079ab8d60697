/*
 * Tests what walk/cpu knows of aarch64: how the walker finds a frame when the signal interrupts the
 * machine code that HotSpot emits at a method's start and end, in the interpreter's entry code, in
 * adapters, and in the stubs of safepoint polls and exceptions. The instructions are those that
 * JDK 17, 21 and 25 printed.
 */
#include "test.h"
#include "walk/cpu/cursor.h"

enum {
    NOP = 0xd503201f,
    RET = 0xd65f03c0,
    PACIAZ = 0xd503231f,
    AUTIAZ = 0xd503239f,
    PUSH_RECORD = 0xa9bf7bfd, /* stp x29,x30,[sp,#-16]! */
    POP_RECORD = 0xa8c17bfd,  /* ldp x29,x30,[sp],#16 */
    MOV_FP_SP = 0x910003fd,
    MOV_SP_FP = 0x910003bf,
    SUB_SP_32 = 0xd10083ff,
    ADD_SP_32 = 0x910083ff,
    STORE_RECORD = 0xa9017bfd, /* stp x29,x30,[sp,#16] */
    LOAD_RECORD = 0xa9417bfd,  /* ldp x29,x30,[sp,#16] */
    SUB_SP_1024 = 0xd11003ff,
    ADD_SP_1024 = 0x911003ff,
    MOV_X8_4112 = 0xd2820208,
    SUB_SP_X8 = 0xcb2863ff,
    ADD_SP_X8 = 0x8b2863ff,
    LOAD_POLL = 0xf9422788, /* ldr x8,[x28,#1096] */
    CMP_SP_X8 = 0xeb2863ff,
    B_HI = 0x54000108,
    ADR_X8 = 0x10ffff08,
    STORE_PC = 0xf9021f88, /* str x8,[x28,#1080] */
    B = 0x14000010,
    BLR_X8 = 0xd63f0100,
    BR_X8 = 0xd61f0100,
    MOV_X8 = 0xd28ef108,        /* mov x8,#0x7788 */
    SUB_X9_SP = 0xd14053e9,     /* sub x9,sp,#0x14000 */
    BANG = 0xf900013f,          /* str xzr,[x9] */
    OTHER = 0xaa0103e0,         /* mov x0,x1 */
    POP_LEAF = 0xa8c133e8,      /* ldp x8,x12,[sp],#16: behind a call of native code */
    PUSH_LEAF = 0xa9bf33e8,     /* stp x8,x12,[sp,#-16]! */
    MOV_SENDER_SP = 0x910003f3, /* mov x19,sp */
};

#define FIRST 48 /* instructions before the code; nop */

static uint32_t code[512];

static uint64_t at(int instruction) {
    return (uintptr_t)&code[FIRST + instruction];
}

static void write_code(const uint32_t *instructions, size_t count) {
    for (size_t i = 0; i < sizeof code / sizeof *code; i++) {
        code[i] = NOP;
    }
    code[FIRST - 1] = OTHER;
    memcpy(&code[FIRST], instructions, count * sizeof *instructions);
    code[FIRST + count] = OTHER;
}
#define CODE(...)                                     \
    do {                                              \
        const uint32_t list[] = {__VA_ARGS__};        \
        write_code(list, sizeof list / sizeof *list); \
    } while (0)

static enum spprof_frame_stage stage(int pc, int complete) {
    return spprof_cpu_stage_sigsafe(at(pc), at(0), at(complete));
}

/* One letter for the stage at each instruction: none, pushed, no fp, complete. */
static void check_stages(const char *expected, int complete) {
    for (int pc = 0; expected[pc] != '\0'; pc++) {
        char found = "NPOC"[stage(pc, complete)];
        if (found != expected[pc]) {
            fprintf(stderr, "    at %d of \"%s\": %c\n", pc, expected, found);
            _exit(1);
        }
    }
}

TEST(a_small_frame_moves_sp_and_then_stores_its_record) {
    CODE(NOP, SUB_X9_SP, BANG, SUB_SP_32, STORE_RECORD, OTHER, OTHER);
    check_stages("NNNNOCC", 5);
    /* With signed return addresses. */
    CODE(NOP, PACIAZ, SUB_SP_32, STORE_RECORD, OTHER);
    check_stages("NNNOC", 4);
    /* The frame exists although the method reports it as incomplete. */
    check_stages("NNNOC", 40);
}

TEST(a_large_frame_pushes_its_record_first) {
    CODE(SUB_X9_SP, BANG, PUSH_RECORD, SUB_SP_1024, OTHER);
    check_stages("NNNPC", 4);
    CODE(PUSH_RECORD, MOV_FP_SP, MOV_X8_4112, SUB_SP_X8, OTHER);
    check_stages("NPPPC", 4);
    CODE(PACIAZ, PUSH_RECORD, MOV_X8_4112, SUB_SP_X8, OTHER);
    check_stages("NNPPC", 4);
}

TEST(code_without_a_frame_has_none_to_its_end) {
    CODE(OTHER, OTHER, BR_X8); /* MethodHandle.linkToStatic */
    check_stages("NNN", 3);
}

TEST(a_frame_is_taken_down_before_the_poll) {
    CODE(OTHER, LOAD_RECORD, ADD_SP_32, LOAD_POLL, CMP_SP_X8, B_HI, RET, OTHER);
    check_stages("CCONNNNC", 0);
    CODE(OTHER, LOAD_RECORD, ADD_SP_32, AUTIAZ, LOAD_POLL, CMP_SP_X8, B_HI, RET);
    check_stages("CCONNNNN", 0);
    CODE(OTHER, ADD_SP_1024, POP_RECORD, LOAD_POLL, CMP_SP_X8, B_HI, RET, OTHER);
    check_stages("CCPNNNNC", 0);
    CODE(OTHER, MOV_X8_4112, ADD_SP_X8, POP_RECORD, AUTIAZ, RET);
    check_stages("CCCPNN", 0);
}

TEST(a_frame_is_taken_down_before_a_jump) {
    CODE(OTHER, LOAD_RECORD, ADD_SP_32, B, OTHER);
    check_stages("CCONC", 0);
    /* mov x3,x30; adrp x8; add x8; br x8 */
    CODE(OTHER, LOAD_RECORD, ADD_SP_32, 0xaa1e03e3, 0x90000008, 0x91048d08, BR_X8, OTHER);
    check_stages("CCONNNNC", 0);
}

TEST(the_poll_s_stub_has_no_frame) {
    CODE(OTHER, ADR_X8, STORE_PC, B, OTHER);
    check_stages("CNNNC", 0);
    CODE(OTHER, ADR_X8, STORE_PC, BLR_X8, OTHER); /* an anchor for a call */
    check_stages("CCCCC", 0);
}

TEST(a_native_method_removes_its_frame_by_fp) {
    /* mov sp,x29; ldp; ldr x8,[x28]; cbnz x8; ret */
    CODE(OTHER, MOV_SP_FP, POP_RECORD, LOAD_POLL, 0xb5000088, RET);
    check_stages("CCPNNN", 0);
    /* JDK 25: …; ldr x8,[x28]; tbz x8,#0; adr x8; str x8,[x28]; b; ldr x8,[x28]; cbnz x8; ret */
    CODE(OTHER, MOV_SP_FP, POP_RECORD, LOAD_POLL, 0x36000088, ADR_X8, STORE_PC, B, LOAD_POLL,
         0xb5000048, RET);
    check_stages("CCPNNNNNNNN", 0);
    /* Nothing passes over the jump: what is behind it is the next stub. */
    CODE(OTHER, LOAD_RECORD, ADD_SP_32, LOAD_POLL, 0x36000088, ADR_X8, STORE_PC, B, LOAD_POLL, RET);
    check_stages("CCONNNNNNN", 0);
    CODE(OTHER, LOAD_RECORD, ADD_SP_32, LOAD_POLL, 0x360000a8, ADR_X8, STORE_PC, B, LOAD_POLL, RET);
    check_stages("CCONNNNNCC", 0);
}

TEST(a_barrier_that_pops_its_own_record_leaves_the_frame) {
    CODE(PUSH_RECORD, MOV_FP_SP, BLR_X8, MOV_SP_FP, POP_RECORD, OTHER, OTHER);
    check_stages("CCCCCCC", 0);
}

TEST(code_between_has_its_frame) {
    /* cmp x0,#1; b.hi: no poll; add sp: of a barrier; ldp x0,x1,[sp,#16]; */
    CODE(0xf100041f, B_HI, ADD_SP_32, 0xa94107e0, OTHER, LOAD_POLL, OTHER);
    check_stages("CCCCCCC", 0);
}

TEST(calls_contain_their_target) {
    uint64_t target;
    CODE(NOP, NOP, NOP, NOP, 0x97fffffc); /* bl .-16 */
    CHECK(spprof_cpu_is_call_before_sigsafe(at(5), &target));
    CHECK(target == at(0));
    CODE(MOV_X8, 0xf2aaacc8, 0xf2c66888, BLR_X8); /* mov; movk, lsl 16; movk, lsl 32 */
    CHECK(spprof_cpu_is_call_before_sigsafe(at(4), &target));
    CHECK(target == UINT64_C(0x334455667788));
    CODE(NOP, 0xb0000008, 0x91048d08, BLR_X8); /* adrp x8,+1 page; add x8,x8,#0x123 */
    CHECK(spprof_cpu_is_call_before_sigsafe(at(4), &target));
    CHECK(target == (at(1) & ~UINT64_C(0xfff)) + 0x1123);
    CODE(NOP, NOP, 0x91048d08, BLR_X8);
    CHECK(spprof_cpu_is_call_before_sigsafe(at(4), &target));
    CHECK(target == 0);
    CHECK(!spprof_cpu_is_call_before_sigsafe(at(3), &target));
    CHECK(!spprof_cpu_is_call_before_sigsafe(at(4) + 2, &target));
}

TEST(a_trampoline_leads_on) {
    CODE(0x58000048, BR_X8, 0x55667788, 0x3344); /* ldr x8,.+8; br x8 */
    CHECK(spprof_cpu_through_trampoline_sigsafe(at(0)) == UINT64_C(0x334455667788));
    CHECK(spprof_cpu_through_trampoline_sigsafe(at(1)) == at(1));
}

TEST(a_barrier_shows_how_far_it_has_moved_sp) {
    /* ldp x0,x1,[sp],#16; ldr x2,[sp],#16; ld1 {v0.1d-v3.1d},[sp],#32; ld1 {v0.2d},[sp],#16;
     * ldp d0,d1,[sp],#32; ldp q0,q1,[sp],#32; add sp,sp,#32; b */
    CODE(BLR_X8, 0xa8c107e0, 0xf84107e2, 0x0cdf2fe0, 0x4cdf7fe0, 0x6cc207e0, 0xacc107e0, ADD_SP_32,
         B);
    CHECK_EQUAL(176, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    CHECK_EQUAL(144, spprof_cpu_moved_sp_sigsafe(at(3), at(64)));
    /* stp x0,x1,[sp,#-32]!, before the call, and back */
    CODE(0xa9be07e0, BLR_X8, 0xa8c207e0, B);
    CHECK_EQUAL(0, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    CHECK_EQUAL(32, spprof_cpu_moved_sp_sigsafe(at(1), at(64)));
    CODE(ADD_SP_32, LOAD_RECORD, RET);
    CHECK_EQUAL(0, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    CODE(0x043f509f, B); /* addvl sp,sp,#4 */
    CHECK_EQUAL(0, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    CODE(MOV_SP_FP, B);
    CHECK_EQUAL(0, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    CODE(ADD_SP_32, OTHER, B);
    CHECK_EQUAL(0, spprof_cpu_moved_sp_sigsafe(at(0), at(2)));
}

TEST(a_stub_shows_how_much_it_has_pushed) {
    /* C1's slow_subtype_check: stp x0,x2,[sp,#-32]!; stp x4,x5,[sp,#16]; ldp x4,x0,[sp,#32]; stp
     * x1,x3,[sp,#-16]!; …; ldp x1,x3,[sp],#16; …; ldp x0,x2,[sp],#32; ret */
    CODE(0xa9be0be0, 0xa90117e4, 0xa94203e4, 0xa9bf0fe1, OTHER, 0xa8c10fe1, OTHER, 0xa8c20be0, RET,
         OTHER);
    static const int pushed[] = {0, 32, 32, 32, 48, 48, 32, 32, 0};
    for (int pc = 0; pc < 9; pc++) {
        CHECK_EQUAL(pushed[pc], spprof_cpu_pushed_sigsafe(at(0), at(pc), at(9)));
        /* A jump comes before pc, or pc is below where the stub was called. */
        CHECK_EQUAL(pushed[pc], spprof_cpu_pushed_sigsafe(at(9), at(pc), at(9)));
        CHECK_EQUAL(0, spprof_cpu_pushed_sigsafe(at(9), at(pc), at(8)));
    }
    CODE(0xa9be0be0, B, 0xa8c20be0, RET, 0xa9be0be0, OTHER, 0xa8c20be0, MOV_SP_FP, RET);
    CHECK_EQUAL(32, spprof_cpu_pushed_sigsafe(at(0), at(1), at(9)));
    CHECK_EQUAL(32, spprof_cpu_pushed_sigsafe(at(0), at(2), at(9)));
    CHECK_EQUAL(0, spprof_cpu_pushed_sigsafe(at(0), at(3), at(9)));
    CHECK_EQUAL(0, spprof_cpu_pushed_sigsafe(at(0), at(5), at(9)));
    CHECK_EQUAL(32, spprof_cpu_pushed_sigsafe(at(4), at(5), at(9)));
}

TEST(code_behind_a_call_pops_what_it_has_pushed) {
    CODE(0xa8c107e0, 0xa8c10fe1, OTHER, POP_RECORD, RET); /* ldp x0,x1,[sp],#16; ldp x1,x3 */
    CHECK_EQUAL(32, spprof_cpu_popped_sigsafe(at(0)));
    CHECK_EQUAL(16, spprof_cpu_popped_sigsafe(at(1)));
    CHECK_EQUAL(0, spprof_cpu_popped_sigsafe(at(2)));
    CHECK_EQUAL(0, spprof_cpu_popped_sigsafe(at(3)));
    CODE(0xa94107e0, ADD_SP_32, RET); /* ldp x0,x1,[sp,#16] */
    CHECK_EQUAL(0, spprof_cpu_popped_sigsafe(at(0)));
    CHECK_EQUAL(0, spprof_cpu_popped_sigsafe(at(1)));
}

TEST(a_stub_that_saves_all_registers_has_its_record_until_the_last_pop) {
    static const enum spprof_frame_stage expected[] = {
        SPPROF_FRAME_NONE,     SPPROF_FRAME_NONE,     SPPROF_FRAME_PUSHED,   SPPROF_FRAME_COMPLETE,
        SPPROF_FRAME_COMPLETE, SPPROF_FRAME_COMPLETE, SPPROF_FRAME_COMPLETE, SPPROF_FRAME_COMPLETE,
        SPPROF_FRAME_NONE,     SPPROF_FRAME_NONE};
    CODE(PACIAZ, PUSH_RECORD, MOV_FP_SP, 0xa9b107e0, BLR_X8, 0xa8cf07e0, MOV_SP_FP, POP_RECORD,
         AUTIAZ, RET);
    for (int pc = 0; pc < 10; pc++) {
        uint64_t distance;
        CHECK_EQUAL(expected[pc], spprof_cpu_saver_stage_sigsafe(at(pc), at(0), at(10), &distance));
        CHECK_EQUAL(0, distance);
    }
    CHECK(spprof_cpu_points_fp_sigsafe(at(0)));
    /* A further entry behind a jump has no frame yet, whatever fp is. */
    CODE(PUSH_RECORD, MOV_FP_SP, BLR_X8, B, PUSH_RECORD, MOV_FP_SP, OTHER, PUSH_RECORD, MOV_FP_SP);
    static const char stages[] = "NPCCNPCCC";
    for (int pc = 0; stages[pc] != '\0'; pc++) {
        uint64_t distance;
        CHECK_EQUAL(stages[pc],
                    "NPOC"[spprof_cpu_saver_stage_sigsafe(at(pc), at(0), at(9), &distance)]);
    }
    CODE(PUSH_RECORD, SUB_SP_1024);
    CHECK(!spprof_cpu_points_fp_sigsafe(at(0)));
}

TEST(an_upcall_stub_passes_its_frame_data) {
    CODE(PUSH_RECORD, MOV_FP_SP, SUB_SP_1024, 0x910043e1, 0x9100a3e0, BLR_X8); /* add x0,sp,#0x28 */
    CHECK_EQUAL(0x28, spprof_cpu_frame_data_sigsafe(at(0), at(6)));
    CHECK_EQUAL(0, spprof_cpu_frame_data_sigsafe(at(0), at(4)));
}

TEST(code_shows_where_in_the_thread_sp_is_taken_from) {
    CODE(0xf9401f88, OTHER, 0xf9431788, 0x9100011f); /* ldr x8; …; ldr x8,[x28,#0x628]; mov sp,x8 */
    CHECK_EQUAL(0x628, spprof_cpu_loaded_sp_sigsafe(at(0), at(4)));
    CHECK_EQUAL(0, spprof_cpu_loaded_sp_sigsafe(at(0), at(3)));
}

static _Alignas(16) uint64_t stack[128];

static uint64_t stack_at(int word) {
    return (uintptr_t)&stack[word];
}

static struct spprof_cursor cursor_at(int pc, int sp, int fp,
                                      const struct spprof_registers *registers) {
    static const struct spprof_registers none;
    return (struct spprof_cursor){.pc = at(pc),
                                  .sp = stack_at(sp),
                                  .fp = stack_at(fp),
                                  .thread = (uintptr_t)stack,
                                  .low = stack_at(sp),
                                  .high = stack_at(128),
                                  .arrival = SPPROF_INTERRUPTED,
                                  .registers = registers != NULL ? registers : &none};
}

#define CALLER_PC 0x7000
#define CALLER_FP 100 /* word of the stack */

static void check_slot(const struct spprof_return_slot *slot, uint64_t at_address, uint64_t fp_at,
                       int sp) {
    CHECK(slot->at == at_address);
    CHECK(slot->fp_at == fp_at);
    CHECK(slot->sp == stack_at(sp));
}

TEST(the_rest_of_straight_code_is_followed_to_its_return) {
    const struct spprof_registers registers = {.thawed_sp = stack_at(60)};
    struct spprof_return_slot slot;
    /* mov x9,x0; mov x0,xzr; sub sp,x9,#16; mov x29,sp; mov sp,x29; ldp x29,x30,[sp],#16; ret */
    CODE(0xaa0003e9, 0xaa1f03e0, 0xd100413f, MOV_FP_SP, MOV_SP_FP, POP_RECORD, RET);
    for (int pc = 1; pc <= 6; pc++) {
        int sp = pc <= 2 ? 20 : pc <= 5 ? 58 : 60;
        struct spprof_cursor cursor = cursor_at(pc, sp, pc == 4 || pc == 5 ? 58 : 20, &registers);
        CHECK(spprof_cpu_follow_to_return_sigsafe(&cursor, &slot));
        check_slot(&slot, pc == 6 ? SPPROF_IN_REGISTER : stack_at(59), pc == 6 ? 0 : stack_at(58),
                   60);
    }
    struct spprof_cursor cursor = cursor_at(2, 20, 20, &registers);
    cursor.arrival = SPPROF_AT_CALL; /* a call returns there, with a value that is not known yet */
    CHECK(!spprof_cpu_follow_to_return_sigsafe(&cursor, &slot));
    /*
     * The end of doYield: ldr x8,[x28,#0x38]; mov sp,x8; ldr x9,[sp,#8]; str x9,[x28,#0x38];
     * add x29,sp,#64; ldr x8,[x28,#16]: an exception; cbz x8, to the end; …; mov sp,x29; ldp; ret
     */
    CODE(0xf9401f88, 0x9100011f, 0xf94007e9, 0xf9001f89, 0x910103fd, 0xf9400b88, 0xb4000068, OTHER,
         OTHER, MOV_SP_FP, POP_RECORD, RET);
    stack[7] = stack_at(40);
    stack[2] = 0;
    for (int pc = 0; pc <= 5; pc++) {
        cursor = cursor_at(pc, pc < 2 ? 20 : 40, pc < 5 ? 20 : 48, NULL);
        if (pc == 1) { /* the loaded value is not known */
            CHECK(!spprof_cpu_follow_to_return_sigsafe(&cursor, &slot));
            continue;
        }
        CHECK(spprof_cpu_follow_to_return_sigsafe(&cursor, &slot));
        check_slot(&slot, stack_at(49), stack_at(48), 50);
    }
    stack[2] = 1;
    CHECK(!spprof_cpu_follow_to_return_sigsafe(&cursor, &slot));
    CODE(OTHER, RET);
    cursor = cursor_at(0, 20, 20, NULL);
    CHECK(!spprof_cpu_follow_to_return_sigsafe(&cursor, &slot));
}

TEST(a_return_address_is_kept_while_a_handler_is_looked_up) {
    struct spprof_return_slot slot;
    /* forward_exception_entry: mov x19,x30; stp x8,x12,[sp,#-16]!; blr; ldp; mov x30,x19 */
    CODE(0xaa1e03f3, PUSH_LEAF, MOV_X8, BLR_X8, POP_LEAF, 0xaa1303fe, OTHER, BR_X8);
    static const int sp_there[] = {30, 30, 28, 28, 28, 30};
    for (int pc = 0; pc <= 5; pc++) {
        struct spprof_cursor cursor = cursor_at(pc, sp_there[pc], CALLER_FP, NULL);
        CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
        check_slot(&slot, pc < 4 ? SPPROF_IN_REGISTER : SPPROF_IN_KEPT, 0, 30);
    }
    struct spprof_cursor cursor = cursor_at(6, 30, CALLER_FP, NULL);
    CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    /* unwind_exception: stp x30,x0,[sp,#-16]!; stp; blr; ldp; mov x1,x0; ldp x30,x0,[sp],#16 */
    CODE(0xa9bf03fe, PUSH_LEAF, BLR_X8, POP_LEAF, OTHER, 0xa8c103fe, BR_X8);
    cursor = cursor_at(2, 26, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, SPPROF_IN_REGISTER, 0, 30);
    cursor = cursor_at(3, 26, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, stack_at(28), 0, 30);
    cursor = cursor_at(5, 28, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, stack_at(28), 0, 30);
    /* the interpreter: …; ldp x0,x30,[sp],#16; mov x3,x30; br x1 */
    CODE(BLR_X8, POP_LEAF, OTHER, 0xa8c17be0, 0xaa1e03e3, 0xd61f0020);
    cursor = cursor_at(1, 26, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, stack_at(29), 0, 30);
    for (int pc = 4; pc <= 5; pc++) {
        cursor = cursor_at(pc, 30, CALLER_FP, NULL);
        CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
        check_slot(&slot, SPPROF_IN_REGISTER, 0, 30);
    }
}

TEST(the_end_of_jdk_17_s_exception_blob_has_the_address_that_threw_in_a_register) {
    struct spprof_return_slot slot;
    /* ldp x29,x3,[sp],#16; mov x8,x0; ldr x0,[x28,#D]; ldr x4,[x28,#D]; str xzr,[x28,#D]; br x8 */
    CODE(OTHER, 0xa8c10ffd, 0xaa0003e8, 0xf941eb80, 0xf941ef84, 0xf901eb9f, BR_X8);
    for (int pc = 0; pc <= 6; pc++) {
        struct spprof_cursor cursor = cursor_at(pc, pc < 2 ? 28 : 30, CALLER_FP, NULL);
        CHECK_EQUAL(pc >= 2, spprof_cpu_slot_of_throw_sigsafe(&cursor, at(7), &slot));
        if (pc >= 2) {
            check_slot(&slot, SPPROF_IN_THROW, 0, 30);
        }
    }
    CODE(0xa8c10ffd, 0xaa0003e8, OTHER, BR_X8);
    struct spprof_cursor cursor = cursor_at(3, 30, CALLER_FP, NULL);
    CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(4), &slot));
}

static void check_caller(const struct spprof_caller *caller, uint64_t pc, int sp) {
    CHECK(caller->pc == pc);
    CHECK(caller->sp == stack_at(sp));
    CHECK(caller->fp == stack_at(CALLER_FP));
}

TEST(the_interpreter_returns_with_the_callers_sp_in_a_register) {
    enum { AND_SP_X20 = 0x927cee9f, MOV_SP_X20 = 0x9100029f };
    const struct spprof_registers registers = {.expression_sp = stack_at(40) + 8,
                                               .thawed_sp = stack_at(44) + 8};
    static const uint32_t moves[] = {AND_SP_X20, MOV_SP_X20};
    struct spprof_return_slot slot;
    for (int i = 0; i < 2; i++) {
        CODE(MOV_SP_FP, POP_RECORD, moves[i], RET, OTHER);
        struct spprof_cursor cursor = cursor_at(0, 20, 30, &registers);
        CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(5), &slot));
        cursor = cursor_at(1, 30, 30, &registers);
        CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(5), &slot));
        check_slot(&slot, stack_at(31), stack_at(30), 40);
        cursor = cursor_at(2, 32, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(5), &slot));
        check_slot(&slot, SPPROF_IN_REGISTER, 0, 40);
        cursor = cursor_at(3, 40, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(5), &slot));
        check_slot(&slot, SPPROF_IN_REGISTER, 0, 40);
    }
    /* JDK 25: …; ldp; strb wzr,[x28,#D]; mov x20,x9; and sp,x20,#-16; ret */
    CODE(MOV_SP_FP, POP_RECORD, 0x390f1b9f, 0xaa0903f4, AND_SP_X20, RET, OTHER);
    struct spprof_cursor cursor = cursor_at(0, 20, 30, &registers);
    CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(7), &slot));
    cursor = cursor_at(1, 30, 30, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(7), &slot));
    check_slot(&slot, stack_at(31), stack_at(30), 44);
    for (int pc = 2; pc <= 4; pc++) {
        cursor = cursor_at(pc, 32, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(7), &slot));
        check_slot(&slot, SPPROF_IN_REGISTER, 0, pc < 4 ? 44 : 40);
    }
}

TEST(a_stub_has_edges) {
    struct spprof_return_slot slot;
    CODE(PUSH_RECORD, MOV_FP_SP, OTHER, RET);
    struct spprof_cursor cursor = cursor_at(0, 20, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, SPPROF_IN_REGISTER, 0, 20);
    cursor = cursor_at(1, 18, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, stack_at(19), stack_at(18), 20);
    cursor = cursor_at(2, 18, 18, NULL);
    CHECK(!spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    cursor = cursor_at(3, 20, CALLER_FP, NULL);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, SPPROF_IN_REGISTER, 0, 20);
}

TEST(a_frame_of_the_interpreter_is_built_in_one_piece) {
    /* The caller's sp is word 42, two locals are below it, the frame begins at word 40: stp
     * x20,x22, [sp,#-96]!; stp x29,x30,[sp,#80]; add x29,sp,#80; mov; stp xzr,x19,[sp,#64]; mov
     * sp,x8 */
    const struct spprof_registers registers = {.sender_sp = stack_at(42),
                                               .return_address = CALLER_PC};
    const struct spprof_registers later = {.sender_sp = 42, .return_address = 43};
    struct spprof_caller callers[SPPROF_CPU_MOST_CALLERS];
    static const int sp_there[] = {40, 28, 28, 28, 28, 28, 28};
    CODE(0xa9ba5bf4, 0xa9057bfd, 0x910143fd, OTHER, 0xa9044fff, OTHER, OTHER);
    memset(stack, 0, sizeof stack);
    for (int pc = 0; pc <= 6; pc++) {
        struct spprof_cursor cursor =
            cursor_at(pc, sp_there[pc], pc <= 2 ? CALLER_FP : 38, pc <= 4 ? &registers : &later);
        if (pc == 2) {
            stack[38] = stack_at(CALLER_FP);
            stack[39] = CALLER_PC;
        }
        if (pc == 5) {
            stack[37] = stack_at(42);
        }
        CHECK(spprof_cpu_callers_of_entry_sigsafe(&cursor, callers) > 0);
        check_caller(&callers[0], CALLER_PC, 42);
    }
    /* A caller in the interpreter: its sp is below the frame. */
    const struct spprof_registers lower = {.sender_sp = stack_at(10), .return_address = CALLER_PC};
    struct spprof_cursor cursor = cursor_at(0, 40, CALLER_FP, &lower);
    CHECK_EQUAL(1, spprof_cpu_callers_of_entry_sigsafe(&cursor, callers));
    check_caller(&callers[0], CALLER_PC, 40);
    cursor = cursor_at(3, 28, 38, &lower);
    CHECK(spprof_cpu_callers_of_entry_sigsafe(&cursor, callers) > 0);
    check_caller(&callers[0], CALLER_PC, 40);
}

TEST(a_barrier_in_the_interpreter_pushes_a_record_of_its_own) {
    CODE(OTHER, PUSH_RECORD, MOV_FP_SP, 0xa9b107e0, BLR_X8, MOV_SP_FP, POP_RECORD, OTHER);
    memset(stack, 0, sizeof stack);
    stack[30] = stack_at(CALLER_FP);
    for (int pc = 0; pc <= 7; pc++) {
        bool in_record = pc >= 3 && pc <= 6;
        struct spprof_cursor cursor = cursor_at(pc, 30, in_record ? 30 : CALLER_FP, NULL);
        CHECK(spprof_cpu_fp_of_interpreter_sigsafe(&cursor, at(0)) == stack_at(CALLER_FP));
    }
    struct spprof_cursor cursor = cursor_at(3, 32, 30, NULL); /* fp is below sp */
    CHECK(spprof_cpu_fp_of_interpreter_sigsafe(&cursor, at(0)) == stack_at(30));
    /* The entry of Reference.get, whose only record it is. */
    struct spprof_caller callers[SPPROF_CPU_MOST_CALLERS];
    stack[31] = CALLER_PC;
    cursor = cursor_at(4, 20, 30, NULL);
    CHECK_EQUAL(1, spprof_cpu_callers_of_entry_sigsafe(&cursor, callers));
    check_caller(&callers[0], CALLER_PC, 32);
    /* Other entries have stored the caller's sp, fp and return address in the frame above. */
    stack[30] = stack_at(42);
    stack[31] = 42; /* a remainder */
    stack[41] = stack_at(48);
    stack[42] = stack_at(CALLER_FP);
    stack[43] = CALLER_PC;
    CHECK_EQUAL(1, spprof_cpu_callers_of_entry_sigsafe(&cursor, callers));
    check_caller(&callers[0], CALLER_PC, 48);
}

TEST(call_stub_shows_which_register_holds_the_callers_sp) {
    CODE(0x910003ed, BLR_X8); /* mov x13,sp */
    spprof_cpu_learn(at(2));
    CHECK_EQUAL(13, spprof_aarch64_sender_sp);
    CODE(MOV_SENDER_SP, BLR_X8);
    spprof_cpu_learn(at(2));
    CHECK_EQUAL(19, spprof_aarch64_sender_sp);
}

TEST(an_adapter_shows_by_its_code_where_its_callers_sp_is) {
    const struct spprof_registers registers = {.sender_sp = stack_at(42),
                                               .return_address = CALLER_PC};
    struct spprof_return_slot slot;
    /* i2c: …; br x8. c2i: cbz; stp x29,x30; mov x29,sp; stp …; blr; ldp …; mov sp,x29; ldp x29,x30;
     * mov x19,sp; sub sp,sp,#32; str; br */
    CODE(OTHER, BR_X8, 0xb4000088, PUSH_RECORD, MOV_FP_SP, 0xa9b107e0, BLR_X8, 0xa8cf07e0,
         MOV_SP_FP, POP_RECORD, MOV_SENDER_SP, SUB_SP_32, OTHER, BR_X8);
    static const struct {
        int pc, sp, fp;
    } steps[] = {{2, 42, CALLER_FP},  {3, 42, CALLER_FP},  {10, 42, CALLER_FP},
                 {11, 42, CALLER_FP}, {12, 38, CALLER_FP}, {13, 38, CALLER_FP}};
    struct spprof_cursor cursor;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cursor = cursor_at(steps[i].pc, steps[i].sp, steps[i].fp, &registers);
        CHECK(spprof_cpu_slot_of_adapter_sigsafe(&cursor, at(0), &slot));
        check_slot(&slot, SPPROF_IN_REGISTER, 0, 42);
        CHECK(!spprof_cpu_slot_of_patching_adapter_sigsafe(&cursor, at(0), &slot));
    }
    for (int pc = 4; pc <= 9; pc++) {
        cursor = cursor_at(pc, pc <= 5 || pc == 9 ? 40 : 10, pc == 4 ? CALLER_FP : 40, &registers);
        CHECK(spprof_cpu_slot_of_patching_adapter_sigsafe(&cursor, at(0), &slot));
        check_slot(&slot, stack_at(41), stack_at(40), 42);
    }
}

TEST(a_poll_in_a_method_has_its_address_in_the_thread_until_the_blob_has_written_it) {
    /* stp x29,x30; mov x29,sp; stp …; ldr x20,[x28]; str x20,[x29,#8]; blr; ldp …; mov sp,x29; ldp;
     * ret */
    CODE(PUSH_RECORD, MOV_FP_SP, 0xa9b107e0, 0xf941f794, 0xf90007b4, BLR_X8, 0xa8cf07e0, MOV_SP_FP,
         POP_RECORD, RET);
    const struct spprof_registers registers = {.return_address = 0x7100};
    const struct spprof_poll poll = {
        .begin = at(0), .end = at(10), .frame_size = 160, .pc = CALLER_PC};
    static const struct {
        int pc, sp, fp;
    } steps[] = {{0, 42, CALLER_FP}, {1, 40, CALLER_FP}, {2, 40, 40}, {3, 24, 40}, {4, 24, 40}};
    struct spprof_caller caller;
    bool within;
    memset(stack, 0, sizeof stack);
    stack[40] = stack_at(CALLER_FP);
    struct spprof_cursor cursor;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cursor = cursor_at(steps[i].pc, steps[i].sp, steps[i].fp, &registers);
        CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
        CHECK(within);
        check_caller(&caller, CALLER_PC, 42);
    }
    stack[41] = 0x7100;
    for (int pc = 5; pc <= 9; pc++) {
        cursor = cursor_at(pc,
                           pc <= 6   ? 24
                           : pc <= 8 ? 40
                                     : 42,
                           pc == 9 ? CALLER_FP : 40, &registers);
        CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
        check_caller(&caller, 0x7100, 42);
    }
    /* The blob for polls at a return. */
    code[FIRST + 4] = OTHER;
    for (int pc = 0; pc <= 9; pc++) {
        int sp = pc == 0 || pc == 9 ? 42 : 40;
        cursor = cursor_at(pc, sp, pc <= 1 || pc == 9 ? CALLER_FP : 40, &registers);
        CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
        CHECK(!within);
        check_caller(&caller, 0x7100, 42);
    }
}

/* Native code of macOS, as Clang emits it. */
enum {
    PACIBSP = 0xd503237f,
    AUTIBSP = 0xd50323ff,
    RETAB = 0xd65f0fff,
    SUB_SP_96 = 0xd10183ff,
    ADD_SP_96 = 0x910183ff,
    STORE_X22_X21 = 0xa9035bf6,   /* stp x22,x21,[sp,#48] */
    STORE_X20_X19 = 0xa9044ff4,   /* stp x20,x19,[sp,#64] */
    STORE_RECORD_80 = 0xa9057bfd, /* stp x29,x30,[sp,#80] */
    FP_AT_80 = 0x910143fd,        /* add x29,sp,#80 */
    LOAD_RECORD_80 = 0xa9457bfd,
    LOAD_X20_X19 = 0xa9444ff4,
    LOAD_X22_X21 = 0xa9435bf6,
    PUSH_X20_X19 = 0xa9be4ff4, /* stp x20,x19,[sp,#-32]! */
    POP_X20_X19 = 0xa8c24ff4,  /* ldp x20,x19,[sp],#32 */
    FP_AT_16 = 0x910043fd,
    LOAD_X8 = 0xf9400408, /* ldr x8,[x0,#8] */
    CBZ_X0 = 0xb4000060,
};

#define FRAME_WORDS 12

/* Checks for each instruction by how many words sp is below the caller's, where the function has no
 * record. At 'r' it has one. `fp` is set at the instruction behind `set`, and the caller's again
 * behind `reset`. */
static void check_callers(const char *words, int set, int reset) {
    static uint64_t words_of_stack[64];
    const uint64_t lr = 0x7fff12345678, sp = (uintptr_t)&words_of_stack[30];
    for (int pc = 0; words[pc] != '\0'; pc++) {
        bool has = pc > set && pc <= reset;
        int below = words[pc] >= 'a' ? words[pc] - 'a' + 10 : words[pc] - '0';
        struct spprof_registers registers = {.pc = at(pc), .return_address = lr};
        struct spprof_caller caller;
        registers.sp = sp - (has ? 8 * FRAME_WORDS : 8 * (uint64_t)below);
        registers.fp = has ? sp - 16 : sp + 40;
        words_of_stack[29] = has ? lr : 0;
        bool found = spprof_cpu_caller_without_record_sigsafe(
            &registers, (uintptr_t)&words_of_stack[64], &caller);
        if (found == has ||
            (found && (caller.sp != sp || caller.pc != lr || caller.fp != registers.fp))) {
            fprintf(stderr, "    at %d of \"%s\"\n", pc, words);
            _exit(1);
        }
    }
}

TEST(native_code_shows_how_much_of_its_frame_exists) {
    /* sp moves once; a record in the middle of the function */
    CODE(SUB_SP_96, STORE_X22_X21, STORE_X20_X19, STORE_RECORD_80, FP_AT_80, OTHER, BLR_X8, OTHER,
         LOAD_RECORD_80, LOAD_X20_X19, LOAD_X22_X21, ADD_SP_96, RET);
    check_callers("0ccccrrrrccc0", 4, 8);
    /* signed, and a jump to another function at the end */
    CODE(PACIBSP, SUB_SP_96, STORE_X22_X21, STORE_RECORD_80, FP_AT_80, BLR_X8, LOAD_RECORD_80,
         ADD_SP_96, RETAB);
    check_callers("00cccrrc0", 4, 6);
    CODE(PACIBSP, SUB_SP_96, STORE_RECORD_80, FP_AT_80, BLR_X8, LOAD_RECORD_80, ADD_SP_96, AUTIBSP,
         RET);
    check_callers("00ccrrc00", 3, 5);
    /* the first store moves sp */
    CODE(PUSH_X20_X19, STORE_RECORD, FP_AT_16, BLR_X8, LOAD_RECORD, POP_X20_X19, RET);
    check_callers("044rr40", 2, 4);
}

TEST(native_code_that_calls_nothing_has_no_record) {
    CODE(LOAD_X8, OTHER, RET);
    check_callers("000", 99, 99);
    CODE(SUB_SP_96, OTHER, LOAD_X8, ADD_SP_96, RET);
    check_callers("0ccc0", 99, 99);
    CODE(LOAD_X8, B, ADD_SP_96, RET);
    check_callers("00", 99, 99);
    CODE(CBZ_X0, LOAD_X8, RET, OTHER, RET);
    check_callers("00000", 99, 99);
}

TEST(native_code_that_has_called_has_another_return_address_in_the_register) {
    uint64_t words_of_stack[8] = {0};
    struct spprof_registers registers = {.pc = at(2), .return_address = at(1)};
    struct spprof_caller caller;
    CODE(BLR_X8, OTHER, OTHER);
    registers.sp = (uintptr_t)&words_of_stack[0];
    registers.fp = (uintptr_t)&words_of_stack[2];
    words_of_stack[3] = 0x7fff12345678;
    /* The walker sees that this is no Java code. */
    CHECK(spprof_cpu_caller_without_record_sigsafe(&registers, (uintptr_t)&words_of_stack[8],
                                                   &caller));
    CHECK(caller.pc == at(1));
}

int main(void) {
    RUN(a_small_frame_moves_sp_and_then_stores_its_record);
    RUN(a_large_frame_pushes_its_record_first);
    RUN(code_without_a_frame_has_none_to_its_end);
    RUN(a_frame_is_taken_down_before_the_poll);
    RUN(a_frame_is_taken_down_before_a_jump);
    RUN(the_poll_s_stub_has_no_frame);
    RUN(a_native_method_removes_its_frame_by_fp);
    RUN(a_barrier_that_pops_its_own_record_leaves_the_frame);
    RUN(code_between_has_its_frame);
    RUN(calls_contain_their_target);
    RUN(a_trampoline_leads_on);
    RUN(a_barrier_shows_how_far_it_has_moved_sp);
    RUN(a_stub_shows_how_much_it_has_pushed);
    RUN(code_behind_a_call_pops_what_it_has_pushed);
    RUN(a_stub_that_saves_all_registers_has_its_record_until_the_last_pop);
    RUN(an_upcall_stub_passes_its_frame_data);
    RUN(code_shows_where_in_the_thread_sp_is_taken_from);
    RUN(the_rest_of_straight_code_is_followed_to_its_return);
    RUN(a_return_address_is_kept_while_a_handler_is_looked_up);
    RUN(the_end_of_jdk_17_s_exception_blob_has_the_address_that_threw_in_a_register);
    RUN(the_interpreter_returns_with_the_callers_sp_in_a_register);
    RUN(a_stub_has_edges);
    RUN(a_frame_of_the_interpreter_is_built_in_one_piece);
    RUN(a_barrier_in_the_interpreter_pushes_a_record_of_its_own);
    RUN(call_stub_shows_which_register_holds_the_callers_sp);
    RUN(an_adapter_shows_by_its_code_where_its_callers_sp_is);
    RUN(a_poll_in_a_method_has_its_address_in_the_thread_until_the_blob_has_written_it);
    RUN(native_code_shows_how_much_of_its_frame_exists);
    RUN(native_code_that_calls_nothing_has_no_record);
    RUN(native_code_that_has_called_has_another_return_address_in_the_register);
    return report();
}
