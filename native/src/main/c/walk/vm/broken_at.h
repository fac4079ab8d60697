/*
 * Names the code at which a walk failed, for people who look for the cause: the code of the frame
 * that the walk could not leave.
 *
 *   the pc is in    the name is
 *   a code blob     [at NAME+0xOFFSET], with the blob's name and the offset in its code
 *   Interpreter     [at Interpreter+0xOFFSET]
 *   a library       [at FILE+0xOFFSET]; OFFSET is an address as in the file's symbol table (nm)
 *   anything else   [at unknown code]
 *
 * The name of all compiled methods is nmethod; the next frame towards the leaf names the method.
 *
 * The name contains no address, so names of different runs can be compared. The handler writes it,
 * because the code may be gone when the sample is read.
 *
 * A session writes at most SPPROF_MOST_BROKEN_AT different names. A JVM in which all walks fail
 * therefore does not fill the tables of names. A stack that would need one more name gets no name.
 *
 * write: called from the handler. reset and forget: called with no handler in flight.
 */
#ifndef SPPROF_VM_BROKEN_AT_H
#define SPPROF_VM_BROKEN_AT_H

#include <stdint.h>

#include "walk/walk.h"

#define SPPROF_MOST_BROKEN_AT 64

/* Writes the name of the code at `pc` into the ring, unless it was written before. Then appends the
 * stack word BROKEN_AT (sample.h), which refers to the name, to the walk. Does nothing if there is
 * no room for the stack word or the name. */
void spprof_broken_at_write_sigsafe(struct spprof_walk *walk, uint64_t pc);

/* Forgets all names, so that the next session can again write as many as are allowed. Called before
 * a session. */
void spprof_broken_at_reset(void);
/* Invalidates the numbers of all names, so that each name is written again when it next occurs. The
 * names still count towards SPPROF_MOST_BROKEN_AT. Called when the walker restarts its numbering of
 * methods. */
void spprof_broken_at_forget(void);

#endif
