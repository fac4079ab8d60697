#include "walk/library_numbers.h"

#include <elf.h>
#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#include "walk/guard.h"

#define WORDS 2
#define MOST_SEGMENTS 64
#define MOST_NOTES 32
#define MOST_OF_A_PATH 1024

struct numbered {
    uint64_t image, base, end;
    uint64_t at[WORDS], words[WORDS];
    _Atomic bool ready; /* stored last, with release order; pairs with the acquire of a reader */
};

struct build_id {
    uint64_t at;
    uint32_t bytes; /* 0: the library has none */
};

static struct spprof_ring *ring;
static struct numbered libraries[SPPROF_MOST_LIBRARY_NUMBERS]; /* by number - 1 */
static _Atomic uint32_t last_number;
static uint64_t vdso; /* the address of its header; 0 if the kernel gives none */

void spprof_library_numbers_create(struct spprof_ring *to) {
    ring = to;
    vdso = getauxval(AT_SYSINFO_EHDR);
    spprof_library_numbers_forget();
}

void spprof_library_numbers_destroy(void) {
    ring = NULL;
}

void spprof_library_numbers_forget(void) {
    for (size_t i = 0; i < SPPROF_MOST_LIBRARY_NUMBERS; i++) { /* relaxed: no handler in flight */
        atomic_store_explicit(&libraries[i].ready, false, memory_order_relaxed);
    }
    atomic_store_explicit(&last_number, 0, memory_order_relaxed);
}

/* Looks for the build id in a segment of notes (ELF specification, "Note section"). */
static bool find_in_notes_sigsafe(uint64_t at, uint64_t size, struct build_id *id) {
    uint64_t end = at + size;
    for (int i = 0; i < MOST_NOTES && at < end && end - at >= sizeof(Elf64_Nhdr); i++) {
        Elf64_Nhdr note;
        uint32_t owner;
        if (!spprof_load_sigsafe(at, &note, sizeof note) ||
            !spprof_load32_sigsafe(at + sizeof note, &owner)) {
            return false;
        }
        uint64_t description = at + sizeof note + ((note.n_namesz + UINT64_C(3)) & ~UINT64_C(3));
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
            memcmp(&owner, "GNU", sizeof owner) == 0 && note.n_descsz >= 8 &&
            note.n_descsz <= SPPROF_MAX_BUILD_ID) {
            *id = (struct build_id){.at = description, .bytes = note.n_descsz};
            return true;
        }
        at = description + ((note.n_descsz + UINT64_C(3)) & ~UINT64_C(3));
    }
    return false;
}

