/*
 * Recognizes the instructions of aarch64 that build a frame, remove a frame, or call. The walker
 * needs this to find the return address at any instruction. The sequences are those of HotSpot's
 * C1, C2 and template interpreter (macroAssembler_aarch64.cpp, c1_MacroAssembler_aarch64.cpp,
 * aarch64.ad). They are the same in all releases since JDK 17:
 *
 *   stack bang           sub x9,sp,#M; str xzr,[x9]
 *   frame < 528 bytes    sub sp,sp,#N; stp x29,x30,[sp,#N-16]
 *   larger frame         stp x29,x30,[sp,#-16]!; [mov x29,sp;] sub sp,sp,#N-16, or by x8
 *   frame removed by     ldp x29,x30,[sp,#N-16]; add sp,sp,#N
 *     or, if larger      add sp,sp,#N-16, or by x8; ldp x29,x30,[sp],#16
 *   then the return      [autiaz;] ldr x8,[x28,#D]; cmp sp,x8; b.hi STUB; ret
 *   STUB (return poll)   adr x8,PC; str x8,[x28,#D]; b
 *
 * x28 is the JavaThread, x29 is fp, x30 is the link register. The compilers use x30 for nothing
 * else. Compiled code therefore pops x30 only where it removes a frame.
 */
#include <string.h>

#include "walk/cpu/cursor.h"

int spprof_aarch64_sender_sp = 19;

void spprof_cpu_learn(uint64_t call_stub_return) {
    enum { MOV_X13_SP = 0x910003ed };
    bool is_x13 = *(const uint32_t *)(uintptr_t)(call_stub_return - 8) == MOV_X13_SP;
    spprof_aarch64_sender_sp = is_x13 ? 13 : 19;
}

void spprof_cpu_registers_of_dwarf_sigsafe(const uint64_t *dwarf,
                                           struct spprof_registers *registers) {
    *registers =
        (struct spprof_registers){.pc = dwarf[SPPROF_DWARF_PC],
                                  .sp = dwarf[SPPROF_DWARF_SP],
                                  .fp = dwarf[SPPROF_DWARF_FP],
                                  .bcp = dwarf[22],
                                  .sender_sp = spprof_aarch64_sender_sp == 19 ? dwarf[19] : 0,
                                  .kept_pc = spprof_cpu_strip_sigsafe(dwarf[19])};
}

/* frame_aarch64.hpp */
const struct spprof_interpreter_slots spprof_cpu_interpreter_slots = {.sender_sp = -1,
                                                                      .last_sp = -2,
                                                                      .method = -3,
                                                                      .cache = -7,
                                                                      .bcp = -9,
                                                                      .last = -10,
                                                                      .entry_wrapper = -8};

enum {
    RET = 0xd65f03c0,
    NOP = 0xd503201f,
    PUSH_RECORD = 0xa9bf7bfd, /* stp x29,x30,[sp,#-16]! */
    POP_RECORD = 0xa8c17bfd,  /* ldp x29,x30,[sp],#16 */
    MOV_FP_SP = 0x910003fd,
    MOV_SP_FP = 0x910003bf,
    SUB_SP_X8 = 0xcb2863ff,
    ADD_SP_X8 = 0x8b2863ff,
    CMP_SP_X8 = 0xeb2863ff,
    MOV_X3_LR = 0xaa1e03e3,
    BR_X1 = 0xd61f0020,
    SUB_SP_X9_16 = 0xd100413f,
};

/* `pc` is in the code of a live method or of a stub, so it is mapped. */
static uint32_t code_at_sigsafe(uint64_t pc) {
    return *(const uint32_t *)(uintptr_t)pc;
}

static bool is_sub_sp_sigsafe(uint32_t code) {
    return (code & 0xff8003ff) == 0xd10003ff || code == SUB_SP_X8;
}

static bool is_add_sp_sigsafe(uint32_t code) {
    return (code & 0xff8003ff) == 0x910003ff || code == ADD_SP_X8;
}

/* stp x29,x30,[sp,#N] */
static bool is_store_of_record_sigsafe(uint32_t code) {
    return (code & 0xffc07fff) == 0xa9007bfd;
}

