/*
 * Reads and installs the process's action for a signal exactly as the kernel stores it, so that a
 * saved action can be restored byte for byte. The C library's sigaction cannot do this: it changes
 * every action that it installs. On Linux it adds SA_RESTORER and an address.
 *
 * Functions whose names end in _sigsafe may be called in a signal handler; the other functions are
 * never called there.
 */
#ifndef SPPROF_ACTION_H
#define SPPROF_ACTION_H

#include <signal.h>
#include <stdbool.h>

#ifdef __linux__
struct spprof_action { /* the kernel's struct sigaction: uapi/asm-generic/signal.h, same on x86 */
    void (*handler)(int signal);
    unsigned long flags;
    void (*restorer)(void);
    unsigned char mask[8];
};
#else
struct spprof_action {
    struct sigaction action;
};
#endif

/* Reads the action of `signal`. Returns 0 or -errno. */
int spprof_action_get(int signal, struct spprof_action *action);
/* Installs `action`. Writes the action from before into `old`, unless `old` is NULL. If `action` is
 * NULL, changes nothing. Returns 0 or -errno. */
int spprof_action_put_sigsafe(int signal, const struct spprof_action *action,
                              struct spprof_action *old);

/*
 * Returns whether both actions have the same handler. SIG_DFL and SIG_IGN count as handlers here.
 */
bool spprof_action_same_handler(const struct spprof_action *one, const struct spprof_action *two);

/* Returns whether the action has a handler other than SIG_DFL and SIG_IGN. */
bool spprof_action_is_handler_sigsafe(const struct spprof_action *action);

/* Returns the address of the handler's code, or the number of SIG_DFL or SIG_IGN. */
const void *spprof_action_code(const struct spprof_action *action);

/* Returns whether the kernel resets the action to SIG_DFL when it calls the handler
 * (SA_RESETHAND). */
bool spprof_action_is_for_once_sigsafe(const struct spprof_action *action);

/* Returns whether the action's handler is `handler`. */
bool spprof_action_is_sigsafe(const struct spprof_action *action,
                              void (*handler)(int signal, siginfo_t *info, void *context));

/* Replaces the handler in `action`, and keeps the mask and the flags. Only the flag SA_RESETHAND is
 * removed, so that the new handler stays installed after its first call. Returns false and does
 * nothing if `action` has no handler, or if its handler takes no siginfo (SA_SIGINFO). */
bool spprof_action_set_handler(struct spprof_action *action,
                               void (*handler)(int signal, siginfo_t *info, void *context));

/* Calls the handler of `action`, which must have one. Signal-safe if the handler is. */
void spprof_action_call_sigsafe(const struct spprof_action *action, int signal, siginfo_t *info,
                                void *context);

/* Sets the handler of `action` to SIG_IGN. `action` is zeroed before, which means SIG_DFL. */
void spprof_action_set_ignore(struct spprof_action *action);

#endif
