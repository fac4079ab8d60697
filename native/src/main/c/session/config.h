/* What the caller of a start chooses. */
#ifndef SPPROF_CONFIG_H
#define SPPROF_CONFIG_H

#include <stdint.h>

#include "platform/platform.h"

/* The choices of the option `walker`. SampleLayout has the same numbers. */
enum spprof_walker_choice {
    SPPROF_WALKER_AUTO = 0,
    SPPROF_WALKER_VM = 1,
    SPPROF_WALKER_AGCT = 2,
};

struct spprof_sampler_config {
    const struct spprof_engine *engine;
    enum spprof_walker_choice walker; /* AUTO: vm, or agct in a JVM in which vm does not work */
    uint64_t interval_ns;
    uint64_t ring_bytes;   /* a power of two */
    uint32_t walk_buffers; /* 1 to SPPROF_MAX_BUFFERS */
    uint32_t depth;        /* 1 to SPPROF_MAX_DEPTH */
    uint32_t locations;    /* entries of the walker's tables: each a power of two, at least 8 */
    uint32_t methods;
    uint32_t known_frames; /* of native code; 0: the option native=none */
};

#endif
