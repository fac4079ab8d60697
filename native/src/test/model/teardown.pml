/*
 * A model of the teardown (teardown.c) and of the kernel's signal delivery, for the model checker spin. Spin tries
 * every interleaving of their moves. check.sh runs spin for each KERNEL. With all steps of the teardown, spin must
 * find no fault. With one step left out (LEAVE_OUT=n, n from 1 to 8), spin must find the fault that the table in
 * check.sh names for the step. LEAVE_OUT also accepts these numbers:
 *
 *    9   the session number does not change (sampler.c)
 *   10   a handler neither pays nor counts CPU time (handler.c)
 *   11   a handler counts the CPU time of its signal, and does not pay it (schedule.c, darwin.c)
 *   12   a handler pays the CPU time of its signal, and does not count it
 *
 * KERNEL selects the engine and the kernel's rule for signals:
 *
 *   OLD     ctimer, Linux before 6.13: the kernel delivers the pending signal of a deleted timer
 *   NEW     ctimer, Linux from 6.13: the kernel drops that signal. If a signal is ignored while its timer exists,
 *           the kernel parks the signal and sends it once the signal is no longer ignored
 *   ITIMER  itimer, Linux, with a debugger attached: the debugger can hold a thread that has taken a signal
 *   XNU     itimer, macOS: a thread notices the expiry, then posts the signal, then acts on the signal
 *
 * Thread 0 runs from the beginning. Thread 1 starts at any time. Thread 2 stops the session. One move of the model
 * is all that the kernel does while it holds its signal lock, or one access of the C code to an atomic variable.
 * The model has one memory order for all threads; gate.c argues why the C code may assume the same.
 * On XNU, and on Linux without membarrier or with PREEMPT_RT, the stop waits for a fixed time. The model assumes
 * that this time is long enough. With PREEMPTED=1 it does not assume this, and spin must find a fault.
 */
#define OLD 0
#define NEW 1
#define ITIMER 2
#define XNU 3
#ifndef KERNEL
#define KERNEL OLD
#endif
#ifndef LEAVE_OUT
#define LEAVE_OUT 0
#endif
#ifndef PREEMPTED
#define PREEMPTED 0
#endif
#ifndef TIME
#define TIME true /* whether spin looks for faults in the counted CPU time */
#endif
#define STEP(n) (LEAVE_OUT != n)
#define CTIMER (KERNEL == OLD || KERNEL == NEW)
#define TIMER(i) (CTIMER -> i : 0) /* with itimer, the process has one timer, and any thread takes its signal */
#define STOPPER 2
#define MORE(t) (expired[t] < (t == 0 -> 2 : 1)) /* whether clock t can advance: each advances once or twice */

/* Each fault has a name. Spin prints it in the failed assertion, and check.sh compares it with its table. */
#define never(fault, condition) assert(!(fault && (condition)))
bool kills = true, hangs_the_stop = true, uses_what_is_freed = true;
bool counts_twice = TIME, loses_time = TIME;
bool leaves_a_timer = true, leaves_the_action = true, leaves_the_mask = true;

mtype = { DFL, IGN, OURS };
mtype action = OURS; /* a session runs. The action before the session was DFL */

/*
 * Indexed by timer. The clock of a timer counts expired intervals. A thread's clock stops when its timer is deleted;
 * the process's clock continues.
 */
bool armed[3], pending[3], parked[3];
byte expired[3]; /* the clock */
byte sent[3];    /* the clock when the last signal was taken; the next signal stands for the time since then */

/* Indexed by timer: the profiler's accounts. Handlers count samples and drops; the stop counts due CPU time. */
byte paid[3];    /* as in schedule.c. For the process's timer: accounted_ns in darwin.c */
byte counted[3], dropped_late[3], due[3];
byte stopped[3]; /* a thread's clock, read before its timer is deleted */

/* Indexed by timer: the specification. */
byte received[3]; /* the CPU time that handlers received before the session was over */
byte owed[3];     /* the CPU time that the session has to count */