/* ldp x29,x30,[sp,#N] */
static bool is_load_of_record_sigsafe(uint32_t code) {
    return (code & 0xffc07fff) == 0xa9407bfd;
}

/* nop, and the instructions that sign and authenticate x30 */
static bool is_hint_sigsafe(uint32_t code) {
    return (code & 0xfffff01f) == NOP;
}

static bool is_b_sigsafe(uint32_t code) {
    return (code & 0xfc000000) == 0x14000000;
}

bool spprof_aarch64_pushes_record_sigsafe(uint32_t code) {
    return code == PUSH_RECORD;
}

bool spprof_aarch64_pops_record_sigsafe(uint32_t code) {
    return code == POP_RECORD;
}

#define MOST_TO_SUB 6 /* instructions from the push of a record to the end of the prologue */

static enum spprof_frame_stage in_prologue_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete) {
    for (uint64_t at = entry; at < pc; at += 4) {
        uint32_t code = code_at_sigsafe(at);
        if (code == PUSH_RECORD) {
            for (int i = 1; i <= MOST_TO_SUB && at + 4 * i < pc && at + 4 * i < complete; i++) {
                if (is_sub_sp_sigsafe(code_at_sigsafe(at + 4 * i))) {
                    return SPPROF_FRAME_COMPLETE;
                }
            }
            return SPPROF_FRAME_PUSHED;
        }
        if (is_sub_sp_sigsafe(code) && is_store_of_record_sigsafe(code_at_sigsafe(at + 4))) {
            return pc > at + 4 ? SPPROF_FRAME_COMPLETE : SPPROF_FRAME_NO_FP;
        }
    }
    return SPPROF_FRAME_NONE;
}

/*
 * Whether the instruction can follow the removal of a frame, before the return or the jump
 * elsewhere: hints; ldr and str x8,[x28,#D]; b.hi; movz, movk, adr, adrp and add for x8; cbz, cbnz,
 * tbz and tbnz x8.
 */
static bool is_after_frame_sigsafe(uint32_t code) {
    return is_hint_sigsafe(code) || code == CMP_SP_X8 || code == MOV_X3_LR ||
           (code & 0xffc003ff) == 0xf9400388 || (code & 0xffc003ff) == 0xf9000388 ||
           (code & 0x7e00001f) == 0x36000008 || (code & 0xff00001f) == 0x54000008 ||
           (code & 0xff80001f) == 0xd2800008 || (code & 0xff80001f) == 0xf2800008 ||
           (code & 0x1f00001f) == 0x10000008 || (code & 0xff8003ff) == 0x91000108 ||
           (code & 0xfe00001f) == 0xb4000008;
}

#define MOST_AFTER_FRAME 8 /* instructions */

/* A jump to the stub of the poll can be on the way: JDK 25's native methods poll before they
 * return, and a branch passes over the jump. */
static bool returns_soon_sigsafe(uint64_t pc) {
    for (int i = 0; i < MOST_AFTER_FRAME; i++, pc += 4) {
        uint32_t code = code_at_sigsafe(pc);
        if (code == RET) {
            return true;
        }
        if (!is_after_frame_sigsafe(code) && !is_b_sigsafe(code)) {
            return false;
        }
    }
    return false;
}

/* In the STUB to which the poll at a return jumps. */
static bool in_poll_stub_sigsafe(uint64_t pc) {
    for (uint64_t adr = pc; adr + 12 > pc; adr -= 4) {
        if ((code_at_sigsafe(adr) & 0x9f00001f) == 0x10000008 &&
            (code_at_sigsafe(adr + 4) & 0xffc003ff) == 0xf9000388 &&
            is_b_sigsafe(code_at_sigsafe(adr + 8))) {
            return true;
        }
    }
    return false;
}

/* Whether a jump to the poll's stub ends at `pc`, over which a branch has passed: tbz w8,#0,PC; adr
 * x8; str x8,[x28,#D]; b. JDK 25's native methods poll in this way when they have removed their
 * frame. */
