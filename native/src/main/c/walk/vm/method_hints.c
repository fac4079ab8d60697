#include "walk/vm/method_hints.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/pages.h"

/* A line of the cache. */
struct hints {
    _Atomic uint64_t method; /* 0: no method */
    _Atomic uint64_t parts[SPPROF_METHOD_PARTS];
};

#define METHODS_AN_ENTRY (sizeof(struct hints) / SPPROF_METHOD_HINT_BYTES)

static struct hints *entries; /* NULL outside of a session */
static uint32_t count;

int spprof_method_hints_create(uint32_t methods) {
    if (methods < METHODS_AN_ENTRY || (methods & (methods - 1)) != 0) {
        return -EINVAL;
    }
    uint32_t wanted = methods / METHODS_AN_ENTRY;
    entries = spprof_pages_map_table(wanted * sizeof *entries);
    if (entries == NULL) {
        return -ENOMEM;
    }
    count = wanted;
    return 0;
}

void spprof_method_hints_destroy(void) {
    if (entries != NULL) {
        spprof_pages_unmap(entries, count * sizeof *entries);
        entries = NULL;
    }
}

/* Returns the entry of a method. Fibonacci hashing, Knuth, volume 3, 6.4. */
static struct hints *entry_sigsafe(uint64_t method) {
    return &entries[(method * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & (count - 1)];
}

/* Relaxed order is enough for all accesses: no other memory is read because of what they find. */

static void set_sigsafe(_Atomic uint64_t *field, uint64_t value) {
    if (atomic_load_explicit(field, memory_order_relaxed) != value) {
        atomic_store_explicit(field, value, memory_order_relaxed);
    }
}

void spprof_method_hints_put_sigsafe(uint64_t method, const uint64_t parts[SPPROF_METHOD_PARTS]) {
    if (entries == NULL) {
        return;
    }
    struct hints *entry = entry_sigsafe(method);
    set_sigsafe(&entry->method, method);
    for (int i = 0; i < SPPROF_METHOD_PARTS; i++) {
        set_sigsafe(&entry->parts[i], parts[i]);
    }
}

void spprof_method_hints_fetch_sigsafe(uint64_t method) {
    if (entries != NULL) {
        __builtin_prefetch(entry_sigsafe(method));
    }
}

void spprof_method_hints_fetch_parts_sigsafe(uint64_t method) {
    if (entries == NULL) {
        return;
    }
    struct hints *entry = entry_sigsafe(method);
    if (atomic_load_explicit(&entry->method, memory_order_relaxed) != method) {
        return;
    }
    for (int i = 0; i < SPPROF_METHOD_PARTS; i++) {
        uint64_t part = atomic_load_explicit(&entry->parts[i], memory_order_relaxed);
        __builtin_prefetch((const void *)(uintptr_t)part);
    }
}
