/*
 * The tables in which HotSpot publishes the layout of its structures to debuggers (vmStructs.cpp:
 * gHotSpotVMStructs and its sisters, and the offsets that describe their entries). Ordinary threads
 * only. All functions: 0, or -ENOENT if this JVM does not publish it.
 */
#ifndef SPPROF_VMSTRUCTS_H
#define SPPROF_VMSTRUCTS_H

#include <stdint.h>

/* Offset of a field that is no static. */
int spprof_vmstructs_offset(const char *type, const char *field, uint64_t *offset);
/* Where a static field is. */
int spprof_vmstructs_static(const char *type, const char *field, uint64_t *address);
/* sizeof a type. */
int spprof_vmstructs_size(const char *type, uint64_t *size);
/* A constant of the C++ type int. */
int spprof_vmstructs_constant(const char *name, int32_t *value);

#endif
