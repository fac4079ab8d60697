/*
 * Maps memory for a session. The first access to a page costs a fault of the page: a microsecond,
 * and more than ten in some virtual machines. A handler that makes it takes this time from the
 * application's thread. So memory that handlers are sure to use is made present beforehand.
 *
 * Nothing here is called from a handler.
 */
#ifndef SPPROF_PAGES_H
#define SPPROF_PAGES_H

#include <stdint.h>

/* Maps memory that consists of zeros. Makes the first `present` bytes present. Returns NULL if
 * there is no memory; errno is then that of mmap. */
void *spprof_pages_map(uint64_t bytes, uint64_t present);
/* Maps memory for a hash table, whose entries are all over it. All of it is present, in huge pages
 * if the system offers them (madvise(2)), which also means fewer misses of the processor's cache of
 * addresses. A table that is so large that this takes long is mapped as any other memory. */
void *spprof_pages_map_table(uint64_t bytes);
void spprof_pages_unmap(void *pages, uint64_t bytes);

/* Makes pages present, if the system can do so while others write to them (Linux 5.14). `from` is
 * in memory of spprof_pages_map. */
void spprof_pages_make_present(const void *from, uint64_t bytes);

#endif