static bool is_behind_passed_poll_sigsafe(uint64_t pc) {
    enum { TBZ_W8_OVER_THREE = 0x36000088 };
    return is_b_sigsafe(code_at_sigsafe(pc - 4)) &&
           (code_at_sigsafe(pc - 8) & 0xffc003ff) == 0xf9000388 &&
           (code_at_sigsafe(pc - 12) & 0x9f00001f) == 0x10000008 &&
           code_at_sigsafe(pc - 16) == TBZ_W8_OVER_THREE;
}

/*
 * A barrier of Shenandoah's pushes and pops a record in the middle of a method, by fp: mov sp,x29;
 * ldp x29,x30,[sp],#16. Only if a return follows at once does this remove a frame, that of a native
 * method.
 */
static enum spprof_frame_stage in_epilogue_sigsafe(uint64_t pc) {
    uint32_t code = code_at_sigsafe(pc), before = code_at_sigsafe(pc - 4);
    if (code == POP_RECORD &&
        (is_add_sp_sigsafe(before) || (before == MOV_SP_FP && returns_soon_sigsafe(pc + 4)))) {
        return SPPROF_FRAME_PUSHED;
    }
    bool moved = false;
    for (int i = 1; i <= MOST_AFTER_FRAME + 1; i++) {
        uint64_t at = pc - 4 * (uint64_t)i;
        code = code_at_sigsafe(at);
        if (is_load_of_record_sigsafe(code)) {
            return moved ? SPPROF_FRAME_NONE : i == 1 ? SPPROF_FRAME_NO_FP : SPPROF_FRAME_COMPLETE;
        }
        if (code == POP_RECORD) {
            bool by_fp = code_at_sigsafe(at - 4) == MOV_SP_FP;
            return !moved && (!by_fp || returns_soon_sigsafe(pc)) ? SPPROF_FRAME_NONE
                                                                  : SPPROF_FRAME_COMPLETE;
        }
        if (is_add_sp_sigsafe(code) && !moved) {
            moved = true;
        } else if (!is_after_frame_sigsafe(code) && !is_behind_passed_poll_sigsafe(at + 4)) {
            break;
        }
    }
    return in_poll_stub_sigsafe(pc) ? SPPROF_FRAME_NONE : SPPROF_FRAME_COMPLETE;
}

enum spprof_frame_stage spprof_cpu_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete) {
    return pc < complete ? in_prologue_sigsafe(pc, entry, complete) : in_epilogue_sigsafe(pc);
}

/* The address of the push of a record with which the code at `entry` begins, or 0. Signing x30 and
 * removing its signature can precede it. */
static uint64_t push_at_sigsafe(uint64_t entry) {
    while (is_hint_sigsafe(code_at_sigsafe(entry))) {
        entry += 4;
    }
    return code_at_sigsafe(entry) == PUSH_RECORD ? entry : 0;
}

static bool is_jump_sigsafe(uint32_t code) {
    return code == RET || is_b_sigsafe(code) || (code & 0xfffffc1f) == 0xd61f0000; /* br */
}

/* Whether the code has a further entry there, as DeoptimizationBlob has: a record is pushed behind
 * a jump. */
static bool is_further_entry_sigsafe(uint64_t at) {
    return code_at_sigsafe(at) == PUSH_RECORD && code_at_sigsafe(at + 4) == MOV_FP_SP &&
           is_jump_sigsafe(code_at_sigsafe(at - 4));
}

/* sharedRuntime_aarch64.cpp, RegisterSaver: all registers are pushed below the record and popped
 * before it, x29 with the value that it had. After the last pop, at most three stores and a jump
 * follow. */
