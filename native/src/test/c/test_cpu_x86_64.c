/*
 * Tests what walk/cpu knows of x86-64: how the walker finds a frame when the signal interrupts the
 * machine code that HotSpot emits at a method's start and end, in the interpreter's entry code, in
 * adapters, and in the stubs of safepoint polls. And what the walker knows of system calls.
 */
#include <ucontext.h>

#include "test.h"
#include "walk/cpu/cursor.h"

/* Here, so that the tests can choose how this machine's kernel is entered. */
#define spprof_cpu_system_call_sigsafe system_call_sigsafe
#include "walk/cpu/linux_x86_64_calls.c"
#undef spprof_cpu_system_call_sigsafe

static unsigned char code[256];

static uint64_t at(size_t offset) {
    return (uintptr_t)code + 32 + offset;
}

static void write_code(const char *bytes, size_t size) {
    memset(code, 0x90, sizeof code);
    memcpy(code + 32, bytes, size);
}
#define CODE(bytes) write_code(bytes, sizeof(bytes) - 1)

static enum spprof_frame_stage stage(size_t pc, size_t complete) {
    return spprof_cpu_stage_sigsafe(at(pc), at(0), at(complete));
}

TEST(a_frame_is_made_by_push_and_sub) {
    /* mov %eax,-0x14000(%rsp); push %rbp; sub $0x30,%rsp; movsbl 0x10(%rdx),%r11d */
    CODE("\x89\x84\x24\x00\xc0\xfe\xff\x55\x48\x83\xec\x30\x44\x0f\xbe\x5a\x10");
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(0, 12));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(7, 12));
    CHECK_EQUAL(SPPROF_FRAME_PUSHED, stage(8, 12));
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(12, 12));
    /* The same code, interrupted later: the frame exists although the method reports it as
     * incomplete. */
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(12, 40));
}

TEST(a_frame_with_frame_pointer) {
    /* push %rbp; mov %rsp,%rbp; sub $0x120,%rsp */
    CODE("\x55\x48\x8b\xec\x48\x81\xec\x20\x01\x00\x00");
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(0, 11));
    CHECK_EQUAL(SPPROF_FRAME_PUSHED, stage(1, 11));
    CHECK_EQUAL(SPPROF_FRAME_PUSHED, stage(4, 11));
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(11, 11));
}

TEST(a_leaf_s_frame_is_made_the_other_way_round) {
    /* sub $0x18,%rsp (long form); mov %rbp,0x10(%rsp) */
    CODE("\x48\x81\xec\x18\x00\x00\x00\x48\x89\x6c\x24\x10");
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(0, 12));
    CHECK_EQUAL(SPPROF_FRAME_NO_FP, stage(7, 12));
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(12, 12));
}

TEST(the_smallest_leaf_s_frame_has_its_fp_at_sp) {
    /* sub $8,%rsp; mov %rbp,(%rsp) */
    CODE("\x48\x83\xec\x08\x48\x89\x2c\x24");
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(0, 8));
    CHECK_EQUAL(SPPROF_FRAME_NO_FP, stage(4, 8));
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(8, 8));
}

TEST(a_method_that_throws_into_its_caller_removes_its_frame_without_a_poll) {
    /* add $0x10,%rsp; pop %rbp; jmp */
    CODE("\x48\x83\xc4\x10\x5d\xe9\x3c\xd2\xfc\xff");
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(0, 0));
    CHECK_EQUAL(SPPROF_FRAME_PUSHED, stage(4, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(5, 0));
    /* add $0x110,%rsp; pop %rbp; jmp */
    CODE("\x48\x81\xc4\x10\x01\x00\x00\x5d\xe9\x3c\xd2\xfc\xff");
    CHECK_EQUAL(SPPROF_FRAME_PUSHED, stage(7, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(8, 0));
    /* pop %rbp; jmp: this pop can restore a register in the middle of a method. */
    CODE("\x90\x90\x90\x90\x5d\xe9\x3c\xd2\xfc\xff");
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(4, 0));
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(5, 0));
}

TEST(straight_code_shows_how_many_bytes_a_stub_has_pushed) {
    /* push %rdi; push %rsi; push %r8; mov 0x30(%rsp),%rsi; sub $0x20,%rsp; mov %rdx,(%rsp); mov
     * %r8,8(%rsp); push %rax; test %eax,%eax; nop */
    CODE(
        "\x57\x56\x41\x50\x48\x8b\x74\x24\x30\x48\x83\xec\x20\x48\x89\x14\x24\x4c\x89\x44\x24"
        "\x08\x50\x85\xc0\x90");
    static const struct {
        size_t pc;
        uint64_t pushed;
    } expected[] = {{0, 0},   {1, 8},   {2, 16},  {4, 24},  {9, 24},
                    {13, 56}, {17, 56}, {22, 56}, {23, 64}, {25, 0}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        CHECK_EQUAL(expected[i].pushed,
                    spprof_cpu_pushed_sigsafe(at(0), at(expected[i].pc), at(64)));
    }
}

