/*
 * What the walker has to know of one processor. A new processor is a set of new files in this
 * folder and a line of the Makefile, which selects the files. All other code of the walker is the
 * same for every processor.
 *
 *   NAME.h           the constants below that begin with SPPROF_CPU_ and SPPROF_DWARF_
 *   NAME.c           the instructions: prologues, epilogues, calls
 *   NAME_frames.c    frames of the interpreter's entry code, of adapters and of safepoint polls,
 *                    which differ from processor to processor
 *   NAME_records.c   native code that keeps frame records; only for systems that demand them
 *   NAME_loads.h     guarded loads (guard.h)
 *   SYSTEM_NAME.c    the registers in a signal's context; includes NAME_loads.h
 *   SYSTEM_NAME_calls.c   system calls; only for systems whose native frames are shown
 *
 * The walker assumes these facts of every processor:
 *
 *  - The stack grows down, in words of 8 bytes.
 *  - A frame record is two words: the caller's fp, and above it the return address. In a frame of
 *    compiled code, the record is at the highest addresses. In a frame whose code keeps a frame
 *    pointer, fp points to the record (cursor.h).
 *  - Before a frame is built, and after it is removed, fp is the caller's. The return address is
 *    then at sp if a call instruction pushes it (x86-64), or in the link register (aarch64).
 *    SPPROF_CPU_CALL_PUSHES states which. A function below that "finds" a return address returns a
 *    slot: the word of the stack that holds the address, or the register (cursor.h).
 *  - A return address can carry a signature in unused bits (aarch64). cursor.h removes it from each
 *    return address that it loads from the stack, SYSTEM_NAME.c from the registers.
 *
 * Every function may be called from a signal handler.
 */
#ifndef SPPROF_CPU_H
#define SPPROF_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spprof_cursor;
struct spprof_caller;
struct spprof_return_slot;

/*
 * The Makefile defines this name as the processor's header, which has
 *
 *   SPPROF_CPU_CALL_PUSHES           bytes that a call instruction pushes; 0 if it puts the return
 *                                    address into a register
 *   SPPROF_CPU_ANCHOR_PC_BELOW       bytes below an anchor's sp, where its pc is if the anchor does
 *                                    not have one
 *   SPPROF_CPU_COOKIE_BYTES          bytes that the barrier at a method's entry puts between its
 *                                    caller's fp and its return address; 0 if none
 *   SPPROF_CPU_MOST_BELOW_CALLEE     the most bytes by which sp of an interpreter frame, at a call,
 *                                    can be below the fp of the interpreter frame that it calls: if
 *                                    its sp is below all expressions that it may push, the called
 *                                    frame begins above this sp. 0 if sp is at the last expression
 *   SPPROF_CPU_FLUSHES_BY_STUB       whether the JVM has a stub of its own to flush the instruction
 *                                    cache
 *   SPPROF_CPU_MOST_OF_A_CALL        the most bytes of a call and of the instructions that load its
 *                                    target
 *   SPPROF_CPU_TRAMPOLINE_BYTES      the bytes of a trampoline: code at the end of the caller's own
 *                                    code that jumps to a target that is too far for a direct call;
 *                                    0 if calls reach every target
 *   SPPROF_CPU_MOST_OF_A_PROLOGUE    bytes
 *   SPPROF_CPU_MOST_OF_CALL_STUB     bytes before its call, and as many behind it
 *   SPPROF_CPU_RED_ZONE              bytes below sp that a signal does not overwrite
 *   SPPROF_CPU_MOST_WORDS_PUSHED     that an intrinsic can have pushed in the middle of a method
 *   SPPROF_CPU_MOST_WORDS_PUSHED_IN_UPCALL   the same for an upcall stub
 *   SPPROF_DWARF_REGISTERS           the number of registers in call frame information
 *   SPPROF_DWARF_KEPT                the registers of which a function restores the caller's
 *                                    values, with SPPROF_DWARF_RETURN, without sp
 *   SPPROF_DWARF_FP, _SP             the numbers of fp and sp
 *   SPPROF_DWARF_PC                  of pc; a free number if DWARF gives it none
 *   SPPROF_DWARF_RETURN              of the return address: of pc, or of the link register
 *   SPPROF_DWARF_IGNORED_INSTRUCTION, _IGNORED_LETTER   an instruction without operands, and a
 *                                    letter without data, that the processor adds to call frame
 *                                    information, and that do not matter here; else 0
 *   spprof_cpu_strip_sigsafe(pc)     a return address without its signature
 */