static struct build_id build_id_sigsafe(const struct spprof_library *library) {
    struct build_id id = {0};
    Elf64_Ehdr header;
    if (library->image == 0 || !spprof_load_sigsafe(library->image, &header, sizeof header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return id;
    }
    for (int i = 0; i < header.e_phnum && i < MOST_SEGMENTS; i++) {
        Elf64_Phdr segment;
        if (!spprof_load_sigsafe(library->image + header.e_phoff + (uint64_t)i * sizeof segment,
                                 &segment, sizeof segment)) {
            break;
        }
        if (segment.p_type == PT_NOTE &&
            find_in_notes_sigsafe(library->base + segment.p_vaddr, segment.p_memsz, &id)) {
            break;
        }
    }
    return id;
}

/* Chooses the words that identify the library, and reads them. */
static bool identify_sigsafe(const struct spprof_library *library, const struct build_id *id,
                             struct numbered *numbered) {
    uint64_t entries = library->table_entries;
    if (id->bytes != 0) {
        numbered->at[0] = id->at;
        numbered->at[1] = id->bytes < 16 ? id->at : id->at + 8;
    } else if (entries > 0) {
        numbered->at[0] = library->table + entries / 2 * 8;
        numbered->at[1] = library->table + (entries - 1) * 8;
    } else {
        numbered->at[0] = library->image + offsetof(Elf64_Ehdr, e_shoff);
        numbered->at[1] = numbered->at[0];
    }
    for (int i = 0; i < WORDS; i++) {
        if (!spprof_load64_sigsafe(numbered->at[i], &numbered->words[i])) {
            return false;
        }
    }
    return true;
}

/* Copies the path, or its first bytes, if `text` is not NULL. Returns the number of bytes. */
static uint32_t path_sigsafe(const struct spprof_library *library, char *text) {
    static const char vdso_name[] = "[vdso]";
    uint8_t byte;
    uint32_t count = 0;
    if (vdso != 0 && library->image == vdso) {
        if (text != NULL) {
            memcpy(text, vdso_name, sizeof vdso_name - 1);
        }
        return sizeof vdso_name - 1;
    }
    while (count < MOST_OF_A_PATH && spprof_load8_sigsafe(library->path + count, &byte) &&
           byte != 0) {
        if (text != NULL) {
            text[count] = (char)byte;
        }
        count++;
    }
    return count;
}

/* Takes a number and writes it to the ring with what it stands for. Returns 0 if all numbers are in
 * use, or if the ring is full, which sets `*ring_full`. */
static uint32_t write_record_sigsafe(const struct spprof_library *library,
                                     const struct build_id *id, bool *ring_full) {
    uint32_t size = spprof_record_size(id->bytes + path_sigsafe(library, NULL));
    struct spprof_record *record = spprof_ring_reserve_sample_sigsafe(ring, size);
    if (record == NULL) {
        *ring_full = true;
        return 0;
    }
    /* Relaxed order is enough: the numbers only have to be distinct. */
    uint32_t number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    bool free = number <= SPPROF_MOST_LIBRARY_NUMBERS;
    char *payload = (char *)(record + 1);
    record->type = free ? SPPROF_RECORD_LIBRARY : SPPROF_RECORD_PADDING;
    record->library = number;
    record->name_bytes = path_sigsafe(library, payload + id->bytes);
    record->address = library->base;
    record->id_bytes = spprof_load_sigsafe(id->at, payload, id->bytes) ? id->bytes : 0;
    spprof_ring_publish_sigsafe(record, size);
    return free ? number : 0;
}

static bool is_there_sigsafe(const struct numbered *numbered) {
    for (int i = 0; i < WORDS; i++) {
        uint64_t word;
        if (!spprof_load64_sigsafe(numbered->at[i], &word) || word != numbered->words[i]) {
            return false;
        }
    }
    return true;
}

bool spprof_library_is_there_sigsafe(uint32_t number) {
    const struct numbered *numbered = &libraries[number - 1];
    return number - 1 < SPPROF_MOST_LIBRARY_NUMBERS &&
           atomic_load_explicit(&numbered->ready, memory_order_acquire) &&
           is_there_sigsafe(numbered);
}

uint32_t spprof_library_number_sigsafe(const struct spprof_library *library, bool *ring_full) {
    /* Relaxed order is enough: `ready` publishes an entry. */
    uint32_t count = atomic_load_explicit(&last_number, memory_order_relaxed);
    count = count < SPPROF_MOST_LIBRARY_NUMBERS ? count : SPPROF_MOST_LIBRARY_NUMBERS;
    for (uint32_t i = count; i > 0; i--) { /* the library that was found last is at the end */
        const struct numbered *known = &libraries[i - 1];
        if (atomic_load_explicit(&known->ready, memory_order_acquire) &&
            known->image == library->image && known->base == library->base &&
            known->end == library->end && is_there_sigsafe(known)) {
            return i;
        }
    }
    struct build_id id = build_id_sigsafe(library);
    struct numbered found = {.image = library->image, .base = library->base, .end = library->end};
    if (count == SPPROF_MOST_LIBRARY_NUMBERS || !identify_sigsafe(library, &id, &found)) {
        return 0;
    }
    /* Two handlers can give the same library two numbers. That does no harm. */
    uint32_t number = write_record_sigsafe(library, &id, ring_full);
    if (number == 0) {
        return 0;
    }
    struct numbered *entry = &libraries[number - 1];
    memcpy(entry->at, found.at, sizeof found.at);
    memcpy(entry->words, found.words, sizeof found.words);
    entry->image = found.image;
    entry->base = found.base;
    entry->end = found.end;
    /* This release pairs with the acquire of a handler that reads the entry. That handler's record
     * is therefore behind the record of the library in the ring. */
    atomic_store_explicit(&entry->ready, true, memory_order_release);
    return number;
}
