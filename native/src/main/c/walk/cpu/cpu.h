/*
 * What the walker needs to know of the processor: the registers that a signal interrupted, what
 * compilers of HotSpot do at the beginning and the end of a method, and loads that can be skipped.
 * Each of the files beside this one is one processor on one system. Everything may be called from
 * the handler.
 */
#ifndef SPPROF_CPU_H
#define SPPROF_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* By what HotSpot's template interpreter keeps in them (templateInterpreter_x86.cpp), besides the
 * first three. */
struct spprof_registers {
    uint64_t pc, sp, fp;
    uint64_t method;         /* in a method's entry code: the Method */
    uint64_t bcp;            /* the byte code pointer; in entry code: the caller's sp */
    uint64_t return_address; /* in entry code and adapters, while it is off the stack */
    uint64_t throw_pc;       /* in the stub that looks for an exception's handler, the same */
    uint64_t first_argument; /* by the C calling convention */
};

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers);

/* All that call frame information speaks of, by its numbers (System V ABI, figure 3.36). */
#define SPPROF_DWARF_REGISTERS 17
enum {
    SPPROF_DWARF_FP = 6,
    SPPROF_DWARF_SP = 7,
    SPPROF_DWARF_BCP = 13,
    SPPROF_DWARF_PC = 16,
};
void spprof_cpu_dwarf_registers_sigsafe(const void *ucontext, uint64_t *registers);

/* Loads whose faults spprof_cpu_skip_guarded_load_sigsafe knows; false if there was one. */
bool spprof_cpu_guarded_load64_sigsafe(uint64_t address, uint64_t *value);
bool spprof_cpu_guarded_load32_sigsafe(uint64_t address, uint32_t *value);
bool spprof_cpu_guarded_load16_sigsafe(uint64_t address, uint16_t *value);
bool spprof_cpu_guarded_load8_sigsafe(uint64_t address, uint8_t *value);

/* In the fault's handler: true if the fault is a guarded load's, which then returns false. */
bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext);

/* How much of a compiled method's frame there is at an instruction. */
enum spprof_frame_stage {
    SPPROF_FRAME_NONE,     /* the return address is at sp, fp is the caller's */
    SPPROF_FRAME_PUSHED,   /* the caller's fp at sp, the return address above it */
    SPPROF_FRAME_NO_FP,    /* complete, but fp is still the caller's and not saved */
    SPPROF_FRAME_COMPLETE, /* the return address and the caller's fp at its end */
};

/*
 * The stage at `pc`, where a thread was interrupted, in code that lies from `entry` on. Up to
 * `complete` the method makes its frame.
 */
enum spprof_frame_stage spprof_cpu_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete);

/*
 * The same in a stub that pushes fp, points fp there, saves all registers and restores them
 * (RegisterSaver), from `entry` to `end`. PUSHED: the caller's fp is `*distance` bytes above sp;
 * COMPLETE: fp points to it.
 */
enum spprof_frame_stage spprof_cpu_saver_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t end,
                                                       uint64_t *distance);

/* Whether code begins with push of fp, and points fp there. */
bool spprof_cpu_points_fp_sigsafe(uint64_t entry);

/* Whether SafepointBlob, which begins at `entry`, is the one for polls within a method. */
bool spprof_cpu_makes_room_sigsafe(uint64_t entry);
/* Whether it has written the return address by `pc`. */
bool spprof_cpu_has_filled_room_sigsafe(uint64_t pc, uint64_t entry);

/* Bytes from sp to the frame data of the stub between `begin` and `end`, by which native code calls
 * Java code: its calls of the JVM have the data's address as first argument. 0 if it has none. */
uint64_t spprof_cpu_frame_data_sigsafe(uint64_t begin, uint64_t end);

/* Whether the instruction that ends at `pc` is a call; `*target` is where it goes, 0 if that is in
 * a register. */
bool spprof_cpu_is_call_before_sigsafe(uint64_t pc, uint64_t *target);

/*
 * By how many bytes code at `pc`, within a compiled method, has moved the stack pointer below the
 * frame: an out-of-line barrier that saves registers around its call and moves it back. 0 if it has
 * not, or cannot be told.
 */
uint64_t spprof_cpu_moved_sp_sigsafe(uint64_t pc, uint64_t end);

/*
 * Follows straight code from `pc` to its return, or its jump to an exception's handler. `*sp` is
 * where sp is, and becomes where the return address is; `*fp_at` is where it takes fp from, 0 if fp
 * is there already. `registers` as interrupted at `pc`, NULL if a call returns there; `thread` is
 * the JavaThread. false if anything else is done in between: then nothing is known.
 */
bool spprof_cpu_follow_to_return_sigsafe(uint64_t pc, const struct spprof_registers *registers,
                                         uint64_t thread, uint64_t *sp, uint64_t *fp_at);

/* Where in the JavaThread is what code from `begin` to `end` first moves sp to: an offset, or 0 if
 * it never does. */
uint64_t spprof_cpu_loaded_sp_sigsafe(uint64_t begin, uint64_t end);

#endif
