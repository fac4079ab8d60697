/*
 * Finds the caller of a native function on x86-64 that keeps frame records (the caller's rbp and
 * the return address, to which rbp points), at the instructions where the record does not exist.
 * These are
 *
 *   at the beginning     push %rbp; mov %rsp,%rbp
 *   at the end           after pop %rbp: [vzeroupper;] ret, or a jump to another function
 *
 * cpu.h declares the function. For code without call frame information (native_frames.h).
 */
#include <string.h>

#include "walk/cpu/cursor.h"

static bool is_sigsafe(const uint8_t *code, const char *bytes, size_t size) {
    return memcmp(code, bytes, size) == 0;
}
#define IS(code, bytes) is_sigsafe(code, bytes, sizeof(bytes) - 1)

/* jmp and conditional jumps to an address; jmp by memory, and by a register */
static bool is_jump_sigsafe(const uint8_t *code) {
    return *code == 0xe9 || *code == 0xeb || (*code & 0xf0) == 0x70 ||
           (*code == 0x0f && (code[1] & 0xf0) == 0x80) || IS(code, "\xff\x25") ||
           (*code == 0xff && (code[1] & 0xf8) == 0xe0) ||
           (*code == 0x41 && code[1] == 0xff && (code[2] & 0xf8) == 0xe0);
}

bool spprof_cpu_caller_without_record_sigsafe(const struct spprof_registers *registers,
                                              uint64_t stack_end, struct spprof_caller *caller) {
    enum { PUSH_FP = 0x55, POP_FP = 0x5d, RET = 0xc3 };
    uint8_t bytes[sizeof(uint64_t)], *code = bytes + 1;
    uint64_t at = registers->sp, word;
    if (!spprof_cpu_guarded_load64_sigsafe(registers->pc - 1, &word)) {
        return false; /* the end of a library's code */
    }
    memcpy(bytes, &word, sizeof bytes);
    if (code[-1] == PUSH_FP && (IS(code, "\x48\x89\xe5") || IS(code, "\x48\x8b\xec"))) {
        at += SPPROF_WORD_BYTES;
    } else if (*code != PUSH_FP && *code != RET && !IS(code, "\xc5\xf8\x77\xc3") &&
               !(code[-1] == POP_FP && is_jump_sigsafe(code))) {
        return false;
    }
    if (at % SPPROF_WORD_BYTES != 0 || at >= stack_end) {
        return false;
    }
    *caller = (struct spprof_caller){
        .pc = *(const uint64_t *)(uintptr_t)at, .sp = at + SPPROF_WORD_BYTES, .fp = registers->fp};
    return true;
}
