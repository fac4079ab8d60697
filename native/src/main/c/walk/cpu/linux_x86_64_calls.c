/*
 * System calls on x86-64 with Linux. The instruction `syscall` copies the address behind it to %rcx
 * and the flags to %r11, and the kernel leaves both there until the call's end. A thread whose
 * registers still agree, behind a `syscall`, was interrupted in the call. (A thread that is
 * interrupted in the instant after the call looks the same.)
 *
 * The call's result has replaced its number in %rax. The number is found in this way:
 *
 *   the call is to begin anew           the kernel has put the number back, and pc to the `syscall`
 *   `mov $NUMBER,%eax`, `xor %eax,%eax` in the straight code before the `syscall`
 *   `mov %REGISTER,%eax`                there, from the register, which the kernel preserves
 *   `mov OFFSET(%rsp),%eax`             there, from the stack
 *   a function that makes any call      two functions of the C library get the number as an
 *                                       argument, and no register of theirs holds it afterwards.
 *                                       They have no frame. The caller's code shows the argument;
 *                                       or the caller keeps it in a register that calls preserve
 *
 * A number has 32 bits: the kernel ignores the upper half of %rax, and an `int` that a compiler
 * puts on the stack has none.
 *
 * "Straight code" is instructions of known length, at most MOST_CODE bytes, that neither jump nor
 * change the register. Instructions cannot be decoded backwards. So each earlier byte is tried as
 * the beginning of such a `mov`, the nearest first, and the code from there on must end exactly at
 * the `syscall`.
 *
 * With FRED, a new way to enter the kernel (since Linux 6.9, on processors since 2025), `syscall`
 * leaves both registers unchanged (the kernel's own test of this is sysret_rip.c in
 * tools/testing/selftests/x86). Then the instruction alone shows the call: a `syscall` before pc,
 * or, if the call is to begin anew, at pc. How a call begins anew is the same with FRED: the kernel
 * puts the number back and moves pc (arch/x86/kernel/signal.c). A thread that is interrupted in the
 * instant before the call looks the same. This is tested with made-up registers only, because no
 * machine with FRED was at hand.
 */
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "walk/cpu/cpu.h"

#define MOST_CODE 48
#define MOST_NUMBERS 1024
#define LENGTH_OF_CALL 2
#define FLAGS_OF_DEBUGGERS 0x10100u /* RF and TF */

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R11 = 11, R12 }; /* as instructions number them */

static bool keeps_registers; /* FRED; written before any handler runs */

__attribute__((constructor)) static void try_a_call(void) {
    uint64_t result = 39 /* getpid */, address = 0, flags = 0;
    __asm__ volatile("xor %%r11d,%%r11d\n\tsyscall\n\tmov %%r11,%1"
                     : "+a"(result), "=&r"(flags), "+c"(address)
                     :
                     : "r11", "memory");
    keeps_registers = address == 0 && flags == 0;
}

/* Code that ends at `size`. */
struct code {
    uint8_t bytes[MOST_CODE + LENGTH_OF_CALL];
    uint32_t size;
};

struct instruction {
    uint32_t length; /* 0: none that is known here */
    uint32_t writes; /* the registers that it may change, one bit each */
};

/* Decodes the operand byte at `at` and what belongs to it. Returns its length, or 0. `*memory` is
 * whether it is in memory; else `*rm` is a register. */
static uint32_t operand_sigsafe(const struct code *code, uint32_t at, uint32_t rex, uint32_t *reg,
                                uint32_t *rm, bool *memory) {
    if (at + 1 >= sizeof code->bytes) {
        return 0;
    }
    uint8_t modrm = code->bytes[at], mod = modrm >> 6, low = modrm & 7;
    *reg = (uint32_t)(modrm >> 3 & 7) | (rex & 4) << 1;
    *rm = low | (rex & 1u) << 3;
    *memory = mod != 3;
    if (!*memory) {
        return 1;
    }
    uint32_t length = 1;
    bool wide = mod == 2 || (mod == 0 && low == 5);
    if (low == 4) {
        length++;
        wide |= mod == 0 && (code->bytes[at + 1] & 7) == 5;
    }
    return length + (wide ? 4 : mod == 1 ? 1 : 0);
}