enum spprof_frame_stage spprof_cpu_saver_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t end,
                                                       uint64_t *distance) {
    enum { MOST_BEHIND = 4 };
    uint64_t push = push_at_sigsafe(entry);
    *distance = 0;
    if (pc <= push || pc >= end || is_further_entry_sigsafe(pc)) {
        return SPPROF_FRAME_NONE;
    }
    if (pc <= push + 4 || is_further_entry_sigsafe(pc - 4)) {
        return SPPROF_FRAME_PUSHED;
    }
    for (uint64_t at = pc - 4; at > push && pc - at <= 4 * MOST_BEHIND; at -= 4) {
        uint32_t code = code_at_sigsafe(at);
        if (code == POP_RECORD) {
            return SPPROF_FRAME_NONE;
        }
        if (is_jump_sigsafe(code)) {
            break;
        }
    }
    return SPPROF_FRAME_COMPLETE;
}

bool spprof_cpu_points_fp_sigsafe(uint64_t entry) {
    uint64_t push = push_at_sigsafe(entry);
    return push != 0 && code_at_sigsafe(push + 4) == MOV_FP_SP;
}

/* upcallLinker_aarch64.cpp: the first add x0,sp,#D is for the call of on_entry. */
uint64_t spprof_cpu_frame_data_sigsafe(uint64_t begin, uint64_t end) {
    for (uint64_t at = begin; at < end; at += 4) {
        uint32_t code = code_at_sigsafe(at);
        if ((code & 0xffc003ff) == 0x910003e0) {
            return code >> 10 & 0xfff;
        }
    }
    return 0;
}

static uint64_t extend_sigsafe(uint64_t value, int bits) {
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return ((value & (2 * sign - 1)) ^ sign) - sign;
}

/* ldr x8,.+8; br x8; the target's address */
uint64_t spprof_cpu_through_trampoline_sigsafe(uint64_t target) {
    bool is_trampoline = target % 4 == 0 && code_at_sigsafe(target) == 0x58000048 &&
                         code_at_sigsafe(target + 4) == 0xd61f0100;
    if (is_trampoline) {
        memcpy(&target, (const void *)(uintptr_t)(target + 8), sizeof target);
    }
    return target;
}

/* The value that the instructions before `pc` have loaded into a register: movz; movk; movk, or
 * adrp; add. 0 if there are other instructions. */
static uint64_t loaded_before_sigsafe(uint64_t pc, uint32_t to) {
    uint32_t last = code_at_sigsafe(pc - 4), middle = code_at_sigsafe(pc - 8);
    uint32_t first = code_at_sigsafe(pc - 12);
    if ((last & 0xffc003ff) == (0x91000000 | to << 5 | to) &&
        (middle & 0x9f00001f) == (0x90000000 | to)) {
        uint64_t pages = extend_sigsafe((middle >> 5 & 0x7ffff) << 2 | (middle >> 29 & 3), 21);
        return ((pc - 8) & ~UINT64_C(0xfff)) + (pages << 12) + (last >> 10 & 0xfff);
    }
    if ((last & 0xffe0001f) == (0xf2c00000 | to) && (middle & 0xffe0001f) == (0xf2a00000 | to) &&
        (first & 0xffe0001f) == (0xd2800000 | to)) {
        return (uint64_t)(last >> 5 & 0xffff) << 32 | (uint64_t)(middle >> 5 & 0xffff) << 16 |
               (first >> 5 & 0xffff);
    }
    return 0;
}

bool spprof_cpu_is_call_before_sigsafe(uint64_t pc, uint64_t *target) {
    *target = 0;
    if (pc % 4 != 0) {
        return false;
    }
    uint32_t code = code_at_sigsafe(pc - 4);
    if ((code & 0xfc000000) == 0x94000000) { /* bl */
        *target = pc - 4 + (extend_sigsafe(code, 26) << 2);
        return true;
    }
    if ((code & 0xfffffc1f) == 0xd63f0000) { /* blr */
        *target = loaded_before_sigsafe(pc - 4, code >> 5 & 31);
        return true;
    }
    return false;
}

