#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "platform/action.h"

/*
 * Both are set before the handler is installed and stay as they are when it is removed: a fault of
 * somebody else's may be on its way through it even then. The code stays mapped, too (jni.c).
 */
static const int guarded[] = {SIGSEGV, SIGBUS};
#define SIGNALS (sizeof guarded / sizeof *guarded)
static struct spprof_action before[SIGNALS];
static struct spprof_action ours[SIGNALS];
static bool installed;
static bool by_system_call;

/* The previous action's doing. Where it is the default, the load is made again without us. */
static void pass_on_sigsafe(size_t index, int signal, siginfo_t *info, void *ucontext) {
    if (spprof_action_is_handler_sigsafe(&before[index])) {
        spprof_action_call_sigsafe(&before[index], signal, info, ucontext);
    } else {
        spprof_action_put_sigsafe(signal, &before[index], NULL);
    }
}

static void on_fault_sigsafe(int signal, siginfo_t *info, void *ucontext) {
    if (!spprof_cpu_skip_guarded_load_sigsafe(ucontext)) {
        pass_on_sigsafe(signal == SIGSEGV ? 0 : 1, signal, info, ucontext);
    }
}

static int install(size_t index) {
    int error = spprof_action_get(guarded[index], &before[index]);
    if (error != 0) {
        return error;
    }
    struct spprof_action action = before[index];
    if (!spprof_action_set_handler(&action, on_fault_sigsafe)) {
        /* Nobody's yet, or without a siginfo: no JVM. SA_NODEFER: a guarded load may follow one. */
        struct sigaction plain = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
        plain.sa_sigaction = on_fault_sigsafe;
        sigemptyset(&plain.sa_mask);
        return sigaction(guarded[index], &plain, NULL) != 0
                   ? -errno
                   : spprof_action_get(guarded[index], &ours[index]);
    }
    ours[index] = action;
    return spprof_action_put_sigsafe(guarded[index], &action, NULL);
}

static void remove_from(size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct spprof_action now;
        if (spprof_action_get(guarded[i], &now) == 0 &&
            spprof_action_same_handler(&now, &ours[i])) {
            spprof_action_put_sigsafe(guarded[i], &before[i], NULL);
        }
    }
}

int spprof_guard_install(bool by_call) {
    by_system_call = by_call;
    for (size_t i = 0; !by_call && i < SIGNALS; i++) {
        int error = install(i);
        if (error != 0) {
            remove_from(i);
            return error;
        }
    }
    installed = !by_call;
    return 0;
}

void spprof_guard_remove(void) {
    if (installed) {
        remove_from(SIGNALS);
        installed = false;
    }
}

static bool by_call_sigsafe(uint64_t address, void *value, size_t size) {
    struct iovec to = {.iov_base = value, .iov_len = size};
    struct iovec from = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
}

#define LOAD(bits)                                                                       \
    bool spprof_load##bits##_sigsafe(uint64_t address, uint##bits##_t *value) {          \
        return by_system_call ? by_call_sigsafe(address, value, sizeof *value)           \
                              : spprof_cpu_guarded_load##bits##_sigsafe(address, value); \
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