TEST(a_frame_is_taken_down_before_the_poll) {
    /* add $0x30,%rsp; pop %rbp; cmp 0x108(%r15),%rsp; ja; ret */
    CODE("\x48\x83\xc4\x30\x5d\x49\x3b\xa7\x08\x01\x00\x00\x0f\x87\x10\x00\x00\x00\xc3");
    CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(0, 0));
    CHECK_EQUAL(SPPROF_FRAME_PUSHED, stage(4, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(5, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(12, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(18, 0));
}

TEST(the_poll_s_stub_has_no_frame) {
    /* lea -0x20(%rip),%r10; mov %r10,0x358(%r15); jmp */
    CODE("\x4c\x8d\x15\xe0\xff\xff\xff\x4d\x89\x97\x58\x03\x00\x00\xe9\x00\x00\x00\x00");
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(0, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(7, 0));
    CHECK_EQUAL(SPPROF_FRAME_NONE, stage(14, 0));
}

TEST(code_between_has_its_frame) {
    /* cmp %rax,%rbx; ja: no poll; push %rsi. A pop is not always the last one of a frame. */
    CODE("\x48\x3b\xd8\x0f\x87\x10\x00\x00\x00\x56\x5d\x48\x8b\xc3");
    for (size_t pc = 0; pc < 11; pc++) {
        CHECK_EQUAL(SPPROF_FRAME_COMPLETE, stage(pc, 0));
    }
}

TEST(calls_contain_their_target) {
    uint64_t target;
    CODE("\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\xe8\xf1\xff\xff\xff");
    CHECK(spprof_cpu_is_call_before_sigsafe(at(15), &target));
    CHECK(target == at(0));
    CODE("\x90\x90\x90\x49\xba\x88\x77\x66\x55\x44\x33\x22\x11\x41\xff\xd2");
    CHECK(spprof_cpu_is_call_before_sigsafe(at(16), &target));
    CHECK(target == UINT64_C(0x1122334455667788));
    CODE("\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\xff\xd0");
    CHECK(spprof_cpu_is_call_before_sigsafe(at(15), &target));
    CHECK(target == 0);
    CODE("\x48\x8b\xc3\x48\x8b\xc3\x48\x8b\xc3\x48\x8b\xc3\x48\x8b\xc3");
    CHECK(!spprof_cpu_is_call_before_sigsafe(at(15), &target));
}

TEST(a_barrier_shows_how_far_it_has_moved_sp) {
    /* behind its call: mov (%rsp),%rax; add $0x40,%rsp; jmp */
    CODE("\x48\x8b\x04\x24\x48\x83\xc4\x40\xe9\x00\xff\xff\xff");
    CHECK_EQUAL(0x40, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    /* C1's: add $0x10,%rsp; pop %rax; jmp */
    CODE("\x48\x8b\x04\x24\x48\x83\xc4\x10\x58\xe9\x00\xff\xff\xff");
    CHECK_EQUAL(0x18, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
    CODE("\x48\x83\xc4\x40\x5d\xc3");
    CHECK_EQUAL(0, spprof_cpu_moved_sp_sigsafe(at(0), at(64)));
}

TEST(a_stub_that_saves_all_registers_has_its_frame_to_the_end) {
    /* push %rbx; push %rbp; mov %rsp,%rbp; pushf; sub $8,%rsp; sub $0x80,%rsp; mov %rbx,8(%rbp);
     * mov 0x50(%rsp),%rbp; four more; add $0x80,%rsp; add $8,%rsp; popf; pop %rbp; ret */
    CODE(
        "\x53\x55\x48\x8b\xec\x9c\x48\x83\xec\x08\x48\x81\xec\x80\x00\x00\x00\x48\x89\x5d\x08"
        "\x48\x8b\x6c\x24\x50\x48\x8b\x5c\x24\x60\x48\x8b\x54\x24\x68\x48\x8b\x4c\x24\x70"
        "\x48\x8b\x44\x24\x78\x48\x81\xc4\x80\x00\x00\x00\x48\x83\xc4\x08\x9d\x5d\xc3");
    static const struct {
        size_t pc;
        enum spprof_frame_stage stage;
        uint64_t distance;
    } expected[] = {
        {1, SPPROF_FRAME_NONE, 0},       {2, SPPROF_FRAME_PUSHED, 0},
        {5, SPPROF_FRAME_COMPLETE, 0},   {6, SPPROF_FRAME_COMPLETE, 0},
        {17, SPPROF_FRAME_COMPLETE, 0},  {26, SPPROF_FRAME_PUSHED, 0x90},
        {31, SPPROF_FRAME_PUSHED, 0x90}, {46, SPPROF_FRAME_PUSHED, 0x90},
        {53, SPPROF_FRAME_PUSHED, 0x10}, {57, SPPROF_FRAME_PUSHED, 8},
        {58, SPPROF_FRAME_PUSHED, 0},    {59, SPPROF_FRAME_NONE, 0},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        uint64_t distance;
        CHECK_EQUAL(expected[i].stage,
                    spprof_cpu_saver_stage_sigsafe(at(expected[i].pc), at(1), at(60), &distance));
        CHECK_EQUAL(expected[i].distance, distance);
    }
    CHECK(spprof_x86_64_makes_room_sigsafe(at(0)));
    CHECK(!spprof_x86_64_makes_room_sigsafe(at(1)));
    CHECK(!spprof_x86_64_has_filled_room_sigsafe(at(17), at(0)));
    CHECK(spprof_x86_64_has_filled_room_sigsafe(at(21), at(0)));
}

static bool follow(size_t pc, const struct spprof_registers *registers, uint64_t *sp,
                   uint64_t *fp_at) {
    const struct spprof_cursor cursor = {
        .pc = at(pc),
        .sp = 0x1000,
        .arrival = registers != NULL ? SPPROF_INTERRUPTED : SPPROF_AT_CALL,
        .registers = registers,
    };
    struct spprof_return_slot slot;
    bool followed = spprof_cpu_follow_to_return_sigsafe(&cursor, &slot);
    *sp = slot.at;
    *fp_at = slot.fp_at;
    return followed;
}

TEST(the_rest_of_straight_code_is_followed_to_its_return) {
    uint64_t sp, fp_at;
    /* mov %rax,%rbx; xor %rax,%rax; mov %rbx,%rsp; sub $0x10,%rsp; pop %rbp; ret */
    CODE("\x48\x8b\xd8\x48\x33\xc0\x48\x8b\xe3\x48\x83\xec\x10\x5d\xc3");
    const struct spprof_registers registers = {.thawed_sp = 0x2000, .return_address = 0x3000};
    CHECK(follow(0, &registers, &sp, &fp_at));
    CHECK(sp == 0x3000 - 8 && fp_at == 0x3000 - 16);
    CHECK(!follow(0, NULL, &sp, &fp_at)); /* a call returns there, with a value that is not known
                                           * yet */
    CHECK(follow(3, &registers, &sp, &fp_at));
    CHECK(sp == 0x2000 - 8 && fp_at == 0x2000 - 16);
    CHECK(follow(13, NULL, &sp, &fp_at));
    CHECK(sp == 0x1008 && fp_at == 0x1000);
    CHECK(follow(14, NULL, &sp, &fp_at));
    CHECK(sp == 0x1000 && fp_at == 0);
    /* behind a call: add $8,%rsp; jmp; call; mov %rax,%rbx; pop %rax; pop %rbp; pop %rdx; jmp */
    CODE(
        "\x48\x83\xc4\x08\xe9\x05\x00\x00\x00\xe8\x00\x00\x00\x00\x48\x8b\xd8"
        "\x58\x5d\x5a\xff\xe3");
    CHECK(follow(0, NULL, &sp, &fp_at));
    CHECK(sp == 0x1018 && fp_at == 0x1010);
    /* leave; ret: no register was popped from the frame. test; jmp: execution branches. */
    CODE("\xc9\xc3\x48\x85\xdb\xe9\x00\x00\x00\x00");
    CHECK(!follow(0, NULL, &sp, &fp_at));
    CHECK(!follow(1, NULL, &sp, &fp_at));
    CHECK(!follow(2, NULL, &sp, &fp_at));
    CHECK(!follow(5, NULL, &sp, &fp_at));
}

TEST(code_shows_where_in_the_thread_sp_is_taken_from) {
    CODE("\x90\x90\x49\x8b\xa7\x18\x06\x00\x00");
    CHECK(spprof_cpu_loaded_sp_sigsafe(at(0), at(9)) == 0x618);
    CHECK(spprof_cpu_loaded_sp_sigsafe(at(0), at(8)) == 0);
    CHECK(spprof_cpu_loaded_sp_sigsafe(at(3), at(64)) == 0);
}

static _Alignas(16) uint64_t stack[64];

static uint64_t stack_at(int word) {
    return (uintptr_t)&stack[word];
}

static struct spprof_cursor cursor_at(size_t pc, int sp, int fp,
                                      const struct spprof_registers *registers) {
    return (struct spprof_cursor){.pc = at(pc),
                                  .sp = stack_at(sp),
                                  .fp = stack_at(fp),
                                  .low = stack_at(sp),
                                  .high = stack_at(64),
                                  .arrival = SPPROF_INTERRUPTED,
                                  .registers = registers};
}

#define CALLER_PC 0x7000
#define CALLER_FP 50 /* word of the stack */

static void check_caller(const struct spprof_caller *caller, uint64_t pc, int sp) {
    CHECK(caller->pc == pc);
    CHECK(caller->sp == stack_at(sp));
    CHECK(caller->fp == stack_at(CALLER_FP));
}

TEST(a_frame_of_the_interpreter_is_built_word_by_word) {
    /* The return address was at word 20, above it is one parameter; the caller's sp is word 21. */
    const struct spprof_registers registers = {.sender_sp = stack_at(21),
                                               .return_address = CALLER_PC};
    const struct spprof_registers early = {.sender_sp = 42};
    struct spprof_caller callers[SPPROF_CPU_MOST_CALLERS];
    memset(stack, 0, sizeof stack);
    stack[20] = CALLER_PC;
    struct spprof_cursor cursor = cursor_at(0, 20, CALLER_FP, &early);
    CHECK_EQUAL(1, spprof_cpu_callers_of_entry_sigsafe(&cursor, callers));
    check_caller(&callers[0], CALLER_PC, 21);
    stack[20] = 0; /* removed, and room for a local instead */
    cursor = cursor_at(0, 20, CALLER_FP, &registers);
    int count = spprof_cpu_callers_of_entry_sigsafe(&cursor, callers);
    check_caller(&callers[count - 1], CALLER_PC, 21);
    stack[19] = CALLER_PC;
    stack[18] = stack_at(CALLER_FP);
    cursor = cursor_at(0, 18, CALLER_FP, &registers);
    spprof_cpu_callers_of_entry_sigsafe(&cursor, callers);
    check_caller(&callers[0], CALLER_PC, 21);
    cursor = cursor_at(0, 18, 18, &registers);
    spprof_cpu_callers_of_entry_sigsafe(&cursor, callers);
    check_caller(&callers[0], CALLER_PC, 21);
    stack[17] = stack_at(21); /* from now on, the register is the byte code pointer */
    cursor = cursor_at(0, 17, 18, &early);
    spprof_cpu_callers_of_entry_sigsafe(&cursor, callers);
    check_caller(&callers[0], CALLER_PC, 21);
}

TEST(an_adapter_keeps_its_callers_sp) {
    const struct spprof_registers registers = {.sender_sp = stack_at(21),
                                               .return_address = CALLER_PC};
    const struct spprof_registers other = {.sender_sp = stack_at(21), .return_address = 42};
    struct spprof_return_slot slot;
    memset(stack, 0, sizeof stack);
    stack[20] = CALLER_PC;
    struct spprof_cursor cursor = cursor_at(0, 16, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_adapter_sigsafe(&cursor, 0, &slot));
    CHECK(slot.at == stack_at(20) && slot.fp_at == 0 && slot.sp == stack_at(21));
    cursor = cursor_at(0, 16, CALLER_FP, &other);
    CHECK(!spprof_cpu_slot_of_adapter_sigsafe(&cursor, 0, &slot));
    stack[16] = CALLER_PC;
    CHECK(spprof_cpu_slot_of_adapter_sigsafe(&cursor, 0, &slot));
    cursor = cursor_at(0, 24, CALLER_FP, &registers); /* the caller's sp is below */
    CHECK(!spprof_cpu_slot_of_adapter_sigsafe(&cursor, 0, &slot));
}

static void check_slot(const struct spprof_return_slot *slot, uint64_t in, uint64_t fp_at, int sp) {
    CHECK(slot->at == in);
    CHECK(slot->fp_at == fp_at);
    CHECK(slot->sp == stack_at(sp));
}

TEST(the_interpreter_returns_by_a_jump) {
    const struct spprof_registers registers = {.thawed_sp = stack_at(40)};
    struct spprof_return_slot slot;
    /* leave; pop %r13; mov %rbx,%rsp; jmp *%r13 */
    CODE("\xc9\x41\x5d\x48\x8b\xe3\x41\xff\xe5");
    struct spprof_cursor cursor = cursor_at(0, 20, 30, &registers);
    CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    cursor = cursor_at(1, 31, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, stack_at(31), 0, 40);
    cursor = cursor_at(3, 32, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, SPPROF_IN_BCP, 0, 40);
    cursor = cursor_at(6, 40, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, SPPROF_IN_BCP, 0, 40);
    /* Since JDK 25: movb $0,D(%r15); pop %r13; mov %rbx,%rsp; cmp D(%r15),%rsp; jb; movq
     * $0,D(%r15); jmp *%r13 */
    CODE(
        "\x41\xc6\x87\xbe\x03\x00\x00\x00\x41\x5d\x48\x8b\xe3\x49\x3b\xa7\x20\x06\x00\x00\x72"
        "\x0b\x49\xc7\x87\x20\x06\x00\x00\x00\x00\x00\x00\x41\xff\xe5");
    cursor = cursor_at(0, 31, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(64), &slot));
    check_slot(&slot, stack_at(31), 0, 40);
    cursor = cursor_at(20, 40, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(64), &slot));
    check_slot(&slot, SPPROF_IN_BCP, 0, 40);
}

TEST(the_interpreter_throws_into_the_caller) {
    const struct spprof_registers registers = {.thawed_sp = stack_at(40)};
    struct spprof_return_slot slot;
    /* pop %rdx; mov %rbx,%rsp; mov D(%r15),%rax; movq $0,D(%r15); push %rax; push %rdx; mov
     * %rdx,%rsi; mov %r15,%rdi; test $15,%esp; je; sub $8,%rsp; call; add $8,%rsp; jmp; call; mov
     * %rax,%rbx; pop %rdx; pop %rax; jmp *%rbx */
    CODE(
        "\x5a\x48\x8b\xe3\x49\x8b\x87\xe8\x02\x00\x00\x49\xc7\x87\xe8\x02\x00\x00\x00\x00\x00\x00"
        "\x50\x52\x48\x8b\xf2\x49\x8b\xff\xf7\xc4\x0f\x00\x00\x00\x0f\x84\x12\x00\x00\x00"
        "\x48\x83\xec\x08\xe8\x00\x00\x00\x00\x48\x83\xc4\x08\xe9\x05\x00\x00\x00"
        "\xe8\x00\x00\x00\x00\x48\x8b\xd8\x5a\x58\xff\xe3");
    struct spprof_cursor cursor = cursor_at(0, 31, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(128), &slot));
    check_slot(&slot, stack_at(31), 0, 40);
    cursor = cursor_at(4, 40, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(128), &slot));
    check_slot(&slot, SPPROF_IN_THROW, 0, 40);
    cursor = cursor_at(23, 39, CALLER_FP, &registers); /* at push %rdx */
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(128), &slot));
    check_slot(&slot, SPPROF_IN_THROW, 0, 40);
    cursor = cursor_at(65, 38, CALLER_FP, &registers); /* the call has returned */
    cursor.arrival = SPPROF_FROM_LEAF;
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(128), &slot));
    check_slot(&slot, stack_at(38), 0, 40);
    cursor = cursor_at(51, 37, CALLER_FP, &registers); /* the other call, with sp aligned */
    cursor.arrival = SPPROF_FROM_LEAF;
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(128), &slot));
    check_slot(&slot, stack_at(38), 0, 40);
    CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(60), &slot)); /* beyond the code's end */
}