bool spprof_aarch64_moves_sp_sigsafe(uint32_t code, uint64_t *bytes) {
    *bytes = 0;
    if ((code & 0xff0003ff) == 0x910003ff || (code & 0xff0003ff) == 0xd10003ff) {
        uint64_t value = (uint64_t)(code >> 10 & 0xfff) << ((code >> 22 & 1) * 12);
        *bytes = (code & 0x40000000) == 0 ? value : 0 - value;
        return true;
    }
    uint32_t base = code >> 5 & 31;
    if ((code & 0x3a000000) == 0x28000000 && (code & 0x00800000) != 0 && base == 31) { /* pairs */
        uint32_t size = code >> 30;
        int shift = (code & 0x04000000) != 0 ? 2 + (int)size : 2 + (int)(size >> 1);
        *bytes = extend_sigsafe(code >> 15 & 0x7f, 7) << shift;
        return true;
    }
    if ((code & 0x3b200400) == 0x38000400 && base == 31) { /* one register */
        *bytes = extend_sigsafe(code >> 12 & 0x1ff, 9);
        return true;
    }
    if ((code & 0xbfbf03e0) == 0x0c9f03e0) { /* ld1, st1 */
        uint32_t opcode = code >> 12 & 15;
        uint64_t count = opcode == 7 ? 1 : opcode == 10 ? 2 : opcode == 6 ? 3 : opcode == 2 ? 4 : 0;
        *bytes = count * ((code & 0x40000000) != 0 ? 16 : 8);
        return count != 0;
    }
    /* add and sub with sp as result, of another register or by a register; addvl */
    return !((code & 0xbf80001f) == 0x9100001f || (code & 0xbfe0001f) == 0x8b20001f ||
             (code & 0xffe0f81f) == 0x0420501f);
}

#define MOST_OF_A_BARRIER 1024 /* bytes of code that reload 62 registers of all kinds */

uint64_t spprof_cpu_moved_sp_sigsafe(uint64_t pc, uint64_t end) {
    uint64_t moved = 0, bytes;
    if (end > pc + MOST_OF_A_BARRIER) {
        end = pc + MOST_OF_A_BARRIER;
    }
    for (uint64_t at = pc; at < end; at += 4) {
        uint32_t code = code_at_sigsafe(at);
        if (is_b_sigsafe(code)) {
            return moved <= 8192 ? moved : 0;
        }
        if (code == RET || (code & 0xfffffc1f) == 0xd61f0000 ||
            !spprof_aarch64_moves_sp_sigsafe(code, &bytes)) {
            return 0;
        }
        moved += bytes;
    }
    return 0;
}

/* Adds up by how many bytes straight code moves sp up, until `end` or a return. False if the code
 * is not straight, or if an instruction moves sp in another way. */
static bool add_moves_sigsafe(uint64_t at, uint64_t end, bool *returns, uint64_t *moved) {
    uint64_t bytes;
    *returns = false;
    *moved = 0;
    if (end > at + MOST_OF_A_BARRIER) {
        end = at + MOST_OF_A_BARRIER;
    }
    for (; at < end; at += 4) {
        uint32_t code = code_at_sigsafe(at);
        *returns = code == RET;
        if (*returns) {
            return true;
        }
        if (is_jump_sigsafe(code) || !spprof_aarch64_moves_sp_sigsafe(code, &bytes)) {
            return false;
        }
        *moved += bytes;
    }
    return true;
}

uint64_t spprof_cpu_pushed_sigsafe(uint64_t begin, uint64_t pc, uint64_t end) {
    uint64_t moved;
    bool returns;
    if (pc >= begin && pc - begin <= MOST_OF_A_BARRIER &&
        add_moves_sigsafe(begin, pc, &returns, &moved) && !returns) {
        moved = 0 - moved;
    } else if (!add_moves_sigsafe(pc, end, &returns, &moved) || !returns) {
        return 0;
    }
    return moved <= 8192 ? moved : 0;
}

uint64_t spprof_cpu_popped_sigsafe(uint64_t pc) {
    uint64_t popped = 0, bytes;
    for (;; pc += 4) {
        uint32_t code = code_at_sigsafe(pc);
        bool is_pop =
            (code & 0xffc003e0) == 0xa8c003e0 && code != POP_RECORD; /* ldp xN,xM,[sp],#D */
        if (!is_pop || !spprof_aarch64_moves_sp_sigsafe(code, &bytes)) {
            return popped;
        }
        popped += bytes;
    }
}

