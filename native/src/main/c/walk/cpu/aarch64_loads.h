/*
 * The guarded loads (cpu.h) in assembly of aarch64: loads that report a failure, instead of
 * crashing the process, if the memory cannot be read. They are the same on Linux and macOS.
 * linux_aarch64.c and darwin_aarch64.c include this header after linux_assembly.h or
 * darwin_assembly.h, which says how assembly defines a label on that system.
 */
#ifndef SPPROF_AARCH64_LOADS_H
#define SPPROF_AARCH64_LOADS_H

#include <stdbool.h>
#include <stdint.h>

/* Each of these functions has one instruction that may fault, and does not change the stack or the
 * link register before it. `hint #34` is bti c, which marks the target of a call by register. */
__asm__(SPPROF_ASSEMBLY_BEGIN("spprof_guarded_begin")               //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load64_sigsafe")  //
        "  hint #34\n"
        "  ldr x0, [x0]\n"
        "  str x0, [x1]\n"
        "  mov w0, #1\n"
        "  ret\n"                                                   //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load32_sigsafe")  //
        "  hint #34\n"
        "  ldr w0, [x0]\n"
        "  str w0, [x1]\n"
        "  mov w0, #1\n"
        "  ret\n"                                                   //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load16_sigsafe")  //
        "  hint #34\n"
        "  ldrh w0, [x0]\n"
        "  strh w0, [x1]\n"
        "  mov w0, #1\n"
        "  ret\n"                                                  //
        SPPROF_ASSEMBLY_ENTRY("spprof_cpu_guarded_load8_sigsafe")  //
        "  hint #34\n"
        "  ldrb w0, [x0]\n"
        "  strb w0, [x1]\n"
        "  mov w0, #1\n"
        "  ret\n"                                      //
        SPPROF_ASSEMBLY_ENTRY("spprof_guarded_fault")  //
        "  mov w0, #0\n"
        "  ret\n" SPPROF_ASSEMBLY_END);
/* Hidden, so that their addresses are not loaded from the global offset table: the linker would
 * give all local symbols of a section one entry there. */
#define SPPROF_HIDDEN __attribute__((visibility("hidden")))
SPPROF_HIDDEN extern const char spprof_guarded_begin[], spprof_guarded_fault[];

/* If `*pc` is in one of the loads, sets it to the code that returns false. */
static inline bool spprof_leave_guarded_load_sigsafe(uint64_t *pc) {
    if (*pc < (uintptr_t)spprof_guarded_begin || *pc >= (uintptr_t)spprof_guarded_fault) {
        return false;
    }
    *pc = (uintptr_t)spprof_guarded_fault;
    return true;
}

#endif
