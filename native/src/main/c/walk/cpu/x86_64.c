/*
 * Recognizes the instructions of x86-64 that build a frame, remove a frame, or call. The walker
 * needs this to find the return address at any instruction. The sequences are those of HotSpot's
 * C1, C2 and template interpreter (macroAssembler_x86.cpp, c1_MacroAssembler_x86.cpp, x86_64.ad).
 * They are the same in JDK 17 and JDK 25:
 *
 *   with a stack bang     mov %eax,-N(%rsp); push %rbp; [mov %rsp,%rbp;] sub $N,%rsp
 *   small leaf methods    sub $N,%rsp; mov %rbp,M(%rsp)
 *   removal and return    add $N,%rsp; pop %rbp; cmp D(%r15),%rsp; ja STUB; ret
 *   STUB (return poll)    lea PC,%r10; mov %r10,D(%r15); jmp
 *
 * %r15 is the JavaThread.
 */
#include <string.h>

#include "walk/cpu/cursor.h"

/* The registers are the same in all releases. */
void spprof_cpu_learn(uint64_t call_stub_return) {
    (void)call_stub_return;
}

void spprof_cpu_registers_of_dwarf_sigsafe(const uint64_t *dwarf,
                                           struct spprof_registers *registers) {
    *registers = (struct spprof_registers){.pc = dwarf[SPPROF_DWARF_PC],
                                           .sp = dwarf[SPPROF_DWARF_SP],
                                           .fp = dwarf[SPPROF_DWARF_FP],
                                           .bcp = dwarf[13],
                                           .sender_sp = dwarf[13]};
}

/* frame_x86.hpp */
const struct spprof_interpreter_slots spprof_cpu_interpreter_slots = {.sender_sp = -1,
                                                                      .last_sp = -2,
                                                                      .method = -3,
                                                                      .cache = -6,
                                                                      .bcp = -8,
                                                                      .last = -9,
                                                                      .entry_wrapper = -6};

/* `pc` is in the code of a live method or of a stub, so it is mapped. */
static const uint8_t *code_at_sigsafe(uint64_t pc) {
    return (const uint8_t *)(uintptr_t)pc;
}

/* A macro, so that the compiler replaces memcmp by comparisons. */
#define IS(code, bytes) (memcmp(code, bytes, sizeof(bytes) - 1) == 0)

/* Returns the length of `sub $N,%rsp`, or 0. */
static size_t sub_sp_sigsafe(const uint8_t *code) {
    return IS(code, "\x48\x83\xec") ? 4 : IS(code, "\x48\x81\xec") ? 7 : 0;
}

/* Returns the length of `mov %rsp,%rbp`, or 0. */
static size_t mov_fp_sigsafe(const uint8_t *code) {
    return IS(code, "\x48\x8b\xec") || IS(code, "\x48\x89\xe5") ? 3 : 0;
}

static bool is_store_of_fp_sigsafe(const uint8_t *code) {
    return IS(code, "\x48\x89\x6c\x24") || IS(code, "\x48\x89\xac\x24") ||
           IS(code, "\x48\x89\x2c\x24");
}

static enum spprof_frame_stage in_prologue_sigsafe(uint64_t pc, uint64_t entry) {
    for (uint64_t at = entry; at < pc; at++) {
        const uint8_t *code = code_at_sigsafe(at);
        if (*code == 0x55) {
            size_t size = 1 + mov_fp_sigsafe(code + 1);
            size_t sub = sub_sp_sigsafe(code + size);
            if (sub != 0 || at + 1 == pc) {
                return pc >= at + size + sub && sub != 0 ? SPPROF_FRAME_COMPLETE
                                                         : SPPROF_FRAME_PUSHED;
            }
        }
        size_t sub = sub_sp_sigsafe(code);
        if (sub != 0 && is_store_of_fp_sigsafe(code + sub)) {
            return pc > at + sub    ? SPPROF_FRAME_COMPLETE
                   : pc == at + sub ? SPPROF_FRAME_NO_FP
                                    : SPPROF_FRAME_NONE;
        }
    }
    return SPPROF_FRAME_NONE;
}