#include SPPROF_PROCESSOR

/* After the first three, the registers are named by their use in HotSpot's template interpreter
 * (templateInterpreterGenerator_CPU.cpp). Some of them can be the same register. */
struct spprof_registers {
    uint64_t pc, sp, fp;
    uint64_t method;         /* in a method's entry code: the Method */
    uint64_t bcp;            /* the byte code pointer */
    uint64_t sender_sp;      /* in entry code and adapters: the caller's sp */
    uint64_t return_address; /* the link register; without one, the register that holds the return
                              * address in entry code and adapters */
    uint64_t throw_pc;       /* in code that looks up an exception's handler: the return address,
                              * while it is not on the stack */
    uint64_t kept_pc; /* in the stub that forwards an exception, while it calls native code: the
                       * return address, if calls put it into a register */
    uint64_t expression_sp;  /* where the interpreter returns: the caller's sp, if it is not yet in
                              * sp */
    uint64_t thawed_sp;      /* at the end of stubs that thaw virtual threads: sp of the youngest
                              * thawed frame */
    uint64_t first_argument; /* by the C calling convention */
};

/*
 * Learns from call_stub's code what differs between releases: which register is sender_sp.
 * `call_stub_return` is the address to which methods return there. Called by an ordinary thread
 * before any handler runs.
 */
void spprof_cpu_learn(uint64_t call_stub_return);

void spprof_cpu_registers_sigsafe(const void *ucontext, struct spprof_registers *registers);

/* Copies all registers, by DWARF's numbers. */
void spprof_cpu_dwarf_registers_sigsafe(const void *ucontext, uint64_t *dwarf);
/* Copies the registers that native code restores for its caller; the others become 0. */
void spprof_cpu_registers_of_dwarf_sigsafe(const uint64_t *dwarf,
                                           struct spprof_registers *registers);

/*
 * Recognizes the code through which a signal's handler returns to the kernel, where the system
 * gives this code no call frame information. `code` is its first eight bytes, `sp` the stack
 * pointer there. Returns where the kernel has saved the interrupted registers, in the order of
 * DWARF's numbers; 0 for any other code.
 */
uint64_t spprof_cpu_saved_registers_sigsafe(uint64_t code, uint64_t sp);

/*
 * In SYSTEM_NAME_calls.c: returns whether a thread was interrupted in a system call. The kernel
 * then delivers the signal at the call's end, or, if the call is to begin anew, at the instruction
 * that makes it. `*number` is the number of the call, or -1 if the instructions before do not show
 * it. `load_sigsafe` loads code that may not be readable, as spprof_load_sigsafe (guard.h) does.
 */
typedef bool (*spprof_cpu_loader)(uint64_t address, void *bytes, size_t size);
bool spprof_cpu_system_call_sigsafe(const void *ucontext, spprof_cpu_loader load_sigsafe,
                                    int32_t *number);

/* Load 64, 32, 16 or 8 bits. spprof_cpu_skip_guarded_load_sigsafe recognizes the faults of these
 * loads. Each function returns false if there was a fault. */
bool spprof_cpu_guarded_load64_sigsafe(uint64_t address, uint64_t *value);
bool spprof_cpu_guarded_load32_sigsafe(uint64_t address, uint32_t *value);
bool spprof_cpu_guarded_load16_sigsafe(uint64_t address, uint16_t *value);
bool spprof_cpu_guarded_load8_sigsafe(uint64_t address, uint8_t *value);

/* Called in the fault's handler: true if the fault comes from a guarded load, which then returns
 * false. */
bool spprof_cpu_skip_guarded_load_sigsafe(void *ucontext);

