/*
 * Names the code at which a walk failed, for people who look for the cause: the code of the frame
 * that the walk could not leave.
 *
 *   the pc is in    the name is
 *   a code blob     [at NAME+0xOFFSET], with the blob's name and the offset in its code
 *   Interpreter     [at Interpreter+0xOFFSET]
 *   a library       [at FILE+0xOFFSET], with the offset that the library's symbols have
 *   anything else   [at unknown code]
 *
 * The name of all compiled methods is nmethod; the next frame towards the leaf names the method.
 *
 * The name contains no address, so names of different runs can be compared. The handler writes it,
 * because the code may be gone when the sample is read.
 *
 * A session writes at most SPPROF_MOST_BROKEN_AT different names. A JVM in which all walks fail
 * therefore does not fill the tables of names. Further stacks have no such word.
 *
 * write: called from the handler. reset and forget: called with no handler in flight.
 */
#ifndef SPPROF_VM_BROKEN_AT_H
#define SPPROF_VM_BROKEN_AT_H

#include <stdint.h>

#include "walk/walk.h"

#define SPPROF_MOST_BROKEN_AT 64

/* Appends the word BROKEN_AT for `pc` to the walk, if there is room for the word and the name. */
void spprof_broken_at_write_sigsafe(struct spprof_walk *walk, uint64_t pc);

/* Called before a session. */
void spprof_broken_at_reset(void);
/* The numbers of all names become invalid. Names that were written can be written again; they still
 * count. */
void spprof_broken_at_forget(void);

#endif
