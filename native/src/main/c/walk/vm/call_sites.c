#include "walk/vm/call_sites.h"

#include "walk/guard.h"
#include "walk/vm/layout.h"
#include "walk/vm/release.h"

/* JVM specification, 6.5 and 6.2. Numbers above these are HotSpot's own byte codes; those of them
 * that call have the same operand as the specified ones. */
enum { INVOKEVIRTUAL = 0xb6, INVOKEINTERFACE = 0xb9, INVOKEDYNAMIC = 0xba, BREAKPOINT = 0xca };

/* A constant pool, by its address. */
struct pool {
    uint64_t at;
    uint32_t length;
};

static bool open_sigsafe(const struct spprof_method *method, struct pool *pool) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t constants = method->code_begin - layout->const_size + layout->const_constants;
    return spprof_load64_sigsafe(constants, &pool->at) &&
           spprof_load32_sigsafe(pool->at + layout->pool_length, &pool->length);
}

/* Loads an entry of the pool: the address of a Symbol, or two numbers of 16 bits. */
static bool load_sigsafe(const struct pool *pool, uint32_t index, uint64_t *value) {
    return index > 0 && index < pool->length &&
           spprof_load64_sigsafe(pool->at + spprof_layout.pool_size + index * sizeof *value, value);
}

static bool starts_sigsafe(uint64_t symbol, const char *prefix) {
    uint16_t length;
    uint8_t byte;
    if (!spprof_load16_sigsafe(symbol + spprof_layout.symbol_length, &length)) {
        return false;
    }
    for (uint16_t i = 0; prefix[i] != '\0'; i++) {
        if (i >= length || !spprof_load8_sigsafe(symbol + spprof_layout.symbol_body + i, &byte) ||
            byte != (uint8_t)prefix[i]) {
            return false;
        }
    }
    return true;
}

/* Finds the index in the pool of the method to which a byte code refers. */
static bool find_reference_sigsafe(const struct spprof_method *caller, uint16_t operand,
                                   uint32_t *index) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t entries = caller->pool_cache + layout->cache_size;
    uint32_t count;
    uint16_t reference;
    if (layout->has_method_entries
            ? !spprof_load64_sigsafe(caller->pool_cache + layout->cache_methods, &entries) ||
                  !spprof_load32_sigsafe(entries, &count)
            : !spprof_load32_sigsafe(caller->pool_cache + layout->cache_length, &count)) {
        return false;
    }
    entries += layout->has_method_entries ? layout->method_entries_first : 0;
    uint64_t entry = entries + operand * layout->method_entry_size;
    if (operand >= count ||
        !spprof_load16_sigsafe(entry + layout->method_entry_index, &reference)) {
        return false;
    }
    *index = reference;
    return true;
}

static bool signature_sigsafe(const struct spprof_method *method, uint64_t *symbol) {
    const struct spprof_layout *layout = &spprof_layout;
    struct pool pool;
    uint16_t index;
    return open_sigsafe(method, &pool) &&
           spprof_load16_sigsafe(method->code_begin - layout->const_size + layout->const_signature,
                                 &index) &&
           load_sigsafe(&pool, index, symbol);
}

bool spprof_call_sites_is_of_handles_sigsafe(const struct spprof_method *method) {
    return starts_sigsafe(method->class_name, SPPROF_RELEASE_HANDLES);
}

/* A place in the signature of a method, by addresses. */
struct types {
    uint64_t at, end;
};

static bool open_types_sigsafe(uint64_t symbol, struct types *types) {
    uint16_t length;
    if (!spprof_load16_sigsafe(symbol + spprof_layout.symbol_length, &length)) {
        return false;
    }
    types->at = symbol + spprof_layout.symbol_body;
    types->end = types->at + length;
    return true;
}

/*
 * Moves behind the next character or type of a signature. Returns the character; for a type, the
 * kind that a linker passes: L for each reference, I for each type that is an int on the stack (JVM
 * specification, 4.3.2). Returns 0 at the end.
 */
static uint8_t next_type_sigsafe(struct types *types) {
    uint8_t first, byte;
    if (types->at >= types->end || !spprof_load8_sigsafe(types->at++, &first)) {
        return 0;
    }
    for (byte = first; byte == '[';) {
        if (types->at >= types->end || !spprof_load8_sigsafe(types->at++, &byte)) {
            return 0;
        }
    }
    if (byte == 'L') {
        do {
            if (types->at >= types->end || !spprof_load8_sigsafe(types->at++, &byte)) {
                return 0;
            }
        } while (byte != ';');
        return 'L';
    }
    if (first == '[') {
        return 'L';
    }
    return byte == 'Z' || byte == 'B' || byte == 'S' || byte == 'C' ? 'I' : byte;
}

