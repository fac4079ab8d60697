#include "walk/vm/code.h"

#include <stdatomic.h>
#include <stddef.h>

#include "walk/guard.h"

#define NO_BLOCK 0xff
#define MOST_HOPS 4096 /* of 254 segments each: enough for the largest block */

static const struct spprof_code nothing = {.kind = SPPROF_CODE_NONE};

/* Returns the address of the CodeBlob that contains `pc`, or 0. */
static uint64_t blob_at_sigsafe(uint64_t pc) {
    const struct spprof_layout *layout = &spprof_layout;
    for (uint32_t i = 0; i < layout->heap_count; i++) {
        const struct spprof_code_heap *heap = &layout->heaps[i];
        if (pc - heap->low >= heap->end - heap->low) {
            continue;
        }
        if (pc >= spprof_word_sigsafe(heap->high)) {
            return 0;
        }
        const uint8_t *map = (const uint8_t *)(uintptr_t)heap->segment_map;
        uint64_t segment = (pc - heap->low) >> heap->log2_segment;
        if (map[segment] == NO_BLOCK) {
            return 0;
        }
        for (int hops = 0; map[segment] != 0; hops++) {
            if (map[segment] > segment || hops == MOST_HOPS) {
                return 0;
            }
            segment -= map[segment];
        }
        uint64_t block = heap->low + (segment << heap->log2_segment);
        return *(const uint8_t *)(uintptr_t)(block + layout->block_used) != 0
                   ? block + layout->block_size
                   : 0;
    }
    return 0;
}

static bool starts_sigsafe(const char *text, const char *prefix) {
    while (*prefix != '\0' && *text == *prefix) {
        text++, prefix++;
    }
    return *prefix == '\0';
}

bool spprof_blob_is_sigsafe(const struct spprof_blob *blob, int32_t kind, const char *name) {
    int32_t its_kind = spprof_layout.kinds[blob->kind];
    if (its_kind != 0) {
        return kind == its_kind;
    }
    for (size_t i = 0; name != NULL && i < SPPROF_NAMES_OF_A_BLOB && blob->names[i] != NULL; i++) {
        if (starts_sigsafe(name, blob->names[i])) {
            return true;
        }
    }
    return false;
}

int32_t spprof_code_blob_kind_sigsafe(uint64_t blob) {
    return spprof_layout.has_kind ? *(const uint8_t *)(uintptr_t)(blob + spprof_layout.blob_kind)
                                  : 0;
}

bool spprof_code_is_sigsafe(const struct spprof_code *code, enum spprof_blob_role role) {
    uint64_t name = spprof_word_sigsafe(code->blob + spprof_layout.blob_name);
    uint8_t first;
    if (name != 0 && !spprof_load8_sigsafe(name, &first)) {
        name = 0; /* a stray return address leads to a blob whose name is not set yet */
    }
    int32_t kind = spprof_code_blob_kind_sigsafe(code->blob);
    const struct spprof_blob *blobs = spprof_release_blobs[role];
    for (int i = 0; i < SPPROF_BLOBS_OF_A_ROLE; i++) {
        if (spprof_blob_is_sigsafe(&blobs[i], kind, (const char *)(uintptr_t)name)) {
            return true;
        }
    }
    return false;
}

/* The address of the name of all nmethods, once one was seen. Comparing addresses is then
 * enough. */
static _Atomic uint64_t method_name;

static bool is_method_sigsafe(const struct spprof_code *code) {
    if (spprof_layout.has_kind) {
        return spprof_code_blob_kind_sigsafe(code->blob) == spprof_layout.kinds[SPPROF_KIND_METHOD];
    }
    uint64_t name = spprof_word_sigsafe(code->blob + spprof_layout.blob_name);
    /* Relaxed order is enough: the address is a constant of the JVM, and the name was there
     * before. */
    if (name == atomic_load_explicit(&method_name, memory_order_relaxed)) {
        return true;
    }
    if (spprof_code_is_sigsafe(code, SPPROF_BLOB_METHOD)) {
        atomic_store_explicit(&method_name, name, memory_order_relaxed);
        return true;
    }
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_NATIVE_METHOD);
}

