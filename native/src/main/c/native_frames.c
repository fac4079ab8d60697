#include "native_frames.h"

#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "call_frame.h"
#include "guard.h"

#define MOST_LIBRARIES 1024
#define MOST_FRAMES 256

struct library {
    uint64_t begin, end; /* of its code */
    uint64_t table;      /* of .eh_frame_hdr: pairs of int32, sorted */
    uint64_t table_base; /* what they are relative to */
    uint32_t table_entries;
};

static struct library *libraries; /* written while the gate is closed */
static size_t library_count;

/* Encodings of pointers, Linux Standard Base 5.0, 10.5. */
#define DW_EH_PE_udata4 0x03
#define DW_EH_PE_sdata4 0x0b
#define DW_EH_PE_datarel 0x30

static int add_library(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    if (library_count == MOST_LIBRARIES) {
        return 1;
    }
    struct library library = {.begin = UINT64_MAX};
    const uint8_t *header = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t at = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0) {
            library.begin = at < library.begin ? at : library.begin;
            library.end = at + segment->p_memsz > library.end ? at + segment->p_memsz : library.end;
        } else if (segment->p_type == PT_GNU_EH_FRAME) {
            header = (const uint8_t *)(uintptr_t)at;
        }
    }
    /* version, encodings of: the pointer to .eh_frame, the count, the table. All linkers write this
     * form. */
    if (header != NULL && header[0] == 1 && header[2] == DW_EH_PE_udata4 &&
        header[3] == (DW_EH_PE_datarel | DW_EH_PE_sdata4) && library.end != 0) {
        memcpy(&library.table_entries, header + 8, sizeof library.table_entries);
        library.table = (uintptr_t)header + 12;
        library.table_base = (uintptr_t)header;
        libraries[library_count++] = library;
    }
    return 0;
}

int spprof_native_frames_create(void) {
    void *mapped = mmap(NULL, MOST_LIBRARIES * sizeof *libraries, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return -ENOMEM;
    }
    libraries = mapped;
    library_count = 0;
    dl_iterate_phdr(add_library, NULL);
    return 0;
}

void spprof_native_frames_destroy(void) {
    if (libraries != NULL) {
        munmap(libraries, MOST_LIBRARIES * sizeof *libraries);
        libraries = NULL;
        library_count = 0;
    }
}

/* The entry of the last function that begins at or before `pc`, in whose library that may be, not
 * always of its own; 0 if none does. */
static uint64_t entry_of_sigsafe(uint64_t pc) {
    for (size_t i = 0; i < library_count; i++) {
        const struct library *library = &libraries[i];
        if (pc < library->begin || pc >= library->end) {
            continue;
        }
        int64_t wanted = (int64_t)(pc - library->table_base);
        uint32_t low = 0, high = library->table_entries;
        while (low < high) { /* the last that begins at or before it */
            uint32_t middle = low + (high - low) / 2, begin;
            if (!spprof_load32_sigsafe(library->table + middle * UINT64_C(8), &begin)) {
                return 0;
            }
            if ((int32_t)begin <= wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        uint32_t at;
        return low > 0 && spprof_load32_sigsafe(library->table + (low - 1) * UINT64_C(8) + 4, &at)
                   ? library->table_base + (uint64_t)(int64_t)(int32_t)at
                   : 0;
    }
    return 0;
}

/*
 * Assembly by hand has no such entry: libjvm's copying of memory, which a collector's barrier calls
 * in the Java thread's name (os_cpu/linux_x86/copy_linux_x86.S), its SpinPause; nor have stubs that
 * the JVM makes for itself. All of it calls nothing and leaves the stack alone, so that what it is
 * to return to is at sp. That must be code that has an entry, or that is looked for.
 */
static bool step_from_assembly_sigsafe(uint64_t entry, uint64_t *registers,
                                       bool (*is_wanted_sigsafe)(uint64_t pc)) {
    uint64_t pc, sp = registers[SPPROF_DWARF_SP];
    if (spprof_call_frame_is_of_sigsafe(entry, registers[SPPROF_DWARF_PC]) ||
        !spprof_load64_sigsafe(sp, &pc) ||
        (!is_wanted_sigsafe(pc) &&
         !spprof_call_frame_is_of_sigsafe(entry_of_sigsafe(pc - 1), pc - 1))) {
        return false;
    }
    registers[SPPROF_DWARF_PC] = pc;
    registers[SPPROF_DWARF_SP] = sp + sizeof pc;
    return true;
}

enum spprof_native_result spprof_native_frames_unwind_sigsafe(
    struct spprof_registers *found, const void *ucontext, uint64_t stack_end,
    bool (*is_wanted_sigsafe)(uint64_t pc)) {
    uint64_t registers[SPPROF_DWARF_REGISTERS];
    spprof_cpu_dwarf_registers_sigsafe(ucontext, registers);
    for (int i = 0; i < MOST_FRAMES; i++) {
        uint64_t sp = registers[SPPROF_DWARF_SP];
        bool interrupted = i == 0;
        uint64_t entry = entry_of_sigsafe(registers[SPPROF_DWARF_PC] - (interrupted ? 0 : 1));
        bool stepped =
            spprof_call_frame_step_sigsafe(entry, registers, interrupted) ||
            (interrupted && step_from_assembly_sigsafe(entry, registers, is_wanted_sigsafe));
        if (!stepped || registers[SPPROF_DWARF_SP] <= sp ||
            registers[SPPROF_DWARF_SP] > stack_end) {
            return SPPROF_NATIVE_BROKEN;
        }
        if (registers[SPPROF_DWARF_PC] == 0) {
            return SPPROF_NATIVE_END;
        }
        if (is_wanted_sigsafe(registers[SPPROF_DWARF_PC])) {
            *found = (struct spprof_registers){.pc = registers[SPPROF_DWARF_PC],
                                               .sp = registers[SPPROF_DWARF_SP],
                                               .fp = registers[SPPROF_DWARF_FP],
                                               .bcp = registers[SPPROF_DWARF_BCP]};
            return SPPROF_NATIVE_FOUND;
        }
    }
    return SPPROF_NATIVE_BROKEN;
}