/* What an instruction with an operand byte changes. */
enum changes { NOTHING, THE_REG, THE_RM, UNKNOWN };

static enum changes changes_of_sigsafe(uint8_t opcode) {
    switch (opcode) {
        case 0x38:
        case 0x39:
        case 0x3a:
        case 0x3b: /* cmp */
        case 0x84:
        case 0x85: /* test */
            return NOTHING;
        case 0x63: /* movslq */
        case 0x8a:
        case 0x8b: /* mov */
        case 0x8d: /* lea */
            return THE_REG;
        case 0x80:
        case 0x81:
        case 0x83: /* add, or, and, sub, xor, cmp with a constant */
        case 0x88:
        case 0x89: /* mov */
        case 0xc0:
        case 0xc1:
        case 0xd0:
        case 0xd1: /* shifts */
        case 0xc6:
        case 0xc7: /* mov of a constant */
        case 0xf7: /* not, neg; others are refused where this is asked */
            return THE_RM;
        default: /* add, or, adc, sbb, and, sub, xor */
            return opcode >= 0x38 || (opcode & 7) > 3 ? UNKNOWN
                   : (opcode & 2) != 0                ? THE_REG
                                                      : THE_RM;
    }
}

static enum changes changes_of_0f_sigsafe(uint8_t opcode) {
    switch (opcode) {
        case 0x1f: /* nop */
        case 0x10:
        case 0x11:
        case 0x16:
        case 0x28:
        case 0x29:
        case 0x57:
        case 0x6c:
        case 0x6f:
        case 0x7f:
        case 0xd6:
        case 0xef: /* moves and the like of vector registers */
            return NOTHING;
        case 0xb6:
        case 0xb7:
        case 0xbe:
        case 0xbf: /* mov with extension */
            return THE_REG;
        default:
            return (opcode & 0xf0) == 0x40   ? THE_REG  /* cmov */
                   : (opcode & 0xf0) == 0x90 ? THE_RM   /* set */
                                             : UNKNOWN; /* jumps among others */
    }
}

static struct instruction decode_sigsafe(const struct code *code, uint32_t at) {
    static const struct instruction none = {0, 0};
    const uint8_t *bytes = code->bytes;
    uint32_t begin = at, rex = 0;
    bool short_operand = false;
    for (uint8_t prefix = bytes[at];
         at < begin + 2 && (prefix == 0x66 || prefix == 0xf3 || prefix == 0xf2 || prefix == 0x64);
         prefix = bytes[++at]) { /* 0x64: the operand belongs to the thread */
        short_operand |= prefix == 0x66;
    }
    if ((bytes[at] & 0xf0) == 0x40) {
        rex = bytes[at++];
    }
    if (at + 2 >= sizeof code->bytes) {
        return none;
    }
    uint8_t opcode = bytes[at++];
    uint32_t constant = 0, in_opcode = (opcode & 7u) | (rex & 1u) << 3;
    enum changes changes;
    if (opcode == 0x68 || opcode == 0x6a) { /* push of a constant */
        return (struct instruction){.length = at - begin + (opcode == 0x68 ? 4 : 1),
                                    .writes = 1u << RSP};
    }
    if (opcode == 0x90) { /* nop */
        return (struct instruction){.length = at - begin};
    }
    if ((opcode & 0xf0) == 0x50) { /* push, pop */
        return (struct instruction){
            .length = at - begin, .writes = 1u << RSP | ((opcode & 8) != 0 ? 1u << in_opcode : 0)};
    }
    if ((opcode & 0xf8) == 0xb8) { /* mov of a constant */
        constant = (rex & 8) != 0 ? 8 : short_operand ? 2 : 4;
        return (struct instruction){.length = at - begin + constant, .writes = 1u << in_opcode};
    }
    if (opcode == 0x0f) {
        changes = changes_of_0f_sigsafe(bytes[at++]);
    } else {
        changes = changes_of_sigsafe(opcode);
        constant =
            opcode == 0x80 || opcode == 0x83 || opcode == 0xc0 || opcode == 0xc1 || opcode == 0xc6
                ? 1
            : opcode == 0x81 || opcode == 0xc7 ? (short_operand ? 2 : 4)
                                               : 0;
    }
    uint32_t reg, rm;
    bool memory;
    uint32_t length = operand_sigsafe(code, at, rex, &reg, &rm, &memory);
    if (changes == UNKNOWN || length == 0) {
        return none;
    }
    if (opcode == 0xf7 && reg != 2 && reg != 3) {
        return none;
    }
    struct instruction found = {.length = at + length + constant - begin};
    if (changes == THE_REG || (changes == THE_RM && !memory)) {
        uint32_t changed = changes == THE_REG ? reg : rm;
        bool is_byte = opcode == 0x0f || (opcode & 1) == 0;
        /* Without a prefix, the bytes 4 to 7 are %ah to %bh. */
        found.writes =
            1u << changed | (is_byte && rex == 0 && changed >= 4 ? 1u << (changed & 3) : 0);
    }
    return found;
}

