/*
 * How assembly in a C file defines hidden labels in an ELF object. cpu/NAME_loads.h uses the
 * macros.
 */
#ifndef SPPROF_LINUX_ASSEMBLY_H
#define SPPROF_LINUX_ASSEMBLY_H

#define SPPROF_ASSEMBLY_BEGIN(name) ".pushsection .text\n.balign 4\n" SPPROF_ASSEMBLY_ENTRY(name)
#define SPPROF_ASSEMBLY_ENTRY(name) ".hidden " name "\n.globl " name "\n" name ":\n"
#define SPPROF_ASSEMBLY_END ".popsection\n"

#endif
