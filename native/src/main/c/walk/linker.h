/*
 * What libraries.c asks the dynamic linker: linker_linux.c, linker_darwin.c.
 *
 * Called with the sampler's lock held, never in a signal handler; between guard.h's install and
 * remove. The functions in _sigsafe: called from the handler.
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
    /* Only on Linux, for library_numbers.h: */
    uint64_t base;  /* what is added to an address in the file to get the one in memory */
    uint64_t image; /* where the file's header is in memory */
    uint64_t path;  /* address of the path's text; "" for the process's own program. The text exists
                     * as long as the library does */
};

/* Two numbers, of which one changes when a library is loaded or unloaded. */
struct spprof_linker_changes {
    uint64_t first, second;
};

/* What only the name of an address needs. */
struct spprof_linker_file {
    uint64_t base;
    uint64_t path; /* address of a string, which may be gone already */
};

void spprof_linker_changes(struct spprof_linker_changes *changes);

/* Calls `add` for each library that has code, until it returns false. */
void spprof_linker_list(bool (*add)(void *to, const struct spprof_library *library,
                                    const struct spprof_linker_file *file),
                        void *to);

/* Returns whether this linker can be asked in a signal handler. */
bool spprof_linker_can_be_asked(void);
/* Find the library that contains an address. They return false if there is none, or if the linker
 * cannot be asked. */
bool spprof_linker_ask_sigsafe(uint64_t pc, struct spprof_library *library);
bool spprof_linker_ask_file_sigsafe(uint64_t pc, struct spprof_linker_file *file);

#endif