/* JDK 17's ExceptionBlob pops the address that threw: ldp x29,x3,[sp],#16; then mov, ldr, ldr, str
 * and br. */
static bool has_popped_throw_sigsafe(uint64_t pc) {
    enum { POP_FP_X3 = 0xa8c10ffd, MOV_X8_X0 = 0xaa0003e8, MOST = 5 };
    for (uint64_t i = 1; i <= MOST; i++) {
        uint32_t code = code_at_sigsafe(pc - 4 * i);
        if (code == POP_FP_X3) {
            return true;
        }
        bool is_of_thread = (code & 0xffc003e0) == 0xf9400380 || (code & 0xffc003e0) == 0xf9000380;
        if (code != MOV_X8_X0 && !is_of_thread) {
            return false;
        }
    }
    return false;
}

/*
 * The three pieces of code and what they do behind their call (the pop is the call's own):
 *
 *   forward_exception_entry        ldp x8,x12,[sp],#16; …; mov x30,x19
 *   C1's unwind_exception          ldp x8,x12,[sp],#16; …; ldp x30,x0,[sp],#16
 *   the interpreter, which has     ldp x8,x12,[sp],#16; …; ldp x0,x30,[sp],#16
 *   removed an activation
 *
 * From an instruction before the call, x30 still is the return address. So it is at the end of the
 * last piece: mov x3,x30; br x1.
 */
bool spprof_cpu_slot_of_throw_sigsafe(const struct spprof_cursor *cursor, uint64_t end,
                                      struct spprof_return_slot *slot) {
    /* The interpreter returns with ldp x29,x30,[sp],#16; and sp,x20,#-16 or mov sp,x20; ret. In
     * JDK 25, strb wzr,[x28,#D] and mov x20,x9 come in between. */
    enum { AND_SP_X20 = 0x927cee9f, MOV_SP_X20 = 0x9100029f, MOV_X20_X9 = 0xaa0903f4 };
    uint64_t caller_sp = cursor->registers->expression_sp;
    uint32_t now = code_at_sigsafe(cursor->pc);
    uint32_t before = code_at_sigsafe(cursor->pc - 4);
    uint64_t at_move = cursor->pc + (now == POP_RECORD ? 4 : 0);
    if ((code_at_sigsafe(at_move) & 0xffc003ff) == 0x3900039f) {
        at_move += 4;
    }
    if (code_at_sigsafe(at_move) == MOV_X20_X9) {
        caller_sp = cursor->registers->thawed_sp;
        at_move += 4;
    }
    uint32_t move = code_at_sigsafe(at_move);
    if (cursor->arrival == SPPROF_INTERRUPTED && (move == AND_SP_X20 || move == MOV_SP_X20)) {
        *slot = now == POP_RECORD ? spprof_return_slot_of_record_sigsafe(cursor->sp)
                                  : spprof_return_slot_without_frame_sigsafe(cursor->sp);
        slot->sp = caller_sp & ~UINT64_C(15);
        return true;
    }
    if (cursor->arrival == SPPROF_INTERRUPTED &&
        ((now == RET && (before == AND_SP_X20 || before == MOV_SP_X20)) ||
         (now == MOV_X3_LR && code_at_sigsafe(cursor->pc + 4) == BR_X1) ||
         (now == BR_X1 && before == MOV_X3_LR))) {
        *slot = spprof_return_slot_without_frame_sigsafe(cursor->sp);
        return true;
    }
    if (cursor->arrival == SPPROF_INTERRUPTED && has_popped_throw_sigsafe(cursor->pc)) {
        *slot = (struct spprof_return_slot){.at = SPPROF_IN_THROW, .sp = cursor->sp};
        return true;
    }
    enum { MOST = 16, FROM_KEPT = 0xaa1303fe, POP_X30_X0 = 0xa8c103fe, POP_X0_X30 = 0xa8c17be0 };
    uint64_t sp = cursor->sp, bytes;
    bool before_call = false;
    for (uint64_t at = cursor->pc; at < end && at < cursor->pc + 4 * MOST; at += 4) {
        uint32_t code = code_at_sigsafe(at);
        if (code == FROM_KEPT || code == POP_X30_X0 || code == POP_X0_X30) {
            uint64_t in = code == FROM_KEPT    ? SPPROF_IN_KEPT
                          : code == POP_X30_X0 ? sp
                                               : sp + SPPROF_WORD_BYTES;
            sp += code == FROM_KEPT ? 0 : 2 * SPPROF_WORD_BYTES;
            *slot =
                (struct spprof_return_slot){.at = before_call ? SPPROF_IN_REGISTER : in, .sp = sp};
            return true;
        }
        bool is_call = (code & 0xfffffc1f) == 0xd63f0000;
        before_call = before_call || is_call;
        if (code == RET || is_b_sigsafe(code) || (code & 0xfffffc1f) == 0xd61f0000 ||
            !spprof_aarch64_moves_sp_sigsafe(code, &bytes)) {
            return false;
        }
        sp += bytes;
    }
    return false;
}