static uint64_t begin_of_sigsafe(uint64_t blob) {
    uint64_t at = blob + spprof_layout.blob_code;
    return spprof_layout.code_is_address ? spprof_word_sigsafe(at) : blob + spprof_int_sigsafe(at);
}

struct spprof_code spprof_code_at_sigsafe(uint64_t pc) {
    const struct spprof_layout *layout = &spprof_layout;
    if (!spprof_is_code_sigsafe(pc)) {
        return nothing;
    }
    if (pc >= layout->interpreter_low && pc < layout->interpreter_end) {
        return (struct spprof_code){.kind = SPPROF_CODE_INTERPRETER,
                                    .begin = layout->interpreter_low};
    }
    struct spprof_code code = {.kind = SPPROF_CODE_STUB, .blob = blob_at_sigsafe(pc)};
    if (code.blob == 0) {
        return nothing;
    }
    code.begin = begin_of_sigsafe(code.blob);
    if (is_method_sigsafe(&code)) {
        code.kind = SPPROF_CODE_METHOD;
    }
    return code;
}

uint64_t spprof_code_end_sigsafe(const struct spprof_code *code) {
    uint64_t at = code->blob + spprof_layout.blob_code_end;
    return spprof_layout.code_is_address ? spprof_word_sigsafe(at)
                                         : code->blob + spprof_int_sigsafe(at);
}

uint64_t spprof_code_frame_size_sigsafe(const struct spprof_code *code) {
    int32_t words = (int32_t)spprof_int_sigsafe(code->blob + spprof_layout.blob_frame_size);
    return words > 0 ? (uint64_t)words * sizeof(uint64_t) : 0;
}

uint64_t spprof_method_complete_sigsafe(const struct spprof_code *code) {
    uint32_t field = spprof_int_sigsafe(code->blob + spprof_layout.blob_frame_complete);
    int32_t offset =
        spprof_layout.frame_complete_is_short ? (int16_t)(uint16_t)field : (int32_t)field;
    return offset < 0 ? spprof_code_end_sigsafe(code) : code->begin + (uint32_t)offset;
}

uint64_t spprof_method_osr_entry_sigsafe(const struct spprof_code *code) {
    int32_t bci = (int32_t)spprof_int_sigsafe(code->blob + spprof_layout.nmethod_entry_bci);
    return bci == spprof_layout.invocation_entry_bci
               ? 0
               : spprof_word_sigsafe(code->blob + spprof_layout.nmethod_osr_entry);
}

uint32_t spprof_method_compile_id_sigsafe(const struct spprof_code *code) {
    return spprof_int_sigsafe(code->blob + spprof_layout.nmethod_compile_id);
}

static bool is_at_sigsafe(const struct spprof_code *code, uint64_t pc, uint64_t field) {
    uint64_t at = code->blob + field;
    return pc == (spprof_layout.code_is_address
                      ? spprof_word_sigsafe(at)
                      : code->blob + (uint64_t)(int64_t)(int32_t)spprof_int_sigsafe(at));
}

bool spprof_method_is_deopt_handler_sigsafe(const struct spprof_code *code, uint64_t pc) {
    return is_at_sigsafe(code, pc, spprof_layout.nmethod_deopt) ||
           is_at_sigsafe(code, pc, spprof_layout.nmethod_deopt_mh);
}

uint64_t spprof_method_original_pc_sigsafe(const struct spprof_code *code, uint64_t pc,
                                           uint64_t sp) {
    return spprof_method_is_deopt_handler_sigsafe(code, pc)
               ? spprof_word_sigsafe(sp +
                                     spprof_int_sigsafe(code->blob + spprof_layout.nmethod_orig_pc))
               : pc;
}
