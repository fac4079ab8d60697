/*
 * How exactly compiled code tells which method and line an address belongs to. Unless the JVM's
 * flag DebugNonSafepoints is on, the compilers write that down for safepoints only, and what lies
 * between two of them is told as the next one. While a session samples, the flag is on, for what is
 * compiled meanwhile; afterwards it is as it was. Ordinary threads only, with the sampler's lock
 * held.
 */
#ifndef SPPROF_VM_DEBUG_INFO_H
#define SPPROF_VM_DEBUG_INFO_H

/* By the numbers of io.spprof.sampler.DebugNonSafepoints. */
enum spprof_debug_info {
    SPPROF_DEBUG_INFO_EXACT,         /* the flag was on before */
    SPPROF_DEBUG_INFO_SINCE_SESSION, /* on since the session began */
    SPPROF_DEBUG_INFO_SAFEPOINTS,    /* this JVM does not let us set it */
};

enum spprof_debug_info spprof_debug_info_begin(void);
void spprof_debug_info_end(void);

#endif