/*
 * Returns whether a linker, with the signature that the call site gives it, can lead to the callee.
 * The linker passes its arguments on, without the last one, which names the callee. A receiver is
 * the first one. A caller may ignore the result: VarHandleGuards does.
 */
static bool links_to_sigsafe(uint64_t name, uint64_t signature,
                             const struct spprof_method *callee) {
    uint64_t own_signature;
    struct types given, own;
    if (starts_sigsafe(name, SPPROF_RELEASE_LINKER_TO_NATIVE)) {
        return true;
    }
    if (!signature_sigsafe(callee, &own_signature) || !open_types_sigsafe(own_signature, &own) ||
        !open_types_sigsafe(signature, &given) || next_type_sigsafe(&own) != '(' ||
        next_type_sigsafe(&given) != '(') {
        return false;
    }
    if (!starts_sigsafe(name, SPPROF_RELEASE_LINKER_TO_STATIC)) {
        next_type_sigsafe(&given); /* the receiver */
    }
    for (uint8_t type = next_type_sigsafe(&own);; type = next_type_sigsafe(&own)) {
        uint8_t expected = next_type_sigsafe(&given);
        if (type == ')') {
            uint8_t result;
            return expected == 'L' && next_type_sigsafe(&given) == ')' &&
                   ((result = next_type_sigsafe(&given)) == 'V' ||
                    result == next_type_sigsafe(&own));
        }
        if (type == 0 || type != expected) {
            return false;
        }
    }
}

/* Returns whether a reference to a method of MethodHandle or VarHandle can lead to the callee. The
 * signature of such a reference is the call site's own. */
static bool calls_by_handle_sigsafe(uint64_t class_name, uint64_t name, uint64_t signature,
                                    const struct spprof_method *callee) {
    if (!starts_sigsafe(class_name, SPPROF_RELEASE_METHOD_HANDLE) &&
        !starts_sigsafe(class_name, SPPROF_RELEASE_VAR_HANDLE)) {
        return false;
    }
    return starts_sigsafe(name, SPPROF_RELEASE_LINKERS)
               ? links_to_sigsafe(name, signature, callee)
               : spprof_call_sites_is_of_handles_sigsafe(callee);
}

bool spprof_call_sites_can_call_sigsafe(const struct spprof_method *caller, int32_t bci,
                                        const struct spprof_method *callee) {
    uint64_t at = caller->code_begin + (uint64_t)(int64_t)bci;
    uint64_t reference, class_index, class_name, names, name, signature, own_signature;
    uint32_t index;
    uint16_t operand;
    uint8_t code;
    struct pool pool;
    if (bci < 0 || (uint32_t)bci >= caller->code_size || !spprof_load8_sigsafe(at, &code)) {
        return false;
    }
    if (code == INVOKEDYNAMIC) {
        return spprof_call_sites_is_of_handles_sigsafe(callee);
    }
    if (code < INVOKEVIRTUAL || (code > INVOKEINTERFACE && code < BREAKPOINT)) {
        return false;
    }
    if (code == BREAKPOINT || !spprof_layout.has_call_sites) {
        return true;
    }
    /* An entry for a class, a method or a pair of names consists of two numbers (constantPool.hpp).
     * Class: the name is the upper one. Method: the class is the lower one, the names the upper.
     * Names: the name is the lower one, the signature the upper. */
    if (!spprof_load16_sigsafe(at + 1, &operand) || !open_sigsafe(caller, &pool) ||
        !find_reference_sigsafe(caller, operand, &index) ||
        !load_sigsafe(&pool, index, &reference) ||
        !load_sigsafe(&pool, (uint32_t)reference >> 16, &names) ||
        !load_sigsafe(&pool, (uint32_t)names & 0xffff, &name) ||
        !load_sigsafe(&pool, (uint32_t)names >> 16, &signature)) {
        return false;
    }
    if (name == callee->name && signature_sigsafe(callee, &own_signature) &&
        signature == own_signature) {
        return true;
    }
    return load_sigsafe(&pool, (uint32_t)reference & 0xffff, &class_index) &&
           load_sigsafe(&pool, (uint32_t)class_index >> 16, &class_name) &&
           calls_by_handle_sigsafe(class_name, name, signature, callee);
}
