#include "walk/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/counters.h"
#include "platform/action.h"
#include "platform/memory.h"
#include "walk/cpu/cpu.h"

#define ATTEMPTS 8

/* Both counts increase with each walk. With a common factor, either all timed walks would check the
 * installed actions, or none of them. */
_Static_assert(SPPROF_GUARD_LOOKS % 2 == 1 && (SPPROF_TIMED_EVERY & (SPPROF_TIMED_EVERY - 1)) == 0,
               "no common factor");

struct guarded {
    int signal;
    /*
     * The action to which each of our handlers forwards. Written once, before that handler is
     * installed, and never changed: a fault may pass through any of them at any time.
     */
    struct spprof_action before[SPPROF_GUARD_HANDLERS];
    /* How many handlers have an action. The release store pairs with the acquire of the handler
     * that searches for another one. */
    _Atomic uint32_t used;
};

static struct guarded guarded[] = {{.signal = SIGSEGV}, {.signal = SIGBUS}};
#define SIGNALS (sizeof guarded / sizeof *guarded)

/* Relaxed order is enough: every load reads it, and each of its values is correct at any time. */
static _Atomic bool by_system_call;
static bool call_works;       /* written by install */
static _Atomic uint32_t turn; /* counts walks; relaxed: nothing else depends on it */

/* Marks are addresses in this array. The bits of the offset are the handlers that a fault has
 * passed. */
static const char marks[1 << SPPROF_GUARD_HANDLERS];

static uint32_t been_to_sigsafe(const ucontext_t *context) {
    uintptr_t offset = (uintptr_t)context->uc_link - (uintptr_t)marks;
    return offset < sizeof marks ? (uint32_t)offset : 0;
}

static uint32_t first_not_in_sigsafe(uint32_t handlers) {
    uint32_t first = 0;
    while ((handlers >> first & 1) != 0) {
        first++;
    }
    return first;
}

/* Does what the previous action would do. If that is the default action, the action is restored and
 * the faulting load repeats without our handler. */
static void do_as_sigsafe(const struct spprof_action *action, int signal, siginfo_t *info,
                          void *ucontext) {
    if (!spprof_action_is_handler_sigsafe(action)) {
        spprof_action_put_sigsafe(signal, action, NULL);
        return;
    }
    if (spprof_action_is_for_once_sigsafe(action)) { /* as the kernel does */
        static const struct spprof_action by_default;
        spprof_action_put_sigsafe(signal, &by_default, NULL);
    }
    spprof_action_call_sigsafe(action, signal, info, ucontext);
}

static void pass_on_sigsafe(uint32_t handler, int signal, siginfo_t *info, ucontext_t *context) {
    struct guarded *of = &guarded[signal == SIGSEGV ? 0 : 1];
    void *mark = context->uc_link; /* the type differs between C libraries */
    uint32_t been_to = been_to_sigsafe(context);
    if ((been_to >> handler & 1) != 0) {
        handler = first_not_in_sigsafe(been_to);
        if (handler >= atomic_load_explicit(&of->used, memory_order_acquire)) {
            /* All actions lead back to us, and none handles the fault. */
            static const struct spprof_action by_default;
            spprof_action_put_sigsafe(signal, &by_default, NULL);
            return;
        }
    }
    context->uc_link = (void *)(uintptr_t)(marks + (been_to | UINT32_C(1) << handler));
    do_as_sigsafe(&of->before[handler], signal, info, context);
    context->uc_link = mark;
}

static void on_fault_sigsafe(uint32_t handler, int signal, siginfo_t *info, void *ucontext) {
    if (!spprof_cpu_skip_guarded_load_sigsafe(ucontext)) {
        pass_on_sigsafe(handler, signal, info, ucontext);
    }
}

#define HANDLER(number)                                                                    \
    static void on_fault_##number##_sigsafe(int signal, siginfo_t *info, void *ucontext) { \
        on_fault_sigsafe(number, signal, info, ucontext);                                  \
    }
HANDLER(0)
HANDLER(1)
HANDLER(2)
HANDLER(3)
HANDLER(4)
HANDLER(5)
HANDLER(6)
HANDLER(7)

static void (*const handlers_sigsafe[SPPROF_GUARD_HANDLERS])(int, siginfo_t *, void *) = {
    on_fault_0_sigsafe, on_fault_1_sigsafe, on_fault_2_sigsafe, on_fault_3_sigsafe,
    on_fault_4_sigsafe, on_fault_5_sigsafe, on_fault_6_sigsafe, on_fault_7_sigsafe};

/* Returns which of our handlers the action is; SPPROF_GUARD_HANDLERS if it is none of them. */
static uint32_t number_of_sigsafe(const struct spprof_action *action) {
    uint32_t number = 0;
    while (number < SPPROF_GUARD_HANDLERS &&
           !spprof_action_is_sigsafe(action, handlers_sigsafe[number])) {
        number++;
    }
    return number;
}

/* Returns the number of our handler that goes in front of `found`; SPPROF_GUARD_HANDLERS if none is
 * left. */
static uint32_t handler_for(struct guarded *of, const struct spprof_action *found) {
    uint32_t used = atomic_load_explicit(&of->used, memory_order_relaxed);
    uint32_t number = 0;
    while (number < used && memcmp(&of->before[number], found, sizeof *found) != 0) {
        number++;
    }
    if (number == used && number < SPPROF_GUARD_HANDLERS) {
        of->before[number] = *found;
        atomic_store_explicit(&of->used, used + 1, memory_order_release);
    }
    return number;
}

