/*
 * Looks up the layout of HotSpot's structures, so that the profiler can read them. HotSpot
 * publishes this layout for debuggers in tables (runtime/vmStructs.cpp: gHotSpotVMStructs, similar
 * tables, and the offsets that describe their entries). Never called in a signal handler.
 */
#ifndef SPPROF_VMSTRUCTS_H
#define SPPROF_VMSTRUCTS_H

#include <stddef.h>

enum spprof_wanted_kind {
    SPPROF_WANTED_OFFSET,   /* uint64_t: the offset of a non-static field, in bytes */
    SPPROF_WANTED_STATIC,   /* uint64_t: the address of a static field */
    SPPROF_WANTED_SIZE,     /* uint64_t: the size of a type, in bytes */
    SPPROF_WANTED_CONSTANT, /* int32_t: a constant of the C++ type int; `type` is its name */
};

/*
 * One item that the JVM publishes, and the offset `at` at which its value is stored in a structure
 * of ours. runtime/vmStructs.cpp and cpu/CPU/vmStructs_CPU.hpp list all published items.
 * `other_type` and `other_field` are the item's name in other releases; NULL if it has no other
 * name.
 */
struct spprof_wanted {
    size_t at;
    enum spprof_wanted_kind kind;
    const char *type, *field;
    const char *other_type, *other_field;
};

/* Looks up the item and stores its value in the structure `to`. Returns 0, or -ENOENT if this JVM
 * publishes the item under neither name; then `to` is unchanged. */
int spprof_vmstructs_read(void *to, const struct spprof_wanted *wanted);

#endif