/* Returns whether the code from `at` on runs straight to its end, and changes no register of the
 * set `kept`. */
static bool is_straight_sigsafe(const struct code *code, uint32_t at, uint32_t kept) {
    while (at < code->size) {
        struct instruction next = decode_sigsafe(code, at);
        if (next.length == 0 || (next.writes & kept) != 0) {
            return false;
        }
        at += next.length;
    }
    return at == code->size;
}

static uint64_t register_sigsafe(const greg_t *g, uint32_t number) {
    static const int in_context[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                     REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                     REG_R12, REG_R13, REG_R14, REG_R15};
    return (uint64_t)g[in_context[number]];
}

/* Where a value comes from. */
struct origin {
    enum { NOWHERE, CONSTANT, REGISTER, STACK } kind;
    int32_t value; /* the constant, the register's number, or the distance from sp */
};

/*
 * Returns whether the byte can be the operand byte of an instruction that began before, although it
 * looks like an opcode. The operand is then in memory behind a register. In code that looks like a
 * `mov` to %eax this is %rax, which then is an address and no number, or %r8, by a prefix.
 */
static bool can_be_operand_sigsafe(const uint8_t *byte) {
    return ((byte[-2] & 0xf1) == 0x41 && changes_of_sigsafe(byte[-1]) != UNKNOWN) ||
           ((byte[-3] & 0xf1) == 0x41 && byte[-2] == 0x0f &&
            changes_of_0f_sigsafe(byte[-1]) != UNKNOWN);
}

/* Reads the instruction at `at`, behind at least 4 other bytes and at least 2 bytes before the
 * code's end, if it sets the register `set` (%rax to %rdi). */
static struct origin set_by_sigsafe(const struct code *code, uint32_t at, uint32_t set) {
    const uint8_t *bytes = code->bytes;
    const struct origin none = {.kind = NOWHERE};
    uint32_t rex = (bytes[at - 1] & 0xf0) == 0x40 ? bytes[at - 1] : 0;
    struct origin found = none;
    uint32_t end = at + 2, kept = 1u << set, room = code->size - at;
    if ((rex & 1) != 0 || can_be_operand_sigsafe(bytes + at)) {
        return none;
    }
    if (bytes[at] == 0xb8 + set && rex == 0 && room >= 5) {
        end = at + 5;
        found.kind = CONSTANT;
        memcpy(&found.value, bytes + at + 1, sizeof found.value);
    } else if ((bytes[at] == 0x31 || bytes[at] == 0x33) && bytes[at + 1] == (0xc0 | set * 9) &&
               rex == 0) {
        found.kind = CONSTANT;
    } else if (bytes[at] == 0x89 && (bytes[at + 1] & 0xc7) == (0xc0 | set)) {
        found.kind = REGISTER;
        found.value = (bytes[at + 1] >> 3 & 7) | (int32_t)((rex & 4) << 1);
        kept |= 1u << found.value;
    } else if (bytes[at] == 0x8b && bytes[at + 1] == (0x44 | set << 3) && room >= 4 &&
               bytes[at + 2] == 0x24 && (rex & 4) == 0) {
        end = at + 4;
        found.kind = STACK;
        found.value = (int8_t)bytes[at + 3];
        kept |= 1u << RSP;
    }
    return found.kind != NOWHERE && is_straight_sigsafe(code, end, kept) ? found : none;
}

