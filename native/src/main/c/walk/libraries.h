/*
 * Which loaded library an address of native code is in, and where that library's table of call
 * frame information is (.eh_frame_hdr: Linux Standard Base 5.0, 10.6.2).
 *
 * Libraries come and go while a session samples. glibc since 2.35 answers in a handler, at any
 * moment (_dl_find_object). Other C libraries only answer ordinary threads (dl_iterate_phdr): for
 * them there is a list, which is made anew when the linker's counters of loads and unloads have
 * changed. There are two lists of a fixed size, one that handlers read and one to be filled; a list
 * is filled again only after a moment without any handler in flight, since when nobody can read it.
 * musl has no counter of unloads, and never unloads.
 *
 * create, destroy and refresh: by an ordinary thread, with the sampler's lock held; the first two
 * with no handler in flight. at: from the handler.
 */
#ifndef SPPROF_LIBRARIES_H
#define SPPROF_LIBRARIES_H

#include <stdbool.h>
#include <stdint.h>

struct spprof_library {
    uint64_t begin, end; /* of its code */
    uint64_t table;      /* pairs of int32, sorted */
    uint64_t table_base; /* what they are relative to */
    uint32_t table_entries;
};

/* `ask_linker`: false to use a list whatever the C library offers. 0 or -ENOMEM. */
int spprof_libraries_create(bool ask_linker);
/* May be called more than once. */
void spprof_libraries_destroy(void);

/* Lists them again if that is necessary: 1 if it was, 0 if it was not, -EAGAIN if a handler may
 * still read the list before the last, and all is left as it was. */
int spprof_libraries_refresh(void);

/* false: no library, or one without such a table. */
bool spprof_libraries_at_sigsafe(uint64_t pc, struct spprof_library *library);

#endif