/* Returns the length of `cmp D(%r15),%rsp`, or 0. Only a poll at a return has this instruction. */
static size_t poll_sigsafe(const uint8_t *code) {
    return IS(code, "\x49\x3b\x67") ? 4 : IS(code, "\x49\x3b\xa7") ? 7 : 0;
}

static bool in_epilogue_sigsafe(const uint8_t *code) {
    if (*code == 0xc3 || poll_sigsafe(code) != 0) {
        return true;
    }
    if (IS(code, "\x0f\x87")) {
        return poll_sigsafe(code - 4) == 4 || poll_sigsafe(code - 7) == 7;
    }
    /* In the STUB to which the poll jumps. */
    static const char lea[] = "\x4c\x8d\x15";
    static const char store[] = "\x4d\x89\x97";
    return (IS(code, lea) && IS(code + 7, store)) || (IS(code, store) && IS(code - 7, lea)) ||
           (*code == 0xe9 && IS(code - 7, store) && IS(code - 14, lea));
}

/* Returns whether `code` is the pop of an epilogue without a poll: add $D,%rsp; pop %rbp; jmp STUB.
 * A method that throws into its caller has it. */
static bool is_pop_before_jump_sigsafe(const uint8_t *code) {
    return IS(code, "\x5d\xe9") && (IS(code - 4, "\x48\x83\xc4") || IS(code - 7, "\x48\x81\xc4"));
}

enum spprof_frame_stage spprof_cpu_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete) {
    if (pc < complete) {
        return in_prologue_sigsafe(pc, entry);
    }
    const uint8_t *code = code_at_sigsafe(pc);
    if (*code == 0x5d && (in_epilogue_sigsafe(code + 1) || is_pop_before_jump_sigsafe(code))) {
        return SPPROF_FRAME_PUSHED;
    }
    return in_epilogue_sigsafe(code) || is_pop_before_jump_sigsafe(code - 1)
               ? SPPROF_FRAME_NONE
               : SPPROF_FRAME_COMPLETE;
}

/*
 * RegisterSaver (sharedRuntime_x86_64.cpp) makes this code. To restore the registers it makes: mov
 * 0x50(%rsp),%rbp; more loads of this kind; add $0x80,%rsp; add $8,%rsp; popf; pop %rbp. After the
 * first of these instructions, fp is the caller's.
 */
enum spprof_frame_stage spprof_cpu_saver_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t end,
                                                       uint64_t *distance) {
    static const char leave[] = "\x48\x81\xc4\x80\x00\x00\x00\x48\x83\xc4\x08\x9d\x5d";
    enum { ADD = 7, ADD_MORE = 11, POPF = 12, LEAVE = sizeof leave - 1, LOADS = 27 };
    const uint8_t *code = code_at_sigsafe(pc);
    *distance = 0;
    if (pc <= entry) {
        return SPPROF_FRAME_NONE;
    }
    if (pc < entry + 1 + mov_fp_sigsafe(code_at_sigsafe(entry + 1))) {
        return SPPROF_FRAME_PUSHED;
    }
    for (size_t behind = 0; behind <= LEAVE; behind++) {
        if (pc - behind + LEAVE <= end && IS(code - behind, leave)) {
            *distance = behind < ADD ? 0x90 : behind < ADD_MORE ? 0x10 : behind < POPF ? 8 : 0;
            return behind == LEAVE ? SPPROF_FRAME_NONE : SPPROF_FRAME_PUSHED;
        }
    }
    for (size_t ahead = 1; ahead <= LOADS && pc + ahead + LEAVE <= end; ahead++) {
        if (IS(code + ahead, leave)) {
            *distance = 0x90;
            return SPPROF_FRAME_PUSHED;
        }
    }
    return SPPROF_FRAME_COMPLETE;
}

bool spprof_cpu_points_fp_sigsafe(uint64_t entry) {
    const uint8_t *code = code_at_sigsafe(entry);
    return *code == 0x55 && mov_fp_sigsafe(code + 1) != 0;
}

bool spprof_x86_64_makes_room_sigsafe(uint64_t entry) {
    return IS(code_at_sigsafe(entry), "\x53\x55"); /* push %rbx; push %rbp */
}

