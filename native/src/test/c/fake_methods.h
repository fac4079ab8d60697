/*
 * Fake methods in the layout that the JVM uses in memory, as far as the walker reads them: names,
 * signature, byte code, and a constant pool with its cache. A test chooses which of its two layouts
 * the cache has.
 */
#ifndef SPPROF_TEST_FAKE_METHODS_H
#define SPPROF_TEST_FAKE_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "walk/vm/layout.h"

#define FAKE_METHODS 16
#define FAKE_CALLS 8 /* byte codes with a call, for each method */
#define FAKE_ENTRIES (3 + 6 * FAKE_CALLS)

struct fake_symbol {
    uint32_t hash;
    uint16_t length;
    char body[58];
};

struct fake_method {
    struct {
        uint64_t const_method;
        uint16_t flags;
    } method;
    struct {
        uint64_t constants;
        uint16_t code_size, name, signature, flags;
        uint8_t code[64];
    } const_method;
    struct {
        uint64_t holder, cache;
        uint32_t length;
        uint64_t entries[FAKE_ENTRIES];
    } pool;
    struct {
        uint64_t name;
    } holder;
    struct {
        uint64_t methods; /* from 22 on: address of `apart` */
        int32_t length;
    } cache;
    struct { /* up to 21: behind the header */
        uint64_t indices, f1, f2, flags;
    } behind[FAKE_CALLS];
    struct {
        int32_t length;
        struct {
            uint64_t method;
            uint16_t index;
        } entries[FAKE_CALLS];
    } apart;
};

static struct fake_symbol fake_symbols[128];
static struct fake_method fake_methods[FAKE_METHODS];
static int fake_method_count;

/* Equal texts share one Symbol. */
static uint64_t fake_symbol(const char *text) {
    struct fake_symbol *symbol = fake_symbols;
    while (symbol->length != 0 &&
           (symbol->length != strlen(text) || memcmp(symbol->body, text, symbol->length) != 0)) {
        symbol++;
    }
    symbol->length = (uint16_t)strlen(text);
    memcpy(symbol->body, text, symbol->length);
    return (uintptr_t)symbol;
}

static uint64_t fake_address(const struct fake_method *method) {
    return (uintptr_t)&method->method;
}

static uint32_t fake_entry(struct fake_method *method, uint64_t value) {
    method->pool.entries[method->pool.length] = value;
    return method->pool.length++;
}

static struct fake_method *fake_method(const char *class_name, const char *name,
                                       const char *signature) {
    struct fake_method *m = &fake_methods[fake_method_count++];
    *m = (struct fake_method){
        .method = {.const_method = (uintptr_t)&m->const_method},
        .const_method = {.constants = (uintptr_t)&m->pool},
        .pool = {.holder = (uintptr_t)&m->holder, .cache = (uintptr_t)&m->cache, .length = 1},
        .holder = {.name = fake_symbol(class_name)},
        .cache = {.methods = (uintptr_t)&m->apart}};
    m->const_method.name = (uint16_t)fake_entry(m, fake_symbol(name));
    m->const_method.signature = (uint16_t)fake_entry(m, fake_symbol(signature));
    return m;
}

/* Appends a byte code of three bytes and returns its index. */
static int32_t fake_code(struct fake_method *m, uint8_t code, uint16_t operand) {
    uint16_t bci = m->const_method.code_size;
    m->const_method.code[bci] = code;
    memcpy(m->const_method.code + bci + 1, &operand, sizeof operand);
    m->const_method.code_size = (uint16_t)(bci + 3);
    return bci;
}

/* Appends a byte code that refers to a method and returns its index. */
static int32_t fake_call(struct fake_method *m, uint8_t code, const char *class_name,
                         const char *name, const char *signature) {
    uint32_t class_index = fake_entry(m, (uint64_t)fake_entry(m, fake_symbol(class_name)) << 16);
    uint32_t name_index = fake_entry(m, fake_symbol(name));
    uint32_t signature_index = fake_entry(m, fake_symbol(signature));
    uint32_t names = fake_entry(m, signature_index << 16 | name_index);
    uint32_t reference = fake_entry(m, names << 16 | class_index);
    int32_t call = m->cache.length++;
    m->apart.length = m->cache.length;
    m->apart.entries[call].index = (uint16_t)reference;
    /* The bits above the index hold the byte codes for which the entry is resolved. */
    m->behind[call].indices = UINT64_C(0xb6) << 24 | reference;
    return fake_code(m, code, (uint16_t)call);
}

#define FAKE(part, field) \
    offsetof(struct fake_method, part.field) - offsetof(struct fake_method, part)

static void fake_methods_begin(bool apart) {
    struct spprof_layout *layout = &spprof_layout;
    fake_method_count = 0;
    layout->method_const = FAKE(method, const_method);
    layout->method_flags = FAKE(method, flags);
    layout->const_constants = FAKE(const_method, constants);
    layout->const_code_size = FAKE(const_method, code_size);
    layout->const_name = FAKE(const_method, name);
    layout->const_signature = FAKE(const_method, signature);
    layout->const_flags = FAKE(const_method, flags);
    layout->const_size = FAKE(const_method, code);
    layout->pool_holder = FAKE(pool, holder);
    layout->pool_cache = FAKE(pool, cache);
    layout->pool_length = FAKE(pool, length);
    layout->pool_size = FAKE(pool, entries);
    layout->klass_name = FAKE(holder, name);
    layout->symbol_hash = offsetof(struct fake_symbol, hash);
    layout->symbol_length = offsetof(struct fake_symbol, length);
    layout->symbol_body = offsetof(struct fake_symbol, body);
    layout->has_call_sites = true;
    layout->has_method_entries = apart;
    layout->cache_methods = FAKE(cache, methods);
    layout->cache_length = FAKE(cache, length);
    layout->cache_size = offsetof(struct fake_method, behind) - offsetof(struct fake_method, cache);
    layout->method_entries_first = FAKE(apart, entries);
    layout->method_entry_size =
        apart ? sizeof fake_methods->apart.entries[0] : sizeof fake_methods->behind[0];
    layout->method_entry_index = apart
                                     ? FAKE(apart, entries[0].index) - layout->method_entries_first
                                     : FAKE(behind[0], indices);
}

#undef FAKE

#endif
