/*
 * A library for JVMs of tests, which executes Java code one instruction at a time, walks the
 * stack at each instruction as the sampling signal's handler would, and compares the walk with the
 * truth. WalkAtEachInstructionIT builds and loads it; io.spprof.it.load.Stepped is the Java code.
 *
 *   stepping.c         the native methods of Stepped, and the handler of SIGTRAP
 *   stepping_truth.c   the truth, and the comparison
 *   stepping_CPU.c     how a processor executes one instruction and then traps
 *
 * A thread steps itself. The handler of SIGTRAP gets the context of the instruction that comes next
 * and gives it to the walker, which is the product's: the library is linked from its object files.
 * x86-64 traps after each instruction, also in native code. On aarch64 the handler replaces the
 * instructions that can come next by BRK. It steps only through the JVM's generated code there:
 * during a call of native code, the BRK is where that code returns to.
 *
 * The truth does not come from the stack's contents, but from what the processor has executed:
 *
 *  - If an instruction of a compiled method was a call, the method is on the stack, at the address
 *    behind the call, until the processor arrives at this address again with sp as before. It can
 *    also arrive elsewhere in this method, if an exception was thrown or the frame is deoptimized.
 *  - If the interpreter runs with a frame pointer, its frame is on the stack until sp is above it.
 *  - The method whose code is executed is on the stack.
 *
 * These frames, in this order, must be the frames of the walk, with no other frames between them.
 * Compiled frames must have the same address, frames of the interpreter the same method. The frames
 * that existed before the first step are compared with JVMTI's at that moment. Which methods are
 * inlined at an address is not compared: PathsIT does that.
 *
 * One kind of wrong walk is counted apart, as "rootless": when the JVM calls Java code, it clears
 * the anchor a few instructions before it leaves its own code. docs/stack-walking.md lists this
 * among the known cases.
 *
 * Deoptimization replaces a compiled frame by frames of the interpreter. Until the first of them
 * runs, their number is not known here, and only the frames of their callers are compared.
 */
#ifndef SPPROF_STEPPING_H
#define SPPROF_STEPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/walk.h"

/* Prepares the trap after the instruction at the context's pc. */
void stepping_next(void *ucontext);
/* Ends the stepping: there are no further traps. `ucontext` is NULL outside of the handler. */
void stepping_stop(void *ucontext);
/* Executes a trap by which the stepping begins. `caller` is an address to which the function
 * returns that executes it. */
void stepping_trap(uint64_t caller);
/* In the handler of that trap: moves the context behind it. */
void stepping_begin(void *ucontext, uint64_t caller);
/* In a fault's handler: the JVM lets the thread go on elsewhere. */
void stepping_continued(const void *ucontext);
/* In the handler: whether the trap is ours. Another thread may have met a BRK; it tries again. */
bool stepping_is_ours(const void *ucontext);
/* Returns whether the instruction at `from` was a call that led to where the context is now; sp was
 * `from_sp`. `*pc` is the address behind the call, where sp will be `from_sp` again. */
bool stepping_called(uint64_t from, uint64_t from_sp, const void *ucontext, uint64_t *pc);
/* Returns whether the interpreter's sp can be below a frame that has returned to it, and the
 * instruction at `from` was one by which frames return to the interpreter. */
bool stepping_returned(uint64_t from);

/* Forgets everything, and reserves memory. Returns 0 or -ENOMEM. */
int truth_create(void);
/* The number of Java frames of a walk. */
uint32_t truth_java_frames(const struct spprof_walk *walk);
/* Notes a walk's new locations. Call this after each walk. */
void truth_learn(const struct spprof_walk *walk);
/* Begins in a native method, called by a method whose caller's frames do not change. */
void truth_begin(const struct spprof_walk *walk);
/* Compares the walk of the next instruction with the truth. Returns false if they differ. */
bool truth_check(const struct spprof_walk *walk, const void *ucontext);
/* Writes what was found. `name` writes the name of a method. */
void truth_report(char *text, uint64_t size,
                  void (*name)(uint32_t method, char *to, uint64_t size));

#endif
