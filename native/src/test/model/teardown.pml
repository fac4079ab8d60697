/*
 * The teardown of drain.c beside the kernel's delivery of signals, for spin, which looks at every order in
 * which their moves can come. check.sh runs it for each KERNEL with all steps, which must be right, and with
 * each step left out (LEAVE_OUT=n), which must go wrong.
 *
 *   OLD     ctimer, Linux before 6.13: the pending signal of a deleted timer is delivered
 *   NEW     ctimer, Linux from 6.13: it is dropped; the ignored signal of a living timer is parked
 *   ITIMER  itimer, Linux, under a debugger, which holds a thread that has taken a signal
 *   XNU     itimer, macOS: a thread notices the expiry, then posts the signal, then acts on it
 *
 * Thread 0 works, thread 1 starts at any time, thread 2 stops the session. What the kernel does under one hold
 * of its signal lock is one move, and so is an access of C to an atomic variable: gate.c argues their orders.
 * A fixed time that the stop lets pass (XNU) is taken to be long enough, but for PREEMPTED=1.
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
#define STEP(n) (LEAVE_OUT != n)
#define CTIMER (KERNEL == OLD || KERNEL == NEW)
#define TIMER(i) (CTIMER -> i : 0) /* a process has one timer, whose signal any thread takes */
#define STOPPER 2
#define MORE(t) (armed[t] && expired[t] < (t == 0 -> 2 : 1)) /* a timer may expire once more */

mtype = { DFL, IGN, OURS };
mtype action = OURS; /* a session runs; what was there before is DFL */

/* By timer. Each expiration is counted once: by a handler, or by the stop as due and never signalled. */
bool armed[3], pending[3], parked[3];
byte expired[3], counted[3], due[3];

/* By thread. */
bool masked[3], noticed[3];
bool between[3]; /* it has taken a signal, and not yet read the action */
bool handles[3], late[3], stale[3];
byte taken[3]; /* the expirations that its signal stands for */

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
        taken[i] = expired[TIMER(i)] - counted[TIMER(i)]
    }
}

inline act(i) {
    if
    :: d_step { KERNEL == NEW && !armed[i] -> between[i] = false }
    :: d_step { KERNEL != NEW || armed[i] -> skip };
       d_step {
           between[i] = false;
           assert(action != DFL); /* the process is killed */
           handles[i] = (action == OURS)
       }
    fi
}

inline enter(i) {
    d_step { in_flight++; late[i] = closed };
    stale[i] = CTIMER && over
}

inline leave(i) {
    d_step {
        if
        :: CTIMER && !stale[i] -> counted[i] = counted[i] + taken[i]
        :: !CTIMER && armed[0] -> counted[0] = expired[0] - due[0]
        :: else
        fi;
        assert(counted[TIMER(i)] + due[TIMER(i)] <= expired[TIMER(i)]) /* no time is counted twice */
    };
    d_step { in_flight--; handles[i] = false }
}

active proctype clock() {
end:
    do
    :: atomic { KERNEL != XNU && MORE(0) -> expired[0]++; send(0) }
    :: atomic { CTIMER && MORE(1) -> expired[1]++; send(1) }
    :: atomic { CTIMER && MORE(2) -> expired[2]++; send(2) }
    od
}

proctype thread(byte i) {
end:
    do
    :: atomic { KERNEL == XNU && MORE(0) -> expired[0]++; noticed[i] = true };
       atomic { noticed[i] = false; send(0) }
    :: atomic { pending[TIMER(i)] && !masked[i] -> take(i) };
       act(i);
       if
       :: handles[i] ->
           enter(i);
           if
           :: late[i] || stale[i]
           :: else ->
               if
               :: skip
               :: d_step { !hung -> hung = true }; /* the walk never comes back */
end_hung:         false
               fi;
               assert(!freed) /* it writes into the ring */
           fi;
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
           assert(late[STOPPER]);
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
        d_step {
            armed[0] = false; armed[1] = false; armed[2] = false;
            due[0] = (CTIMER -> 0 : expired[0] - counted[0])
        };
        KERNEL != XNU || PREEMPTED || (!noticed[0] && !noticed[1])
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
            due[0] = expired[0] - counted[0];
            due[1] = expired[1] - counted[1];
            due[2] = expired[2] - counted[2]
        }
    :: else
    fi;
    if
    :: STEP(8) -> masked[STOPPER] = false
    :: else
    fi;
    interrupt();
    assert(!masked[STOPPER]);
    assert(failed || action == DFL);
    assert(failed || (!armed[0] && !armed[1] && !armed[2]))
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