TEST(stubs_throw_by_a_jump) {
    const struct spprof_registers registers = {.throw_pc = CALLER_PC};
    struct spprof_return_slot slot;
    /* add $0x10,%rsp; pop %rbp; pop %rdx; jmp *%r10 */
    CODE("\x48\x83\xc4\x10\x5d\x5a\x41\xff\xe2");
    struct spprof_cursor cursor = cursor_at(0, 20, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, stack_at(23), stack_at(22), 24);
    cursor = cursor_at(6, 24, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(9), &slot));
    check_slot(&slot, SPPROF_IN_THROW, 0, 24);
    /* mov $forward_exception,%r10; jmp *%r10: it expects the return address on the stack */
    CODE("\x49\xba\x00\x0c\x40\x61\x73\x7f\x00\x00\x41\xff\xe2");
    cursor = cursor_at(0, 20, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(13), &slot));
    check_slot(&slot, stack_at(20), 0, 21);
    /* leave; pop %rcx; jmp *%rcx: to the handler, whose address was popped */
    CODE("\xc9\x59\xff\xe1");
    cursor = cursor_at(1, 20, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(4), &slot));
    check_slot(&slot, stack_at(20), 0, 21);
    cursor = cursor_at(2, 21, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_of_throw_sigsafe(&cursor, at(4), &slot));
    check_slot(&slot, stack_at(20), 0, 21);
    /* jmp *%rcx in other code is no throw. */
    CODE("\x90\xff\xe1");
    cursor = cursor_at(1, 20, CALLER_FP, &registers);
    CHECK(!spprof_cpu_slot_of_throw_sigsafe(&cursor, at(4), &slot));
}

