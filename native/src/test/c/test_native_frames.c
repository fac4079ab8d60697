/*
 * Tests the walk through native frames from any instruction that a signal interrupts. The expected
 * result comes from the compiler's own unwinder, _Unwind_Backtrace. Walks start at thousands of
 * places: in code with and without frame pointers, in the C library, and in the kernel's vDSO.
 * Further tests walk out of assembly without unwind tables, where the compiler's unwinder stops,
 * and through a library that is loaded and unloaded meanwhile.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <ucontext.h>

#include SPPROF_PROCESSOR_CODE
#include "alarm.h"
#include "backtrace.h"
#include "base/gate.h"
#include "test.h"
#include "walk/guard.h"
#include "walk/libraries.h"
#include "walk/native_frames.h"

static uint64_t wanted_pc;
static uint64_t stack_end;
static volatile long checked, wrong;
static volatile uint64_t wrong_pc;
static volatile int wrong_result;
static volatile uint64_t work_sp; /* sp after `work` returns, always the same */
static volatile long checked_in_assembly;

/*
 * Hidden, because the linker gives labels in the global offset table one address (linux_aarch64.c).
 */
#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN extern const char bare_assembly[], bare_assembly_end[];
__asm__(
    ".text\n"
    ".type bare_assembly, @function\n"
    "bare_assembly:\n" CODE_OF_ASSEMBLY
    "bare_assembly_end: nop\n"
    ".size bare_assembly, . - bare_assembly\n");

static bool is_wanted_sigsafe(uint64_t pc) {
    return pc == wanted_pc;
}

/* Walks to the frame that called `work`. Its stack pointer must equal the one that the library's
 * unwinder finds. */
static void compare_walks(const struct backtrace *trace, int at, void *context) {
    struct spprof_registers found;
    static const struct spprof_native_wanted wanted = {.is_wanted_sigsafe = is_wanted_sigsafe};
    enum spprof_native_result result =
        spprof_native_frames_unwind_sigsafe(&found, context, stack_end, &wanted);
    uint64_t pc = trace->pcs[BACKTRACE_INTERRUPTED];
    bool in_assembly = pc >= (uintptr_t)bare_assembly && pc < (uintptr_t)bare_assembly_end;
    if (in_assembly && work_sp != 0) {
        checked_in_assembly++;
        if ((result != SPPROF_NATIVE_FOUND || found.sp != work_sp) && wrong++ == 0) {
            wrong_pc = pc;
            wrong_result = (int)result;
        }
    }
    if (at < 0) {
        return; /* not called from `work` */
    }
    work_sp = trace->cfas[at];
    /* libgcc reports with a frame the CFA of the frame that it called, which is its own stack
     * pointer. */
    bool same = result == SPPROF_NATIVE_FOUND && found.sp == trace->cfas[at];
    checked++;
    if (!same && wrong++ == 0) {
        wrong_pc = trace->pcs[BACKTRACE_INTERRUPTED];
        wrong_result = (int)result;
    }
}

static void on_signal(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    struct backtrace trace;
    int at = backtrace_find(&trace, wanted_pc);
    compare_walks(&trace, at, context);
    alarm_again_sigsafe();
}

static int compare(const void *left, const void *right) {
    return *(const int *)left - *(const int *)right;
}

static __attribute__((noinline)) long leaf(long seed) {
    unsigned long x = (unsigned long)seed;
    for (unsigned i = 0; i < 50; i++) {
        x = x * 31 + i;
    }
    return (long)(x >> 8);
}

static __attribute__((noinline, optimize("omit-frame-pointer"))) long without_frame_pointer(
    long x) {
    volatile char big[300];
    big[x & 127] = 1;
    return leaf(x) + big[x & 127];
}

static __attribute__((noinline)) long work(void) {
    wanted_pc = (uintptr_t)__builtin_return_address(0);
    int numbers[64];
    long sum = 0;
    for (int i = 0; i < 64; i++) {
        numbers[i] = rand();
    }
    qsort(numbers, 64, sizeof *numbers, compare); /* calls back through the C library */
    for (int i = 0; i < 20; i++) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        ((void (*)(void))(uintptr_t)bare_assembly)();
        sum = (now.tv_nsec + without_frame_pointer(sum / 2 + numbers[i])) / 4;
        char text[64];
        sum += snprintf(text, sizeof text, "%ld %f", sum, (double)sum);
    }
    return sum;
}