/*
 * Words from an interpreter frame's fp to its slots. The JVM does not publish them. They are the
 * same since JDK 17; the self-test compares what they hold with JVMTI (vm/self_test.h).
 */
struct spprof_interpreter_slots {
    int sender_sp; /* the caller's sp */
    int last_sp;   /* sp at a call */
    int method, cache, bcp;
    int last;          /* the lowest slot; expressions are below */
    int entry_wrapper; /* from the fp of call_stub's frame to its JavaCallWrapper */
};
extern const struct spprof_interpreter_slots spprof_cpu_interpreter_slots;

/* How much of a compiled method's frame exists at an instruction. */
enum spprof_frame_stage {
    SPPROF_FRAME_NONE,     /* nothing; fp is the caller's */
    SPPROF_FRAME_PUSHED,   /* only the frame record, at sp */
    SPPROF_FRAME_NO_FP,    /* sp has moved by the frame's size; fp is the caller's and not saved */
    SPPROF_FRAME_COMPLETE, /* all; the frame record is at its end */
};

/*
 * Returns the stage at `pc`, where a thread was interrupted, in code that begins at `entry`. The
 * method builds its frame in the code before `complete`.
 */
enum spprof_frame_stage spprof_cpu_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t complete);

/*
 * Returns the stage in a stub that pushes a frame record, points fp there, saves all registers and
 * restores them (RegisterSaver), from `entry` to `end`. PUSHED: the record is `*distance` bytes
 * above sp; COMPLETE: fp points to it.
 */
enum spprof_frame_stage spprof_cpu_saver_stage_sigsafe(uint64_t pc, uint64_t entry, uint64_t end,
                                                       uint64_t *distance);

/* Returns whether the code at `entry` begins by pushing a frame record and pointing fp there. */
bool spprof_cpu_points_fp_sigsafe(uint64_t entry);

/* Returns the distance in bytes from sp to the frame data of an upcall stub between `begin` and
 * `end`, through which native code calls Java code. The stub passes the data's address to the JVM
 * as first argument. Returns 0 if the stub has no frame data. */
uint64_t spprof_cpu_frame_data_sigsafe(uint64_t begin, uint64_t end);

/* Returns whether the instruction that ends at `pc` is a call. `*target` is its target, 0 if the
 * target is in a register. */
bool spprof_cpu_is_call_before_sigsafe(uint64_t pc, uint64_t *target);
/* Returns where a call of `target` leads: if a trampoline is there, to where it jumps; otherwise to
 * `target`. */
uint64_t spprof_cpu_through_trampoline_sigsafe(uint64_t target);

/*
 * Returns by how many bytes code at `pc`, within a compiled method, has moved the stack pointer
 * below the frame: an out-of-line barrier saves registers around its call and moves sp back
 * afterwards. Returns 0 if sp was not moved, or if the distance cannot be determined.
 */
uint64_t spprof_cpu_moved_sp_sigsafe(uint64_t pc, uint64_t end);
/*
 * Returns by how many bytes a stub has moved the stack pointer down at `pc`. The code from where it
 * was called, `begin`, to `pc` shows it if it is straight. On processors whose calls put the return
 * address into a register, the code from `pc` to a return before `end` can also show it. Returns 0
 * if it has not moved it, or if the code shows nothing.
 */
uint64_t spprof_cpu_pushed_sigsafe(uint64_t begin, uint64_t pc, uint64_t end);
/* On these processors, returns how many bytes the instructions at `pc`, behind a call, pop into
 * other registers than those of a frame record. So many bytes were pushed before the call. */
uint64_t spprof_cpu_popped_sigsafe(uint64_t pc);

/*
 * Follows straight-line code from the cursor's pc to its return, or to its jump to an exception's
 * handler, and finds the return address. Returns false if the code contains any other instruction;
 * then nothing is known.
 */
bool spprof_cpu_follow_to_return_sigsafe(const struct spprof_cursor *cursor,
                                         struct spprof_return_slot *slot);

/* Returns the offset in the JavaThread from which the code from `begin` to `end` first loads sp, or
 * 0 if it never does. */