/* ldr xN,[x28,#D]; mov sp,xN */
static bool is_load_of_sp_sigsafe(uint64_t at, uint64_t *offset) {
    uint32_t load = code_at_sigsafe(at);
    *offset = (uint64_t)(load >> 10 & 0xfff) * 8;
    return (load & 0xffc003e0) == 0xf9400380 &&
           code_at_sigsafe(at + 4) == (0x9100001f | (load & 31) << 5);
}

uint64_t spprof_cpu_loaded_sp_sigsafe(uint64_t begin, uint64_t end) {
    uint64_t offset;
    for (uint64_t at = begin; at + 8 <= end; at += 4) {
        if (is_load_of_sp_sigsafe(at, &offset)) {
            return offset;
        }
    }
    return 0;
}

#define MOST_TO_RETURN 32 /* instructions */

/* The registers that are tracked. x8 and x9 are scratch registers. */
struct followed {
    uint64_t pc, sp, fp;
    uint64_t scratch[2];
    bool known[2]; /* whether a scratch register's value is known */
    bool popped;   /* whether the frame record at `record` has been popped */
    uint64_t record;
};

/* The index of the register in `scratch`. False for other registers. */
static bool is_scratch_sigsafe(uint32_t number, uint32_t *index) {
    *index = number - 8;
    return number == 8 || number == 9;
}

/* ldr and ldrb of a scratch register from the thread, and ldr from the stack. */
static bool follow_load_sigsafe(struct followed *at, uint32_t code, uint64_t thread) {
    uint32_t index;
    if (!is_scratch_sigsafe(code & 31, &index)) {
        return false;
    }
    at->known[index] = true;
    if ((code & 0xffc003e0) == 0xf9400380) {
        uint64_t offset = (uint64_t)(code >> 10 & 0xfff) * SPPROF_WORD_BYTES;
        at->scratch[index] = *(const uint64_t *)(uintptr_t)(thread + offset);
        return true;
    }
    if ((code & 0xffc003e0) == 0x39400380) {
        at->scratch[index] = *(const uint8_t *)(uintptr_t)(thread + (code >> 10 & 0xfff));
        return true;
    }
    at->known[index] = false;
    return (code & 0xbfc003e0) == 0xb94003e0;
}

/* str to the thread; fmov between x8 and d0; mov x0,xzr; mov w1,#N: they change nothing here. */
static bool is_without_effect_sigsafe(uint32_t code) {
    return is_hint_sigsafe(code) || (code & 0xbfc003e0) == 0xb9000380 || code == 0x9e670100 ||
           code == 0xaa1f03e0 || (code & 0xffe0001f) == 0x52800001;
}

/* Executes one instruction that neither returns nor jumps; false if the instruction is not one of
 * the known ones. */
