/*
 * Guarded loads: reads from addresses that may not be mapped. A walker needs them for values that
 * may not be pointers. A load from an unmapped address returns false.
 *
 * install and remove: called with the sampler's lock held and no handler in flight, never in a
 * signal handler. The loads: called from anywhere between the two.
 *
 * While a session samples, SIGSEGV and SIGBUS have a handler of ours, in front of the action that
 * was installed before, which in a JVM is the JVM's. Our handler recognizes the fault of a guarded
 * load by the fault's pc, which must lie within one of the loads of cpu/. The load then returns
 * false. Our handler passes every other fault on to the handler that it replaced, in the same
 * frame, with the same mask and flags. The JVM uses these signals itself, and notices no
 * difference.
 *
 * Other libraries do the same: they save the action that they find, install a handler of their own
 * in front of it, and call the saved action. They install and remove their handlers at any time,
 * before, during and after our sessions. So:
 *
 *  - We have several handlers for each signal. For the life of the process, each passes faults on
 *    to one action: the action in front of which it was first installed. In front of another
 *    action we install another of our handlers. A library that saved one of ours can therefore
 *    call it, or install it again, at any time, also between sessions and after the last one: a
 *    fault then takes the same way as when the library saved our handler. The code stays mapped
 *    (jni.c).
 *  - No handler of ours is ever installed in front of another of ours. If a library has installed
 *    one of ours again, the next session finds it in place. The end of that session restores the
 *    action that this handler replaced.
 *  - A library that installs its handler a second time saves our handler, which may pass faults on
 *    to that library. Each of our handlers therefore marks a fault that it passes on, in a field
 *    of the fault's context that the kernel clears and does not read (uc_link). If a fault comes
 *    back to a handler that has marked it, the handler passes it on to the oldest action that the
 *    fault has not reached yet, as a rule the JVM's.
 *  - If the installed action is no longer ours, it is unknown whether this action leads to ours.
 *    The loads are then made by a system call (platform/memory.h) until the session ends. One walk
 *    in SPPROF_GUARD_LOOKS begins by checking the installed actions, which takes two system calls.
 *    Without that call, the loads rely on the installed handlers.
 *
 * If the JVM checks its handlers (-Xcheck:jni reports every change), or if each of our handlers
 * already has another action, no handler is installed, and the loads are made by the system call,
 * too.
 */
#ifndef SPPROF_GUARD_H
#define SPPROF_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of different actions that our handlers can be in front of during the process's life,
 * for each signal. */
#define SPPROF_GUARD_HANDLERS 8
/* One walk in this many checks the installed actions. The number is odd, so that the share of walks
 * that check is the same among the timed walks (one in SPPROF_TIMED_EVERY) as among all others. */
#define SPPROF_GUARD_LOOKS 7

/* Returns 0 or -errno. With `by_call`, no handler is installed, and all loads are system calls. */
int spprof_guard_install(bool by_call);
/* If a handler of ours is in front, restores the action that it replaced, byte for byte. */
void spprof_guard_remove(void);

/*
 * Call this in the sampling signal's handler, with its context, before the loads of a walk. If the
 * interrupted code blocks SIGSEGV or SIGBUS (a handler in front of ours may), they are unblocked
 * until the handler returns. A blocked fault of a load would end the process.
 */
void spprof_guard_begin_sigsafe(const void *ucontext);

/* Loads a value. Returns false if the address is not mapped; `*value` is then unchanged. */
bool spprof_load64_sigsafe(uint64_t address, uint64_t *value);
bool spprof_load32_sigsafe(uint64_t address, uint32_t *value);
bool spprof_load16_sigsafe(uint64_t address, uint16_t *value);
bool spprof_load8_sigsafe(uint64_t address, uint8_t *value);
/* Loads any number of bytes. */
bool spprof_load_sigsafe(uint64_t address, void *bytes, size_t size);

#endif
