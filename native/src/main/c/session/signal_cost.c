#include "session/signal_cost.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "platform/sender.h"

enum { ROUNDS = 5, SIGNALS = SPPROF_SIGNALS_A_ROUND };

/* A greater result is no cost of a signal: another program had the CPU's caches, or the clock is
 * coarse. */
#define MOST_NS UINT64_C(100000)

/*
 * The thread that measures; the process in which its next signal is due; and the number of its
 * signals that have arrived. Handlers of other threads only compare `measuring` with themselves:
 * whether they find 0 or another thread, their signal is not one of a measurement.
 *
 * Relaxed order is enough. A thread and its own handler run one after the other, so program order
 * decides: the handler sees all stores of the code that it interrupts, and this code then sees the
 * handler's. Because the objects are atomic, the compiler divides no access. Nor does it move one
 * across pthread_kill, which, as far as the compiler knows, may call the function below.
 * Measurements on different threads are ordered by the sampler's lock.
 *
 * Each call takes one signal for its own, and only one that a thread of this process can have sent.
 * If another thread sends one meanwhile, the handler takes the first of the two, and handles the
 * second, which has the same siginfo, as a signal of others.
 *
 * A forked child can find `measuring` set, and a new thread of the child can have the same number.
 * The child finds its parent's number in `due_in`, so it takes no signal for its own.
 */
static _Atomic(uintptr_t) measuring; /* 0: none */
static _Atomic pid_t due_in;         /* 0: none is due */
static _Atomic unsigned int arrived;

/* All rounds since the library was loaded. Used by the thread that measures. */
static struct spprof_signal_rounds all_rounds = SPPROF_NO_SIGNAL_ROUNDS;

bool spprof_signal_cost_is_own_sigsafe(const siginfo_t *info) {
    uintptr_t thread = atomic_load_explicit(&measuring, memory_order_relaxed);
    if (thread == 0 || thread != (uintptr_t)pthread_self()) {
        return false;
    }
    pid_t process = atomic_load_explicit(&due_in, memory_order_relaxed);
    if (process == 0 || !spprof_sender_is_thread_sigsafe(info, process)) {
        return false;
    }
    atomic_store_explicit(&due_in, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
    return true;
}

/* Returns the CPU time of calls that send a signal to this thread; 0 if one of them failed. The
 * signal 0 is none. */
static uint64_t sending_ns(int signal) {
    pid_t process = signal == 0 ? 0 : getpid();
    uint64_t before = spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < SIGNALS; i++) {
        atomic_store_explicit(&due_in, process, memory_order_relaxed);
        if (pthread_kill(pthread_self(), signal) != 0) {
            return 0;
        }
    }
    return spprof_clock_ns_sigsafe(CLOCK_THREAD_CPUTIME_ID) - before;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

void spprof_signal_rounds_add(struct spprof_signal_rounds *rounds, uint64_t with_ns,
                              uint64_t without_ns) {
    rounds->least_with_ns = smaller(rounds->least_with_ns, with_ns);
    rounds->least_without_ns = smaller(rounds->least_without_ns, without_ns);
}

uint64_t spprof_signal_rounds_cost(const struct spprof_signal_rounds *rounds) {
    if (rounds->least_with_ns <= rounds->least_without_ns) {
        return 0;
    }
    uint64_t ns = (rounds->least_with_ns - rounds->least_without_ns) / SIGNALS;
    return ns > MOST_NS ? 0 : ns;
}

/* Returns false if a signal could not be sent or did not arrive. The rounds before it count. */
static bool measure_rounds(void) {
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t without_ns = sending_ns(0);
        atomic_store_explicit(&arrived, 0, memory_order_relaxed);
        uint64_t with_ns = sending_ns(SPPROF_SIGNAL);
        if (without_ns == 0 || with_ns == 0 ||
            atomic_load_explicit(&arrived, memory_order_relaxed) != SIGNALS) {
            return false;
        }
        spprof_signal_rounds_add(&all_rounds, with_ns, without_ns);
    }
    return true;
}

uint64_t spprof_signal_cost_measure(void) {
    sigset_t signal;
    sigset_t mask;
    sigemptyset(&signal);
    sigaddset(&signal, SPPROF_SIGNAL);
    if (pthread_sigmask(SIG_UNBLOCK, &signal, &mask) != 0) {
        return 0;
    }
    atomic_store_explicit(&measuring, (uintptr_t)pthread_self(), memory_order_relaxed);
    bool measured = measure_rounds();
    atomic_store_explicit(&measuring, 0, memory_order_relaxed);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    uint64_t ns = measured ? spprof_signal_rounds_cost(&all_rounds) : 0;
    if (measured && ns == 0) { /* one of the rounds makes no sense; the next session begins anew */
        all_rounds = (struct spprof_signal_rounds)SPPROF_NO_SIGNAL_ROUNDS;
    }
    return ns;
}
