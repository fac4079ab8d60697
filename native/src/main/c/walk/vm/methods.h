/*
 * From a Method of the JVM's to a number and a name in the profile. The first time that a walk
 * meets a method, the handler itself copies its name into the ring: at that moment the method is on
 * the thread's stack, so its class is loaded and all of this is there; a moment later that is not
 * sure any more. No method id is needed, and none is made.
 *
 * Memory of a method that is gone can become another one's. So whenever a method is met, the
 * identities of its names are compared, by a hash, with those that the number was given for.
 *
 * Called from the handler, except for reset.
 */
#ifndef SPPROF_VM_METHODS_H
#define SPPROF_VM_METHODS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "walk/table.h"

enum spprof_method_result {
    SPPROF_METHOD_KNOWN,
    SPPROF_METHOD_INVALID,   /* it is no method */
    SPPROF_METHOD_RING_FULL, /* no room to tell its name */
};

struct spprof_method {
    uint64_t address;
    uint64_t code_begin; /* of its byte code */
    uint32_t code_size;  /* bytes; 0 if it is abstract or native */
    uint64_t pool_cache; /* what its interpreter frames hold, too */
    uint64_t class_name; /* Symbols */
    uint64_t name;
    bool native;
};

/* Reads a method. false if there is none at `address`. */
bool spprof_method_read_sigsafe(uint64_t address, struct spprof_method *method);

/* Whether these are the names of its class, as in the class file, and its own. */
bool spprof_method_is_named_sigsafe(const struct spprof_method *method, const char *class_name,
                                    const char *name);

/* Its number, which is told in the ring if that is new. */
enum spprof_method_result spprof_method_number_sigsafe(const struct spprof_method *method,
                                                       uint32_t *number);

/* Before a session, and with NULL after it; the gate is closed. */
void spprof_methods_reset(struct spprof_ring *ring, struct spprof_table *table);
/* All numbers that were given; they begin anew. With no handler in flight. */
void spprof_methods_forget(void);

#endif