static __attribute__((noinline)) long call_work(void) {
    long sum = work();
    __asm__ volatile("" : "+r"(sum));
    return sum + 1;
}

static void compare_with_the_compiler_s(bool ask_linker) {
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_libraries_create(ask_linker));
    stack_end = (uintptr_t)__builtin_frame_address(0) + 4096;
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = on_signal;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, NULL));
    long sum = 0;
    sum ^= call_work(); /* sets wanted_pc */
    CHECK(wanted_pc - (uintptr_t)&call_work < 64);
    alarm_every(50);
    while (checked < 5000 || checked_in_assembly < 500) {
        sum ^= call_work();
    }
    alarm_every(0);
    CHECK(sum != 42);
    if (wrong != 0) {
        Dl_info where = {0};
        dladdr((void *)(uintptr_t)wrong_pc, &where);
        fprintf(stderr, "    %ld of %ld: %s + %lx of %s, result %d\n", wrong, checked,
                where.dli_sname == NULL ? "?" : where.dli_sname,
                (long)(wrong_pc - (uintptr_t)where.dli_fbase),
                where.dli_fname == NULL ? "?" : where.dli_fname, wrong_result);
    }
    CHECK_EQUAL(0, wrong);
    spprof_libraries_destroy();
    spprof_guard_remove();
}

TEST(native_frames_agree_with_the_compiler_s_own_unwinder) {
    compare_with_the_compiler_s(true);
}

TEST(native_frames_by_a_list_of_libraries_agree_with_it_too) {
    compare_with_the_compiler_s(false);
}

/* The late library's function, and a function that calls it. */
static long (*volatile late_call)(long (*)(void));
static volatile int unwound; /* result of the unwinding */
static volatile uint64_t unwound_pc;

static __attribute__((noinline)) long call_late(long (*function)(void)) {
    long sum = late_call(function);
    __asm__ volatile("" : "+r"(sum));
    return sum + 1;
}

static bool is_in_call_late_sigsafe(uint64_t pc) {
    return pc - (uintptr_t)&call_late < 64;
}

static void unwind_to_call_late(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    struct spprof_registers found;
    static const struct spprof_native_wanted wanted = {.is_wanted_sigsafe =
                                                           is_in_call_late_sigsafe};
    unwound = (int)spprof_native_frames_unwind_sigsafe(&found, context, stack_end, &wanted);
    unwound_pc = found.pc;
}

static long raise_alarm(void) {
    return raise(SIGALRM);
}

/* Built beside this program. */
static void *load_late(void) {
    char path[512];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof "/late_library.so");
    CHECK(length > 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/late_library.so");
    void *library = dlopen(path, RTLD_NOW);
    CHECK(library != NULL);
    *(void **)&late_call = dlsym(library, "late_call");
    CHECK(late_call != NULL);
    return library;
}

static int unwind_through_late(void) {
    unwound = -1;
    call_late(raise_alarm);
    return unwound;
}

static long call(long (*function)(void)) {
    long sum = function();
    __asm__ volatile("" : "+r"(sum));
    return sum;
}

static int unwind_without_late(void) {
    late_call = call;
    return unwind_through_late();
}

static void begin_unwinding(bool ask_linker) {
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_libraries_create(ask_linker));
    spprof_gate_open();
    stack_end = UINT64_MAX; /* other threads unwind, too; the wanted frame is found before the
                             * end */
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = unwind_to_call_late;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, NULL));
}

static void end_unwinding(void) {
    spprof_gate_close();
    spprof_libraries_destroy();
    spprof_guard_remove();
}

static bool is_in_late_library(uint64_t pc) {
    Dl_info info = {0};
    return dladdr((void *)(uintptr_t)pc, &info) != 0 &&
           strstr(info.dli_fname, "/late_library.so") != NULL;
}

/* Whether the name is that of the late library, and the offset that of its symbol. */
static bool names_late_library(void) {
    char name[SPPROF_LIBRARY_NAME];
    uint64_t offset, pc = (uintptr_t)late_call;
    Dl_info info = {0};
    return dladdr((void *)(uintptr_t)pc, &info) != 0 &&
           spprof_libraries_name_sigsafe(pc, name, &offset) &&
           strcmp("late_library.so", name) == 0 && offset == pc - (uintptr_t)info.dli_fbase;
}

