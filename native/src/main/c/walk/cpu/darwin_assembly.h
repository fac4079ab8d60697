/*
 * How assembly in a C file defines hidden labels in a Mach-O object. cpu/NAME_loads.h uses the
 * macros. All labels after the first are entries of the first label's atom, so the linker keeps
 * them together and in their order.
 */
#ifndef SPPROF_DARWIN_ASSEMBLY_H
#define SPPROF_DARWIN_ASSEMBLY_H

#define SPPROF_ASSEMBLY_BEGIN(name) \
    ".text\n.p2align 2\n.private_extern _" name "\n.globl _" name "\n_" name ":\n"
#define SPPROF_ASSEMBLY_ENTRY(name) \
    ".private_extern _" name "\n.globl _" name "\n.alt_entry _" name "\n_" name ":\n"
#define SPPROF_ASSEMBLY_END ""

#endif
