/*
 * Looks up the layout of HotSpot's structures, so that the profiler can read them. HotSpot
 * publishes this layout for debuggers in tables (vmStructs.cpp: gHotSpotVMStructs, similar tables,
 * and the offsets that describe their entries). Never called in a signal handler. All functions
 * return 0, or -ENOENT if this JVM does not publish the value.
 */
#ifndef SPPROF_VMSTRUCTS_H
#define SPPROF_VMSTRUCTS_H

#include <stdint.h>

/* Looks up the offset of a non-static field, in bytes. */
int spprof_vmstructs_offset(const char *type, const char *field, uint64_t *offset);
/* Looks up the address of a static field. */
int spprof_vmstructs_static(const char *type, const char *field, uint64_t *address);
/* Looks up the size of a type, in bytes. */
int spprof_vmstructs_size(const char *type, uint64_t *size);
/* Looks up a constant of the C++ type int. */
int spprof_vmstructs_constant(const char *name, int32_t *value);

#endif
