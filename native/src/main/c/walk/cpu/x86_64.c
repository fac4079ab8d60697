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

static bool is_sigsafe(const uint8_t *code, const char *bytes, size_t size) {
    return memcmp(code, bytes, size) == 0;
}
#define IS(code, bytes) is_sigsafe(code, bytes, sizeof(bytes) - 1)

/* Returns the length of `sub $N,%rsp`, or 0. */
static size_t sub_sp_sigsafe(const uint8_t *code) {
    return IS(code, "\x48\x83\xec") ? 4 : IS(code, "\x48\x81\xec") ? 7 : 0;
}

/* Returns the length of `mov %rsp,%rbp`, or 0. */
static size_t mov_fp_sigsafe(const uint8_t *code) {
    return IS(code, "\x48\x8b\xec") || IS(code, "\x48\x89\xe5") ? 3 : 0;
}

static bool is_store_of_fp_sigsafe(const uint8_t *code) {
    return IS(code, "\x48\x89\x6c\x24") || IS(code, "\x48\x89\xac\x24");
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

enum spprof_frame_stage spprof_cpu_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete) {
    if (pc < complete) {
        return in_prologue_sigsafe(pc, entry);
    }
    const uint8_t *code = code_at_sigsafe(pc);
    if (*code == 0x5d && in_epilogue_sigsafe(code + 1)) {
        return SPPROF_FRAME_PUSHED;
    }
    return in_epilogue_sigsafe(code) ? SPPROF_FRAME_NONE : SPPROF_FRAME_COMPLETE;
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

#define MOST_TO_RETURN 16 /* instructions */

/* The registers that are tracked. */
struct followed {
    const uint8_t *code;
    uint64_t sp, fp_at, rax, rbx; /* rax and rbx are 0 if they are not known */
};

/* Executes one instruction that neither returns nor jumps; false if the instruction is not one of
 * the known ones. */
static bool follow_sigsafe(struct followed *at, uint64_t thread) {
    const uint8_t *code = at->code;
    uint32_t offset;
    size_t size = load_sp_sigsafe(code, &offset);
    if (size != 0) {
        at->sp = *(const uint64_t *)(uintptr_t)(thread + offset);
    } else if (IS(code, "\x48\x8b\x5c\x24")) { /* mov D(%rsp),%rbx */
        at->rbx = 0;
        size = 5;
    } else if (IS(code, "\x49\x89\x9f")) { /* mov %rbx,D(%r15) */
        size = 7;
    } else if (IS(code, "\x48\x83\xc4")) { /* add $N,%rsp */
        at->sp += (uint64_t)(int64_t)(int8_t)code[3];
        size = 4;
    } else if (IS(code, "\x48\x83\xec")) { /* sub $N,%rsp */
        at->sp -= (uint64_t)(int64_t)(int8_t)code[3];
        size = 4;
    } else if (IS(code, "\x48\x8b\xd8")) { /* mov %rax,%rbx */
        at->rbx = at->rax;
        size = 3;
    } else if (IS(code, "\x48\x33\xc0")) { /* xor %rax,%rax */
        at->rax = 0;
        size = 3;
    } else if (IS(code, "\x48\x8b\xe3")) { /* mov %rbx,%rsp */
        at->sp = at->rbx;
        size = at->rbx != 0 ? 3 : 0;
    } else if (IS(code, "\xc5\xfb\x10\x04\x24") ||
               IS(code, "\xf2\x0f\x10\x04\x24")) { /* movsd (%rsp),%xmm0 */
        size = 5;
    } else if (*code == 0x58) { /* pop %rax */
        at->rax = 0;
        at->sp += 8;
        size = 1;
    } else if (*code == 0x5d) { /* pop %rbp */
        at->fp_at = at->sp;
        at->sp += 8;
        size = 1;
    }
    at->code += size;
    return size != 0;
}

bool spprof_cpu_follow_to_return_sigsafe(const struct spprof_cursor *cursor,
                                         struct spprof_return_slot *slot) {
    struct followed at = {.code = code_at_sigsafe(cursor->pc), .sp = cursor->sp};
    if (cursor->arrival == SPPROF_INTERRUPTED) {
        at.rax = cursor->registers->return_address;
        at.rbx = cursor->registers->thawed_sp;
    }
    for (int i = 0; i < MOST_TO_RETURN; i++) {
        /* ret, of a frame that was removed by pop; or pop %rdx, jmp *%rbx */
        if ((*at.code == 0xc3 && at.code[-1] == 0x5d) || IS(at.code, "\x5a\xff\xe3")) {
            *slot = spprof_return_slot_at_sigsafe(at.sp, at.fp_at);
            return true;
        }
        /* Calls of native code are emitted twice, for the two alignments of sp: one copy ends in a
         * jump past the other. */
        if (*at.code == 0xe9 && IS(at.code - 4, "\x48\x83\xc4\x08")) {
            int32_t distance;
            memcpy(&distance, at.code + 1, sizeof distance);
            at.code += 5 + distance;
        } else if (!follow_sigsafe(&at, cursor->thread)) {
            return false;
        }
    }
    return false;
}