static bool names_this_program(void) {
    char name[SPPROF_LIBRARY_NAME];
    uint64_t offset;
    return spprof_libraries_name_sigsafe((uintptr_t)&names_this_program, name, &offset) &&
           strcmp("program", name) == 0 && !spprof_libraries_name_sigsafe(16, name, &offset);
}

TEST(a_library_that_is_loaded_later_is_listed_again) {
    begin_unwinding(false);
    CHECK_EQUAL(0, spprof_libraries_refresh());
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_without_late());
    void *library = load_late();
    CHECK_EQUAL(SPPROF_NATIVE_BROKEN, unwind_through_late());
    CHECK(is_in_late_library(unwound_pc));
    CHECK(!names_late_library());
    CHECK_EQUAL(1, spprof_libraries_refresh());
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_through_late());
    CHECK(names_late_library() && names_this_program());
    CHECK_EQUAL(0, spprof_libraries_refresh());
    struct spprof_library found;
    uint64_t pc = (uintptr_t)late_call;
    CHECK(spprof_libraries_at_sigsafe(pc, &found));
    CHECK_EQUAL(0, dlclose(library));
    CHECK_EQUAL(1, spprof_libraries_refresh());
    CHECK(!spprof_libraries_at_sigsafe(pc, &found));
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_without_late());
    end_unwinding();
}

TEST(a_list_that_a_handler_may_still_read_is_left_alone) {
    begin_unwinding(false);
    spprof_gate_enter_sigsafe(); /* may read the first list without time limit */
    void *library = load_late();
    CHECK_EQUAL(1, spprof_libraries_refresh());
    CHECK_EQUAL(0, dlclose(library));
    CHECK_EQUAL(-EAGAIN, spprof_libraries_refresh());
    CHECK_EQUAL(-EAGAIN, spprof_libraries_refresh());
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_without_late());
    spprof_gate_leave_sigsafe();
    CHECK_EQUAL(1, spprof_libraries_refresh());
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_without_late());
    end_unwinding();
}

TEST(a_library_that_is_loaded_later_is_known_at_once_where_the_linker_can_be_asked) {
    if (dlsym(RTLD_DEFAULT, "_dl_find_object") == NULL) {
        return; /* an older C library */
    }
    begin_unwinding(true);
    void *library = load_late();
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_through_late());
    CHECK(names_late_library() && names_this_program());
    CHECK_EQUAL(0, dlclose(library));
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind_without_late());
    end_unwinding();
}

static _Atomic bool ending;
static _Atomic long whole, broken;

static void *unwind_all_the_time(void *unused) {
    (void)unused;
    while (!atomic_load_explicit(&ending, memory_order_relaxed)) {
        spprof_gate_enter_sigsafe();
        struct spprof_library found;
        bool known = spprof_libraries_at_sigsafe((uintptr_t)&call_late, &found) &&
                     found.begin <= (uintptr_t)&call_late && found.end > (uintptr_t)&call_late;
        spprof_gate_leave_sigsafe();
        atomic_fetch_add_explicit(known ? &whole : &broken, 1, memory_order_relaxed);
    }
    return NULL;
}

TEST(readers_always_find_a_list_while_libraries_come_and_go) {
    begin_unwinding(false);
    pthread_t readers[2];
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(0, pthread_create(&readers[i], NULL, unwind_all_the_time, NULL));
    }
    int listed = 0;
    while (listed < 200 || whole < 1000) {
        void *library = load_late();
        listed += spprof_libraries_refresh() == 1;
        CHECK_EQUAL(0, dlclose(library));
        listed += spprof_libraries_refresh() == 1;
    }
    atomic_store_explicit(&ending, true, memory_order_relaxed);
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(0, pthread_join(readers[i], NULL));
    }
    CHECK(whole > 0);
    CHECK_EQUAL(0, broken);
    end_unwinding();
}

int main(void) {
    RUN(native_frames_agree_with_the_compiler_s_own_unwinder);
    RUN(native_frames_by_a_list_of_libraries_agree_with_it_too);
    RUN(a_library_that_is_loaded_later_is_listed_again);
    RUN(a_list_that_a_handler_may_still_read_is_left_alone);
    RUN(a_library_that_is_loaded_later_is_known_at_once_where_the_linker_can_be_asked);
    RUN(readers_always_find_a_list_while_libraries_come_and_go);
    return report();
}