bool spprof_x86_64_has_filled_room_sigsafe(uint64_t pc, uint64_t entry) {
    static const char fill[] = "\x48\x89\x5d\x08"; /* mov %rbx,8(%rbp) */
    for (uint64_t at = entry; at + sizeof fill - 1 <= pc; at++) {
        if (IS(code_at_sigsafe(at), fill)) {
            return true;
        }
    }
    return false;
}

/* upcallLinker_x86_64.cpp makes this code: lea N(%rsp),%rdi; mov $RECEIVER,%rsi, in some releases;
 * call. The stub computes an address relative to sp for no other purpose. */
uint64_t spprof_cpu_frame_data_sigsafe(uint64_t begin, uint64_t end) {
    for (uint64_t at = begin; at + 8 <= end; at++) {
        const uint8_t *code = code_at_sigsafe(at);
        if (IS(code, "\x48\x8d\x7c\x24")) {
            return code[4] < 0x80 ? code[4] : 0;
        }
        if (IS(code, "\x48\x8d\xbc\x24")) {
            uint32_t distance;
            memcpy(&distance, code + 4, sizeof distance);
            return distance <= INT32_MAX ? distance : 0;
        }
    }
    return 0;
}

bool spprof_cpu_is_call_before_sigsafe(uint64_t pc, uint64_t *target) {
    const uint8_t *code = code_at_sigsafe(pc);
    *target = 0;
    /* mov $TARGET,%r10; call *%r10: C2's calls of leaves. */
    if (IS(code - 3, "\x41\xff\xd2") && IS(code - 13, "\x49\xba")) {
        memcpy(target, code - 11, sizeof *target);
        return true;
    }
    /* call *%reg; call *D(%reg) with 8 and with 32 bits of D: FF /2. */
    bool by_register = (code[-2] == 0xff && (code[-1] & 0xf8) == 0xd0) ||
                       (code[-3] == 0xff && (code[-2] & 0xf8) == 0x50) ||
                       (code[-6] == 0xff && (code[-5] & 0xf8) == 0x90);
    /* If both encodings match, the call can be either, and its target is unknown. */
    if (code[-5] == 0xe8 && !by_register) {
        int32_t offset;
        memcpy(&offset, code - 4, sizeof offset);
        *target = pc + (uint64_t)(int64_t)offset;
    }
    return code[-5] == 0xe8 || by_register;
}

uint64_t spprof_cpu_through_trampoline_sigsafe(uint64_t target) {
    return target;
}

#define MOST_OF_A_BARRIER 1024 /* bytes of code that reload 32 registers of all kinds */

uint64_t spprof_cpu_moved_sp_sigsafe(uint64_t pc, uint64_t end) {
    if (end > pc + MOST_OF_A_BARRIER) {
        end = pc + MOST_OF_A_BARRIER;
    }
    for (uint64_t at = pc; at + 13 <= end; at++) {
        const uint8_t *code = code_at_sigsafe(at);
        int32_t moved = 0;
        size_t size = 0;
        if (IS(code, "\x48\x83\xc4")) {
            moved = (int8_t)code[3];
            size = 4;
        } else if (IS(code, "\x48\x81\xc4")) {
            memcpy(&moved, code + 3, sizeof moved);
            size = 7;
        }
        if (size != 0 && code[size] == 0x58) { /* pop %rax, emitted by C1 */
            moved += 8;
            size++;
        }
        if (size != 0 && code[size] == 0xe9 && moved > 0 && moved <= 8192) {
            return (uint64_t)moved;
        }
    }
    return 0;
}

/* Returns the length of a push, a sub $D,%rsp, or a move between a register and a word at %rsp, and
 * adds to `moved` by how many bytes it moves sp down. Returns 0 for another instruction. */
static size_t save_sigsafe(const uint8_t *code, uint64_t *moved) {
    if ((*code & 0xf8) == 0x50 || (*code == 0x41 && (code[1] & 0xf8) == 0x50)) {
        *moved += SPPROF_WORD_BYTES;
        return *code == 0x41 ? 2 : 1;
    }
    if (IS(code, "\x48\x83\xec") && code[3] < 0x80) {
        *moved += code[3];
        return 4;
    }
    bool is_move = (*code & 0xfb) == 0x48 && (code[1] & 0xfd) == 0x89 && code[3] == 0x24;
    return !is_move ? 0 : (code[2] & 0xc7) == 0x44 ? 5 : (code[2] & 0xc7) == 0x04 ? 4 : 0;
}

