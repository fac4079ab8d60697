#include "walk/libraries.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/gate.h"
#include "walk/guard.h"

#define MOST_LIBRARIES 1024

struct list {
    struct spprof_linker_changes changes; /* when the list was made */
    size_t count;
    struct spprof_library libraries[MOST_LIBRARIES];
};

static bool ask; /* false: lists are used; `ask` and `lists` are only set while no handler is in
                  * flight */
static struct list *lists;
static _Atomic(struct list *) current;
static bool other_is_free; /* no handler reads the list that is not current */

/* Copies the part of a path behind its last slash. */
static void copy_file_name_sigsafe(uint64_t path, char name[SPPROF_LIBRARY_NAME]) {
    uint8_t byte;
    size_t length = 0;
    for (int i = 0; i < PATH_MAX && spprof_load8_sigsafe(path++, &byte) && byte != 0; i++) {
        if (byte == '/') {
            length = 0;
        } else if (length < SPPROF_LIBRARY_NAME - 1) {
            name[length++] = byte > ' ' && byte <= '~' ? (char)byte : '?';
        }
    }
    name[length] = '\0';
    if (length == 0) {
        memcpy(name, "program", sizeof "program");
    }
}

static bool add(void *to, const struct spprof_library *library) {
    struct list *list = to;
    list->libraries[list->count++] = *library;
    return list->count < MOST_LIBRARIES;
}

/* If libraries come or go meanwhile, the next refresh makes the list again. */
static void fill(struct list *list) {
    spprof_linker_changes(&list->changes);
    list->count = 0;
    spprof_linker_list(add, list);
}

int spprof_libraries_create(bool ask_linker) {
    ask = ask_linker && spprof_linker_can_be_asked();
    if (ask) {
        return 0;
    }
    void *mapped =
        mmap(NULL, 2 * sizeof *lists, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return -ENOMEM;
    }
    lists = mapped;
    fill(&lists[0]);
    atomic_store_explicit(&current, &lists[0], memory_order_relaxed); /* no handler is in flight */
    other_is_free = true;
    return 0;
}

void spprof_libraries_destroy(void) {
    if (lists != NULL) {
        munmap(lists, 2 * sizeof *lists);
        lists = NULL;
        atomic_store_explicit(&current, NULL, memory_order_relaxed); /* as in create */
    }
}

int spprof_libraries_refresh(void) {
    if (lists == NULL) {
        return 0;
    }
    /* Relaxed order is enough: only this function and create write it, under one lock. */
    struct list *now = atomic_load_explicit(&current, memory_order_relaxed);
    struct spprof_linker_changes changes;
    spprof_linker_changes(&changes);
    if (changes.first == now->changes.first && changes.second == now->changes.second) {
        return 0;
    }
    /* A handler that enters from now on finds the current list. */
    other_is_free = other_is_free || spprof_gate_is_idle();
    if (!other_is_free) {
        return -EAGAIN;
    }
    struct list *other = now == &lists[0] ? &lists[1] : &lists[0];
    fill(other);
    /* This release pairs with the acquire in at: a handler that finds the list sees the whole
     * list. */
    atomic_store_explicit(&current, other, memory_order_release);
    other_is_free = false;
    return 1;
}

/* Returns the number in the list of the library that contains the address; the list's length if no
 * library does. */
static size_t find_sigsafe(const struct list *list, uint64_t pc) {
    size_t i = 0;
    while (i < list->count && (pc < list->libraries[i].begin || pc >= list->libraries[i].end)) {
        i++;
    }
    return i;
}

bool spprof_libraries_at_sigsafe(uint64_t pc, struct spprof_library *library) {
    if (ask) {
        return spprof_linker_ask_sigsafe(pc, library);
    }
    const struct list *list = atomic_load_explicit(&current, memory_order_acquire);
    size_t found = list != NULL ? find_sigsafe(list, pc) : 0;
    if (list == NULL || found == list->count) {
        return false;
    }
    *library = list->libraries[found];
    return true;
}

bool spprof_libraries_name_sigsafe(uint64_t pc, char name[SPPROF_LIBRARY_NAME], uint64_t *offset) {
    struct spprof_library library;
    if (!spprof_libraries_at_sigsafe(pc, &library)) {
        return false;
    }
    copy_file_name_sigsafe(library.path, name);
    *offset = pc - library.base;
    return true;
}