/* Finds the instruction that sets the register `set` in the straight code. */
static struct origin origin_sigsafe(const struct code *code, uint32_t set) {
    struct origin found = {.kind = NOWHERE};
    for (uint32_t at = code->size - 2; at >= 4 && found.kind == NOWHERE; at--) {
        found = set_by_sigsafe(code, at, set);
        if (found.kind == CONSTANT && (found.value < 0 || found.value >= MOST_NUMBERS)) {
            found.kind = NOWHERE;
        }
    }
    return found;
}

/* Functions that make any system call; the argument that has the number; their code up to the
 * `syscall`, in which no frame exists. */
static const struct {
    uint32_t argument;
    const char *code;
    uint32_t bytes;
} any_call[] = {
    /* glibc: syscall */
    {RDI,
     "\x48\x89\xf8\x48\x89\xf7\x48\x89\xd6\x48\x89\xca\x4d\x89\xc2\x4d\x89\xc8\x4c\x8b\x4c\x24"
     "\x08",
     23},
    /* glibc since 2.41, and musl: calls at which a thread can be cancelled */
    {RSI,
     "\x49\x89\xfb\x48\x89\xf0\x48\x89\xd7\x48\x89\xce\x4c\x89\xc2\x4d\x89\xca\x4c\x8b\x44\x24"
     "\x08\x4c\x8b\x4c\x24\x10\x4c\x89\x5c\x24\x08",
     33},
};
#define MOST_OF_ANY_CALL 64 /* bytes from such a function's beginning to its `syscall` */

/* Returns whether a call of `target` leads to the code that `pc` is in: directly, or by the jump
 * through which calls of other libraries' functions go. */
static bool leads_to_sigsafe(uint64_t target, uint64_t pc, spprof_cpu_loader load_sigsafe) {
    uint8_t jump[16];
    int32_t distance;
    if (pc - target < MOST_OF_ANY_CALL) {
        return true;
    }
    if (!load_sigsafe(target, jump, sizeof jump)) {
        return false;
    }
    uint32_t at = memcmp(jump, "\xf3\x0f\x1e\xfa", 4) == 0 ? 4 : 0; /* endbr64 */
    at += jump[at] == 0xf2;
    if (jump[at] != 0xff || jump[at + 1] != 0x25) {
        return false;
    }
    memcpy(&distance, jump + at + 2, sizeof distance);
    uint64_t variable = target + at + 6 + (uint64_t)(int64_t)distance;
    return load_sigsafe(variable, &target, sizeof target) && pc - target < MOST_OF_ANY_CALL;
}

/* Returns whether functions preserve the register for their callers. */
static bool is_preserved_sigsafe(int32_t number) {
    return number == RBX || number == RBP || number >= R12;
}

/* Returns the low 32 bits of the argument of the call that leads to the interrupted code, if its
 * code shows it; else -1. The return address is at sp. */
