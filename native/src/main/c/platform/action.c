#include "platform/action.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

int spprof_action_get(int signal, struct spprof_action *action) {
    return syscall(SYS_rt_sigaction, signal, NULL, action, sizeof action->mask) == 0 ? 0 : -errno;
}

int spprof_action_put_sigsafe(int signal, const struct spprof_action *action,
                              struct spprof_action *old) {
    return syscall(SYS_rt_sigaction, signal, action, old, sizeof action->mask) == 0 ? 0 : -errno;
}

static void (*handler_of(const struct spprof_action *action))(int) {
    return action->handler;
}

static bool has_flag_sigsafe(const struct spprof_action *action, unsigned flag) {
    return (action->flags & flag) != 0;
}

static void set_handler(struct spprof_action *action, void (*handler)(int)) {
    action->handler = handler;
    action->flags &= ~(unsigned long)SA_RESETHAND;
}

void spprof_action_set_ignore(struct spprof_action *action) {
    action->handler = SIG_IGN;
}
#else
int spprof_action_get(int signal, struct spprof_action *action) {
    return sigaction(signal, NULL, &action->action) == 0 ? 0 : -errno;
}

int spprof_action_put_sigsafe(int signal, const struct spprof_action *action,
                              struct spprof_action *old) {
    return sigaction(signal, &action->action, old == NULL ? NULL : &old->action) == 0 ? 0 : -errno;
}

static void (*handler_of(const struct spprof_action *action))(int) {
    return action->action.sa_handler; /* shares a union with sa_sigaction */
}

static bool has_flag_sigsafe(const struct spprof_action *action, unsigned flag) {
    return ((unsigned)action->action.sa_flags & flag) != 0;
}

static void set_handler(struct spprof_action *action, void (*handler)(int)) {
    action->action.sa_handler = handler;
    action->action.sa_flags &= ~(int)SA_RESETHAND;
}

void spprof_action_set_ignore(struct spprof_action *action) {
    action->action.sa_handler = SIG_IGN;
}
#endif

bool spprof_action_same_handler(const struct spprof_action *one, const struct spprof_action *two) {
    return handler_of(one) == handler_of(two);
}

bool spprof_action_is_handler_sigsafe(const struct spprof_action *action) {
    return handler_of(action) != SIG_DFL && handler_of(action) != SIG_IGN;
}

const void *spprof_action_code(const struct spprof_action *action) {
    return (const void *)(uintptr_t)handler_of(action);
}

bool spprof_action_is_for_once_sigsafe(const struct spprof_action *action) {
    return has_flag_sigsafe(action, SA_RESETHAND);
}

bool spprof_action_is_sigsafe(const struct spprof_action *action,
                              void (*handler)(int signal, siginfo_t *info, void *context)) {
    return (uintptr_t)handler_of(action) == (uintptr_t)handler;
}

bool spprof_action_set_handler(struct spprof_action *action,
                               void (*handler)(int signal, siginfo_t *info, void *context)) {
    if (!spprof_action_is_handler_sigsafe(action) || !has_flag_sigsafe(action, SA_SIGINFO)) {
        return false;
    }
    set_handler(action, (void (*)(int))(uintptr_t)handler);
    return true;
}

void spprof_action_call_sigsafe(const struct spprof_action *action, int signal, siginfo_t *info,
                                void *context) {
    if (has_flag_sigsafe(action, SA_SIGINFO)) {
        ((void (*)(int, siginfo_t *, void *))(uintptr_t)handler_of(action))(signal, info, context);
    } else {
        handler_of(action)(signal);
    }
}
