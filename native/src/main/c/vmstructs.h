/*
 * The table in which HotSpot publishes the layout of its structures to debuggers (vmStructs.cpp:
 * gHotSpotVMStructs and the offsets that describe its entries). Ordinary threads only.
 */
#ifndef SPPROF_VMSTRUCTS_H
#define SPPROF_VMSTRUCTS_H

#include <stdint.h>

/* Offset of a field that is no static. 0, or -ENOENT if this JVM does not publish it. */
int spprof_vmstructs_offset(const char *type, const char *field, uint64_t *offset);

#endif
