/*
 * The walker's interface to one processor: the registers of an interrupted thread, the instruction
 * sequences of HotSpot's compilers at the beginning and end of a method, and loads whose faults can
 * be skipped. Each .c file in this folder implements it for one processor on one system. A handler
 * may call every function.
 */
#ifndef SPPROF_CPU_H
#define SPPROF_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* After the first three, the registers are named by their use in HotSpot's template interpreter
 * (templateInterpreter_x86.cpp). */
struct spprof_registers {
    uint64_t pc, sp, fp;
    uint64_t method;         /* in a method's entry code: the Method */
    uint64_t bcp;            /* the byte code pointer; in entry code: the caller's sp */
    uint64_t return_address; /* in entry code and adapters, while it is not on the stack */
    uint64_t throw_pc;       /* in the stub that looks up an exception's handler: the return
                              * address, while it is not on the stack */
    uint64_t first_argument; /* by the C calling convention */
};

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers);

/* All registers in call frame information, by its numbers (System V ABI, figure 3.36). */
#define SPPROF_DWARF_REGISTERS 17
enum {
    SPPROF_DWARF_FP = 6,
    SPPROF_DWARF_SP = 7,
    SPPROF_DWARF_BCP = 13,
    SPPROF_DWARF_PC = 16,
};
void spprof_cpu_dwarf_registers_sigsafe(const void *ucontext, uint64_t *registers);

/* Loads whose faults spprof_cpu_skip_guarded_load_sigsafe recognizes; false if there was a
 * fault. */
bool spprof_cpu_guarded_load64_sigsafe(uint64_t address, uint64_t *value);
bool spprof_cpu_guarded_load32_sigsafe(uint64_t address, uint32_t *value);
bool spprof_cpu_guarded_load16_sigsafe(uint64_t address, uint16_t *value);
bool spprof_cpu_guarded_load8_sigsafe(uint64_t address, uint8_t *value);

/* Called in the fault's handler: true if the fault comes from a guarded load, which then returns
 * false. */
bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext);

/*
 * Words from an interpreter frame's fp to its slots. The JVM does not publish them. They are the
 * same in JDK 17 to 25; the self-test compares what they hold with JVMTI (vm/self_test.h).
 */
struct spprof_interpreter_slots {
    int last_sp; /* sp at a call */
    int method, cache, bcp;
    int last; /* the lowest slot; expressions are below */
};
extern const struct spprof_interpreter_slots spprof_cpu_interpreter_slots;

/* How much of a compiled method's frame exists at an instruction. */
enum spprof_frame_stage {
    SPPROF_FRAME_NONE,     /* the return address is at sp, fp is the caller's */
    SPPROF_FRAME_PUSHED,   /* the caller's fp at sp, the return address above it */
    SPPROF_FRAME_NO_FP,    /* complete, but fp is still the caller's and not saved */
    SPPROF_FRAME_COMPLETE, /* the return address and the caller's fp at its end */
};

/*
 * The stage at `pc`, where a thread was interrupted, in code that begins at `entry`. The method
 * builds its frame in the code before `complete`.
 */
enum spprof_frame_stage spprof_cpu_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete);

/*
 * The stage in a stub that pushes fp, points fp there, saves all registers and restores them
 * (RegisterSaver), from `entry` to `end`. PUSHED: the caller's fp is `*distance` bytes above sp;
 * COMPLETE: fp points to it.
 */
enum spprof_frame_stage spprof_cpu_saver_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t end,
                                                       uint64_t *distance);

/* Whether the code at `entry` begins by pushing fp and pointing fp there. */
bool spprof_cpu_points_fp_sigsafe(uint64_t entry);

/* Whether the SafepointBlob that begins at `entry` is the one for polls within a method. */
bool spprof_cpu_makes_room_sigsafe(uint64_t entry);
/* Whether that blob has written the return address by `pc`. */
bool spprof_cpu_has_filled_room_sigsafe(uint64_t pc, uint64_t entry);

/* Distance in bytes from sp to the frame data of an upcall stub between `begin` and `end`, through
 * which native code calls Java code. The stub passes the data's address to the JVM as first
 * argument. 0 if the stub has no frame data. */
uint64_t spprof_cpu_frame_data_sigsafe(uint64_t begin, uint64_t end);

/* Whether the instruction that ends at `pc` is a call. `*target` is its target, 0 if the target is
 * in a register. */
bool spprof_cpu_is_call_before_sigsafe(uint64_t pc, uint64_t *target);

/*
 * By how many bytes code at `pc`, within a compiled method, has moved the stack pointer below the
 * frame: an out-of-line barrier saves registers around its call and moves sp back afterwards. 0 if
 * sp was not moved, or if that cannot be determined.
 */
uint64_t spprof_cpu_moved_sp_sigsafe(uint64_t pc, uint64_t end);

/*
 * Follows straight-line code from `pc` to its return, or to its jump to an exception's handler.
 * `*sp` is the value of sp at `pc`, and becomes the address of the return address. `*fp_at` becomes
 * the address from which the code restores fp, 0 if fp is already restored. `registers` are those
 * interrupted at `pc`, or NULL if a call returns there. `thread` is the JavaThread. False if the
 * code contains any other instruction; then nothing is known.
 */
bool spprof_cpu_follow_to_return_sigsafe(uint64_t pc, const struct spprof_registers *registers,
                                         uint64_t thread, uint64_t *sp, uint64_t *fp_at);

/* The offset in the JavaThread from which the code from `begin` to `end` first loads sp, or 0 if it
 * never does. */
uint64_t spprof_cpu_loaded_sp_sigsafe(uint64_t begin, uint64_t end);

#endif
