/*
 * Remembers where the parts of a method were when it was last read: its ConstMethod, its constant
 * pool, the class, the Symbols of the names. Each part's address is in the part before it, so a
 * reader that finds none of them in the processor's caches waits for memory once for each part.
 * With the hints, all parts can be fetched at once, before they are read.
 *
 * A hint may be old or, if two handlers write one at the same time, wrong. It only decides what is
 * fetched, and a fetch from any address is harmless. What a walk finds never depends on it.
 *
 * The hints are a cache: a method has one place, and a new entry replaces the one that was there.
 *
 * create and destroy: called with no handler in flight. The others: called from the handler.
 */
#ifndef SPPROF_VM_METHOD_HINTS_H
#define SPPROF_VM_METHOD_HINTS_H

#include <stdint.h>

#define SPPROF_METHOD_PARTS 7
/* Memory for each entry of the table of methods: four of them share an entry here, a line of 64
 * bytes. */
#define SPPROF_METHOD_HINT_BYTES 16

/* `methods` is the number of entries of the table of methods: a power of two, 4 or more. Returns 0,
 * -EINVAL or -ENOMEM. */
int spprof_method_hints_create(uint32_t methods);
void spprof_method_hints_destroy(void);

/* Remembers the addresses that were read. Writes only what has changed. Does nothing outside of a
 * session. */
void spprof_method_hints_put_sigsafe(uint64_t method, const uint64_t parts[SPPROF_METHOD_PARTS]);

/* Begins to fetch the hints themselves. */
void spprof_method_hints_fetch_sigsafe(uint64_t method);
/* Begins to fetch the parts of a method, if they are known. */
void spprof_method_hints_fetch_parts_sigsafe(uint64_t method);

#endif