uint64_t spprof_cpu_pushed_sigsafe(uint64_t begin, uint64_t pc, uint64_t end) {
    uint64_t moved = 0;
    (void)end;
    for (uint64_t at = begin; at < pc;) {
        size_t size = save_sigsafe(code_at_sigsafe(at), &moved);
        if (size == 0 || at + size > pc) {
            return 0;
        }
        at += size;
    }
    return moved;
}

uint64_t spprof_cpu_popped_sigsafe(uint64_t pc) {
    (void)pc;
    return 0;
}

/* Returns the length of `mov D(%r15),%rsp`, %r15 being the JavaThread, or 0. */
static size_t load_sp_sigsafe(const uint8_t *code, uint32_t *offset) {
    if (!IS(code, "\x49\x8b\xa7")) {
        return 0;
    }
    memcpy(offset, code + 3, sizeof *offset);
    return 7;
}

uint64_t spprof_cpu_loaded_sp_sigsafe(uint64_t begin, uint64_t end) {
    uint32_t offset;
    for (uint64_t at = begin; at + 7 <= end; at++) {
        if (load_sp_sigsafe(code_at_sigsafe(at), &offset) != 0) {
            return offset;
        }
    }
    return 0;
}

#define MOST_TO_RETURN 28 /* instructions */

/* The registers that are tracked. A return address is in a register, or at an address, as in
 * spprof_return_slot. */
struct followed {
    const uint8_t *code;
    uint64_t sp, fp_at, rax, rbx; /* rax and rbx are 0 if they are not known */
    uint64_t rdx_in, r13_in;      /* where the values of rdx and r13 are now */
    uint64_t rcx_in;              /* where rcx was popped from; 0 if it was not */
    bool r10_loaded;              /* r10 is a constant */
    uint64_t pushed_at, pushed;   /* where rdx has been pushed, and its place before */
    bool through_calls;
};

static uint64_t popped_sigsafe(struct followed *at) {
    uint64_t place = at->sp == at->pushed_at ? at->pushed : at->sp;
    at->sp += SPPROF_WORD_BYTES;
    return place;
}

/* Executes a push, a pop, or an instruction that removes a frame. Returns its length, or 0. */
static size_t follow_stack_sigsafe(struct followed *at) {
    const uint8_t *code = at->code;
    switch (*code) {
        case 0x50: /* push %rax */
            at->sp -= SPPROF_WORD_BYTES;
            return 1;
        case 0x52: /* push %rdx */
            at->sp -= SPPROF_WORD_BYTES;
            at->pushed_at = at->sp;
            at->pushed = at->rdx_in;
            return 1;
        case 0x58: /* pop %rax */
            at->rax = 0;
            at->sp += SPPROF_WORD_BYTES;
            return 1;
        case 0x59: /* pop %rcx */
            at->rcx_in = popped_sigsafe(at);
            return 1;
        case 0x5a: /* pop %rdx */
            at->rdx_in = popped_sigsafe(at);
            return 1;
        case 0x5d: /* pop %rbp */
            at->fp_at = popped_sigsafe(at);
            return 1;
        default:
            break;
    }
    if (IS(code, "\x41\x5d")) { /* pop %r13 */
        at->r13_in = popped_sigsafe(at);
        return 2;
    }
    if (IS(code, "\x48\x83\xc4")) { /* add $N,%rsp */
        at->sp += (uint64_t)(int64_t)(int8_t)code[3];
        return 4;
    }
    if (IS(code, "\x48\x83\xec")) { /* sub $N,%rsp */
        at->sp -= (uint64_t)(int64_t)(int8_t)code[3];
        return 4;
    }
    if (IS(code, "\x48\x8b\xe3")) { /* mov %rbx,%rsp */
        at->sp = at->rbx;
        return at->rbx != 0 ? 3 : 0;
    }
    return 0;
}

/* Executes a move between the tracked registers, the stack and the thread. Returns its length, or
 * 0. */
