/*
 * What the process does on a signal, as the kernel has it: taken and put back byte for byte.
 *
 * The C library's sigaction marks every action that passes through it (SA_RESTORER and an address,
 * on Linux), so an action that it put back is not the one that it had shown. Ordinary threads only.
 */
#ifndef SPPROF_ACTION_H
#define SPPROF_ACTION_H

#include <signal.h>
#include <stdbool.h>

#ifdef __linux__
struct spprof_action { /* struct sigaction of the kernel's uapi/asm-generic/signal.h, and of x86 */
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

/* 0 or -errno. */
int spprof_action_get(int signal, struct spprof_action *action);
/* `old`, unless NULL, gets what was there; `action` may be NULL to change nothing. */
int spprof_action_put_sigsafe(int signal, const struct spprof_action *action,
                              struct spprof_action *old);

/* Whether the two have the same handler, SIG_DFL and SIG_IGN included. */
bool spprof_action_same_handler(const struct spprof_action *one, const struct spprof_action *two);

/* Whether there is a handler, neither SIG_DFL nor SIG_IGN. */
bool spprof_action_is_handler_sigsafe(const struct spprof_action *action);

/* Where its handler's code begins; of SIG_DFL and SIG_IGN their numbers. */
const void *spprof_action_code(const struct spprof_action *action);

/* Whether the kernel resets it to SIG_DFL when it calls it (SA_RESETHAND). */
bool spprof_action_is_for_once_sigsafe(const struct spprof_action *action);

/* Whether it is this one. */
bool spprof_action_is_sigsafe(const struct spprof_action *action,
                              void (*handler)(int signal, siginfo_t *info, void *context));

/* Puts another handler in a handler's place, with the same mask and flags, but to stay after its
 * first call; false, and nothing done, if `action` has none, or one that is not called with a
 * siginfo. */
bool spprof_action_set_handler(struct spprof_action *action,
                               void (*handler)(int signal, siginfo_t *info, void *context));

/* Calls the handler of an action that has one. Signal-safe if that is. */
void spprof_action_call_sigsafe(const struct spprof_action *action, int signal, siginfo_t *info,
                                void *context);

/* Makes a zeroed action, which is SIG_DFL's, SIG_IGN's. */
void spprof_action_set_ignore(struct spprof_action *action);

#endif