TEST(a_stub_has_edges) {
    const struct spprof_registers registers = {.return_address = CALLER_PC};
    struct spprof_return_slot slot;
    /* push %rbp; mov %rsp,%rbp; nop; pop %rbp; ret */
    CODE("\x55\x48\x8b\xec\x90\x5d\xc3");
    struct spprof_cursor cursor = cursor_at(0, 20, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, stack_at(20), 0, 21);
    cursor = cursor_at(1, 19, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, stack_at(20), stack_at(19), 21);
    cursor = cursor_at(4, 19, 19, &registers);
    CHECK(!spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    cursor = cursor_at(5, 19, 19, &registers);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, stack_at(20), stack_at(19), 21);
    cursor = cursor_at(6, 20, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, stack_at(20), 0, 21);
    /* push 0x18(%rsp); pop (%rsp): the return address's copy is at sp, the frame is above it */
    CODE("\x48\xff\x74\x24\x18\x48\x8f\x04\x24");
    cursor = cursor_at(5, 16, CALLER_FP, &registers);
    CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    check_slot(&slot, stack_at(20), stack_at(19), 21);
    /* The adapters of method handles: pop %rax; pop %rbx; push %rax. c2i: pop %rax; mov %rsp,%r13;
     * sub $N,%rsp; or lea 8(%rsp),%r13; pop %rax; sub $N,%rsp */
    static const struct {
        const char *code;
        size_t size, from, to;
    } pops[] = {{"\x58\x5b\x50", 3, 1, 2},
                {"\x58\x4c\x8b\xec\x48\x83\xec\x20", 8, 1, 4},
                {"\x4c\x8d\x6c\x24\x08\x58\x48\x83\xec\x20", 10, 6, 6}};
    for (size_t i = 0; i < 3; i++) {
        write_code(pops[i].code, pops[i].size);
        cursor = cursor_at(pops[i].from, 20, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
        check_slot(&slot, SPPROF_IN_REGISTER, 0, 20);
        cursor = cursor_at(pops[i].to, 20, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
        cursor = cursor_at(0, 20, CALLER_FP, &registers);
        CHECK(!spprof_cpu_slot_at_edge_sigsafe(&cursor, &slot));
    }
}

TEST(an_adapter_to_compiled_code_moves_the_return_address) {
    const struct spprof_registers registers = {.return_address = CALLER_PC};
    struct spprof_return_slot slot;
    /* mov (%rsp),%rax; mov %rsp,%r11; and $-16,%rsp; push %rax; jmp *%r11; nop */
    CODE("\x48\x8b\x04\x24\x4c\x8b\xdc\x48\x83\xe4\xf0\x50\x41\xff\xe3\x90");
    for (size_t pc = 0; pc <= 12; pc++) {
        struct spprof_cursor cursor = cursor_at(pc, 20, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_of_i2c_sigsafe(&cursor, at(0), &slot));
        CHECK(slot.at == (pc == 11 ? SPPROF_IN_REGISTER : stack_at(20)));
    }
    struct spprof_cursor cursor = cursor_at(15, 20, CALLER_FP, &registers); /* c2i */
    CHECK(!spprof_cpu_slot_of_i2c_sigsafe(&cursor, at(0), &slot));
    /* mov %rsp,%r11; pop %rax; sub $0x20,%rsp; and $-16,%rsp; push %rax; jmp *%r11 */
    CODE("\x4c\x8b\xdc\x58\x48\x83\xec\x20\x48\x83\xe4\xf0\x50\x41\xff\xe3");
    for (size_t pc = 0; pc <= 13; pc++) {
        cursor = cursor_at(pc, 20, CALLER_FP, &registers);
        CHECK(spprof_cpu_slot_of_i2c_sigsafe(&cursor, at(0), &slot));
        CHECK(slot.at == (pc >= 4 && pc <= 12 ? SPPROF_IN_REGISTER : stack_at(20)));
    }
}

TEST(call_stub_is_left_below_its_frame) {
    /* nop; add $0x60,%rsp; vzeroupper; pop %rbp; ret */
    CODE("\x90\x48\x83\xc4\x60\xc5\xf8\x77\x5d\xc3");
    static const struct {
        size_t pc;
        int sp, fp;
    } steps[] = {{0, 10, 22}, {1, 10, 22}, {5, 22, 22}, {8, 22, 22}, {9, 23, CALLER_FP}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct spprof_cursor cursor = cursor_at(steps[i].pc, steps[i].sp, steps[i].fp, NULL);
        CHECK(spprof_cpu_fp_of_call_stub_sigsafe(&cursor) == stack_at(22));
    }
}

TEST(a_poll_in_a_method_has_its_address_in_the_thread_until_the_blob_has_written_it) {
    /* push %rbx; push %rbp; mov %rsp,%rbp; pushf; sub $8,%rsp; sub $0x80,%rsp; mov %rbx,8(%rbp) */
    CODE(
        "\x53\x55\x48\x8b\xec\x9c\x48\x83\xec\x08\x48\x81\xec\x80\x00\x00\x00\x48\x89\x5d"
        "\x08");
    const struct spprof_poll poll = {
        .begin = at(0), .end = at(64), .frame_size = 160, .pc = CALLER_PC};
    static const struct {
        size_t pc;
        int sp, fp;
    } steps[] = {{0, 30, CALLER_FP}, {1, 29, CALLER_FP}, {2, 28, CALLER_FP},
                 {5, 28, 28},        {6, 27, 28},        {17, 10, 28}};
    struct spprof_caller caller;
    bool within;
    memset(stack, 0, sizeof stack);
    stack[28] = stack_at(CALLER_FP);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct spprof_cursor cursor = cursor_at(steps[i].pc, steps[i].sp, steps[i].fp, NULL);
        CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
        CHECK(within);
        check_caller(&caller, CALLER_PC, 30);
    }
    stack[29] = 0x7100;
    struct spprof_cursor cursor = cursor_at(21, 10, 28, NULL);
    CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
    check_caller(&caller, 0x7100, 30);
}

TEST(a_poll_at_a_return_leaves_the_return_address_of_the_method) {
    /* push %rbp; mov %rsp,%rbp; pushf */
    CODE("\x55\x48\x8b\xec\x9c");
    const struct spprof_poll poll = {.begin = at(0), .end = at(64), .frame_size = 160, .pc = 42};
    struct spprof_caller caller;
    bool within;
    memset(stack, 0, sizeof stack);
    stack[29] = CALLER_PC;
    struct spprof_cursor cursor = cursor_at(0, 29, CALLER_FP, NULL);
    CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
    CHECK(!within);
    check_caller(&caller, CALLER_PC, 30);
    stack[28] = stack_at(CALLER_FP);
    cursor = cursor_at(5, 27, 28, NULL);
    CHECK(spprof_cpu_caller_of_poll_sigsafe(&cursor, &poll, &caller, &within));
    check_caller(&caller, CALLER_PC, 30);
}

/* Checks for each byte by how many words sp is below the caller's, if the function's instructions
 * there show that it has no record; at '.' they do not. */
static void check_callers(const char *words) {
    for (size_t pc = 0; words[pc] != '\0'; pc++) {
        int below = words[pc] == '.' ? 0 : words[pc] - '0';
        struct spprof_registers registers = {
            .pc = at(pc), .sp = stack_at(20 - below), .fp = stack_at(25)};
        struct spprof_caller caller;
        stack[19] = CALLER_PC;
        bool found = spprof_cpu_caller_without_record_sigsafe(&registers, stack_at(30), &caller);
        if (found == (words[pc] == '.')) {
            fprintf(stderr, "    at %zu of \"%s\"\n", pc, words);
            _exit(1);
        }
        if (found) {
            CHECK(caller.pc == CALLER_PC && caller.sp == stack_at(20) && caller.fp == registers.fp);
        }
        registers.sp = stack_at(30);
        CHECK(!spprof_cpu_caller_without_record_sigsafe(&registers, stack_at(30), &caller));
    }
}

TEST(native_code_shows_at_its_beginning_and_end_that_it_has_no_record) {
    /* push %rbp; mov %rsp,%rbp; mov %edi,%eax; pop %rbp; ret */
    CODE("\x55\x48\x89\xe5\x89\xf8\x5d\xc3");
    check_callers("12.....1");
    /* The same with the other encoding of mov, and vzeroupper before the return. */
    CODE("\x55\x48\x8b\xec\x5d\xc5\xf8\x77\xc3");
    check_callers("12...1..1");
    /* pop %rbp and jumps: jmp, short, by memory, by %rax, by %r11, js, js short */
    CODE("\x5d\xe9\x01\x02\x03\x04");
    check_callers(".1");
    CODE("\x5d\xeb\x01");
    check_callers(".1");
    CODE("\x5d\xff\x25\x01\x02\x03\x04");
    check_callers(".1");
    CODE("\x5d\xff\xe0");
    check_callers(".1");
    CODE("\x5d\x41\xff\xe3");
    check_callers(".1");
    CODE("\x5d\x0f\x88\x01\x02\x03\x04");
    check_callers(".1");
    CODE("\x5d\x78\x01");
    check_callers(".1");
    /* A jump within a function; a call behind a pop. */
    CODE("\x89\xf8\xe9\x01\x02\x03\x04");
    check_callers("...");
    CODE("\x5d\xff\xd0");
    check_callers("..");
}

/* System calls: what the registers and the code in front of a `syscall` show. */

#define BEFORE 128 /* bytes in front of the `syscall` */
#define NO_CALL (-2)

static bool fred;
static uint64_t call_stack[16];
static ucontext_t interrupted;

static bool load(uint64_t address, void *bytes, size_t size) {
    memcpy(bytes, (const void *)(uintptr_t)address, size);
    return true;
}

/* Places code that ends with `syscall`, in which a thread was interrupted. */
static greg_t *place_call(const char *bytes, size_t size) {
    greg_t *g = interrupted.uc_mcontext.gregs;
    keeps_registers = fred;
    memset(code, 0x90, sizeof code);
    memcpy(code + BEFORE - size, bytes, size);
    memcpy(code + BEFORE, "\x0f\x05", 2);
    memset(call_stack, 0, sizeof call_stack);
    for (size_t i = 0; i < NGREG; i++) {
        g[i] = 500 + i;
    }
    g[REG_RIP] = g[REG_RCX] = (greg_t)(uintptr_t)(code + BEFORE + 2);
    g[REG_R11] = g[REG_EFL] = 0x246;
    g[REG_RSP] = (greg_t)(uintptr_t)call_stack;
    return g;
}
#define PLACE(bytes) place_call(bytes, sizeof(bytes) - 1)

static int number_of_call(void) {
    int32_t number;
    return system_call_sigsafe(&interrupted, load, &number) ? number : NO_CALL;
}

#define MOV_FUTEX "\xb8\xca\x00\x00\x00" /* mov $0xca,%eax */

TEST(registers_show_that_a_thread_is_in_a_call) {
    greg_t *g = PLACE(MOV_FUTEX);
    CHECK_EQUAL(0xca, number_of_call());
    g[REG_EFL] |= 0x10100; /* a debugger's flags */
    CHECK_EQUAL(0xca, number_of_call());
    g[REG_EFL] = 0x247;
    CHECK_EQUAL(NO_CALL, number_of_call());
    g = PLACE(MOV_FUTEX);
    g[REG_RCX] += 8;
    CHECK_EQUAL(NO_CALL, number_of_call());
    g = PLACE(MOV_FUTEX);
    g[REG_RIP] += 8; /* the registers are of an earlier call */
    CHECK_EQUAL(NO_CALL, number_of_call());
    PLACE(MOV_FUTEX);
    code[BEFORE] = 0x90;
    CHECK_EQUAL(NO_CALL, number_of_call());
}

TEST(a_call_that_begins_anew_has_its_number_in_a_register) {
    greg_t *g = PLACE("\xff\xd0"); /* call *%rax */
    CHECK_EQUAL(-1, number_of_call());
    g[REG_RIP] -= 2;
    g[REG_RAX] = 202;
    CHECK_EQUAL(202, number_of_call());
    g[REG_RAX] = 5000;
    CHECK_EQUAL(-1, number_of_call());
}

/* With FRED, `syscall` leaves %rcx and %r11 as they were. */
TEST(the_instruction_alone_shows_a_call_where_the_kernel_keeps_all_registers) {
    fred = true;
    greg_t *g = PLACE(MOV_FUTEX);
    g[REG_RCX] = g[REG_R11] = 0;
    CHECK_EQUAL(0xca, number_of_call());
    g[REG_RIP] -= 2; /* it begins anew */
    g[REG_RAX] = 7;
    CHECK_EQUAL(7, number_of_call());
    g[REG_RIP] += 1;
    CHECK_EQUAL(NO_CALL, number_of_call());
    g[REG_RIP] += 2;
    CHECK_EQUAL(NO_CALL, number_of_call());
    g = PLACE(MOV_FUTEX);
    memcpy(code + BEFORE + 2, "\x0f\x05", 2); /* between two calls */
    g[REG_RAX] = 7;
    CHECK_EQUAL(0xca, number_of_call());
    PLACE(MOV_FUTEX);
    code[BEFORE] = 0x90;
    CHECK_EQUAL(NO_CALL, number_of_call());
}

TEST(the_number_is_set_in_the_straight_code_before) {
    PLACE("\x31\xc0"); /* xor %eax,%eax */
    CHECK_EQUAL(0, number_of_call());
    PLACE(MOV_FUTEX "\x48\x89\xdf\x45\x31\xc0"); /* mov %rbx,%rdi; xor %r8d,%r8d */
    CHECK_EQUAL(0xca, number_of_call());
    PLACE(MOV_FUTEX "\x8b\x77\x0c\x40\x80\xf6\x81"); /* mov 0xc(%rdi),%esi; xor $0x81,%sil */
    CHECK_EQUAL(0xca, number_of_call());
    PLACE("\xb8\x01\x00\x00\x00" MOV_FUTEX); /* the later one counts */
    CHECK_EQUAL(0xca, number_of_call());
    PLACE("\x44\x89\xc0"); /* mov %r8d,%eax */
    CHECK_EQUAL(500 + REG_R8, number_of_call());
    PLACE("\x89\xc8"); /* mov %ecx,%eax: the call has changed %ecx */
    CHECK_EQUAL(-1, number_of_call());
    PLACE("\x48\x8b\x44\x24\x20"); /* mov 0x20(%rsp),%rax */
    call_stack[4] = 7;
    CHECK_EQUAL(7, number_of_call());
}

TEST(code_that_only_looks_like_the_number_is_not_taken_for_it) {
    PLACE("\x41" MOV_FUTEX); /* mov $0xca,%r8d */
    CHECK_EQUAL(-1, number_of_call());
    PLACE("\x45\x31\xc0"); /* xor %r8d,%r8d */
    CHECK_EQUAL(-1, number_of_call());
    PLACE("\x41\x89\xd8"); /* mov %ebx,%r8d */
    CHECK_EQUAL(-1, number_of_call());
    PLACE("\x41\x8b" MOV_FUTEX); /* mov 0xca(%r8),%edi */
    CHECK_EQUAL(-1, number_of_call());
    PLACE(MOV_FUTEX "\x75\x02"); /* jne: the code is not straight */
    CHECK_EQUAL(-1, number_of_call());
    PLACE(MOV_FUTEX "\x89\xd8"); /* mov %ebx,%eax: %eax is another number now */
    CHECK_EQUAL(500 + REG_RBX, number_of_call());
    PLACE(MOV_FUTEX "\x8b\x03"); /* mov (%rbx),%eax */
    CHECK_EQUAL(-1, number_of_call());
    PLACE("\xb8\xca\x00\x00\x01"); /* too big */
    CHECK_EQUAL(-1, number_of_call());
}

/* The function of glibc 2.41 and of musl that makes calls at which a thread can be cancelled: the
 * number is its second argument. */
#define CANCELLABLE                                                                        \
    "\x49\x89\xfb\x48\x89\xf0\x48\x89\xd7\x48\x89\xce\x4c\x89\xc2\x4d\x89\xca\x4c\x8b\x44" \
    "\x24\x08\x4c\x8b\x4c\x24\x10\x4c\x89\x5c\x24\x08"

/* Places the caller's code behind the function. It ends with a call of the function. */
static void place_caller(const char *bytes, size_t size) {
    PLACE(CANCELLABLE);
    uint8_t *call = code + 192;
    int32_t distance = BEFORE - (int32_t)(sizeof CANCELLABLE - 1) - (192 + 5);
    memcpy(call - size, bytes, size);
    call[0] = 0xe8;
    memcpy(call + 1, &distance, sizeof distance);
    call_stack[0] = (uintptr_t)call + 5;
}
#define CALLER(bytes) place_caller(bytes, sizeof(bytes) - 1)

TEST(the_caller_of_a_function_for_any_call_shows_the_number) {
    CALLER("\xbe\x07\x00\x00\x00\x31\xd2"); /* mov $7,%esi; xor %edx,%edx */
    CHECK_EQUAL(7, number_of_call());
    CALLER("\x48\x8b\x74\x24\x30\x49\x89\xc0\x4c\x89\xd7"); /* mov 0x30(%rsp),%rsi; … */
    call_stack[1 + 6] = 232;
    CHECK_EQUAL(232, number_of_call());
    CALLER("\x8b\x74\x24\x30"); /* mov 0x30(%rsp),%esi */
    call_stack[1 + 6] = UINT64_C(0x7f00000000e8);
    CHECK_EQUAL(232, number_of_call());
    CALLER("\x48\x89\xde"); /* mov %rbx,%rsi: the function preserves %rbx */
    CHECK_EQUAL(500 + REG_RBX, number_of_call());
    CALLER("\x48\x89\xfe"); /* mov %rdi,%rsi: it does not preserve %rdi */
    CHECK_EQUAL(-1, number_of_call());
    CALLER("\xbe\x07\x00\x00\x00");
    code[192 + 1] ^= 0x40; /* a call of another function, which has jumped here */
    CHECK_EQUAL(-1, number_of_call());
}

int main(void) {
    RUN(a_frame_is_made_by_push_and_sub);
    RUN(a_frame_with_frame_pointer);
    RUN(a_leaf_s_frame_is_made_the_other_way_round);
    RUN(the_smallest_leaf_s_frame_has_its_fp_at_sp);
    RUN(a_method_that_throws_into_its_caller_removes_its_frame_without_a_poll);
    RUN(straight_code_shows_how_many_bytes_a_stub_has_pushed);
    RUN(a_frame_is_taken_down_before_the_poll);
    RUN(the_poll_s_stub_has_no_frame);
    RUN(code_between_has_its_frame);
    RUN(calls_contain_their_target);
    RUN(a_barrier_shows_how_far_it_has_moved_sp);
    RUN(a_stub_that_saves_all_registers_has_its_frame_to_the_end);
    RUN(the_rest_of_straight_code_is_followed_to_its_return);
    RUN(code_shows_where_in_the_thread_sp_is_taken_from);
    RUN(a_frame_of_the_interpreter_is_built_word_by_word);
    RUN(an_adapter_keeps_its_callers_sp);
    RUN(the_interpreter_returns_by_a_jump);
    RUN(the_interpreter_throws_into_the_caller);
    RUN(stubs_throw_by_a_jump);
    RUN(a_stub_has_edges);
    RUN(an_adapter_to_compiled_code_moves_the_return_address);
    RUN(call_stub_is_left_below_its_frame);
    RUN(a_poll_in_a_method_has_its_address_in_the_thread_until_the_blob_has_written_it);
    RUN(a_poll_at_a_return_leaves_the_return_address_of_the_method);
    RUN(native_code_shows_at_its_beginning_and_end_that_it_has_no_record);
    RUN(registers_show_that_a_thread_is_in_a_call);
    RUN(a_call_that_begins_anew_has_its_number_in_a_register);
    RUN(the_instruction_alone_shows_a_call_where_the_kernel_keeps_all_registers);
    RUN(the_number_is_set_in_the_straight_code_before);
    RUN(code_that_only_looks_like_the_number_is_not_taken_for_it);
    RUN(the_caller_of_a_function_for_any_call_shows_the_number);
    return report();
}
