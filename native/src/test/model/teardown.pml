/*
 * The teardown of teardown.c beside the kernel's delivery of signals, for spin, which looks at every order in
 * which their moves can come. check.sh runs it for each KERNEL with all steps, which must be right, and with
 * each step left out (LEAVE_OUT=n), which must go wrong in the way that it names. More can be left out:
 *
 *    9   the session's new number (sampler.c)
 *   10   all that a handler does about CPU time (handler.c)
 *   11   a handler counts the time of its signal, and does not pay it (schedule.c, darwin.c)
 *   12   it pays it, and does not count it
 *
 *   OLD     ctimer, Linux before 6.13: the pending signal of a deleted timer is delivered
 *   NEW     ctimer, Linux from 6.13: it is dropped; the ignored signal of a living timer is parked
 *   ITIMER  itimer, Linux, under a debugger, which holds a thread that has taken a signal
 *   XNU     itimer, macOS: a thread notices the expiry, then posts the signal, then acts on it
 *
 * Thread 0 works, thread 1 starts at any time, thread 2 stops the session. What the kernel does under one hold
 * of its signal lock is one move, and so is an access of C to an atomic variable: gate.c argues their orders.
 * A fixed time that the stop lets pass (XNU; Linux without membarrier, or with PREEMPT_RT) is taken to be long
 * enough, but for PREEMPTED=1.
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
#define TIME true /* whether faults of the time that is counted are looked for */
#endif
#define STEP(n) (LEAVE_OUT != n)
#define CTIMER (KERNEL == OLD || KERNEL == NEW)
#define TIMER(i) (CTIMER -> i : 0) /* a process has one timer, whose signal any thread takes */
#define STOPPER 2
#define MORE(t) (expired[t] < (t == 0 -> 2 : 1)) /* its clock goes on */

/* A fault has a name, by which check.sh knows what spin found. */
#define never(fault, condition) assert(!(fault && (condition)))
bool kills = true, hangs_the_stop = true, uses_what_is_freed = true;
bool counts_twice = TIME, loses_time = TIME;
bool leaves_a_timer = true, leaves_the_action = true, leaves_the_mask = true;

mtype = { DFL, IGN, OURS };
mtype action = OURS; /* a session runs; what was there before is DFL */

/* By timer; its clock counts intervals. A thread's own stands when the timer is gone; a process's goes on. */
bool armed[3], pending[3], parked[3];
byte expired[3]; /* the clock */
byte sent[3];    /* up to there signals were taken: the next stands for what came since */

/* By timer, what the profiler knows. Handlers count samples and drops; the stop counts what is due. */
byte paid[3];                         /* schedule.c; of a process, accounted_ns in darwin.c */
byte counted[3], dropped_late[3], due[3];
byte stopped[3]; /* a thread's clock at the end */

/* By timer, what ought to be: told to handlers that entered in time; all that the session has to count. */
byte told[3], owed[3];

/* By thread. */
bool masked[3], noticed[3];
bool between[3]; /* it has taken a signal, and not yet read the action */
bool handles[3], late[3];
bool stale[3]; /* the end counts what the signal stands for */
byte taken[3]; /* the time that the signal stands for */

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

/* Delivery: the thread takes a signal; newer kernels ask for the timer; it reads the action. */
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

/* Once the stop has returned: every interval is counted, and once, what handlers were told by handlers. */
inline account(t) {
    never(counts_twice, counted[t] + dropped_late[t] + due[t] > owed[t]);
    never(loses_time, counted[t] + dropped_late[t] + due[t] < owed[t]);
    never(loses_time, counted[t] + dropped_late[t] < told[t])
}

inline pay(i) {
    d_step {
        if
        :: stale[i] -> taken[i] = 0
        :: !stale[i] && CTIMER ->
            told[i] = told[i] + taken[i];
            paid[i] = (STEP(10) && STEP(11) -> paid[i] + taken[i] : paid[i])
        :: !stale[i] && !CTIMER ->
            told[0] = expired[0] - due[0];
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
    :: atomic { !CTIMER && MORE(0) -> expired[0]++ } /* time passes, and no tick */
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
               :: d_step { !hung -> hung = true }; /* the walk never comes back */
end_hung:         false
               fi;
               never(uses_what_is_freed, freed) /* it writes into the ring */
           fi;
           count(i);
           leave(i)
       :: else
       fi
    :: masked[i] = !masked[i]
    od
}

/* Asks the gate and makes its timer under one lock. */
proctype newcomer() {
    atomic {
        if
        :: !closed -> armed[TIMER(1)] = true
        :: else
        fi
    };
    run thread(1)
}

/* A signal of the stopping thread, if it comes now. A handler there that hangs would keep it for ever. */
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

/* thread_timers.c, before each timer is deleted: what expires in between and is not signalled is after the end. */
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
    :: STEP(9) -> over = true /* sampler.c, as the gate is closed */
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