static bool follow_sigsafe(struct followed *at, uint64_t thread) {
    uint32_t code = code_at_sigsafe(at->pc), index;
    uint64_t bytes;
    at->pc += 4;
    if (code == POP_RECORD) {
        at->popped = true;
        at->record = at->sp;
        at->sp += 2 * SPPROF_WORD_BYTES;
    } else if (code == MOV_SP_FP) {
        at->sp = at->fp;
    } else if ((code & 0xffc003ff) == 0x910003fd) { /* add x29,sp,#N; mov x29,sp */
        at->fp = at->sp + (code >> 10 & 0xfff);
    } else if ((code & 0xfffffc1f) == 0x9100001f || code == SUB_SP_X9_16) { /* mov sp,xN */
        if (!is_scratch_sigsafe(code >> 5 & 31, &index) || !at->known[index]) {
            return false;
        }
        at->sp = at->scratch[index] - (code == SUB_SP_X9_16 ? 16 : 0);
    } else if ((code & 0xffff83ff) == 0xa8c103e8 || (code & 0xffff83ff) == 0xa9bf03e8) {
        /* ldp x8,xN,[sp],#16; stp x8,xN,[sp,#-16]! */
        spprof_aarch64_moves_sp_sigsafe(code, &bytes);
        at->sp += bytes;
        at->known[0] = at->known[1] = false;
    } else if (code == 0x9e660008) { /* fmov x8,d0 */
        at->known[0] = false;
    } else {
        return is_without_effect_sigsafe(code) || follow_load_sigsafe(at, code, thread);
    }
    return true;
}

/* b, and cbz and cbnz of a known scratch register. */
static bool follow_jump_sigsafe(struct followed *at) {
    uint32_t code = code_at_sigsafe(at->pc), index;
    if (is_b_sigsafe(code)) {
        at->pc += extend_sigsafe(code, 26) << 2;
        return true;
    }
    if ((code & 0x7e000000) != 0x34000000 || !is_scratch_sigsafe(code & 31, &index) ||
        !at->known[index]) {
        return false;
    }
    uint64_t value = (code & 0x80000000) != 0 ? at->scratch[index] : (uint32_t)at->scratch[index];
    bool if_zero = (code & 0x01000000) == 0;
    at->pc += (value == 0) == if_zero ? extend_sigsafe(code >> 5, 19) << 2 : 4;
    return true;
}

bool spprof_cpu_follow_to_return_sigsafe(const struct spprof_cursor *cursor,
                                         struct spprof_return_slot *slot) {
    struct followed at = {.pc = cursor->pc, .sp = cursor->sp, .fp = cursor->fp};
    if (cursor->arrival == SPPROF_INTERRUPTED) {
        at.scratch[1] = cursor->registers->thawed_sp;
        at.known[1] = true;
    }
    for (int i = 0; i < MOST_TO_RETURN; i++) {
        uint32_t code = code_at_sigsafe(at.pc);
        if (code == RET || code == BR_X1 ||
            (code == MOV_X3_LR && code_at_sigsafe(at.pc + 4) == BR_X1)) {
            *slot = at.popped ? spprof_return_slot_of_record_sigsafe(at.record)
                              : spprof_return_slot_without_frame_sigsafe(at.sp);
            return true;
        }
        if (!follow_jump_sigsafe(&at) && !follow_sigsafe(&at, cursor->thread)) {
            return false;
        }
    }
    return false;
}

bool spprof_cpu_slot_at_edge_sigsafe(const struct spprof_cursor *cursor,
                                     struct spprof_return_slot *slot) {
    uint32_t code = code_at_sigsafe(cursor->pc);
    *slot = spprof_return_slot_without_frame_sigsafe(cursor->sp);
    if (code == MOV_FP_SP && code_at_sigsafe(cursor->pc - 4) == PUSH_RECORD) {
        *slot = spprof_return_slot_of_record_sigsafe(cursor->sp);
        return true;
    }
    return code == RET || (code == PUSH_RECORD && code_at_sigsafe(cursor->pc + 4) == MOV_FP_SP);
}

/* The adapter does not touch the link register. Its entry is looked at by the general rules. */
bool spprof_cpu_slot_of_i2c_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                    struct spprof_return_slot *slot) {
    (void)cursor, (void)begin, (void)slot;
    return false;
}

uint64_t spprof_cpu_fp_of_call_stub_sigsafe(const struct spprof_cursor *cursor) {
    return cursor->fp;
}
