/*
 * Finds the loaded library that contains an address of native code, and that library's table of
 * call frame information (.eh_frame_hdr: Linux Standard Base 5.0, 10.6.2).
 *
 * Libraries are loaded and unloaded while a session samples. glibc since 2.35 can be asked in a
 * signal handler at any time (_dl_find_object). With other C libraries the question
 * (dl_iterate_phdr) is not signal-safe, and neither are those of macOS, so for them this file keeps
 * a list. The list is made again when the linker's answers show that libraries came or went
 * (linker.h). There are two lists of a fixed size: handlers read one while the other is filled.
 * After a switch, handlers that begin read the new list. The old list is filled again only after a
 * moment without any handler in flight, when no handler that began before the switch can still be
 * reading it. musl has no counter of unloads, and never unloads.
 *
 * create, destroy and refresh: called with the sampler's lock held, never in a signal handler;
 * create and destroy also with no handler in flight. at and name: called from the handler.
 */
#ifndef SPPROF_LIBRARIES_H
#define SPPROF_LIBRARIES_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/linker.h"

#define SPPROF_LIBRARY_NAME 40 /* bytes kept of a library's file name, with the 0 */

/* `ask_linker`: false to use a list even if the C library can be asked. Returns 0 or -ENOMEM. */
int spprof_libraries_create(bool ask_linker);
/* Frees the lists. May be called more than once. */
void spprof_libraries_destroy(void);

/* Lists the libraries again if they have changed. Returns 1 if they had, 0 if not, and -EAGAIN if a
 * handler may still read the other list; in that case nothing is changed. */
int spprof_libraries_refresh(void);

/* Finds the library that contains the address, with its table of call frame information, which has
 * no entries if the library has no such table. Returns false if no library contains the address. */
bool spprof_libraries_at_sigsafe(uint64_t pc, struct spprof_library *library);

/*
 * Finds the file name, without folders, of the library that contains the address; it is "program"
 * for the process's own program. `*offset` receives the distance from the library's base, as in the
 * file's symbols. Returns false if no library contains the address.
 */
bool spprof_libraries_name_sigsafe(uint64_t pc, char name[SPPROF_LIBRARY_NAME], uint64_t *offset);

#endif