uint64_t spprof_cpu_loaded_sp_sigsafe(uint64_t begin, uint64_t end);

/*
 * In NAME_records.c, for systems whose native code keeps frame records (native_records.c): finds
 * the caller of the native function in which a thread was interrupted, if this function has no
 * record now: not yet, no longer, or none at all. Returns false if it has one, or if its
 * instructions do not show that. The walker checks the caller's pc. The stack ends at `stack_end`.
 */
bool spprof_cpu_caller_without_record_sigsafe(const struct spprof_registers *registers,
                                              uint64_t stack_end, struct spprof_caller *caller);

/*
 * The following functions are in NAME_frames.c. Each function is for a thread that was interrupted
 * in the code that the function's comment names, unless the comment says otherwise. The walker
 * checks whether the addresses that the functions find can be return addresses.
 */

/* In the part of an adapter that leads from the interpreter to compiled code: finds the return
 * address, which is one in the interpreter. Returns false in the other part. */
bool spprof_cpu_slot_of_i2c_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                    struct spprof_return_slot *slot);

/* In an adapter between the interpreter and compiled code, whose code begins at `begin`, finds the
 * return address of the adapter's caller. Returns false if there is no trace of one. */
bool spprof_cpu_slot_of_adapter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                        struct spprof_return_slot *slot);

/*
 * In an adapter that has saved all registers and called native code, finds the return address of
 * the adapter's caller. The native code patches the call that led to the adapter, because the
 * method has been compiled since. The thread can also have been interrupted in the native code.
 * Returns false if there is no trace of a return address.
 */
bool spprof_cpu_slot_of_patching_adapter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin,
                                                 struct spprof_return_slot *slot);

/*
 * In code that has removed a frame, or has none, and returns, or calls native code to look up an
 * exception's handler in the caller: finds the return address, which this code keeps somewhere
 * meanwhile. The thread can also have been interrupted in the native code. Returns false in other
 * code. `end` is the end of the code.
 */
bool spprof_cpu_slot_of_throw_sigsafe(const struct spprof_cursor *cursor, uint64_t end,
                                      struct spprof_return_slot *slot);

/* In a stub at whose present instruction it is certain where the return address is, because a frame
 * is just being made or removed there: finds the return address. */
bool spprof_cpu_slot_at_edge_sigsafe(const struct spprof_cursor *cursor,
                                     struct spprof_return_slot *slot);

/* In call_stub, behind its call: returns the fp of call_stub's frame, also after the frame has been
 * removed. The frame's contents are then up to SPPROF_CPU_RED_ZONE bytes below sp. */
uint64_t spprof_cpu_fp_of_call_stub_sigsafe(const struct spprof_cursor *cursor);

/* A SafepointBlob, which stops a thread whose safepoint poll fired. */
struct spprof_poll {
    uint64_t begin, end; /* of its code */
    uint64_t frame_size;
    uint64_t pc; /* the poll's address, as the thread keeps it */
};

/* Finds the frame of the method that polled. `*within` is whether the poll is within the method; if
 * not, it is at the return, the method's frame is already removed, and the caller is the
 * method's. */
bool spprof_cpu_caller_of_poll_sigsafe(const struct spprof_cursor *cursor,
                                       const struct spprof_poll *poll, struct spprof_caller *caller,
                                       bool *within);

/* Returns the fp of the frame of the interpreter's code, which begins at `begin`. It is the
 * cursor's fp, or saved in a record that the code has pushed for a barrier in the middle of its
 * work. The thread can also have been interrupted in the barrier's native code. */
uint64_t spprof_cpu_fp_of_interpreter_sigsafe(const struct spprof_cursor *cursor, uint64_t begin);

/*
 * In the interpreter's code at a method's entry, which builds the method's frame: finds frames that
 * can be the caller's, the most likely first, and returns their number.
 */
#define SPPROF_CPU_MOST_CALLERS 4
int spprof_cpu_callers_of_entry_sigsafe(const struct spprof_cursor *cursor,
                                        struct spprof_caller *callers);

#endif
