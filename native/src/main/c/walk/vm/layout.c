#include "walk/vm/layout.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jvm/vmstructs.h"
#include "walk/vm/release.h"

struct spprof_layout spprof_layout;

/* Adds a name to the list of missing items. */
static void miss(char *why, uint64_t size, const char *type, const char *field) {
    size_t used = strlen(why);
    snprintf(why + used, size - used, "%s%s%s%s", used == 0 ? "" : ", ", type,
             field == NULL ? "" : "::", field == NULL ? "" : field);
}

static int look_up(enum spprof_wanted_kind kind, const char *type, const char *field, void *value) {
    switch (kind) {
        case SPPROF_WANTED_OFFSET:
            return spprof_vmstructs_offset(type, field, value);
        case SPPROF_WANTED_STATIC:
            return spprof_vmstructs_static(type, field, value);
        case SPPROF_WANTED_SIZE:
            return spprof_vmstructs_size(type, value);
        case SPPROF_WANTED_CONSTANT:
            return spprof_vmstructs_constant(type, value);
    }
    return -ENOENT;
}

/* Reads the values of all items into the structure `to`. Returns whether every item was found. */
static bool read_all(void *to, const struct spprof_wanted *wanted, size_t count, char *why,
                     uint64_t size) {
    bool found_all = true;
    for (size_t i = 0; i < count; i++) {
        void *value = (char *)to + wanted[i].at;
        if (look_up(wanted[i].kind, wanted[i].type, wanted[i].field, value) != 0 &&
            (wanted[i].other_type == NULL ||
             look_up(wanted[i].kind, wanted[i].other_type, wanted[i].other_field, value) != 0)) {
            miss(why, size, wanted[i].type, wanted[i].field);
            found_all = false;
        }
    }
    return found_all;
}
#define READ_ALL(layout, wanted, why, size) \
    read_all(layout, wanted, sizeof(wanted) / sizeof *(wanted), why, size)

static void read_call_sites(struct spprof_layout *layout) {
    char missing[64] = "";
    uint64_t ignored;
    layout->has_method_entries =
        spprof_vmstructs_offset("ConstantPoolCache", "_resolved_method_entries", &ignored) == 0;
    if (layout->has_method_entries) {
        READ_ALL(layout, spprof_release_method_entries, missing, sizeof missing);
    } else {
        READ_ALL(layout, spprof_release_cache_entries, missing, sizeof missing);
    }
    layout->has_call_sites = missing[0] == '\0';
}

/* Reads the values of what the walker can do without, each for itself. */
static void read_optional(struct spprof_layout *layout) {
    for (int kind = 0; layout->has_kind && kind < SPPROF_BLOB_KINDS; kind++) {
        if (spprof_release_kinds[kind] != NULL &&
            spprof_vmstructs_constant(spprof_release_kinds[kind], &layout->kinds[kind]) != 0) {
            layout->kinds[kind] = 0;
        }
    }
    if (spprof_vmstructs_offset("nmethod", "_comp_level", &layout->nmethod_level) != 0) {
        layout->nmethod_level = 0;
    }
    if (spprof_vmstructs_size("JavaFrameAnchor", &layout->anchor_size) != 0) {
        layout->anchor_size = 0;
    }
    uint64_t release;
    layout->release =
        spprof_vmstructs_static("Abstract_VM_Version", "_vm_major_version", &release) == 0
            ? *(const int32_t *)(uintptr_t)release
            : INT32_MAX;
}

static uint64_t word(uint64_t address) {
    return *(const uint64_t *)(uintptr_t)address;
}

static uint32_t number(uint64_t address) {
    return *(const uint32_t *)(uintptr_t)address;
}

/* The JVM creates the code heaps at its start and never moves them. */
static void read_code_heaps(struct spprof_layout *layout, char *why, uint64_t size) {
    struct spprof_code_heap_fields f = {0};
    if (!READ_ALL(&f, spprof_release_code_heaps, why, size)) {
        return;
    }
    uint64_t array = word(f.heaps);
    layout->heap_count = array == 0 ? 0 : number(array + f.length);
    if (layout->heap_count == 0 || layout->heap_count > SPPROF_MAX_CODE_HEAPS) {
        miss(why, size, "CodeCache", "_heaps");
        layout->heap_count = 0;
        return;
    }
    layout->code_low = UINT64_MAX;
    for (uint32_t i = 0; i < layout->heap_count; i++) {
        uint64_t heap = word(word(array + f.data) + i * sizeof(uint64_t));
        struct spprof_code_heap *to = &layout->heaps[i];
        *to = (struct spprof_code_heap){
            .low = word(heap + f.memory + f.low_boundary),
            .end = word(heap + f.memory + f.high_boundary),
            .high = heap + f.memory + f.high,
            .segment_map = word(heap + f.map + f.low),
            .log2_segment = number(heap + f.log2),
        };
        if (word(heap + f.memory + f.low) != to->low || to->end <= to->low ||
            to->log2_segment > 16) {
            miss(why, size, "CodeHeap", "_memory");
        }
        layout->code_low = to->low < layout->code_low ? to->low : layout->code_low;
        layout->code_end = to->end > layout->code_end ? to->end : layout->code_end;
    }
}

