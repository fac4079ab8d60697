/*
 * Names of threads: which names are read, when they are read, and how the profiler's collector
 * (Collector.java) gets them.
 *
 * Names are written into the ring, as records of type THREAD. Such a record names the samples of
 * its thread that stand *before* it in the ring, back to the thread's previous THREAD record.
 * Samples without a THREAD record after them have the name of the last record. A name is therefore
 * read after the sample, and as a rule only of threads that were sampled. The handler sets a mark,
 * a flag beside the thread's slot (slots.h). Two pieces of code read names by the marks:
 *
 *   the end of a thread             reads the name on the thread itself, if it is marked or may be
 *                                   sampled before it exits (thread_hooks.h)
 *   a name look by the collector    reads the names of all marked threads, once in each pass (one
 *                                   reading of the ring), and writes a record for each thread whose
 *                                   name has changed
 *
 * A pass makes the look before it takes samples out of the ring. It takes only the samples that
 * were in the ring when the look began (Collector.java). The threads of all these samples were
 * marked by then, so each name was read after the sample was taken. A sample gets the name that its
 * thread had at the first look after the sample, or at the thread's end if that came first. Between
 * the sample and that moment lies at most the time from one pass to the next. If a thread sets its
 * name before the first look at it, no earlier name appears in the profile.
 *
 * A record also has the numbers of the thread. The system's number is the slot's. The system can
 * give it to a later thread, which has a serial number of its own, and so a record of its own. The
 * number of the java.lang.Thread comes with the name, from whoever has the object: a thread that
 * leaves the JVM and comes back has a new one, and then the name is written again.
 *
 * Handlers set a mark from NONE or READING to SAMPLED. Marks are cleared with the lock of
 * thread_state.h held. A look clears a mark in two steps: from SAMPLED to READING before the name
 * is read, and from READING to NONE when the name is in the ring. The exit hook clears any
 * mark to NONE. If a thread ends, or comes back to the JVM, while a look reads its name, the thread
 * changes its slot's `life`. The look then writes nothing, because the thread itself has written
 * the right record.
 */
#ifndef SPPROF_THREAD_NAME_H
#define SPPROF_THREAD_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "threads/slots.h"

/* The size in bytes of a buffer for a name to publish: the bytes kept, one more byte that shows
 * that the name was longer, and the terminating 0. */
#define SPPROF_NAME_ROOM (SPPROF_MAX_NAME + 2)

/* Sets the slot's mark. Called in the handler, or on the slot's thread, before the record of a
 * sample is reserved. */
void spprof_thread_name_mark_sigsafe(const struct spprof_slot *slot);

/* The name of a thread, and the number of its java.lang.Thread. */
struct spprof_thread_name {
    uint64_t java_id;            /* 0 if it is not known, or if there is no such object */
    char text[SPPROF_NAME_ROOM]; /* in modified UTF-8 */
};

/*
 * Writes the name of a thread and its numbers into the ring, unless name and `java_id` are those
 * that were written last. Returns false if the ring is full; a later call may have room. `name` is
 * in modified UTF-8. At most SPPROF_MAX_NAME bytes of it are kept. `java_id` is 0 for the system's
 * name of a thread. Called with the lock of thread_state.h held, never in a signal handler.
 */
bool spprof_thread_name_publish(struct spprof_ring *ring, struct spprof_slot *slot,
                                const char *name, uint64_t java_id);

#endif
