/*
 * Asks the dynamic linker of glibc or of musl which libraries are loaded, where they are, and
 * whether the list has changed (linker.h). Since glibc 2.35, a handler can also ask which library
 * contains an address (_dl_find_object). For each library, finds the table of call frame
 * information, .eh_frame_hdr (Linux Standard Base 5.0, 10.6).
 */
#include "walk/linker.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#include "walk/guard.h"

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

static find_object *ask; /* only set while no handler is in flight */

/* The header has a version and the encodings of the pointer to .eh_frame, of the count and of the
 * table. All linkers write this form. Without a header, the table has no entries. */
static void read_header_sigsafe(uint64_t header, struct spprof_library *library) {
    uint32_t form;
    if (spprof_load32_sigsafe(header, &form) && (form & 0xff) == 1 &&
        (form >> 16 & 0xff) == DW_EH_PE_udata4 &&
        form >> 24 == (DW_EH_PE_datarel | DW_EH_PE_sdata4) &&
        spprof_load32_sigsafe(header + 8, &library->table_entries)) {
        library->table = header + 12;
        library->table_base = header;
    }
}

static int read_counters(struct dl_phdr_info *info, size_t size, void *to) {
    struct spprof_linker_changes *changes = to;
    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs) {
        changes->first = info->dlpi_adds;
        changes->second = info->dlpi_subs;
    }
    return 1; /* stop: every library comes with the counters, so one is enough */
}

void spprof_linker_changes(struct spprof_linker_changes *changes) {
    *changes = (struct spprof_linker_changes){0, 0};
    dl_iterate_phdr(read_counters, changes);
}

struct receiver {
    bool (*add)(void *to, const struct spprof_library *library);
    void *to;
};

static int add_library(struct dl_phdr_info *info, size_t size, void *to) {
    (void)size;
    const struct receiver *receiver = to;
    struct spprof_library library = {
        .begin = UINT64_MAX, .base = info->dlpi_addr, .path = (uintptr_t)info->dlpi_name};
    uint64_t header = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t at = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0) {
            library.begin = at < library.begin ? at : library.begin;
            library.end = at + segment->p_memsz > library.end ? at + segment->p_memsz : library.end;
        } else if (segment->p_type == PT_GNU_EH_FRAME) {
            header = at;
        }
        if (segment->p_type == PT_LOAD && segment->p_offset == 0) {
            library.image = at;
        }
    }
    if (library.end == 0) {
        return 0;
    }
    read_header_sigsafe(header, &library);
    return receiver->add(receiver->to, &library) ? 0 : 1;
}

void spprof_linker_list(bool (*add)(void *to, const struct spprof_library *library), void *to) {
    struct receiver receiver = {add, to};
    dl_iterate_phdr(add_library, &receiver);
}

bool spprof_linker_can_be_asked(void) {
    *(void **)&ask = dlsym(RTLD_DEFAULT, "_dl_find_object");
    return ask != NULL;
}

bool spprof_linker_ask_sigsafe(uint64_t pc, struct spprof_library *library) {
    struct found_object found;
    if (ask == NULL || ask((void *)(uintptr_t)pc, &found) != 0) {
        return false;
    }
    *library = (struct spprof_library){.begin = (uintptr_t)found.map_start,
                                       .end = (uintptr_t)found.map_end,
                                       .image = (uintptr_t)found.map_start};
    read_header_sigsafe((uintptr_t)found.frame_table, library);
    return spprof_load64_sigsafe((uintptr_t)&found.map->l_addr, &library->base) &&
           spprof_load64_sigsafe((uintptr_t)&found.map->l_name, &library->path);
}
