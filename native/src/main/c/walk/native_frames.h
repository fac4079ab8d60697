/*
 * Unwinds native code, as C++ exceptions do: by the call frame information that compilers store
 * beside the code (.eh_frame; Linux Standard Base 5.0, 10.6, and DWARF 4, 6.4). Two things need it:
 *
 *  - A walk that begins in native code has to find the Java code that called it. As a rule HotSpot
 *    records this Java frame, the anchor. For clocks, garbage collectors' barriers, and arithmetic,
 *    Java code calls the JVM or the C library without an anchor.
 *  - A stack shows the functions of native code: those above the Java method that called them, or
 *    the whole stack of a thread without Java code.
 *
 * The code that a walk looks for, Java code, is called the wanted code here; in the second case,
 * for a thread without Java code, there is none. The first row that applies gives the caller:
 *
 *   the frame's code has        its caller is found by
 *   call frame information      this information
 *   none, but is the kernel's   the registers that the kernel saved for the signal (cpu.h)
 *   return from a handler
 *   none, and the thread was    the return address where a call puts it (the top of the stack, or
 *   interrupted there           the link register). It must follow a call in code with
 *                               information, or be in the wanted code. Otherwise the next row
 *   none                        the frame record at fp, which must be above sp. Its return address
 *                               must follow a call in code with information, or, in the wanted
 *                               code, a call of native code
 *
 * Code without information that keeps no frame pointer, and moves sp, has its caller's frame
 * pointer. The walk then leads to the caller's caller, and the caller is missing.
 *
 * What is unwound once is remembered (known_frames.h).
 *
 * native_frames.c implements this on Linux. On macOS, native_records.c does: it finds Java code by
 * frame records, and shows no functions.
 *
 * Called from the handler, between libraries.h's create and destroy. Reads the libraries' tables
 * and the interrupted thread's stack, by guarded loads. Takes no lock, neither of the C library nor
 * of the dynamic linker.
 */
#ifndef SPPROF_NATIVE_FRAMES_H
#define SPPROF_NATIVE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cpu.h"
#include "walk/known_frames.h"
#include "walk/libraries.h"

enum spprof_native_result {
    SPPROF_NATIVE_FOUND,   /* `registers` are the wanted frame's, at its return address */
    SPPROF_NATIVE_END,     /* reached the outermost frame: no Java code on this stack */
    SPPROF_NATIVE_BROKEN,  /* a library without frame information, invalid frame information, or a
                            * frame record that proves nothing; registers->pc is in the frame that
                            * could not be left */
    SPPROF_NATIVE_STOPPED, /* the visitor wants no more frames */
};

/* Receives the frames that are unwound, the leaf first. */
struct spprof_native_visitor {
    void *context;
    /*
     * Gives a function its number in the profile: sets `frame->number`, and `frame->library` if the
     * frame may be remembered. `library` is NULL if the code is in no library. `begin` is the
     * function's first instruction; in code without information, the frame's own instruction.
     * Returns false to stop.
     */
    bool (*number_sigsafe)(void *context, const struct spprof_library *library, uint64_t begin,
                           struct spprof_known_frame *frame);
    /* Receives a frame of the function with this number. `pc` is within the function: where the
     * thread was interrupted, or the last byte of the call. Returns false to stop. */
    bool (*frame_sigsafe)(void *context, uint32_t number, uint64_t pc);
};

/* Which code is looked for. */
struct spprof_native_wanted {
    bool (*is_wanted_sigsafe)(uint64_t pc);
    /* Whether native code can return to `pc`, which is wanted. Only frame records need the
     * question: one that is not of a native frame shows another return address. NULL: frame records
     * lead to no wanted code. */
    bool (*calls_native_sigsafe)(uint64_t pc);
    const struct spprof_native_visitor *visitor; /* NULL: the frames on the way are not of use */
};

/* Unwinds from the interrupted instruction to the first return address that is wanted. The stack
 * ends at `stack_end`. */
enum spprof_native_result spprof_native_frames_unwind_sigsafe(
    struct spprof_registers *registers, const void *ucontext, uint64_t stack_end,
    const struct spprof_native_wanted *wanted);

#endif
