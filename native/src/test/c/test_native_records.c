/*
 * Tests the walk through native frames by frame records, as on macOS, from any instruction that a
 * signal interrupts. The code is this program's own, which keeps frame records on every system. The
 * expected result comes from the compiler's own unwinder, _Unwind_Backtrace. Further tests give the
 * walk records and instructions that must not pass.
 */
#include <signal.h>
#include <ucontext.h>

#include SPPROF_PROCESSOR_CODE
#include "alarm.h"
#include "backtrace.h"
#include "base/gate.h"
#include "test.h"
#include "walk/cpu/cursor.h"
#include "walk/guard.h"
#include "walk/libraries.h"

/* Beside native_frames.c, which this system uses. */
#define spprof_native_frames_unwind_sigsafe unwind_by_records_sigsafe
#include "walk/native_records.c"

#define ENOUGH 20000

static uint64_t wanted_pc;
static uint64_t stack_end;
static volatile long checked, in_first, wrong;
static volatile uint64_t wrong_pc;
static volatile int wrong_result;
static bool calls_native = true;

static bool is_wanted_sigsafe(uint64_t pc) {
    return pc == wanted_pc;
}

static bool says_sigsafe(uint64_t pc) {
    uint64_t target;
    return calls_native && spprof_cpu_is_call_before_sigsafe(pc, &target);
}

static const struct spprof_native_wanted wanted = {.is_wanted_sigsafe = is_wanted_sigsafe,
                                                   .calls_native_sigsafe = says_sigsafe};

/* Walks to the code that called `first`. */
static void compare_walks(const struct backtrace *trace, int at, void *context) {
    struct spprof_registers found;
    enum spprof_native_result result =
        unwind_by_records_sigsafe(&found, context, stack_end, &wanted);
    checked++;
    in_first += at == BACKTRACE_INTERRUPTED + 1;
    /* libgcc reports with a frame the CFA of the frame that it called, which is its own stack
     * pointer. Where records are not at the end of their frames, only pc can be compared. */
    bool same = result == SPPROF_NATIVE_FOUND && found.pc == wanted_pc &&
                (SPPROF_CPU_CALL_PUSHES == 0 || found.sp == trace->cfas[at]);
    if (!same && wrong++ == 0) {
        wrong_pc = trace->pcs[BACKTRACE_INTERRUPTED];
        wrong_result = (int)result;
    }
}

static void on_signal(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    struct backtrace trace;
    int at = backtrace_find(&trace, wanted_pc);
    if (at >= 0) { /* else `first` was not called */
        compare_walks(&trace, at, context);
    }
    alarm_again_sigsafe();
}

static __attribute__((noinline)) unsigned long leaf(unsigned long seed) {
    return (seed * 31 + 7) >> 1;
}

static __attribute__((noinline)) unsigned long deeper(unsigned long x, int depth) {
    volatile char some[40];
    some[x & 31] = (char)depth;
    return depth == 0 ? leaf(x) : deeper(x + some[x & 31], depth - 1) + 1;
}

/* Called by the code that stands for Java code: most signals should interrupt its first and last
 * instructions. Clang, which compiles for macOS, moves no instructions between the removal of a
 * record and the return, so gcc must not either. */
static __attribute__((noinline, optimize("no-schedule-insns2"))) unsigned long first(
    unsigned long x) {
    unsigned long sum = leaf(x);
    __asm__ volatile("" : "+r"(sum));
    if ((x & 15) == 0) {
        sum += deeper(sum, 5);
    }
    return sum ^ 3;
}

static __attribute__((noinline)) unsigned long java(unsigned long x) {
    unsigned long sum = first(x);
    __asm__ volatile("" : "+r"(sum)); /* no tail call */
    return sum + 1;
}

static void begin(void) {
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_libraries_create(true));
    spprof_gate_open();
}

static void end(void) {
    spprof_gate_close();
    spprof_libraries_destroy();
    spprof_guard_remove();
}

static __attribute__((noinline)) uint64_t return_address(void) {
    return (uintptr_t)__builtin_return_address(0);
}

/* The address behind the call of `first` in `java`. */
static void find_wanted(void) {
    uint64_t target;
    for (wanted_pc = (uintptr_t)&java + 4;; wanted_pc++) {
        CHECK(wanted_pc - (uintptr_t)&java < 64);
        if (spprof_cpu_is_call_before_sigsafe(wanted_pc, &target) && target == (uintptr_t)&first) {
            return;
        }
    }
}

