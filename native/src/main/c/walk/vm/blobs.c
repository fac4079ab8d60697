#include "walk/vm/blobs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "walk/cpu/cpu.h"
#include "walk/guard.h"
#include "walk/vm/code.h"
#include "walk/vm/layout.h"
#include "walk/vm/release.h"

/*
 * The most blocks that are examined: in the heap of the stubs, and (second number) in each other
 * heap. The JVM
 * creates its own stubs first, so they are at the beginning. One heap can contain everything. Then,
 * and in the other heaps, there can be tens of thousands of methods, but a few of them show which
 * compilers have made code, and so which stubs must exist.
 */
#define MOST_BLOCKS_OF_STUBS 4096
#define MOST_BLOCKS_OF_METHODS 256
#define MOST_OF_A_NAME 64

struct found {
    bool blobs[SPPROF_BLOB_ROLES][SPPROF_BLOBS_OF_A_ROLE];
    bool created[SPPROF_BLOB_CREATIONS]; /* whether blobs of this creation must exist */
    uint64_t name_at;                    /* the address from which `name` was copied */
    char name[MOST_OF_A_NAME];
};

/* Copies a name, by words, which never extend into the next page. The address of the name can be
 * anything in a blob that another thread is creating or has freed. */
static const char *copy_name(struct found *found, uint64_t at) {
    size_t length = 0;
    uint64_t word = 0;
    if (at == found->name_at) {
        return found->name;
    }
    found->name_at = at;
    for (; length < sizeof found->name - 1; length++, at++) {
        uint64_t of_word = at % sizeof word;
        if ((length == 0 || of_word == 0) && !spprof_load64_sigsafe(at - of_word, &word)) {
            break;
        }
        found->name[length] = ((const char *)&word)[of_word];
        if (found->name[length] == '\0') {
            break;
        }
    }
    found->name[length] = '\0';
    return found->name;
}

static bool has_role(enum spprof_blob_role role, int32_t kind, const char *name) {
    return spprof_blob_is_sigsafe(&spprof_release_blobs[role][0], kind, name);
}

/* Returns which blobs must exist if this method exists. */
static enum spprof_blob_creation created_with(uint64_t blob) {
    switch (*(const uint8_t *)(uintptr_t)(blob + spprof_layout.nmethod_level)) {
        case SPPROF_RELEASE_LEVEL_NONE:
            return SPPROF_BLOB_WITH_NATIVE;
        case SPPROF_RELEASE_LEVEL_C1:
        case SPPROF_RELEASE_LEVEL_C1_COUNTERS:
        case SPPROF_RELEASE_LEVEL_C1_PROFILE:
            return SPPROF_BLOB_WITH_C1;
        case SPPROF_RELEASE_LEVEL_C2:
            return SPPROF_BLOB_WITH_C2;
        default:
            return SPPROF_BLOB_AT_START;
    }
}

static void look_at_blob(struct found *found, uint64_t blob) {
    int32_t kind = spprof_code_blob_kind_sigsafe(blob);
    const char *name = copy_name(found, spprof_word_sigsafe(blob + spprof_layout.blob_name));
    for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
        const struct spprof_blob *rows = spprof_release_blobs[role];
        for (int i = 0; i < SPPROF_BLOBS_OF_A_ROLE && rows[i].names[0] != NULL; i++) {
            if (!found->blobs[role][i] && rows[i].creation != SPPROF_BLOB_AT_FIRST_USE) {
                found->blobs[role][i] = spprof_blob_is_sigsafe(&rows[i], kind, name);
            }
        }
    }
    bool method = spprof_layout.has_kind ? kind == spprof_layout.kinds[SPPROF_KIND_METHOD]
                                         : has_role(SPPROF_BLOB_METHOD, kind, name) ||
                                               has_role(SPPROF_BLOB_NATIVE_METHOD, kind, name);
    if (method && spprof_layout.nmethod_level != 0) {
        found->created[created_with(blob)] = true;
    }
}

/*
 * Looks at the heap's first blocks. Their beginnings are those segments whose byte in the segment
 * map is 0. This holds at any moment for a block that stays; HotSpot's own way, from block to block
 * by their lengths, needs its lock.
 */
static void look_at_heap(struct found *found, const struct spprof_code_heap *heap, int most) {
    const uint8_t *map = (const uint8_t *)(uintptr_t)heap->segment_map;
    const uint8_t *end =
        map + ((spprof_word_sigsafe(heap->high) - heap->low) >> heap->log2_segment);
    for (const uint8_t *at = map; most > 0 && at < end; at++, most--) {
        at = memchr(at, 0, (size_t)(end - at));
        if (at == NULL) {
            break;
        }
        uint64_t block = heap->low + ((uint64_t)(at - map) << heap->log2_segment);
        if (*(const uint8_t *)(uintptr_t)(block + spprof_layout.block_used) != 0) {
            look_at_blob(found, block + spprof_layout.block_size);
        }
    }
}

static void look_at_heaps(struct found *found) {
    const struct spprof_layout *layout = &spprof_layout;
    uint64_t stub = spprof_word_sigsafe(layout->call_stub_return);
    *found = (struct found){.created = {[SPPROF_BLOB_AT_START] = true}};
    for (uint32_t i = 0; i < layout->heap_count; i++) {
        const struct spprof_code_heap *heap = &layout->heaps[i];
        bool of_stubs = stub >= heap->low && stub < heap->end;
        look_at_heap(found, heap, of_stubs ? MOST_BLOCKS_OF_STUBS : MOST_BLOCKS_OF_METHODS);
    }
}

/* JVMCI's compiler, if it is used, takes the place of C2. */
static bool has_jvmci_compiler(void) {
    uint64_t flag = spprof_layout_flag(SPPROF_RELEASE_JVMCI_COMPILER);
    return flag != 0 && *(const bool *)(uintptr_t)flag;
}

static bool is_missing(const struct found *found, int role, int i) {
    const struct spprof_blob *blob = &spprof_release_blobs[role][i];
    return blob->names[0] != NULL && !found->blobs[role][i] && found->created[blob->creation] &&
           blob->since <= spprof_layout.release &&
           !(role == SPPROF_BLOB_FLUSH_ICACHE && !SPPROF_CPU_FLUSHES_BY_STUB) &&
           !(blob->creation == SPPROF_BLOB_WITH_C2 && has_jvmci_compiler());
}

/* Writes the missing blobs into `why`. Returns whether the walker can be used. */
static bool report_missing(const struct found *found, char *why, uint64_t size) {
    bool usable = true;
    size_t used = 0;
    why[0] = '\0';
    for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
        for (int i = 0; i < SPPROF_BLOBS_OF_A_ROLE; i++) {
            if (is_missing(found, role, i)) {
                snprintf(why + used, size - used, "%s%s",
                         used == 0 ? "this JVM has no code blob called " : ", ",
                         spprof_release_blobs[role][i].names[0]);
                used += strlen(why + used);
                usable = usable && spprof_release_rare[role];
            }
        }
    }
    return usable;
}

int spprof_blobs_check(char *why, uint64_t size) {
    struct found found;
    look_at_heaps(&found);
    bool usable = report_missing(&found, why, size);
    if (why[0] != '\0') {
        /* A blob that another thread was just creating can have looked like a method. */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        look_at_heaps(&found);
        usable = report_missing(&found, why, size);
    }
    return usable ? 0 : -ENOSYS;
}
