#include "base/pages.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE UINT64_C(0x200000) /* on x86-64, and on aarch64 with pages of 4 KB */

#define MOST_PRESENT UINT64_C(0x800000) /* half a millisecond in huge pages, 2 ms without them */

/* From linux/mman.h, which can be older than the system. */
#if defined(MADV_HUGEPAGE) && !defined(MADV_POPULATE_WRITE)
#define MADV_POPULATE_WRITE 23
#endif

static void *map(uint64_t bytes) {
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mapped == MAP_FAILED ? NULL : mapped;
}

/* Maps memory that begins at a huge page's beginning. Maps too much, and unmaps what is before and
 * behind. */
static void *map_huge(uint64_t bytes) {
    uint8_t *mapped = map(bytes + HUGE_PAGE);
    if (mapped == NULL) {
        return map(bytes); /* a limit of the process can allow just this */
    }
    uint64_t before = -(uint64_t)(uintptr_t)mapped % HUGE_PAGE;
    if (before > 0) {
        munmap(mapped, before);
    }
    munmap(mapped + before + bytes, HUGE_PAGE - before);
#ifdef MADV_HUGEPAGE
    madvise(mapped + before, bytes, MADV_HUGEPAGE); /* a system without huge pages refuses */
#endif
    return mapped + before;
}

/* Returns whether the system has such a call. Whether it found memory does not matter: what is not
 * present is made so by the first access, as ever. */
static bool make_present(const void *from, uint64_t bytes) {
#ifdef MADV_POPULATE_WRITE
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t low = (uintptr_t)from & ~(page - 1), high = (uintptr_t)from + bytes;
    return madvise((void *)(uintptr_t)low, high - low, MADV_POPULATE_WRITE) == 0 ||
           (errno != EINVAL && errno != EPERM && errno != ENOSYS);
#else
    (void)from, (void)bytes;
    return false;
#endif
}

static void *map_present(uint64_t bytes, uint64_t present, bool huge) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t whole = (bytes + page - 1) & ~(page - 1);
    volatile uint8_t *pages = huge && whole >= HUGE_PAGE ? map_huge(whole) : map(whole);
    if (pages != NULL && present > 0 && !make_present((const void *)pages, present)) {
        for (uint64_t at = 0; at < present; at += page) {
            pages[at] = 0;
        }
    }
    return (void *)pages;
}

void *spprof_pages_map(uint64_t bytes, uint64_t present) {
    return map_present(bytes, present, false);
}

void *spprof_pages_map_table(uint64_t bytes) {
    /* Whoever touches a huge page first clears two megabytes. No handler should have to. */
    bool whole = bytes <= MOST_PRESENT;
    return map_present(bytes, whole ? bytes : 0, whole);
}

void spprof_pages_unmap(void *pages, uint64_t bytes) {
    munmap(pages, bytes);
}

void spprof_pages_make_present(const void *from, uint64_t bytes) {
    make_present(from, bytes);
}
