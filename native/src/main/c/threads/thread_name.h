/*
 * Names of threads: which are read, when, and how they get to the collector.
 *
 * Names travel in the ring, as records of their own. A record names the samples of its thread that
 * stand *before* it, back to the thread's record before; samples without a record behind them go
 * by the last one. So a name is read only of threads that were sampled, and only after: the handler
 * marks its thread, and two look at the marks.
 *
 *   the end of a thread             reads the name on the thread itself, if it is marked
 *   a look by the collector          reads the names of all marked threads, once a pass, and
 *                                    writes a record for each that has another name than before
 *
 * A look comes before the samples are taken out of the ring, and only those are taken that were
 * there when it began (Collector.java): each was marked by then, so its name has been read after it
 * was taken. A sample goes by the name that its thread had at the first look, or end, after it:
 * less than a pass later. A thread that names itself before it is first looked at shows no other
 * name.
 *
 * Marks are set by handlers, NONE or READING to SAMPLED, and cleared with the lock of
 * thread_state.h held: by a look in two steps, SAMPLED to READING before a name is read, READING to
 * NONE when it is in the ring; by the end of a thread, any to NONE. A thread that ends, or comes
 * back, while its name is being read changes its `life`: then it has written the right record
 * itself.
 */
#ifndef SPPROF_THREAD_NAME_H
#define SPPROF_THREAD_NAME_H

#include <stdbool.h>

#include "base/ring.h"
#include "threads/slots.h"

/* Room for a name to publish: one byte more than is kept tells that it was longer. */
#define SPPROF_NAME_ROOM (SPPROF_MAX_NAME + 2)

/* In the handler, before a sample's record is reserved. */
void spprof_thread_name_mark_sigsafe(const struct spprof_slot *slot);

/*
 * Writes the thread's name into the ring, unless it is the one that was written last. False if the
 * ring is full: the next occasion may have room. `name` is modified UTF-8; of a long one
 * SPPROF_MAX_NAME bytes are kept. With the lock of thread_state.h held.
 */
bool spprof_thread_name_publish(struct spprof_ring *ring, struct spprof_slot *slot,
                                const char *name);

#endif