TEST(native_records_agree_with_the_compiler_s_own_unwinder) {
    begin();
    find_wanted();
    stack_end = (uintptr_t)__builtin_frame_address(0) + 4096;
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = on_signal;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, NULL));
    alarm_every(50);
    unsigned long sum = 0;
    while (checked < ENOUGH || in_first < ENOUGH / 4) {
        for (int i = 0; i < 1000; i++) {
            sum ^= java(sum + (unsigned)i);
        }
    }
    alarm_every(0);
    CHECK(sum != 42);
    if (wrong != 0) {
        fprintf(stderr, "    %ld of %ld: first + %lx, result %d\n", wrong, checked,
                (long)(wrong_pc - (uintptr_t)&first), wrong_result);
    }
    CHECK_EQUAL(0, wrong);
    end();
}

/* A stack of records, from which a walk starts. */
static uint64_t stack[32];
static ucontext_t interrupted;

static uint64_t at(int word) {
    return (uintptr_t)&stack[word];
}

static void record(int word, uint64_t fp, uint64_t pc) {
    stack[word] = fp;
    stack[word + 1] = pc;
}

/* An address in the middle of native code, where the function has its record. */
static uint64_t in_native(void) {
    return return_address();
}

static enum spprof_native_result unwind(uint64_t pc, int sp, uint64_t fp,
                                        struct spprof_registers *found) {
    code_interrupt(&interrupted, pc, at(sp), fp, in_native());
    return unwind_by_records_sigsafe(found, &interrupted, at(32), &wanted);
}

TEST(records_lead_through_native_frames_to_java_code) {
    struct spprof_registers found;
    begin();
    find_wanted();
    record(4, at(10), in_native());
    record(10, at(20), wanted_pc);
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind(in_native(), 0, at(4), &found));
    CHECK(found.pc == wanted_pc && found.sp == at(12) && found.fp == at(20));
    end();
}

TEST(a_record_to_which_native_code_cannot_return_is_refused) {
    struct spprof_registers found;
    begin();
    find_wanted();
    record(4, at(10), wanted_pc);
    calls_native = false; /* as of a Java frame's own record */
    CHECK_EQUAL(SPPROF_NATIVE_BROKEN, unwind(in_native(), 0, at(4), &found));
    end();
}

TEST(records_must_be_on_the_stack_and_go_up) {
    struct spprof_registers found;
    begin();
    find_wanted();
    record(10, at(20), wanted_pc);
    const uint64_t bad[] = {at(2), at(4), at(8) + 1, at(31), at(32), 0, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        record(4, bad[i], in_native());
        int result = (int)unwind(in_native(), 3, at(4), &found);
        CHECK_EQUAL(bad[i] == 0 ? SPPROF_NATIVE_END : SPPROF_NATIVE_BROKEN, result);
        CHECK_EQUAL(SPPROF_NATIVE_BROKEN, unwind(in_native(), 5, bad[i], &found));
    }
    record(4, at(10), in_native());
    CHECK_EQUAL(SPPROF_NATIVE_FOUND, unwind(in_native(), 3, at(4), &found));
    record(16, at(10), in_native()); /* leads down */
    CHECK_EQUAL(SPPROF_NATIVE_BROKEN, unwind(in_native(), 3, at(16), &found));
    end();
}

TEST(a_return_address_in_no_library_is_refused) {
    struct spprof_registers found;
    begin();
    find_wanted();
    record(4, at(10), in_native());
    record(10, at(16), 4096); /* nothing is mapped there */
    record(16, at(20), wanted_pc);
    CHECK_EQUAL(SPPROF_NATIVE_BROKEN, unwind(in_native(), 0, at(4), &found));
    CHECK(found.pc != 0);
    end();
}

int main(void) {
    RUN(native_records_agree_with_the_compiler_s_own_unwinder);
    RUN(records_lead_through_native_frames_to_java_code);
    RUN(a_record_to_which_native_code_cannot_return_is_refused);
    RUN(records_must_be_on_the_stack_and_go_up);
    RUN(a_return_address_in_no_library_is_refused);
    return report();
}
