#include "walk/vm/methods.h"

#include <string.h>

#include "base/sample.h"
#include "walk/guard.h"
#include "walk/vm/layout.h"
#include "walk/vm/lines.h"
#include "walk/vm/method_hints.h"

#define ACC_NATIVE 0x0100 /* JVM specification, table 4.6-A */

static struct spprof_ring *ring;
static struct spprof_table *numbers;
static _Atomic uint32_t last_number;
static _Atomic uint32_t last_transient;

void spprof_methods_reset(struct spprof_ring *to, struct spprof_table *table) {
    ring = to;
    numbers = table;
    atomic_store_explicit(&last_number, 0, memory_order_relaxed);
}

void spprof_methods_forget(void) {
    spprof_table_clear(numbers);
    atomic_store_explicit(&last_number, 0, memory_order_relaxed);
}

static bool is_aligned_sigsafe(uint64_t address) {
    return address >= 4096 && (address & 7) == 0;
}

bool spprof_method_read_sigsafe(uint64_t address, struct spprof_method *method) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t code, pool, holder;
    uint16_t flags, code_size, name;
    uint32_t pool_length;
    if (!is_aligned_sigsafe(address) ||
        !spprof_load64_sigsafe(address + layout->method_const, &code) ||
        !is_aligned_sigsafe(code) ||
        !spprof_load16_sigsafe(address + layout->method_flags, &flags) ||
        !spprof_load64_sigsafe(code + layout->const_constants, &pool) ||
        !is_aligned_sigsafe(pool) ||
        !spprof_load16_sigsafe(code + layout->const_code_size, &code_size) ||
        !spprof_load16_sigsafe(code + layout->const_name, &name) ||
        !spprof_load32_sigsafe(pool + layout->pool_length, &pool_length) || name == 0 ||
        name >= pool_length || !spprof_load64_sigsafe(pool + layout->pool_holder, &holder) ||
        !is_aligned_sigsafe(holder) ||
        !spprof_load64_sigsafe(pool + layout->pool_cache, &method->pool_cache) ||
        !spprof_load64_sigsafe(pool + layout->pool_size + name * sizeof(uint64_t), &method->name) ||
        !is_aligned_sigsafe(method->name) ||
        !spprof_load64_sigsafe(holder + layout->klass_name, &method->class_name) ||
        !is_aligned_sigsafe(method->class_name)) {
        return false;
    }
    uint64_t parts[SPPROF_METHOD_PARTS] = {
        code + layout->const_constants,     code + layout->const_name,
        pool + layout->pool_holder,         pool + layout->pool_size + name * sizeof(uint64_t),
        holder + layout->klass_name,        method->class_name + layout->symbol_hash,
        method->name + layout->symbol_hash,
    };
    spprof_method_hints_put_sigsafe(address, parts);
    method->address = address;
    method->code_begin = code + layout->const_size;
    method->code_size = code_size;
    method->native = (flags & ACC_NATIVE) != 0;
    return true;
}

void spprof_method_fetch_sigsafe(uint64_t address) {
    __builtin_prefetch((const void *)(uintptr_t)(address + spprof_layout.method_const));
    __builtin_prefetch(spprof_table_entry_sigsafe(numbers, address, 0));
    spprof_method_hints_fetch_sigsafe(address);
}

static bool length_sigsafe(uint64_t symbol, uint16_t *length) {
    return spprof_load16_sigsafe(symbol + spprof_layout.symbol_length, length) && *length > 0;
}

static bool is_symbol_sigsafe(uint64_t symbol, const char *text) {
    uint16_t length;
    uint8_t byte;
    if (!length_sigsafe(symbol, &length)) {
        return false;
    }
    for (uint16_t i = 0; i < length; i++) {
        if (!spprof_load8_sigsafe(symbol + spprof_layout.symbol_body + i, &byte) ||
            byte != (uint8_t)text[i] || byte == 0) {
            return false;
        }
    }
    return text[length] == '\0';
}

bool spprof_method_is_named_sigsafe(const struct spprof_method *method, const char *class_name,
                                    const char *name) {
    return is_symbol_sigsafe(method->name, name) &&
           is_symbol_sigsafe(method->class_name, class_name);
}

/*
 * Adds to `hash` an id that very probably distinguishes a Symbol from all others that were at the
 * Symbol's address. The id combines the address with a random number that the Symbol got when it
 * was created, in the upper half of a word of 32 bits (symbol.hpp). The hash is a multiply and a
 * fold, after Wang Yi's wyhash.
 */
static bool identity_sigsafe(uint64_t symbol, uint64_t *hash) {
    uint32_t word;
    if (!spprof_load32_sigsafe(symbol + spprof_layout.symbol_hash, &word)) {
        return false;
    }
    uint64_t mixed = *hash ^ symbol ^ (uint64_t)(word >> 16) << 48;
    unsigned __int128 product =
        (unsigned __int128)(mixed ^ UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xA0761D6478BD642F);
    *hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    return true;
}

/* Returns the length of the longest prefix of a name that is kept; the prefix ends with a whole
 * character (modified UTF-8). */
static uint32_t kept_sigsafe(uint64_t symbol, uint16_t length) {
    uint32_t kept = length > SPPROF_MAX_METHOD_NAME ? SPPROF_MAX_METHOD_NAME : length;
    uint8_t byte;
    while (kept < length && kept > 0 &&
           spprof_load8_sigsafe(symbol + spprof_layout.symbol_body + kept, &byte) &&
           (byte & 0xc0) == 0x80) {
        kept--;
    }
    return kept;
}

