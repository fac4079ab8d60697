/*
 * What libraries.c asks the dynamic linker: linker_linux.c, linker_darwin.c.
 *
 * An answer is of its moment: another thread can unload a library while the answer is in use. So
 * whatever a spprof_library points to is read with guarded loads (guard.h), and can be another
 * library's by then.
 *
 * spprof_linker_ask_sigsafe is called from the handler. The other functions are called with the
 * sampler's lock held, never in a signal handler, between guard.h's install and remove. On Linux,
 * they wait for another thread that is just adding or removing a library.
 */
#ifndef SPPROF_LINKER_H
#define SPPROF_LINKER_H

#include <stdbool.h>
#include <stdint.h>

struct spprof_library {
    uint64_t begin, end;    /* of the library's code */
    uint64_t table;         /* pairs of int32, sorted */
    uint64_t table_base;    /* base address of the offsets in the table */
    uint32_t table_entries; /* 0 if the library has no such table */
    uint64_t base;          /* the library's base: offsets in its symbols are from here */
    /* Address of the path's text; "" for the process's own program. The text exists as long as the
     * library does, and is read with guarded loads. */
    uint64_t path;
    uint64_t image; /* where the file's header is in memory; only on Linux, for library_numbers.h */
};

/*
 * Two numbers, of which one changes when a library is loaded or unloaded. With musl the second
 * number stays 0, because musl unloads nothing. On macOS the numbers can stay the same if a library
 * is unloaded and another one is loaded at its address between two readings; the list then keeps
 * the entry of the first one.
 */
struct spprof_linker_changes {
    uint64_t first, second;
};

void spprof_linker_changes(struct spprof_linker_changes *changes);

/* Calls `add` for each library that has code, until it returns false. */
void spprof_linker_list(bool (*add)(void *to, const struct spprof_library *library), void *to);

/* Returns whether this linker can be asked in a signal handler. */
bool spprof_linker_can_be_asked(void);
/* Finds the library that contains an address. Returns false if there is none, or if the linker
 * cannot be asked. */
bool spprof_linker_ask_sigsafe(uint64_t pc, struct spprof_library *library);

#endif
