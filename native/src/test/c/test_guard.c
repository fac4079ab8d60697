/*
 * Tests loads of memory that may fault, with real faults. Also tests what happens to faults that do
 * not belong to such loads.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "platform/action.h"
#include "test.h"
#include "walk/guard.h"

static unsigned char *page;

/* The first page is readable, the second is not, and tests unmap the third. No fixed address is
 * used, because the kernel may have put the stack there. */
static void map_pages(void) {
    page = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK_EQUAL(0, mprotect(page + 4096, 4096, PROT_NONE));
    memset(page, 0x5a, 4096);
}

static uint64_t at(size_t offset) {
    return (uintptr_t)page + offset;
}

static void load_all_sizes(bool by_call) {
    map_pages();
    CHECK_EQUAL(0, spprof_guard_install(by_call));
    uint64_t w64 = 1;
    uint32_t w32 = 1;
    uint16_t w16 = 1;
    uint8_t w8 = 1;
    CHECK(spprof_load64_sigsafe(at(4088), &w64));
    CHECK(w64 == UINT64_C(0x5a5a5a5a5a5a5a5a));
    CHECK(spprof_load32_sigsafe(at(4092), &w32));
    CHECK(w32 == 0x5a5a5a5a);
    CHECK(spprof_load16_sigsafe(at(4094), &w16));
    CHECK(w16 == 0x5a5a);
    CHECK(spprof_load8_sigsafe(at(4095), &w8));
    CHECK(w8 == 0x5a);
    CHECK_EQUAL(0, munmap(page + 8192, 4096));
    const uint64_t nowhere[] = {
        at(4096), at(4089), at(8192), 0, 8, UINT64_C(0x8000000000000000), UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        CHECK(!spprof_load64_sigsafe(nowhere[i], &w64));
        CHECK(w64 == UINT64_C(0x5a5a5a5a5a5a5a5a));
    }
    CHECK(!spprof_load32_sigsafe(at(4096), &w32));
    CHECK(!spprof_load16_sigsafe(at(4096), &w16));
    CHECK(!spprof_load8_sigsafe(at(4096), &w8));
    char text[32];
    CHECK(spprof_load_sigsafe(at(4096 - 13), text, 13));
    CHECK(text[12] == 0x5a);
    CHECK(!spprof_load_sigsafe(at(4096 - 13), text, 14));
    spprof_guard_remove();
}

TEST(guard_says_no_where_nothing_is_mapped) {
    load_all_sizes(false);
}

TEST(guard_says_no_by_system_call_with_no_handler_of_ours) {
    struct spprof_action before, now;
    CHECK_EQUAL(0, spprof_action_get(SIGSEGV, &before));
    load_all_sizes(true);
    CHECK_EQUAL(0, spprof_guard_install(true));
    CHECK_EQUAL(0, spprof_action_get(SIGSEGV, &now));
    CHECK(memcmp(&before, &now, sizeof now) == 0);
    spprof_guard_remove();
}

static volatile sig_atomic_t foreign_faults;
static sigjmp_buf back;
static siginfo_t seen;

static void foreign(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    foreign_faults++;
    seen = *info;
    siglongjmp(back, 1);
}

/* As in the JVM, whose own handler resolves the faults of its null checks and polls. */
static void fault_as_the_jvm_does(void) {
    if (sigsetjmp(back, 1) == 0) {
        *(volatile char *)(page + 4096 + 17) = 1;
    }
}

TEST(guard_passes_other_faults_on_and_is_gone_afterwards_byte_for_byte) {
    map_pages();
    struct sigaction theirs = {.sa_flags = SA_SIGINFO | SA_RESTART};
    theirs.sa_sigaction = foreign;
    sigaddset(&theirs.sa_mask, SIGUSR1);
    CHECK_EQUAL(0, sigaction(SIGSEGV, &theirs, NULL));
    struct spprof_action before, during, after;
    CHECK_EQUAL(0, spprof_action_get(SIGSEGV, &before));
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_action_get(SIGSEGV, &during));
    CHECK(!spprof_action_same_handler(&before, &during));
    CHECK(before.flags == during.flags);
    CHECK(memcmp(before.mask, during.mask, sizeof before.mask) == 0);
    for (int i = 1; i <= 100; i++) {
        uint64_t word;
        fault_as_the_jvm_does();
        CHECK_EQUAL(i, foreign_faults);
        CHECK(seen.si_addr == page + 4096 + 17);
        CHECK(!spprof_load64_sigsafe(at(4096), &word));
        CHECK_EQUAL(i, foreign_faults);
    }
    spprof_guard_remove();
    CHECK_EQUAL(0, spprof_action_get(SIGSEGV, &after));
    CHECK(memcmp(&before, &after, sizeof after) == 0);
    fault_as_the_jvm_does();
    CHECK_EQUAL(101, foreign_faults);
}

TEST(guard_leaves_a_handler_that_came_after_it) {
    map_pages();
    CHECK_EQUAL(0, spprof_guard_install(false));
    struct sigaction theirs = {.sa_flags = SA_SIGINFO};
    theirs.sa_sigaction = foreign;
    sigemptyset(&theirs.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGSEGV, &theirs, NULL));
    spprof_guard_remove();
    fault_as_the_jvm_does();
    CHECK_EQUAL(1, foreign_faults);
}

TEST(guard_lets_a_fault_kill_where_it_would_have_killed) {
    map_pages();
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own */
        spprof_guard_install(false);
        *(volatile char *)(page + 4096) = 1;
        _exit(0);
    }
    int status;
    CHECK_EQUAL(child, waitpid(child, &status, 0));
    CHECK(WIFSIGNALED(status));
    CHECK_EQUAL(SIGSEGV, WTERMSIG(status));
}

static void *fault_often(void *unused) {
    (void)unused;
    for (int i = 0; i < 20000; i++) {
        uint64_t word = 7;
        CHECK(!spprof_load64_sigsafe(at(4096), &word));
        CHECK_EQUAL(7, word);
        CHECK(spprof_load64_sigsafe(at(0), &word));
    }
    return NULL;
}

TEST(guard_serves_many_threads) {
    map_pages();
    CHECK_EQUAL(0, spprof_guard_install(false));
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, fault_often, NULL));
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    spprof_guard_remove();
}

int main(void) {
    RUN(guard_says_no_where_nothing_is_mapped);
    RUN(guard_says_no_by_system_call_with_no_handler_of_ours);
    RUN(guard_passes_other_faults_on_and_is_gone_afterwards_byte_for_byte);
    RUN(guard_leaves_a_handler_that_came_after_it);
    RUN(guard_lets_a_fault_kill_where_it_would_have_killed);
    RUN(guard_serves_many_threads);
    return report();
}
