#include "walk/vm/layout.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jvm/vmstructs.h"
#include "walk/vm/release.h"

struct spprof_layout spprof_layout;

/* Adds the name of an item to the list of missing items. */
static void miss(char *why, uint64_t size, const struct spprof_wanted *item) {
    size_t used = strlen(why);
    snprintf(why + used, size - used, "%s%s%s%s", used == 0 ? "" : ", ", item->type,
             item->field == NULL ? "" : "::", item->field == NULL ? "" : item->field);
}

/* Adds the item whose value is stored at the offset `at` to the list of missing items: the JVM
 * publishes it, but the walker does not understand its value. The table has such an item. */
static void misread(char *why, uint64_t size, const struct spprof_wanted *wanted, size_t at) {
    while (wanted->at != at) {
        wanted++;
    }
    miss(why, size, wanted);
}

/* Reads the values of all items into the structure `to`. Returns whether every item was found. Adds
 * the others to the list `why`, unless that is NULL. */
static bool read_all(void *to, const struct spprof_wanted *wanted, size_t count, char *why,
                     uint64_t size) {
    bool found_all = true;
    for (size_t i = 0; i < count; i++) {
        if (spprof_vmstructs_read(to, &wanted[i]) != 0) {
            found_all = false;
            if (why != NULL) {
                miss(why, size, &wanted[i]);
            }
        }
    }
    return found_all;
}
#define READ_ALL(layout, wanted, why, size) \
    read_all(layout, wanted, sizeof(wanted) / sizeof *(wanted), why, size)

/* Returns whether the JVM has the family of fields of a table of release.h, by its first row. */
static bool has_family(struct spprof_layout *layout, const struct spprof_wanted *wanted) {
    return spprof_vmstructs_read(layout, &wanted[0]) == 0;
}

static void read_call_sites(struct spprof_layout *layout) {
    char missing[64] = "";
    layout->has_method_entries = has_family(layout, spprof_release_method_entries);
    if (layout->has_method_entries) {
        READ_ALL(layout, spprof_release_method_entries, missing, sizeof missing);
    } else {
        READ_ALL(layout, spprof_release_cache_entries, missing, sizeof missing);
    }
    layout->has_call_sites = missing[0] == '\0';
}

/* Reads the values of what the walker can do without. A value that is not published stays 0. */
static void read_optional(struct spprof_layout *layout) {
    READ_ALL(layout, spprof_release_optional, NULL, 0);
    layout->has_compile_task = READ_ALL(layout, spprof_release_compile_task, NULL, 0);
    if (layout->has_kind) {
        READ_ALL(layout, spprof_release_kinds, NULL, 0);
    }
    layout->release =
        layout->release_at == 0 ? INT32_MAX : *(const int32_t *)(uintptr_t)layout->release_at;
    /* In releases in which _header_size is a short, _frame_complete_offset is one, too. The two
     * then share four bytes. */
    layout->frame_complete_is_short =
        layout->blob_header_size != 0 &&
        layout->blob_frame_complete - layout->blob_header_size == sizeof(uint16_t);
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
        misread(why, size, spprof_release_code_heaps,
                offsetof(struct spprof_code_heap_fields, heaps));
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
            misread(why, size, spprof_release_code_heaps,
                    offsetof(struct spprof_code_heap_fields, memory));
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
        misread(why, size, spprof_release_interpreter,
                offsetof(struct spprof_interpreter_fields, code));
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
        misread(why, size, spprof_release_interpreter,
                offsetof(struct spprof_interpreter_fields, description));
    }
}

int spprof_layout_probe(int32_t version, char *why, uint64_t size) {
    struct spprof_layout layout = {.env = spprof_layout.env};
    char missing[512] = "";
    READ_ALL(&layout, spprof_release_fields, missing, sizeof missing);
    layout.debug_info_apart = has_family(&layout, spprof_release_debug_info_apart);
    if (layout.debug_info_apart) {
        READ_ALL(&layout, spprof_release_debug_info_apart, missing, sizeof missing);
        layout.has_kind = true;
    } else {
        READ_ALL(&layout, spprof_release_debug_info_behind_code, missing, sizeof missing);
        layout.code_is_address = true;
    }
    read_call_sites(&layout);
    if (layout.pc_desc_size != 0 && layout.pc_desc_size != SPPROF_RELEASE_PC_DESC_BYTES) {
        misread(missing, sizeof missing, spprof_release_fields, SPPROF_AT(pc_desc_size));
    }
    layout.excluded_bytes = version >= SPPROF_RELEASE_EXCLUDES_ZERO ? 1 : 0;
    /* vframeArray ends with an array that is declared with one element; the further elements follow
     * that one in memory. walk_stack.c checks an element before it uses it. */
    layout.vframes_first = layout.vframes_size - layout.vframe_size;
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
    struct spprof_flag_fields f = {0};
    if (!READ_ALL(&f, spprof_release_flags, NULL, 0)) {
        return 0;
    }
    for (uint64_t i = 0; i < word(f.count); i++) {
        uint64_t flag = word(f.flags) + i * f.size;
        const char *its_name = (const char *)(uintptr_t)word(flag + f.name);
        if (its_name != NULL && strcmp(its_name, name) == 0) {
            return word(flag + f.address);
        }
    }
    return 0;
}
