#include "walk/vm/scopes.h"

#include "walk/guard.h"
#include "walk/vm/unsigned5.h"

struct pc_desc {
    int32_t pc_offset, scope_offset, obj_offset, flags;
};

/* Returns the address of the memory that holds a method's debug information: in JDK 25 a separate
 * block, in JDK 17 the nmethod itself. */
static uint64_t debug_info_sigsafe(const struct spprof_code *code) {
    return spprof_layout.debug_info_apart
               ? spprof_word_sigsafe(code->blob + spprof_layout.nmethod_immutable)
               : code->blob;
}

static uint64_t scopes_sigsafe(const struct spprof_code *code, uint64_t info) {
    uint64_t at = code->blob + spprof_layout.nmethod_scopes;
    return spprof_layout.debug_info_apart ? info + spprof_int_sigsafe(at) : spprof_word_sigsafe(at);
}

static uint64_t metadata_sigsafe(const struct spprof_code *code) {
    const struct spprof_layout *layout = &spprof_layout;
    return layout->debug_info_apart
               ? spprof_word_sigsafe(code->blob + layout->blob_mutable_data) +
                     spprof_int_sigsafe(code->blob + layout->blob_relocation_size)
               : code->blob + spprof_int_sigsafe(code->blob + layout->nmethod_metadata);
}

static bool load_desc_sigsafe(uint64_t descs, uint64_t index, struct pc_desc *desc) {
    uint64_t words[2];
    if (!spprof_load64_sigsafe(descs + index * sizeof *desc, &words[0]) ||
        !spprof_load64_sigsafe(descs + index * sizeof *desc + 8, &words[1])) {
        return false;
    }
    *desc = (struct pc_desc){.pc_offset = (int32_t)words[0],
                             .scope_offset = (int32_t)(words[0] >> 32),
                             .obj_offset = (int32_t)words[1],
                             .flags = (int32_t)(words[1] >> 32)};
    return true;
}

/* Offsets grow nearly evenly with the index, so interpolation comes near an entry in a few steps,
 * each of which may wait for memory. Where offsets are uneven, halving finishes the search. */
#define INTERPOLATIONS 4

/* Finds the first PcDesc at or after an offset; false if there is none. */
static bool find_desc_sigsafe(const struct spprof_code *code, uint64_t info, int32_t offset,
                              struct pc_desc *desc) {
    uint64_t descs = info + spprof_int_sigsafe(code->blob + spprof_layout.nmethod_pcs);
    uint64_t end = info + spprof_int_sigsafe(code->blob + spprof_layout.nmethod_pcs_end);
    if (end <= descs) {
        return false;
    }
    uint64_t low = 0, high = (end - descs) / sizeof *desc;
    int64_t low_offset = 0, high_offset = (int64_t)(spprof_code_end_sigsafe(code) - code->begin);
    bool found = false;
    for (int step = 0; low < high; step++) {
        uint64_t middle = low + (high - low) / 2;
        if (step < INTERPOLATIONS && offset > low_offset && offset < high_offset) {
            middle = low + (high - low) * (uint64_t)(offset - low_offset) /
                               (uint64_t)(high_offset - low_offset);
        }
        struct pc_desc at;
        if (!load_desc_sigsafe(descs, middle, &at)) {
            return false;
        }
        if (at.pc_offset >= offset) {
            *desc = at;
            if (at.pc_offset == offset) {
                return true; /* offsets are distinct (debugInfoRec.cpp) */
            }
            found = true;
            high = middle;
            /* The last entry's offset is greater than all others. */
            high_offset = at.pc_offset < high_offset ? at.pc_offset : high_offset;
        } else {
            low = middle + 1;
            low_offset = at.pc_offset;
        }
    }
    return found;
}

bool spprof_scopes_are_exact_sigsafe(const struct spprof_code *code, uint64_t pc) {
    struct pc_desc desc;
    int32_t offset = (int32_t)(pc - code->begin);
    return find_desc_sigsafe(code, debug_info_sigsafe(code), offset, &desc) &&
           desc.pc_offset == offset && desc.scope_offset != 0;
}

void spprof_scopes_open_root_sigsafe(struct spprof_scopes *scopes, const struct spprof_code *code) {
    *scopes = (struct spprof_scopes){
        .code = code,
        .root_method = spprof_word_sigsafe(code->blob + spprof_layout.nmethod_method),
        .root_only = true,
    };
}

void spprof_scopes_open_sigsafe(struct spprof_scopes *scopes, const struct spprof_code *code,
                                uint64_t pc, bool interrupted) {
    spprof_scopes_open_root_sigsafe(scopes, code);
    uint64_t info = debug_info_sigsafe(code);
    struct pc_desc desc;
    /* HotSpot's own AsyncGetCallTrace does the same: an entry at the interrupted pc itself can
     * belong to the instruction before. */
    int32_t offset = (int32_t)(pc - code->begin) + (interrupted ? 1 : 0);
    if (find_desc_sigsafe(code, info, offset, &desc) && desc.scope_offset > 0) {
        scopes->root_only = false;
        scopes->scopes = scopes_sigsafe(code, info);
        scopes->metadata = metadata_sigsafe(code);
        scopes->next = (uint32_t)desc.scope_offset;
    }
}

int spprof_scopes_next_sigsafe(struct spprof_scopes *scopes, struct spprof_scope *scope) {
    if (scopes->root_only) {
        if (scopes->root_method == 0) {
            return 0;
        }
        *scope = (struct spprof_scope){.method = scopes->root_method, .bci = -1};
        scopes->root_method = 0;
        return 1;
    }
    if (scopes->next == 0) {
        return 0;
    }
    uint64_t at = scopes->scopes + scopes->next;
    uint32_t sender, method, bci;
    if (!spprof_unsigned5_read_sigsafe(&at, &sender) ||
        !spprof_unsigned5_read_sigsafe(&at, &method) || !spprof_unsigned5_read_sigsafe(&at, &bci) ||
        sender >= scopes->next || method == 0 ||
        !spprof_load64_sigsafe(scopes->metadata + (method - 1) * sizeof(uint64_t),
                               &scope->method)) {
        return -1;
    }
    if (sender == 0 && scope->method != scopes->root_method) {
        return -1;
    }
    scope->bci = (int32_t)bci - 1;
    scopes->next = sender;
    return 1;
}
