/*
 * The thread-specific key whose destructor is the exit hook (thread_hooks.h). A thread's value of
 * the key is the ticket of the thread's slot (slots.h). When a thread that has a value exits, the C
 * library calls the hook with the value.
 *
 * If a handler sets the value after the last destructor has run, the value stays in memory that
 * glibc later gives to a new thread. The value may therefore belong to another thread. Only the
 * hook reads the value, and it first compares the number of the thread.
 */
#ifndef SPPROF_EXIT_KEY_H
#define SPPROF_EXIT_KEY_H

#include <stdbool.h>

/* Makes the key. Called once, when the library is loaded. Returns 0 or -errno. */
int spprof_exit_key_make(void (*hook)(void *ticket));

/* Makes the hook run when the calling thread exits. Called by a hook, after the key was made. */
void spprof_exit_key_set(void *ticket);

/* Does the same in the handler, on a native thread. Does nothing if the key was not made, if
 * setting it would allocate memory, or while handlers do not set it. */
void spprof_exit_key_set_sigsafe(void *ticket);

/* Chooses whether handlers set the key from now on. They do until the first call. */
void spprof_exit_key_set_by_handlers(bool by_handlers);

#endif