/* What stands before a method's name, by enum spprof_compilation. */
static const char prefixes[][12] = {"", "[C1] ", "[C1 OSR] ", "[C2] ", "[C2 OSR] "};

static enum spprof_method_result define_sigsafe(const struct spprof_method *method,
                                                enum spprof_compilation compilation,
                                                uint32_t number) {
    uint16_t class_length, length;
    if (!length_sigsafe(method->class_name, &class_length) ||
        !length_sigsafe(method->name, &length)) {
        return SPPROF_METHOD_INVALID;
    }
    uint32_t class_kept = kept_sigsafe(method->class_name, class_length);
    uint32_t kept = kept_sigsafe(method->name, length);
    const char *prefix = prefixes[compilation];
    uint32_t prefix_bytes = 0;
    while (prefix[prefix_bytes] != '\0') {
        prefix_bytes++;
    }
    uint32_t bytes = prefix_bytes + class_kept + 1 + kept;
    uint32_t lines = compilation != SPPROF_COMPILATION_NONE
                         ? 0
                         : spprof_lines_read_sigsafe(method->code_begin, method->code_size, NULL,
                                                     SPPROF_MAX_LINES);
    uint32_t lines_at = spprof_lines_at(bytes);
    uint32_t size = spprof_record_size(lines_at + lines * (uint32_t)sizeof lines);
    struct spprof_record *record = spprof_ring_reserve_sample_sigsafe(ring, size);
    if (record == NULL) {
        return SPPROF_METHOD_RING_FULL;
    }
    char *text = (char *)(record + 1), *name = text + prefix_bytes;
    uint64_t body = spprof_layout.symbol_body;
    bool readable = spprof_load_sigsafe(method->class_name + body, name, class_kept) &&
                    spprof_load_sigsafe(method->name + body, name + class_kept + 1, kept);
    memcpy(text, prefix, prefix_bytes);
    name[class_kept] = '.';
    record->type = readable ? SPPROF_RECORD_METHOD : SPPROF_RECORD_PADDING;
    record->method = number;
    record->line_count = spprof_lines_read_sigsafe(method->code_begin, method->code_size,
                                                   (uint32_t *)(void *)(text + lines_at), lines);
    record->name_bytes = bytes;
    spprof_ring_publish_sigsafe(record, size);
    return readable ? SPPROF_METHOD_KNOWN : SPPROF_METHOD_INVALID;
}

uint32_t spprof_method_name_sigsafe(const char *name, uint32_t bytes) {
    uint32_t size = spprof_record_size(bytes);
    struct spprof_record *record = spprof_ring_reserve_sample_sigsafe(ring, size);
    if (record == NULL) {
        return 0;
    }
    /* Relaxed order is enough: numbers only have to be distinct. */
    uint32_t number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    memcpy(record + 1, name, bytes);
    record->type = SPPROF_RECORD_METHOD;
    record->method = number;
    record->name_bytes = bytes;
    spprof_ring_publish_sigsafe(record, size);
    return number;
}

/* Sets `*number` to a new number. Returns whether the table has room for it. */
static bool take_number_sigsafe(uint64_t key, uint32_t *number) {
    bool room = spprof_table_has_room_sigsafe(numbers, key);
    /* Relaxed order is enough: numbers only have to be distinct. */
    *number = room ? atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1
                   : (atomic_fetch_add_explicit(&last_transient, 1, memory_order_relaxed) |
                      SPPROF_TRANSIENT);
    return room;
}

/* A bit in the keys of functions, which no address has. */
#define FUNCTION_KEY (UINT64_C(1) << 63)

enum spprof_method_result spprof_method_number_of_function_sigsafe(uint32_t library, uint64_t begin,
                                                                   uint64_t address,
                                                                   uint32_t *number) {
    uint64_t key = begin | FUNCTION_KEY;
    *number = spprof_table_find_sigsafe(numbers, key, library);
    if (*number != 0) {
        return SPPROF_METHOD_KNOWN;
    }
    uint32_t size = spprof_record_size(0);
    struct spprof_record *record = spprof_ring_reserve_sample_sigsafe(ring, size);
    if (record == NULL) {
        return SPPROF_METHOD_RING_FULL;
    }
    bool room = take_number_sigsafe(key, number);
    record->type = SPPROF_RECORD_FUNCTION;
    record->method = *number;
    record->in_library = library;
    record->address = address;
    spprof_ring_publish_sigsafe(record, size);
    if (room) {
        spprof_table_put_sigsafe(numbers, key, library, *number, 0);
    }
    return SPPROF_METHOD_KNOWN;
}

enum spprof_method_result spprof_method_number_sigsafe(const struct spprof_method *method,
                                                       uint32_t *number) {
    return spprof_method_number_of_compilation_sigsafe(method, SPPROF_COMPILATION_NONE, number);
}

enum spprof_method_result spprof_method_number_of_compilation_sigsafe(
    const struct spprof_method *method, enum spprof_compilation compilation, uint32_t *number) {
    uint64_t key = method->address + compilation; /* the address is a multiple of 8 */
    uint64_t hash = 0;
    if (!identity_sigsafe(method->class_name, &hash) || !identity_sigsafe(method->name, &hash)) {
        return SPPROF_METHOD_INVALID;
    }
    uint32_t check = (uint32_t)hash;
    *number = spprof_table_find_sigsafe(numbers, key, check);
    if (*number != 0) {
        return SPPROF_METHOD_KNOWN;
    }
    bool room = take_number_sigsafe(key, number);
    enum spprof_method_result result = define_sigsafe(method, compilation, *number);
    if (result == SPPROF_METHOD_KNOWN && room) {
        spprof_table_put_sigsafe(numbers, key, check, *number, 0);
    }
    return result;
}
