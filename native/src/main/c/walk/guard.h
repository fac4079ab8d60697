/*
 * Loads from addresses that may not be mapped: what a walker reads on the strength of data that
 * might be no pointer after all.
 *
 * While a session samples, SIGSEGV and SIGBUS have a handler of ours in front of what was there,
 * which in a JVM is the JVM's. It knows a fault by its pc, which must lie within one of the loads
 * of cpu/; the load then says no. Every other fault goes on to the handler that ours replaced, in
 * the same frame, with the same mask and flags: the JVM, which uses these signals itself, notices
 * nothing.
 *
 * Other libraries do the same: they save the action that they find, put a handler of their own in
 * front, and call what they saved. They come and go while we do. So:
 *
 *  - We have several handlers for each signal. Each passes on to one action, for the life of the
 *    process: the one that it was first put in front of. In front of another action we put another
 *    of our handlers. A library that saved one of ours can therefore call it, or put it back, at
 *    any time, also between sessions and after the last one: the fault takes the way that it took
 *    when the library saved it. The code stays mapped (jni.c).
 *  - Ours is never put in front of ours. If a library put one of ours back, the next session finds
 *    it in place, and its end puts back what that one replaced.
 *  - A library that installs its handler a second time saves ours, which may pass on to that
 *    library. Each of our handlers marks the fault that it passes on, in a field of the fault's
 *    context that the kernel clears and does not read (uc_link). A fault that comes back to a
 *    handler that has marked it goes to the oldest action that it has not been to, as a rule the
 *    JVM's.
 *  - Where the action in front is no longer ours, nobody knows whether it leads to ours: the loads
 *    are then made by a system call (process_vm_readv) until the session ends. One walk in
 *    SPPROF_GUARD_LOOKS begins by looking, which takes two system calls. If the system forbids
 *    process_vm_readv, the loads rely on the handlers in front.
 *
 * Where the JVM looks after its handlers (-Xcheck:jni reports every change), or where all our
 * handlers have an action, none is installed and the loads are made by the system call, too.
 *
 * install and remove: ordinary threads, with the sampler's lock held, and no handler in flight. The
 * loads: from anywhere between the two.
 */
#ifndef SPPROF_GUARD_H
#define SPPROF_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of different actions that our handlers can be in front of during the process's life,
 * for each signal. */
#define SPPROF_GUARD_HANDLERS 8
/* One walk in this many checks the action in front. Odd, so that among the timed walks (one in
 * SPPROF_TIMED_EVERY) the same share checks as among all others. */
#define SPPROF_GUARD_LOOKS 7

/* Returns 0 or -errno. With `by_call` no handler is installed. */
int spprof_guard_install(bool by_call);
/* If a handler of ours is in front, restores the action that it replaced, byte for byte. */
void spprof_guard_remove(void);

/*
 * Call this in the sampling signal's handler, with its context, before the loads of a walk. If the
 * interrupted code blocks SIGSEGV or SIGBUS (a handler in front of ours may), they are unblocked
 * until the handler returns. A blocked fault of a load would end the process.
 */
void spprof_guard_begin_sigsafe(const void *ucontext);

/* False if the address is not mapped; `*value` is then unchanged. */
bool spprof_load64_sigsafe(uint64_t address, uint64_t *value);
bool spprof_load32_sigsafe(uint64_t address, uint32_t *value);
bool spprof_load16_sigsafe(uint64_t address, uint16_t *value);
bool spprof_load8_sigsafe(uint64_t address, uint8_t *value);
/* Loads any number of bytes. */
bool spprof_load_sigsafe(uint64_t address, void *bytes, size_t size);

#endif
