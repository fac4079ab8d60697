/*
 * Measures what the kernel spends to deliver one sampling signal: it enters a handler and returns
 * from it. The CPU time that handlers measure themselves does not contain this.
 *
 * The calling thread sends the signal to itself some hundred times. Each of these signals arrives
 * before the call that sends it returns, so none is pending afterwards. The handler recognizes them
 * by thread and sender, and returns at once: it counts nothing and enters no gate. The calls are
 * made in rounds of SPPROF_SIGNALS_A_ROUND, and so are as many calls that send nothing. The cost is
 * the least CPU time of a round with signals, minus the least of a round without. The least counts,
 * of all rounds since the library was loaded, because other programs can only make a round more
 * expensive. Signals of a timer and of other senders that arrive meanwhile are handled as ever.
 * Only on macOS, where siginfo does not show the sender, such a signal can be taken for one of
 * these, and one of these for it.
 *
 * What a timer's signal costs beyond that (its expiry, cold caches) is not measured.
 */
#ifndef SPPROF_SIGNAL_COST_H
#define SPPROF_SIGNAL_COST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Makes some rounds. Returns the cost of a signal in nanoseconds; 0 if it cannot be measured. Takes
 * as long as some hundred signals. Called while the profiler's action is installed and stays so, on
 * a thread without a timer, outside of handlers, by one thread at a time.
 */
uint64_t spprof_signal_cost_measure(void);

enum { SPPROF_SIGNALS_A_ROUND = 60 };

/* The least CPU time of a round with signals and of one without, in nanoseconds. */
struct spprof_signal_rounds {
    uint64_t least_with_ns;
    uint64_t least_without_ns;
};

#define SPPROF_NO_SIGNAL_ROUNDS \
    { UINT64_MAX, UINT64_MAX }

/* Adds a round of each kind. */
void spprof_signal_rounds_add(struct spprof_signal_rounds *rounds, uint64_t with_ns,
                              uint64_t without_ns);

/* Returns the cost of a signal by these rounds, in nanoseconds; 0 if there are no rounds, or if the
 * result is no cost of a signal. */
uint64_t spprof_signal_rounds_cost(const struct spprof_signal_rounds *rounds);

/* Returns whether the handled signal is one of a measurement on this thread. Called by the handler,
 * at its beginning. */
bool spprof_signal_cost_is_own_sigsafe(const siginfo_t *info);

#endif
