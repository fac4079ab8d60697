/*
 * Gives each Method of the JVM a number and a name in the profile. When a walk finds a method for
 * the first time, the handler itself copies the name to the ring. At that moment the method is on
 * the thread's stack, so its class is loaded and the memory of its name exists; a moment later this
 * is no longer certain. No method id is needed, and none is created.
 *
 * The memory of a freed method can become another method's. So whenever a walk finds a known
 * address, it hashes the identities of two Symbols, that of the class's name and that of the
 * method's name. An identity is the Symbol's address and a random number that the JVM gave to the
 * Symbol. If the hash differs from the known one, the address belongs to another method, which gets
 * a number of its own.
 *
 * Called from the handler, except for reset and forget.
 */
#ifndef SPPROF_VM_METHODS_H
#define SPPROF_VM_METHODS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ring.h"
#include "walk/table.h"

enum spprof_method_result {
    SPPROF_METHOD_KNOWN,
    SPPROF_METHOD_INVALID,   /* not a method */
    SPPROF_METHOD_RING_FULL, /* no room for its name */
};

struct spprof_method {
    uint64_t address;
    uint64_t code_begin; /* of the byte code */
    uint32_t code_size;  /* bytes; 0 if the method is abstract or native */
    uint64_t pool_cache; /* the value that its interpreter frames also hold */
    uint64_t class_name; /* addresses of Symbols */
    uint64_t name;
    bool native;
};

/* Begins to fetch what belongs to a method, if there is one at `address`. */
void spprof_method_fetch_sigsafe(uint64_t address);

/* Reads a method. Returns false if there is none at `address`. */
bool spprof_method_read_sigsafe(uint64_t address, struct spprof_method *method);

/* Returns whether these are the names of the method's class, as in the class file, and of the
 * method. */
bool spprof_method_is_named_sigsafe(const struct spprof_method *method, const char *class_name,
                                    const char *name);

/* Finds the method's number. A new number is first written to the ring, with the method's name. */
enum spprof_method_result spprof_method_number_sigsafe(const struct spprof_method *method,
                                                       uint32_t *number);

/*
 * Finds the number of a function of native code. A new number is first written to the ring, with
 * the function's place. `begin` is the address of its first instruction, `address` the same in the
 * file of the library with the number `library` (library_numbers.h).
 */
enum spprof_method_result spprof_method_number_of_function_sigsafe(uint32_t library, uint64_t begin,
                                                                   uint64_t address,
                                                                   uint32_t *number);

/* What a compiler makes of a method. */
enum spprof_compilation {
    SPPROF_COMPILATION_NONE, /* stands for the method itself */
    SPPROF_COMPILATION_C1,
    SPPROF_COMPILATION_C1_OSR,
    SPPROF_COMPILATION_C2,
    SPPROF_COMPILATION_C2_OSR,
};

/* As spprof_method_number_sigsafe, for a compilation of the method. Its name is that of the method
 * with the compiler before it: "[C2] ". */
enum spprof_method_result spprof_method_number_of_compilation_sigsafe(
    const struct spprof_method *method, enum spprof_compilation compilation, uint32_t *number);

/* Writes a name that belongs to no method (broken_at.h, native_stack.h) to the ring. Returns its
 * number, or 0 if the ring has no room. */
uint32_t spprof_method_name_sigsafe(const char *name, uint32_t bytes);

/* Called before a session, and with NULL after it; the gate is closed. */
void spprof_methods_reset(struct spprof_ring *ring, struct spprof_table *table);
/* Forgets all numbers. A method gets a number again when a walk next finds it. Called with no
 * handler in flight. */
void spprof_methods_forget(void);

#endif