/* Returns 0, 1 if another action was installed meanwhile and has been restored, or -errno. */
static int put_in_front(struct guarded *of, uint32_t handler) {
    const struct spprof_action *before = &of->before[handler];
    struct spprof_action action = *before, old;
    if (spprof_action_set_handler(&action, handlers_sigsafe[handler])) {
        int error = spprof_action_put_sigsafe(of->signal, &action, &old);
        if (error != 0 || memcmp(&old, before, sizeof old) == 0) {
            return error;
        }
        error = spprof_action_put_sigsafe(of->signal, &old, NULL);
        return error != 0 ? error : 1;
    }
    /* No handler, or one without siginfo: the process is not a JVM. Install by the C library, which
     * knows how a handler returns. SA_NODEFER: a guarded load may follow a fault. */
    struct sigaction plain = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER}, was;
    plain.sa_sigaction = handlers_sigsafe[handler];
    sigemptyset(&plain.sa_mask);
    if (sigaction(of->signal, &plain, &was) != 0) {
        return -errno;
    }
    if (spprof_action_is_sigsafe(before, was.sa_sigaction)) {
        return 0;
    }
    return sigaction(of->signal, &was, NULL) == 0 ? 1 : -errno;
}

static int install(struct guarded *of) {
    for (int i = 0; i < ATTEMPTS; i++) {
        struct spprof_action found;
        int error = spprof_action_get(of->signal, &found);
        if (error != 0 || number_of_sigsafe(&found) < SPPROF_GUARD_HANDLERS) {
            return error;
        }
        uint32_t handler = handler_for(of, &found);
        if (handler == SPPROF_GUARD_HANDLERS) {
            return -ENOSPC;
        }
        int result = put_in_front(of, handler);
        if (result <= 0) {
            return result;
        }
    }
    return -EAGAIN;
}

static void remove_from(struct guarded *of) {
    struct spprof_action found, old;
    if (spprof_action_get(of->signal, &found) != 0) {
        return;
    }
    uint32_t handler = number_of_sigsafe(&found);
    if (handler < SPPROF_GUARD_HANDLERS &&
        spprof_action_put_sigsafe(of->signal, &of->before[handler], &old) == 0 &&
        !spprof_action_same_handler(&old, &found)) {
        spprof_action_put_sigsafe(of->signal, &old, NULL); /* it was installed between the two
                                                            * calls */
    }
}

static void use_calls(bool use) {
    atomic_store_explicit(&by_system_call, use, memory_order_relaxed);
}

int spprof_guard_install(bool by_call) {
    uint32_t word;
    call_works = spprof_memory_read_sigsafe((uintptr_t)&turn, &word, sizeof word);
    if (by_call && !call_works) {
        return -EPERM;
    }
    use_calls(by_call);
    for (size_t i = 0; !by_call && i < SIGNALS; i++) {
        int error = install(&guarded[i]);
        if (error != 0) {
            spprof_guard_remove();
            if (!call_works) {
                return error;
            }
            use_calls(true);
            return 0;
        }
    }
    return 0;
}

void spprof_guard_remove(void) {
    for (size_t i = 0; i < SIGNALS; i++) {
        remove_from(&guarded[i]);
    }
}

static bool is_in_front_sigsafe(const struct guarded *of) {
    struct spprof_action now;
    return spprof_action_put_sigsafe(of->signal, NULL, &now) == 0 &&
           number_of_sigsafe(&now) < SPPROF_GUARD_HANDLERS;
}

static void let_in_sigsafe(const sigset_t *blocked) {
    if (sigismember(blocked, SIGSEGV) == 1 || sigismember(blocked, SIGBUS) == 1) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGSEGV);
        sigaddset(&set, SIGBUS);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* the mask is restored when the handler
                                                   * returns */
    }
}

void spprof_guard_begin_sigsafe(const void *ucontext) {
    let_in_sigsafe(&((const ucontext_t *)ucontext)->uc_sigmask);
    if (!call_works || atomic_load_explicit(&by_system_call, memory_order_relaxed) ||
        atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed) % SPPROF_GUARD_LOOKS != 0) {
        return;
    }
    for (size_t i = 0; i < SIGNALS; i++) {
        if (!is_in_front_sigsafe(&guarded[i])) {
            atomic_store_explicit(&by_system_call, true, memory_order_relaxed);
        }
    }
}

#define LOAD(bits)                                                              \
    bool spprof_load##bits##_sigsafe(uint64_t address, uint##bits##_t *value) { \
        return atomic_load_explicit(&by_system_call, memory_order_relaxed)      \
                   ? spprof_memory_read_sigsafe(address, value, sizeof *value)  \
                   : spprof_cpu_guarded_load##bits##_sigsafe(address, value);   \
    }
LOAD(64)
LOAD(32)
LOAD(16)
LOAD(8)

bool spprof_load_sigsafe(uint64_t address, void *bytes, size_t size) {
    unsigned char *to = bytes;
    size_t done = 0;
    for (; size - done >= 8; done += 8) {
        uint64_t word;
        if (!spprof_load64_sigsafe(address + done, &word)) {
            return false;
        }
        __builtin_memcpy(to + done, &word, sizeof word);
    }
    for (; done < size; done++) {
        if (!spprof_load8_sigsafe(address + done, to + done)) {
            return false;
        }
    }
    return true;
}