static size_t follow_move_sigsafe(struct followed *at) {
    static const struct {
        const char *bytes;
        size_t match, size;
    } without_effect[] = {
        {"\x49\x89\x9f", 3, 7},             /* mov %rbx,D(%r15) */
        {"\xc5\xfb\x10\x04\x24", 5, 5},     /* movsd (%rsp),%xmm0 */
        {"\xf2\x0f\x10\x04\x24", 5, 5},     /* the same */
        {"\xc5\xf8\x77", 3, 3},             /* vzeroupper */
        {"\x49\xc7\x87", 3, 11},            /* movq $0,D(%r15) */
        {"\x49\xc7\x47", 3, 8},             /* the same */
        {"\x48\x8b\xf2", 3, 3},             /* mov %rdx,%rsi */
        {"\x49\x8b\xff", 3, 3},             /* mov %r15,%rdi */
        {"\x4c\x8b\xf0", 3, 3},             /* mov %rax,%r14 */
        {"\x4c\x8b\xc0", 3, 3},             /* mov %rax,%r8 */
        {"\x4c\x8b\xd0", 3, 3},             /* mov %rax,%r10 */
        {"\x40\xf6\xc4\x0f", 4, 4},         /* the same */
        {"\x41\xc6\x87", 3, 8},             /* movb $0,D(%r15) */
        {"\x49\x3b\xa7", 3, 7},             /* cmp D(%r15),%rsp */
        {"\x72\x0b\x49\xc7", 4, 2},         /* jb past movq $0,D(%r15), which does not matter */
        {"\xf7\xc4\x0f\x00\x00\x00", 6, 6}, /* test $15,%esp */
        {"\x49\x8b\x97", 3, 7},             /* mov D(%r15),%rdx: again the address that threw */
    };
    const uint8_t *code = at->code;
    for (size_t i = 0; i < sizeof without_effect / sizeof *without_effect; i++) {
        size_t same = 0;
        while (same < without_effect[i].match &&
               code[same] == (uint8_t)without_effect[i].bytes[same]) {
            same++;
        }
        if (same == without_effect[i].match) {
            return without_effect[i].size;
        }
    }
    if (IS(code, "\x49\xba")) { /* mov $TARGET,%r10 */
        at->r10_loaded = true;
        return 10;
    }
    if (IS(code, "\x48\x8b\x5c\x24")) { /* mov D(%rsp),%rbx */
        at->rbx = 0;
        return 5;
    }
    if (IS(code, "\x48\x8b\xd8")) { /* mov %rax,%rbx */
        at->rbx = at->rax;
        return 3;
    }
    if (IS(code, "\x48\x8b\x14\x24")) { /* mov (%rsp),%rdx */
        at->rdx_in = at->sp;
        return 4;
    }
    if (IS(code, "\x48\x8b\x2c\x24")) { /* mov (%rsp),%rbp */
        at->fp_at = at->sp;
        return 4;
    }
    if (IS(code, "\x48\x33\xc0") || IS(code, "\x49\x8b\xc6") || IS(code, "\x49\x8b\x87") ||
        IS(code, "\x49\x8b\x47")) {
        at->rax = 0; /* xor %rax,%rax; mov %r14,%rax; mov D(%r15),%rax */
        return code[2] == 0x87 ? 7 : code[2] == 0x47 ? 4 : 3;
    }
    return 0;
}

/* Whether the instruction before is test $15,%esp or test $15,%spl. */
static bool tests_sp_sigsafe(const uint8_t *code) {
    return IS(code - 6, "\xf7\xc4\x0f\x00\x00\x00") ||
           (code[-4] == 0x40 && code[-3] == 0xf6 && code[-2] == 0xc4 && code[-1] == 0x0f);
}

/*
 * Executes one instruction that neither returns nor jumps to a handler; false if it is not one of
 * the known ones. Calls of native code are emitted twice, for the two alignments of sp: test, je;
 * one copy ends in a jump past the other.
 */