static int64_t argument_sigsafe(uint32_t argument, const greg_t *g,
                                spprof_cpu_loader load_sigsafe) {
    enum { LENGTH = 5 }; /* of a direct call */
    struct code code;
    uint64_t back, value, pc = (uint64_t)g[REG_RIP], sp = (uint64_t)g[REG_RSP];
    int32_t distance;
    if (!load_sigsafe(sp, &back, sizeof back) ||
        !load_sigsafe(back - sizeof code.bytes, code.bytes, sizeof code.bytes)) {
        return -1;
    }
    code.size = sizeof code.bytes - LENGTH;
    memcpy(&distance, code.bytes + code.size + 1, sizeof distance);
    if (code.bytes[code.size] != 0xe8 ||
        !leads_to_sigsafe(back + (uint64_t)(int64_t)distance, pc, load_sigsafe)) {
        return -1;
    }
    struct origin origin = origin_sigsafe(&code, argument);
    if (origin.kind == STACK) {
        uint64_t at = sp + sizeof back + (uint64_t)(int64_t)origin.value;
        return load_sigsafe(at, &value, sizeof value) ? (int32_t)value : -1;
    }
    if (origin.kind == REGISTER && is_preserved_sigsafe(origin.value)) {
        return (int32_t)register_sigsafe(g, (uint32_t)origin.value);
    }
    return origin.kind == CONSTANT ? origin.value : -1;
}

/* Returns the number of the call that the `syscall` behind the code made, or -1. */
static int64_t number_sigsafe(const struct code *code, const greg_t *g,
                              spprof_cpu_loader load_sigsafe) {
    uint64_t sp = (uint64_t)g[REG_RSP], value;
    for (size_t i = 0; i < sizeof any_call / sizeof *any_call; i++) {
        if (memcmp(code->bytes + code->size - any_call[i].bytes, any_call[i].code,
                   any_call[i].bytes) == 0) {
            return argument_sigsafe(any_call[i].argument, g, load_sigsafe);
        }
    }
    struct origin origin = origin_sigsafe(code, RAX);
    switch (origin.kind) {
        case CONSTANT:
            return origin.value;
        case REGISTER: /* the `syscall` itself has changed these three */
            return origin.value == RAX || origin.value == RCX || origin.value == R11
                       ? -1
                       : (int32_t)register_sigsafe(g, (uint32_t)origin.value);
        case STACK:
            return load_sigsafe(sp + (uint64_t)(int64_t)origin.value, &value, sizeof value)
                       ? (int32_t)value
                       : -1;
        default:
            return -1;
    }
}

/* Loads the code that ends with the two bytes before `end`. Returns whether these are a
 * `syscall`. */
static bool load_call_sigsafe(struct code *code, uint64_t end, spprof_cpu_loader load_sigsafe) {
    code->size = MOST_CODE;
    return load_sigsafe(end - sizeof code->bytes, code->bytes, sizeof code->bytes) &&
           code->bytes[MOST_CODE] == 0x0f && code->bytes[MOST_CODE + 1] == 0x05;
}

/* Returns whether the two registers show that the thread is in a call. `*anew` is whether the call
 * is to begin anew. */
static bool registers_show_call_sigsafe(const greg_t *g, bool *anew) {
    uint64_t pc = (uint64_t)g[REG_RIP], end = (uint64_t)g[REG_RCX];
    uint64_t flags = (uint64_t)g[REG_R11] ^ (uint64_t)g[REG_EFL];
    *anew = end == pc + LENGTH_OF_CALL;
    return (end == pc || *anew) && (flags & ~(uint64_t)FLAGS_OF_DEBUGGERS) == 0;
}

bool spprof_cpu_system_call_sigsafe(const void *ucontext, spprof_cpu_loader load_sigsafe,
                                    int32_t *number) {
    const greg_t *g = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)g[REG_RIP];
    struct code code;
    bool anew = false, found;
    if (keeps_registers) {
        found = load_call_sigsafe(&code, pc, load_sigsafe);
        if (!found) {
            anew = found = load_call_sigsafe(&code, pc + LENGTH_OF_CALL, load_sigsafe);
        }
    } else {
        found = registers_show_call_sigsafe(g, &anew) &&
                load_call_sigsafe(&code, pc + (anew ? LENGTH_OF_CALL : 0), load_sigsafe);
    }
    if (!found) {
        return false;
    }
    int64_t value = anew ? (int64_t)g[REG_RAX] : number_sigsafe(&code, g, load_sigsafe);
    *number = value >= 0 && value < MOST_NUMBERS ? (int32_t)value : -1;
    return true;
}