/* Indexed by thread. */
bool masked[3], noticed[3];
bool between[3]; /* the thread has taken a signal, and not yet read the action */
bool handles[3], late[3];
bool stale[3]; /* the session is over (ctimer) or its timer is off (itimer): the handler counts no CPU time */
byte taken[3]; /* the CPU time that the taken signal stands for */

bool closed;    /* the gate's bit */
byte in_flight; /* the gate's count */
bool over;      /* the session's number has changed */
bool freed, hung, failed;

inline send(t) {
    if
    :: action != IGN -> pending[t] = true
    :: action == IGN && KERNEL == NEW -> parked[t] = true
    :: else
    fi
}

/*
 * Delivery of a signal: the thread takes the signal (take), then reads the action (act). Between the two, a NEW
 * kernel drops the signal if its timer is deleted.
 */
inline take(i) {
    d_step {
        pending[TIMER(i)] = false;
        between[i] = true;
        if
        :: CTIMER -> taken[i] = expired[i] - sent[i]; sent[i] = expired[i]
        :: else
        fi
    }
}

inline act(i) {
    if
    :: d_step { KERNEL == NEW && !armed[i] -> between[i] = false }
    :: d_step { KERNEL != NEW || armed[i] -> skip };
       d_step {
           between[i] = false;
           never(kills, action == DFL);
           handles[i] = (action == OURS)
       }
    fi
}

inline enter(i) {
    d_step { in_flight++; late[i] = closed };
    stale[i] = (CTIMER -> over : !armed[0])
}

/*
 * Checks the accounts after the stop: every interval is counted exactly once. CPU time that a handler received is
 * counted by a handler, never by the stop.
 */
inline account(t) {
    never(counts_twice, counted[t] + dropped_late[t] + due[t] > owed[t]);
    never(loses_time, counted[t] + dropped_late[t] + due[t] < owed[t]);
    never(loses_time, counted[t] + dropped_late[t] < received[t])
}

inline pay(i) {
    d_step {
        if
        :: stale[i] -> taken[i] = 0
        :: !stale[i] && CTIMER ->
            received[i] = received[i] + taken[i];
            paid[i] = (STEP(10) && STEP(11) -> paid[i] + taken[i] : paid[i])
        :: !stale[i] && !CTIMER ->
            received[0] = expired[0] - due[0];
            owed[0] = expired[0];
            taken[i] = expired[0] - paid[0];
            paid[0] = (STEP(10) && STEP(11) -> expired[0] : paid[0])
        fi
    }
}

inline count(i) {
    d_step {
        if
        :: !STEP(10) || !STEP(12)
        :: STEP(10) && STEP(12) && late[i] -> dropped_late[TIMER(i)] = dropped_late[TIMER(i)] + taken[i]
        :: STEP(10) && STEP(12) && !late[i] -> counted[TIMER(i)] = counted[TIMER(i)] + taken[i]
        fi;
        taken[i] = 0
    }
}

inline leave(i) {
    d_step {
        in_flight--;
        handles[i] = false;
        if
        :: freed -> account(0); account(1); account(2)
        :: else
        fi
    }
}

active proctype clock() {
end:
    do
    :: atomic { CTIMER && armed[0] && MORE(0) -> expired[0]++; send(0) }
    :: atomic { CTIMER && armed[1] && MORE(1) -> expired[1]++; send(1) }
    :: atomic { CTIMER && armed[2] && MORE(2) -> expired[2]++; send(2) }
    :: atomic { KERNEL == ITIMER && armed[0] && MORE(0) -> expired[0]++; send(0) }
    :: atomic { !CTIMER && MORE(0) -> expired[0]++ } /* CPU time passes without a tick, so no signal is sent */
    od
}

proctype thread(byte i) {
end:
    do
    :: atomic { KERNEL == XNU && armed[0] && MORE(0) -> expired[0]++; noticed[i] = true };
       atomic { noticed[i] = false; send(0) }
    :: atomic { pending[TIMER(i)] && !masked[i] -> take(i) };
       act(i);
       if
       :: handles[i] ->
           enter(i);
           pay(i);
           if
           :: late[i] || (CTIMER && stale[i])
           :: else ->
               if
               :: skip
               :: d_step { !hung -> hung = true }; /* the stack walk never returns */
end_hung:         false
               fi;
               never(uses_what_is_freed, freed) /* the handler writes into the ring */
           fi;
           count(i);
           leave(i)
       :: else
       fi
    :: masked[i] = !masked[i]
    od
}

