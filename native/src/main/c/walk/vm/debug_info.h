/*
 * Makes compiled code exact about the method and line of an address. Unless the JVM's flag
 * DebugNonSafepoints is on, the compilers record methods and lines for safepoints only, and an
 * address between two safepoints is reported as the next one. While a session samples, the flag is
 * on, for code that is compiled meanwhile. Afterwards the flag is restored. Called with the
 * sampler's lock held, never in a signal handler.
 */
#ifndef SPPROF_VM_DEBUG_INFO_H
#define SPPROF_VM_DEBUG_INFO_H

/* SampleLayout has the same numbers. */
enum spprof_debug_info {
    SPPROF_DEBUG_INFO_EXACT = 0,         /* the flag was on before */
    SPPROF_DEBUG_INFO_SINCE_SESSION = 1, /* on since the session began */
    SPPROF_DEBUG_INFO_SAFEPOINTS = 2,    /* this JVM does not let us set the flag */
};

enum spprof_debug_info spprof_debug_info_begin(void);
void spprof_debug_info_end(void);

#endif