/* The JVM generates the interpreter's code at its start and never changes it. */
static void read_interpreter(struct spprof_layout *layout, char *why, uint64_t size) {
    struct spprof_interpreter_fields f = {0};
    if (!READ_ALL(&f, spprof_release_interpreter, why, size)) {
        return;
    }
    if (word(f.code) == 0) {
        miss(why, size, "AbstractInterpreter", "_code");
        return;
    }
    uint64_t queue = word(f.code);
    layout->interpreter_low = word(queue + f.buffer);
    layout->interpreter_end = layout->interpreter_low + number(queue + f.limit);
    uint64_t to = layout->interpreter_low + number(queue + f.end);
    layout->entries_low = UINT64_MAX;
    for (uint64_t at = layout->interpreter_low + number(queue + f.begin); at < to;) {
        const char *what = (const char *)(uintptr_t)word(at + f.description);
        uint32_t length = number(at + f.codelet_size);
        if (length == 0) {
            break;
        }
        if (what != NULL && strstr(what, SPPROF_RELEASE_METHOD_ENTRY) != NULL) {
            layout->entries_low = at < layout->entries_low ? at : layout->entries_low;
            layout->entries_end = at + length;
        }
        at += length;
    }
    if (layout->entries_end == 0) {
        miss(why, size, "InterpreterCodelet", "_description");
    }
}

int spprof_layout_probe(int32_t version, char *why, uint64_t size) {
    struct spprof_layout layout = {.env = spprof_layout.env};
    uint64_t ignored, short_complete;
    char missing[512] = "";
    READ_ALL(&layout, spprof_release_fields, missing, sizeof missing);
    layout.debug_info_apart = spprof_vmstructs_offset("nmethod", "_immutable_data", &ignored) == 0;
    if (layout.debug_info_apart) {
        READ_ALL(&layout, spprof_release_debug_info_apart, missing, sizeof missing);
        layout.has_kind = true;
    } else {
        READ_ALL(&layout, spprof_release_debug_info_behind_code, missing, sizeof missing);
        layout.code_is_address = true;
    }
    /* In releases in which _header_size is a short, _frame_complete_offset is one, too. The two
     * then share four bytes. */
    layout.frame_complete_is_short =
        spprof_vmstructs_offset("CodeBlob", "_header_size", &short_complete) == 0 &&
        layout.blob_frame_complete - short_complete == sizeof(uint16_t);
    read_call_sites(&layout);
    uint64_t pc_desc_size = 0;
    if (spprof_vmstructs_size("PcDesc", &pc_desc_size) != 0 ||
        pc_desc_size != SPPROF_RELEASE_PC_DESC_BYTES) {
        miss(missing, sizeof missing, "PcDesc", NULL);
    }
    layout.excluded_bytes = version >= SPPROF_RELEASE_EXCLUDES_ZERO ? 1 : 0;
    /* vframeArray ends with an array that is declared with one element; the further elements follow
     * that one in memory. walk_vm.c checks an element before it uses it. */
    uint64_t vframes_size = 0;
    if (spprof_vmstructs_size("vframeArray", &vframes_size) != 0) {
        miss(missing, sizeof missing, "vframeArray", NULL);
    }
    layout.vframes_first = vframes_size - layout.vframe_size;
    read_code_heaps(&layout, missing, sizeof missing);
    read_interpreter(&layout, missing, sizeof missing);
    read_optional(&layout);
    if (missing[0] != '\0') {
        snprintf(why, size, "this JVM does not publish %s", missing);
        return -ENOSYS;
    }
    spprof_layout = layout;
    return 0;
}

uint64_t spprof_layout_flag(const char *name) {
    uint64_t flags, count, stride, name_at, address_at;
    if (spprof_vmstructs_static("JVMFlag", "flags", &flags) != 0 ||
        spprof_vmstructs_static("JVMFlag", "numFlags", &count) != 0 ||
        spprof_vmstructs_size("JVMFlag", &stride) != 0 ||
        spprof_vmstructs_offset("JVMFlag", "_name", &name_at) != 0 ||
        spprof_vmstructs_offset("JVMFlag", "_addr", &address_at) != 0) {
        return 0;
    }
    for (uint64_t i = 0; i < word(count); i++) {
        uint64_t flag = word(flags) + i * stride;
        const char *its_name = (const char *)(uintptr_t)word(flag + name_at);
        if (its_name != NULL && strcmp(its_name, name) == 0) {
            return word(flag + address_at);
        }
    }
    return 0;
}
