/*
 * Unwinds from native code to the Java code that called it. An anchor is the Java frame that
 * HotSpot records when a thread leaves Java code. This code is needed where Java code calls the JVM
 * or the C library without an anchor: for clocks, garbage collectors' barriers, and arithmetic. The
 * system selects one of two files:
 *
 *   native_frames.c   as C++ exceptions do: by the call frame information that compilers store
 *                     beside the code (.eh_frame; Linux Standard Base 5.0, 10.6, and DWARF 4, 6.4)
 *   native_records.c  by frame records (macOS)
 *
 * Called from the handler, between libraries.h's create and destroy. Reads the libraries' tables
 * and the interrupted thread's stack.
 */
#ifndef SPPROF_NATIVE_FRAMES_H
#define SPPROF_NATIVE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cpu.h"

enum spprof_native_result {
    SPPROF_NATIVE_FOUND,  /* `registers` are the wanted frame's, at its return address */
    SPPROF_NATIVE_END,    /* reached the outermost frame: no Java code on this stack */
    SPPROF_NATIVE_BROKEN, /* a library without frame information, invalid frame information, or a
                           * frame record that proves nothing; registers->pc is in the frame that
                           * could not be left */
};

/* Which code is looked for. */
struct spprof_native_wanted {
    bool (*is_wanted_sigsafe)(uint64_t pc);
    /* Whether native code can return to `pc`, which is wanted. Only frame records need the
     * question: one that is not of a native frame shows another return address. */
    bool (*calls_native_sigsafe)(uint64_t pc);
};

/* Unwinds from the interrupted instruction to the first return address that is wanted. The stack
 * ends at `stack_end`. */
enum spprof_native_result spprof_native_frames_unwind_sigsafe(
    struct spprof_registers *registers, const void *ucontext, uint64_t stack_end,
    const struct spprof_native_wanted *wanted);

#endif
