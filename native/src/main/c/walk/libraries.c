#include "walk/libraries.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/gate.h"
#include "walk/guard.h"

#define MOST_LIBRARIES 1024

/* Encodings of pointers, Linux Standard Base 5.0, 10.5. */
#define DW_EH_PE_udata4 0x03
#define DW_EH_PE_sdata4 0x0b
#define DW_EH_PE_datarel 0x30

/* The same structure as in dlfcn.h of glibc 2.35. On the processors of walk/cpu, no other fields
 * come before these. */
struct found_object {
    unsigned long long flags;
    void *map_start, *map_end;
    struct link_map *map;
    void *frame_table;
    unsigned long long reserved[11];
};
typedef int find_object(void *pc, struct found_object *found);

/* The dynamic linker's counters. */
struct counters {
    unsigned long long loads, unloads;
};

/* What only spprof_libraries_name_sigsafe needs. */
struct file {
    uint64_t base;
    char name[SPPROF_LIBRARY_NAME];
};

struct list {
    struct counters counters; /* when the list was made */
    size_t count;
    struct spprof_library libraries[MOST_LIBRARIES];
    struct file files[MOST_LIBRARIES];
};

static find_object *ask; /* NULL: lists are used; `ask` and `lists` are only set while no handler is
                          * in flight */
static struct list *lists;
static _Atomic(struct list *) current;
static bool other_is_free; /* no handler reads the list that is not current */

/* The header has a version and the encodings of the pointer to .eh_frame, of the count and of the
 * table. All linkers write this form. */
static bool read_header_sigsafe(uint64_t header, struct spprof_library *library) {
    uint32_t form;
    if (!spprof_load32_sigsafe(header, &form) || (form & 0xff) != 1 ||
        (form >> 16 & 0xff) != DW_EH_PE_udata4 ||
        form >> 24 != (DW_EH_PE_datarel | DW_EH_PE_sdata4) ||
        !spprof_load32_sigsafe(header + 8, &library->table_entries)) {
        return false;
    }
    library->table = header + 12;
    library->table_base = header;
    return true;
}

static int read_counters(struct dl_phdr_info *info, size_t size, void *to) {
    struct counters *counters = to;
    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs) {
        counters->loads = info->dlpi_adds;
        counters->unloads = info->dlpi_subs;
    }
    return 1; /* stop: every library comes with the counters, so one is enough */
}

/* Copies the part of a path behind its last slash. The path may be gone already. */
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

static int add_library(struct dl_phdr_info *info, size_t size, void *to) {
    struct list *list = to;
    struct spprof_library library = {.begin = UINT64_MAX};
    uint64_t header = 0;
    read_counters(info, size, &list->counters);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t at = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0) {
            library.begin = at < library.begin ? at : library.begin;
            library.end = at + segment->p_memsz > library.end ? at + segment->p_memsz : library.end;
        } else if (segment->p_type == PT_GNU_EH_FRAME) {
            header = at;
        }
    }
    if (library.end != 0) {
        read_header_sigsafe(header, &library); /* otherwise the table has no entries */
        struct file *file = &list->files[list->count];
        file->base = info->dlpi_addr;
        copy_file_name_sigsafe((uintptr_t)info->dlpi_name, file->name);
        list->libraries[list->count++] = library;
    }
    return list->count == MOST_LIBRARIES;
}

static void fill(struct list *list) {
    list->count = 0;
    dl_iterate_phdr(add_library, list);
}

int spprof_libraries_create(bool ask_linker) {
    *(void **)&ask = ask_linker ? dlsym(RTLD_DEFAULT, "_dl_find_object") : NULL;
    if (ask != NULL) {
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
    struct counters counters = now->counters;
    dl_iterate_phdr(read_counters, &counters);
    if (counters.loads == now->counters.loads && counters.unloads == now->counters.unloads) {
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

static bool ask_sigsafe(uint64_t pc, struct spprof_library *library) {
    struct found_object found;
    if (ask((void *)(uintptr_t)pc, &found) != 0) {
        return false;
    }
    library->begin = (uintptr_t)found.map_start;
    library->end = (uintptr_t)found.map_end;
    return read_header_sigsafe((uintptr_t)found.frame_table, library);
}

static bool ask_name_sigsafe(uint64_t pc, char name[SPPROF_LIBRARY_NAME], uint64_t *offset) {
    struct found_object found;
    uint64_t base, path;
    if (ask((void *)(uintptr_t)pc, &found) != 0 ||
        !spprof_load64_sigsafe((uintptr_t)&found.map->l_addr, &base) ||
        !spprof_load64_sigsafe((uintptr_t)&found.map->l_name, &path)) {
        return false;
    }
    copy_file_name_sigsafe(path, name);
    *offset = pc - base;
    return true;
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

bool spprof_libraries_name_sigsafe(uint64_t pc, char name[SPPROF_LIBRARY_NAME], uint64_t *offset) {
    if (ask != NULL) {
        return ask_name_sigsafe(pc, name, offset);
    }
    const struct list *list = atomic_load_explicit(&current, memory_order_acquire);
    size_t found = list != NULL ? find_sigsafe(list, pc) : 0;
    if (list == NULL || found == list->count) {
        return false;
    }
    memcpy(name, list->files[found].name, SPPROF_LIBRARY_NAME);
    *offset = pc - list->files[found].base;
    return true;
}

bool spprof_libraries_at_sigsafe(uint64_t pc, struct spprof_library *library) {
    if (ask != NULL) {
        return ask_sigsafe(pc, library);
    }
    const struct list *list = atomic_load_explicit(&current, memory_order_acquire);
    size_t found = list != NULL ? find_sigsafe(list, pc) : 0;
    if (list == NULL || found == list->count) {
        return false;
    }
    *library = list->libraries[found];
    return library->table_entries > 0;
}