static bool follow_sigsafe(struct followed *at, uint64_t thread) {
    const uint8_t *code = at->code;
    uint32_t offset;
    int32_t distance = 0;
    size_t size = load_sp_sigsafe(code, &offset);
    if (size != 0) {
        at->sp = *(const uint64_t *)(uintptr_t)(thread + offset);
    } else if (*code == 0xe9 && IS(code - 4, "\x48\x83\xc4\x08")) {
        memcpy(&distance, code + 1, sizeof distance);
        size = 5;
    } else if (at->through_calls && *code == 0xeb && IS(code - 4, "\x48\x83\xc4\x08")) {
        distance = (int8_t)code[1];
        size = 2;
    } else if (at->through_calls && IS(code, "\x0f\x84") && tests_sp_sigsafe(code)) {
        memcpy(&distance, code + 2, sizeof distance);
        distance = at->sp % 16 == 0 ? distance : 0;
        size = 6;
    } else if (at->through_calls && *code == 0x74 && tests_sp_sigsafe(code)) {
        distance = at->sp % 16 == 0 ? (int8_t)code[1] : 0;
        size = 2;
    } else if (at->through_calls && (*code == 0xe8 || IS(code, "\x41\xff\xd2"))) { /* call */
        at->rax = 0;
        at->r10_loaded = false;
        size = *code == 0xe8 ? 5 : 3;
    } else {
        size = follow_stack_sigsafe(at);
        size = size != 0 ? size : follow_move_sigsafe(at);
    }
    at->code += (int64_t)size + distance;
    return size != 0;
}

static struct followed begin_to_follow_sigsafe(const struct spprof_cursor *cursor) {
    struct followed at = {.code = code_at_sigsafe(cursor->pc), .sp = cursor->sp};
    if (cursor->arrival == SPPROF_INTERRUPTED) {
        at.rax = cursor->registers->return_address;
        at.rbx = cursor->registers->thawed_sp;
        at.rdx_in = SPPROF_IN_THROW;
        at.r13_in = SPPROF_IN_BCP;
    }
    return at;
}

bool spprof_cpu_follow_to_return_sigsafe(const struct spprof_cursor *cursor,
                                         struct spprof_return_slot *slot) {
    struct followed at = begin_to_follow_sigsafe(cursor);
    for (int i = 0; i < MOST_TO_RETURN; i++) {
        /* ret, of a frame that was removed by pop; or pop %rdx, jmp *%rbx */
        if ((*at.code == 0xc3 && at.code[-1] == 0x5d) || IS(at.code, "\x5a\xff\xe3")) {
            *slot = spprof_return_slot_at_sigsafe(at.sp, at.fp_at);
            return true;
        }
        if (!follow_sigsafe(&at, cursor->thread)) {
            return false;
        }
    }
    return false;
}

/*
 * The return address of code that has removed a frame, or is about to throw into its caller. Such
 * code ends in a jump: to the return address, in r13 (the interpreter) or rcx (C1's stubs); to a
 * handler that expects it in rdx, by rbx, r8 or r10; or to a constant address in r10, the stub that
 * forwards exceptions, with the return address on the stack.
 */
bool spprof_cpu_slot_of_throw_sigsafe(const struct spprof_cursor *cursor, uint64_t end,
                                      struct spprof_return_slot *slot) {
    struct followed at = begin_to_follow_sigsafe(cursor);
    at.through_calls = true;
    at.rcx_in = at.code[-1] == 0x59 ? cursor->sp - SPPROF_WORD_BYTES : 0;
    for (int i = 0; i < MOST_TO_RETURN && (uintptr_t)at.code < end; i++) {
        bool by_r10 = IS(at.code, "\x41\xff\xe2"), by_r13 = IS(at.code, "\x41\xff\xe5");
        bool by_rcx = IS(at.code, "\xff\xe1") && at.rcx_in != 0;
        if (by_r10 && at.r10_loaded) {
            *slot = spprof_return_slot_at_sigsafe(at.sp, at.fp_at);
            return true;
        }
        if (by_r10 || by_r13 || by_rcx || IS(at.code, "\xff\xe3") || IS(at.code, "\x41\xff\xe0")) {
            uint64_t in = by_r13 ? at.r13_in : by_rcx ? at.rcx_in : at.rdx_in;
            *slot = (struct spprof_return_slot){.at = in, .fp_at = at.fp_at, .sp = at.sp};
            return in != SPPROF_IN_REGISTER;
        }
        if (!follow_sigsafe(&at, cursor->thread)) {
            return false;
        }
    }
    return false;
}

