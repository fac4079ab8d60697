/*
 * The way up through native code, from wherever a signal comes, against the compiler's own: what
 * _Unwind_Backtrace says, at thousands of places in code with and without frame pointers, in the C
 * library, and in the kernel's page of clocks; and out of assembly that nothing is written down of,
 * where the compiler's own ends.
 */
#include <dlfcn.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unwind.h>

#include "guard.h"
#include "native_frames.h"
#include "test.h"

#define MOST 64
#define INTERRUPTED 2 /* the frame above this handler's and the signal's */

static uint64_t wanted_pc;
static uint64_t stack_end;
static volatile long checked, wrong;
static volatile uint64_t wrong_pc;
static volatile int wrong_result;
static volatile uint64_t work_sp; /* where `work` returns to: always the same */
static volatile long checked_in_assembly;

extern const char bare_assembly[], bare_assembly_end[];
__asm__(
    ".text\n"
    ".type bare_assembly, @function\n"
    "bare_assembly: mov $400, %eax\n"
    "1: dec %eax\n"
    "jnz 1b\n"
    "ret\n"
    "bare_assembly_end: nop\n"
    ".size bare_assembly, . - bare_assembly\n");

static bool is_wanted_sigsafe(uint64_t pc) {
    return pc == wanted_pc;
}

struct trace {
    uint64_t pcs[MOST], cfas[MOST];
    int count;
};

static _Unwind_Reason_Code collect(struct _Unwind_Context *context, void *argument) {
    struct trace *trace = argument;
    trace->pcs[trace->count] = _Unwind_GetIP(context);
    trace->cfas[trace->count] = _Unwind_GetCFA(context);
    return ++trace->count == MOST ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* To the frame that called `work`: the same stack pointer as the library's unwinder finds. */
static void on_signal(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    struct trace trace = {.count = 0};
    _Unwind_Backtrace(collect, &trace);
    int at = -1;
    for (int i = INTERRUPTED + 1; i < trace.count; i++) {
        at = trace.pcs[i] == wanted_pc ? i : at;
    }
    struct spprof_registers found;
    enum spprof_native_result result =
        spprof_native_frames_unwind_sigsafe(&found, context, stack_end, is_wanted_sigsafe);
    uint64_t pc = trace.pcs[INTERRUPTED];
    bool in_assembly = pc >= (uintptr_t)bare_assembly && pc < (uintptr_t)bare_assembly_end;
    if (in_assembly && work_sp != 0) {
        checked_in_assembly++;
        if ((result != SPPROF_NATIVE_FOUND || found.sp != work_sp) && wrong++ == 0) {
            wrong_pc = pc;
            wrong_result = (int)result;
        }
    }
    if (at < 0) {
        return; /* not below `work` */
    }
    work_sp = trace.cfas[at];
    /* libgcc tells with a frame the CFA of the call that it made: its own stack pointer. */
    bool same = result == SPPROF_NATIVE_FOUND && found.sp == trace.cfas[at];
    checked++;
    if (!same && wrong++ == 0) {
        wrong_pc = trace.pcs[INTERRUPTED];
        wrong_result = (int)result;
    }
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
    int numbers[64];
    long sum = 0;
    for (int i = 0; i < 64; i++) {
        numbers[i] = rand();
    }
    qsort(numbers, 64, sizeof *numbers, compare); /* calls back, through the C library */
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

TEST(native_frames_agree_with_the_compiler_s_own_unwinder) {
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_native_frames_create());
    stack_end = (uintptr_t)__builtin_frame_address(0) + 4096;
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = on_signal;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, NULL));
    long sum = 0;
    /* The return address, from the bytes of call_work: behind its one direct call. */
    const unsigned char *code = (const unsigned char *)(uintptr_t)&call_work;
    for (int i = 0; i < 64 && wanted_pc == 0; i++) {
        int offset;
        memcpy(&offset, code + i + 1, sizeof offset);
        if (code[i] == 0xe8 &&
            (uintptr_t)(code + i + 5) + (uintptr_t)(long)offset == (uintptr_t)&work) {
            wanted_pc = (uintptr_t)(code + i + 5);
        }
    }
    CHECK(wanted_pc != 0);
    const struct itimerval often = {.it_interval = {0, 50}, .it_value = {0, 50}};
    CHECK_EQUAL(0, setitimer(ITIMER_REAL, &often, NULL));
    while (checked < 5000 || checked_in_assembly < 500) {
        sum ^= call_work();
    }
    const struct itimerval never = {{0, 0}, {0, 0}};
    CHECK_EQUAL(0, setitimer(ITIMER_REAL, &never, NULL));
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
    spprof_native_frames_destroy();
    spprof_guard_remove();
}

int main(void) {
    RUN(native_frames_agree_with_the_compiler_s_own_unwinder);
    return report();
}