/* A thread that starts. It asks the gate and makes its timer under one lock, so both are one move. */
proctype newcomer() {
    atomic {
        if
        :: !closed -> armed[TIMER(1)] = true
        :: else
        fi
    };
    run thread(1)
}

/*
 * A signal may interrupt the stopping thread here. A handler that entered in time could hang there, and the stop
 * would never end.
 */
inline interrupt() {
    if
    :: atomic { pending[TIMER(STOPPER)] && !masked[STOPPER] -> take(STOPPER) };
       act(STOPPER);
       if
       :: handles[STOPPER] ->
           enter(STOPPER);
           never(hangs_the_stop, !late[STOPPER]);
           pay(STOPPER);
           count(STOPPER);
           leave(STOPPER)
       :: else
       fi
    :: skip
    fi
}

inline await_handlers() {
    if
    :: in_flight == 0
    :: in_flight != 0 && hung -> failed = true /* the deadline */
    fi
}

/*
 * As in thread_timers.c: the stop reads each thread's clock before it deletes the thread's timer. An interval that
 * expires between the two, without a signal, is after the end of the session.
 */
inline read_clocks() {
    d_step {
        if
        :: CTIMER ->
            stopped[0] = expired[0]; stopped[1] = expired[1]; stopped[2] = expired[2];
            owed[0] = expired[0]; owed[1] = expired[1]; owed[2] = expired[2]
        :: else
        fi
    }
}

inline count_due(t) {
    if
    :: CTIMER && stopped[t] > paid[t] -> due[t] = stopped[t] - paid[t]
    :: else
    fi
}

proctype stopper() {
    if
    :: STEP(1) -> masked[STOPPER] = true
    :: else
    fi;
    interrupt();
    if
    :: STEP(2) -> closed = true
    :: else
    fi;
    if
    :: STEP(9) -> over = true /* sampler.c changes the session number after the gate is closed */
    :: else
    fi;
    if
    :: STEP(3) ->
        read_clocks();
        d_step { armed[0] = false; armed[1] = false; armed[2] = false };
        KERNEL != XNU || PREEMPTED || (!noticed[0] && !noticed[1]);
        d_step {
            if
            :: !CTIMER -> due[0] = expired[0] - paid[0]; paid[0] = expired[0]; owed[0] = expired[0]
            :: else
            fi
        }
    :: else
    fi;
    interrupt();
    if
    :: STEP(4) ->
        d_step {
            action = IGN;
            parked[0] = KERNEL == NEW && armed[0] && pending[0];
            parked[1] = KERNEL == NEW && armed[1] && pending[1];
            parked[2] = KERNEL == NEW && armed[2] && pending[2];
            pending[0] = false; pending[1] = false; pending[2] = false
        };
        d_step {
            action = OURS;
            pending[0] = parked[0]; pending[1] = parked[1]; pending[2] = parked[2]
        }
    :: else
    fi;
    if
    :: STEP(5) -> PREEMPTED || (!between[0] && !between[1])
    :: else
    fi;
    if
    :: STEP(6) -> await_handlers()
    :: else
    fi;
    if
    :: STEP(7) && !failed -> action = DFL
    :: else
    fi;
    if
    :: STEP(6) && !failed -> await_handlers()
    :: else
    fi;
    if
    :: !failed ->
        d_step {
            freed = true;
            count_due(0); count_due(1); count_due(2);
            account(0); account(1); account(2)
        }
    :: else
    fi;
    if
    :: STEP(8) -> masked[STOPPER] = false
    :: else
    fi;
    interrupt();
    never(leaves_the_mask, masked[STOPPER]);
    never(leaves_the_action, !failed && action != DFL);
    never(leaves_a_timer, !failed && (armed[0] || armed[1] || armed[2]))
}

init {
    atomic {
        armed[0] = true;
        armed[2] = CTIMER;
        run thread(0);
        run newcomer();
        run stopper()
    }
}
