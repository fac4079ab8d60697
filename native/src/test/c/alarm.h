/*
 * Interrupts a test by SIGALRM as often as the machine allows. The timer expires once, and the
 * handler sets the timer again as its last act. A timer that repeats could stop the test: if the
 * handler takes longer than the period, the next signal is pending when the handler returns, and
 * the interrupted code never runs.
 */
#ifndef SPPROF_TEST_ALARM_H
#define SPPROF_TEST_ALARM_H

#include <sys/time.h>

#include "test.h"

static volatile int alarm_us; /* time from a handler's end to the next signal; 0: no signals */

static void alarm_set_sigsafe(int us) {
    const struct itimerval once = {.it_value = {0, us}};
    CHECK_EQUAL(0, setitimer(ITIMER_REAL, &once, NULL));
}

/* Starts the signals. With 0 us, stops them. */
static void alarm_every(int us) {
    alarm_us = us;
    alarm_set_sigsafe(us);
}

/* The last act of a handler of SIGALRM. */
static void alarm_again_sigsafe(void) {
    if (alarm_us != 0) {
        alarm_set_sigsafe(alarm_us);
    }
}

#endif