/*
 * Stubs point fp to their frame and return by leave, ret or pop %rbp, ret. The adapters between
 * method handles and the interpreter pop the return address into rax, remove an argument, and push
 * the return address again: pop %rax; pop %rbx; push %rax. The adapter from compiled code to the
 * interpreter pops it into rax, too: pop %rax; mov %rsp,%r13; sub $N,%rsp, or since JDK 20 lea
 * 8(%rsp),%r13; pop %rax; sub $N,%rsp. C2's stub that throws into a caller copies the return
 * address into its frame, behind the saved rbp: push D(%rsp); pop (%rsp).
 */
bool spprof_cpu_slot_at_edge_sigsafe(const struct spprof_cursor *cursor,
                                     struct spprof_return_slot *slot) {
    const uint8_t *code = code_at_sigsafe(cursor->pc);
    if (*code == 0xc3 || (*code == 0x55 && mov_fp_sigsafe(code + 1) != 0)) {
        *slot = spprof_return_slot_without_frame_sigsafe(cursor->sp);
        return true;
    }
    if ((mov_fp_sigsafe(code) != 0 && code[-1] == 0x55) || IS(code, "\x5d\xc3")) {
        *slot = spprof_return_slot_of_record_sigsafe(cursor->sp);
        return true;
    }
    if (IS(code, "\x48\x8f\x04\x24") && IS(code - 4, "\xff\x74\x24") && code[-1] < 0x80) {
        uint64_t at = cursor->sp + SPPROF_WORD_BYTES + code[-1];
        *slot = spprof_return_slot_at_sigsafe(at, at - SPPROF_WORD_BYTES);
        return true;
    }
    *slot = (struct spprof_return_slot){.at = SPPROF_IN_REGISTER, .sp = cursor->sp};
    return IS(code - 1, "\x58\x5b\x50") || IS(code - 2, "\x58\x5b\x50") ||
           IS(code - 1, "\x58\x4c\x8b\xec\x48") || IS(code - 4, "\x58\x4c\x8b\xec\x48") ||
           IS(code - 6, "\x4c\x8d\x6c\x24\x08\x58\x48");
}

/*
 * Up to JDK 19, mov (%rsp),%rax; mov %rsp,%r11; [sub $N,%rsp;] and $-16,%rsp; push %rax. Later, mov
 * %rsp,%r11; pop %rax; [sub $N,%rsp;] and $-16,%rsp; push %rax. Both end with jmp *%r11.
 */
bool spprof_cpu_slot_of_i2c_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                    struct spprof_return_slot *slot) {
    uint64_t pc = cursor->pc;
    bool removed = false, pushed = false; /* the return address, from where the call has put it */
    for (uint64_t at = begin; at < pc; at++) {
        const uint8_t *code = code_at_sigsafe(at);
        if (at + 3 <= pc && IS(code, "\x41\xff\xe3")) {
            return false;
        }
        removed = removed || (at + 4 <= pc && IS(code, "\x4c\x8b\xdc\x58")) ||
                  (at + 4 <= pc && IS(code, "\x48\x83\xe4\xf0"));
        pushed = pushed || (at + 5 <= pc && IS(code, "\x48\x83\xe4\xf0\x50"));
    }
    *slot = removed && !pushed
                ? (struct spprof_return_slot){.at = SPPROF_IN_REGISTER, .sp = cursor->sp}
                : spprof_return_slot_without_frame_sigsafe(cursor->sp);
    return true;
}

/* call_stub ends with: add $N,%rsp; [vzeroupper;] pop %rbp; ret. */
uint64_t spprof_cpu_fp_of_call_stub_sigsafe(const struct spprof_cursor *cursor) {
    const uint8_t *code = code_at_sigsafe(cursor->pc);
    return IS(code, "\x5d\xc3") || IS(code, "\xc5\xf8\x77\x5d\xc3") ? cursor->sp
           : *code == 0xc3 && code[-1] == 0x5d                      ? cursor->sp - SPPROF_WORD_BYTES
                                                                    : cursor->fp;
}
