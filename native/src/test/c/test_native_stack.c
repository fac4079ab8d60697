/*
 * Tests the frames of native code in a sample: a library with a known call tree (call_tree.c) runs
 * while a timer interrupts it as often as it can, and each stack must be a way through the tree.
 * The stacks go through the ring, as in a session. Further tests load and unload libraries
 * meanwhile, and interrupt a thread in the C library and in the dynamic linker.
 */
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unwind.h>

#include SPPROF_PROCESSOR_CODE
#include "alarm.h"
#include "base/ring.h"
#include "ring_reader.h"
#include "test.h"
#include "walk/guard.h"
#include "walk/libraries.h"
#include "walk/vm/layout.h"
#include "walk/vm/methods.h"
#include "walk/vm/native_stack.h"

struct spprof_layout spprof_layout; /* there is no JVM, and so no Java code */

#define DEPTH 64
#define NUMBERS 100000
#define MOST_LIBRARIES 1100

static struct spprof_ring ring;
static struct spprof_table methods;
static uint32_t depth = DEPTH;
static _Atomic uint32_t tag; /* what the test is doing when a sample is taken */
static _Atomic uint32_t dropped, samples_taken;

static struct function {
    uint32_t library;
    uint64_t address;
} functions[NUMBERS];
static struct library {
    char path[512];
    uint64_t base;
    uint64_t id_bytes;
} libraries[MOST_LIBRARIES];
static char marker[64]; /* the name of the only METHOD */
static uint32_t marker_number;

/* A stack as the collector sees it. */
struct stack {
    int count;
    uint32_t tag;
    int16_t result; /* enum spprof_native_result */
    uint8_t flags;
    uint64_t frames[DEPTH + 1]; /* the functions' first instructions in memory, the leaf first; 0:
                                 * the marker */
    const struct library *in[DEPTH + 1];
};

static void begin_with(uint32_t known_frames, bool ask_linker) {
    const struct spprof_walker_config config = {.ring = &ring, .known_frames = known_frames};
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_libraries_create(ask_linker));
    CHECK_EQUAL(0, spprof_ring_create(&ring, 1 << 22));
    CHECK_EQUAL(0, spprof_table_create(&methods, 1 << 14));
    spprof_methods_reset(&ring, &methods);
    CHECK_EQUAL(0, spprof_native_stack_create(&config));
}

static void begin(void) {
    begin_with(4096, true);
}

static bool is_java_sigsafe(uint64_t pc) {
    (void)pc;
    return false;
}

/* Walks and writes a sample, as the handler does. */
static void write_sample(void *context) {
    static const struct spprof_native_wanted java = {.is_wanted_sigsafe = is_java_sigsafe};
    uint64_t words[SPPROF_FRAME_WORDS * (DEPTH + 1)];
    struct spprof_registers registers;
    struct spprof_walk walk = {.ucontext = context, .words = words, .depth = depth};
    spprof_guard_begin_sigsafe(context);
    spprof_cpu_registers_sigsafe(context, &registers);
    enum spprof_native_result result =
        spprof_native_stack_write_sigsafe(&walk, &registers, UINT64_MAX, &java);
    uint32_t size = spprof_record_size(walk.count * (uint32_t)sizeof *words);
    struct spprof_record *record =
        walk.ring_full ? NULL : spprof_ring_reserve_sample_sigsafe(&ring, size);
    if (record == NULL) {
        dropped++;
        return;
    }
    record->type = SPPROF_RECORD_SAMPLE;
    record->flags = walk.flags;
    record->walk = (int16_t)result;
    record->thread = tag;
    record->words = walk.count;
    memcpy(record + 1, words, walk.count * sizeof *words);
    spprof_ring_publish_sigsafe(record, size);
    samples_taken++;
}

static void take_sample(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    write_sample(context);
    alarm_again_sigsafe();
}

static void (*check_stack)(const struct stack *);

static void read_record(const struct spprof_record *record, void *context) {
    (void)context;
    if (record->type == SPPROF_RECORD_LIBRARY) {
        CHECK(record->library < MOST_LIBRARIES && record->name_bytes < sizeof libraries->path);
        struct library *library = &libraries[record->library];
        memcpy(library->path, (const char *)(record + 1) + record->id_bytes, record->name_bytes);
        library->path[record->name_bytes] = '\0';
        library->base = record->address;
        library->id_bytes = record->id_bytes;
    } else if (record->type == SPPROF_RECORD_FUNCTION) {
        uint32_t number = record->method & ~SPPROF_TRANSIENT;
        CHECK(number < NUMBERS);
        CHECK(libraries[record->in_library].base != 0);
        functions[number] =
            (struct function){.library = record->in_library, .address = record->address};
    } else if (record->type == SPPROF_RECORD_METHOD) {
        CHECK(record->name_bytes < sizeof marker);
        memcpy(marker, record + 1, record->name_bytes);
        marker_number = record->method;
    } else if (record->type == SPPROF_RECORD_SAMPLE) {
        const uint64_t *words = (const uint64_t *)(record + 1);
        CHECK(record->words <= DEPTH + 1);
        uint32_t count = record->words;
        if (count > 0 && words[0] >> SPPROF_WORD_KIND_SHIFT == SPPROF_WORD_CALL) {
            words++; /* test_system_calls.c has its tests */
            count--;
        }
        struct stack stack = {.count = (int)count,
                              .tag = record->thread,
                              .result = record->walk,
                              .flags = record->flags};
        for (uint32_t i = 0; i < count; i++) {
            uint32_t number = (uint32_t)words[i] & ~SPPROF_TRANSIENT;
            CHECK_EQUAL(spprof_frame_word(SPPROF_WORD_FRAME, -1, (uint32_t)words[i]), words[i]);
            if (number == marker_number) {
                continue;
            }
            const struct library *library = &libraries[functions[number].library];
            CHECK(functions[number].library != 0); /* defined before it is used */
            stack.in[i] = library;
            stack.frames[i] = library->base + functions[number].address;
        }
        check_stack(&stack);
    }
}

static void take_samples_at(int signal) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    action.sa_sigaction = take_sample;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(signal, &action, NULL));
}

/* The call tree. */

static void *tree; /* of dlopen */

enum { LEAF, END, TAIL, NODE, CALLBACK, FRAMED, ROOT, FUNCTIONS };
static const char *const names[FUNCTIONS] = {
    "tree_leaf", "tree_end", "tree_tail", "tree_node", "tree_callback", "tree_framed", "tree_root"};
static uint64_t begins[FUNCTIONS];
static uint64_t framed_end;
static long (*tree_root)(long);

/* In the folder of this program. */
static void path_of(const char *file, char path[512]) {
    ssize_t length = readlink("/proc/self/exe", path, 512 - 64);
    CHECK(length > 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/') + 1, file);
}

static void load_tree(const char *file) {
    char path[512];
    path_of(file, path);
    tree = dlopen(path, RTLD_NOW);
    CHECK(tree != NULL);
    for (int i = 0; i < FUNCTIONS; i++) {
        begins[i] = (uintptr_t)dlsym(tree, names[i]);
        CHECK(begins[i] != 0);
    }
    framed_end = (uintptr_t)dlsym(tree, "tree_framed_end");
    tree_root = (long (*)(long))(uintptr_t)begins[ROOT];
}

/* Returns which function of the tree begins there, or FUNCTIONS. Code without call frame
 * information stands as the instruction itself. */
static int function_of(uint64_t address) {
    if (address >= begins[FRAMED] && address < framed_end) {
        return FRAMED;
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        if (address == begins[i]) {
            return i;
        }
    }
    return FUNCTIONS;
}

static __attribute__((noinline)) long drive(long seed) {
    long sum = tree_root(seed);
    __asm__ volatile("" : "+r"(sum));
    return sum + 1;
}

static uint64_t driver_begin;               /* what calls tree_root */
static long seen[FUNCTIONS][FUNCTIONS + 1]; /* by callee and caller; FUNCTIONS: outside the tree */
static long leaves[FUNCTIONS];

static bool may_call(int caller, int callee) {
    switch (callee) {
        case LEAF:
            return caller == END || caller == NODE || caller == CALLBACK;
        case END:
            return caller == NODE; /* tree_tail has jumped */
        case TAIL:
            return caller == NODE;
        case NODE:
        case FRAMED:
            return caller == ROOT;
        case CALLBACK:
            return caller == FRAMED;
        default:
            return caller == FUNCTIONS;
    }
}

static void fail_with(const struct stack *stack, const char *why) {
    fprintf(stderr, "    %s: result %d\n", why, stack->result);
    for (int i = 0; i < stack->count; i++) {
        Dl_info info = {0};
        int function = function_of(stack->frames[i]);
        dladdr((void *)(uintptr_t)stack->frames[i], &info);
        fprintf(
            stderr, "      %d: %s+%llx %s\n", i, stack->in[i] == NULL ? marker : stack->in[i]->path,
            stack->in[i] == NULL ? 0 : (unsigned long long)(stack->frames[i] - stack->in[i]->base),
            function < FUNCTIONS     ? names[function]
            : info.dli_sname == NULL ? ""
                                     : info.dli_sname);
    }
    _exit(1);
}

static void check_way_through_tree(const struct stack *stack) {
    bool within = false;
    for (int i = 0; i < stack->count; i++) {
        int callee = function_of(stack->frames[i]);
        if (callee == FUNCTIONS) {
            continue;
        }
        within = true;
        if (i == 0) {
            leaves[callee]++;
        }
        if (i + 1 == stack->count) {
            fail_with(stack, "a stack that ends in the tree");
        }
        int caller = function_of(stack->frames[i + 1]);
        if (!may_call(caller, callee) || (callee == ROOT && stack->frames[i + 1] != driver_begin)) {
            fail_with(stack, "no way through the tree");
        }
        seen[callee][caller]++;
    }
    if (within && stack->result != SPPROF_NATIVE_END) {
        fail_with(stack, "a stack that does not reach the thread's start");
    }
}

static void walk_tree(const char *file, bool remember, bool ask_linker) {
    begin_with(remember ? 4096 : 16, ask_linker);
    load_tree(file);
    spprof_libraries_refresh();
    driver_begin = (uintptr_t)&drive;
    check_stack = check_way_through_tree;
    take_samples_at(SIGALRM);
    alarm_every(30);
    long sum = 0;
    while (seen[LEAF][END] < 2000 || seen[END][NODE] < 2000 || seen[CALLBACK][FRAMED] < 500 ||
           leaves[FRAMED] < 500 || leaves[ROOT] < 5 || leaves[NODE] < 20) {
        for (int i = 0; i < 1000; i++) {
            sum ^= drive(i);
        }
        ring_read(&ring, read_record, NULL);
    }
    alarm_every(0);
    CHECK(sum != 42);
    CHECK_EQUAL(0, dropped);
    CHECK_EQUAL(0, marker_number);
}

TEST(each_stack_is_a_way_through_a_tree_without_frame_pointers) {
    walk_tree("call_tree.so", true, true);
}

TEST(each_stack_is_a_way_through_a_tree_with_frame_pointers) {
    walk_tree("call_tree_fp.so", true, true);
}

TEST(each_stack_is_a_way_through_the_tree_where_little_is_remembered) {
    walk_tree("call_tree.so", false, true);
}

TEST(each_stack_is_a_way_through_the_tree_by_a_list_of_libraries) {
    walk_tree("call_tree.so", true, false);
}

/* Whether addr2line, which reads the file with its symbols, says that the address is in a
 * function. */
static bool addr2line_says(const char *file, uint64_t address, const char *function) {
    char command[1024], line[256] = "";
    snprintf(command, sizeof command, "addr2line -f -e '%s' 0x%llx", file,
             (unsigned long long)address);
    FILE *answer = popen(command, "r");
    CHECK(answer != NULL && fgets(line, sizeof line, answer) != NULL);
    pclose(answer);
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, function) != 0) {
        fprintf(stderr, "    addr2line: %s, not %s\n", line, function);
    }
    return strcmp(line, function) == 0;
}

TEST(offsets_in_a_stripped_library_are_of_the_right_functions) {
    walk_tree("call_tree_stripped.so", true, true);
    char with_symbols[512], stripped[512];
    path_of("call_tree.so", with_symbols);
    path_of("call_tree_stripped.so", stripped);
    int resolved = 0;
    for (int i = 0; i < NUMBERS; i++) {
        const struct library *library = &libraries[functions[i].library];
        int function = function_of(library->base + functions[i].address);
        if (functions[i].library != 0 && strcmp(stripped, library->path) == 0) {
            CHECK_EQUAL(20, library->id_bytes);
            /* The code through which the linker leads calls has no symbol. */
            CHECK(addr2line_says(with_symbols, functions[i].address,
                                 function == FUNCTIONS ? "??" : names[function]));
            resolved++;
        }
    }
    CHECK(resolved >= FUNCTIONS);
}

/* A stack through a signal's frame. */

static long interrupted_by_signal;

static timer_t signaller;
static volatile bool signaller_ends;

/* Sets the timer of on_signal's next signal, which is one for the reason that alarm.h gives. */
static void signal_again(void) {
    const struct itimerspec once = {.it_value = {0, 50000}};
    CHECK_EQUAL(0, timer_settime(signaller, 0, &once, NULL));
}

static void on_signal(int signal) {
    (void)signal;
    long sum = tree_root(7);
    __asm__ volatile("" : "+r"(sum));
    if (!signaller_ends) {
        signal_again();
    }
}

/* Whether the code is between the tree's functions: an instruction of one that was interrupted at
 * its beginning, taken for a return address. */
static bool is_between_functions(const struct stack *stack, int i) {
    return stack->in[i] != NULL && strstr(stack->in[i]->path, "/call_tree") != NULL &&
           stack->frames[i] >= begins[LEAF] && function_of(stack->frames[i]) == FUNCTIONS;
}

static void check_way_through_signal(const struct stack *stack) {
    for (int i = 0; i + 1 < stack->count; i++) {
        int callee = function_of(stack->frames[i]), caller = function_of(stack->frames[i + 1]);
        if (is_between_functions(stack, i)) {
            fail_with(stack, "a frame that is in no function");
        }
        if (callee != FUNCTIONS && !may_call(caller, callee)) {
            fail_with(stack, "no way through the tree");
        }
        /* Above the signal's frame is the code that it interrupted, at any instruction. */
        if (stack->frames[i] == (uintptr_t)&on_signal && i + 2 < stack->count &&
            function_of(stack->frames[i + 2]) != FUNCTIONS) {
            interrupted_by_signal++;
        }
    }
    int first = function_of(stack->frames[0]);
    if (first != FUNCTIONS && stack->result != SPPROF_NATIVE_END) {
        fail_with(stack, "a stack that does not reach the thread's start");
    }
}

TEST(a_stack_goes_through_the_frame_of_a_signal_s_handler) {
    begin();
    load_tree("call_tree.so");
    check_stack = check_way_through_signal;
    take_samples_at(SIGALRM);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGUSR1, &action, NULL));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    CHECK_EQUAL(0, timer_create(CLOCK_MONOTONIC, &event, &signaller));
    signal_again();
    alarm_every(30);
    long sum = 0;
    while (interrupted_by_signal < 3000) {
        for (int i = 0; i < 1000; i++) {
            sum ^= drive(i);
        }
        ring_read(&ring, read_record, NULL);
    }
    signaller_ends = true;
    CHECK_EQUAL(0, timer_delete(signaller));
    alarm_every(0);
    CHECK(sum != 42);
}

/* A thread's stack. */

static _Atomic bool ending;
static uint64_t thread_begin;
static long whole_threads;

static __attribute__((noinline)) void *run_thread(void *unused) {
    (void)unused;
    long sum = 0;
    while (!ending) {
        sum ^= drive(sum);
        pthread_kill(pthread_self(), SIGUSR2);
    }
    return (void *)sum;
}

static void check_thread(const struct stack *stack) {
    if (stack->result != SPPROF_NATIVE_END) {
        fail_with(stack, "a stack that does not reach the thread's start");
    }
    for (int i = 0; i < stack->count; i++) {
        if (stack->frames[i] == thread_begin) {
            /* Below are the C library's own functions that start a thread. */
            CHECK(i + 1 < stack->count && i + 3 >= stack->count);
            CHECK(strstr(stack->in[i + 1]->path, "libc.so") != NULL ||
                  strstr(stack->in[i + 1]->path, "libpthread") != NULL ||
                  strstr(stack->in[i + 1]->path, "san") != NULL);
            whole_threads++;
        }
    }
}

TEST(a_thread_s_stack_ends_where_the_thread_begins) {
    begin();
    load_tree("call_tree.so");
    check_stack = check_thread;
    thread_begin = (uintptr_t)&run_thread;
    take_samples_at(SIGUSR2);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, run_thread, NULL));
    while (whole_threads < 1000) {
        ring_read(&ring, read_record, NULL);
    }
    ending = true;
    CHECK_EQUAL(0, pthread_join(thread, NULL));
}

static void check_depth(const struct stack *stack) {
    CHECK(stack->count <= 4);
    if (function_of(stack->frames[0]) == LEAF && (stack->flags & SPPROF_FLAG_TRUNCATED) != 0) {
        CHECK_EQUAL(4, stack->count);
        CHECK_EQUAL(SPPROF_NATIVE_STOPPED, stack->result);
        seen[LEAF][FUNCTIONS]++;
    }
}

TEST(a_stack_that_is_too_deep_keeps_its_leaf_end) {
    depth = 3; /* a walk may return one frame more, which shows that there is one */
    begin();
    load_tree("call_tree.so");
    check_stack = check_depth;
    take_samples_at(SIGALRM);
    alarm_every(50);
    long sum = 0;
    while (seen[LEAF][FUNCTIONS] < 100) {
        for (int i = 0; i < 1000; i++) {
            sum ^= drive(i);
        }
        ring_read(&ring, read_record, NULL);
    }
    alarm_every(0);
    CHECK(sum != 42);
}

/* Code that no library contains. */

static uint64_t caller_of_unknown;

static void check_unknown(const struct stack *stack) {
    if (stack->tag == 1 && stack->frames[0] == 0 && stack->count > 1) {
        /* Interrupted before the code hides its return address, or after. */
        CHECK_EQUAL(caller_of_unknown, stack->frames[1]);
        CHECK_EQUAL(SPPROF_NATIVE_END, stack->result);
    } else if (stack->tag == 1 && stack->frames[0] == 0) {
        CHECK(strcmp("[unknown native code]", marker) == 0);
        CHECK_EQUAL(SPPROF_NATIVE_BROKEN, stack->result);
        seen[LEAF][FUNCTIONS]++;
    }
}

#define HIDDEN __attribute__((visibility("hidden"))) /* as in linux_aarch64.c */
HIDDEN extern const char lost[], lost_end[];
__asm__(".text\nlost:\n" CODE_OF_LOST "lost_end: nop\n");

TEST(code_in_no_library_is_a_frame_without_a_guess) {
    begin();
    check_stack = check_unknown;
    caller_of_unknown = (uintptr_t)&code_in_no_library_is_a_frame_without_a_guess;
    size_t size = 4096;
    void *code = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    memcpy(code, lost, (size_t)(lost_end - lost));
    CHECK_EQUAL(0, mprotect(code, size, PROT_READ | PROT_EXEC));
    __builtin___clear_cache((char *)code, (char *)code + size);
    take_samples_at(SIGALRM);
    alarm_every(50);
    while (seen[LEAF][FUNCTIONS] < 100) {
        for (int i = 0; i < 1000; i++) {
            tag = 1;
            ((void (*)(void))code)();
            tag = 0;
        }
        ring_read(&ring, read_record, NULL);
    }
    alarm_every(0);
}

/* Libraries that come and go. */

static char paths[2][512];
static uint64_t bases[2];
static long right[2];
#define MOST_TURNS 1000 /* by then, the two libraries were at one place in 100 turns */

static void check_library(const struct stack *stack) {
    if (stack->tag == 0) {
        return;
    }
    for (int i = 0; i < stack->count; i++) {
        if (stack->in[i] != NULL && strstr(stack->in[i]->path, "/call_tree") != NULL) {
            if (strcmp(paths[stack->tag - 1], stack->in[i]->path) != 0) {
                fprintf(stderr, "    %s instead of %s\n", stack->in[i]->path,
                        paths[stack->tag - 1]);
                _exit(1);
            }
            right[stack->tag - 1]++;
        }
    }
}

static void load_by_turns(const char *one, const char *two) {
    begin();
    check_stack = check_library;
    path_of(one, paths[0]);
    path_of(two, paths[1]);
    take_samples_at(SIGALRM);
    alarm_every(30);
    long same_place = 0, sum = 0;
    for (long turns = 0; right[0] < 3000 || right[1] < 3000 || same_place < 100; turns++) {
        if (turns >= MOST_TURNS && same_place < 100) {
            fprintf(stderr,
                    "    the linker loaded the two libraries at one place in %ld of %ld turns\n",
                    same_place, turns);
            _exit(1);
        }
        for (uint32_t which = 0; which < 2; which++) {
            void *library = dlopen(paths[which], RTLD_NOW);
            CHECK(library != NULL);
            long (*root)(long) = (long (*)(long))(uintptr_t)dlsym(library, "tree_root");
            bases[which] = ((struct link_map *)library)->l_addr;
            tag = which + 1;
            for (int i = 0; i < 2000; i++) {
                sum ^= root(i);
            }
            tag = 0;
            CHECK_EQUAL(0, dlclose(library));
        }
        same_place += bases[0] == bases[1];
        ring_read(&ring, read_record, NULL);
    }
    alarm_every(0);
    CHECK(sum != 42);
    int known = 0;
    for (int i = 0; i < MOST_LIBRARIES; i++) {
        known += libraries[i].base != 0;
    }
    CHECK(known < 100); /* a library that comes back has its number again */
}

TEST(two_libraries_at_one_place_are_told_apart_by_their_build_ids) {
    load_by_turns("call_tree.so", "call_tree_fp.so");
}

TEST(two_libraries_without_build_ids_at_one_place_are_told_apart) {
    load_by_turns("call_tree_noid.so", "call_tree_fp_noid.so");
}

TEST(forgotten_numbers_are_written_again) {
    begin();
    load_tree("call_tree.so");
    driver_begin = (uintptr_t)&drive;
    check_stack = check_way_through_tree;
    take_samples_at(SIGUSR1);
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR1);
        uint32_t before = samples_taken;
        ring_read(&ring, read_record, NULL);
        CHECK_EQUAL(before, samples_taken);
        memset(functions, 0, sizeof functions);
        memset(libraries, 0, sizeof libraries);
        spprof_methods_forget();
        spprof_native_stack_forget();
    }
}

/* Interruptions of code that holds locks. */

static void count_stack(const struct stack *stack) {
    (void)stack;
}

/* Does something while it is interrupted, 10,000 times; or as often as SPPROF_SIGNALS says. */
static void interrupt(void (*action)(void)) {
    const char *signals = getenv("SPPROF_SIGNALS");
    uint32_t wanted = signals == NULL ? 10000 : (uint32_t)atol(signals);
    begin();
    check_stack = count_stack;
    take_samples_at(SIGALRM);
    alarm_every(20);
    while (samples_taken < wanted) {
        action();
        ring_read(&ring, read_record,
                  NULL); /* a sanitizer's allocator is slow, and the ring small */
    }
    alarm_every(0);
    ring_read(&ring, read_record, NULL);
    CHECK_EQUAL(0, dropped);
}

static void load_and_unload(void) {
    char path[512];
    path_of("call_tree.so", path);
    void *library = dlopen(path, RTLD_NOW);
    CHECK(library != NULL);
    CHECK_EQUAL(0, dlclose(library));
}

static void allocate(void) {
    void *blocks[64];
    for (size_t i = 0; i < 64; i++) {
        blocks[i] = malloc(i * 997 % 70000);
        CHECK(blocks[i] != NULL);
    }
    for (size_t i = 0; i < 64; i++) {
        free(blocks[i]);
    }
    malloc_trim(0);
}

static int count_library(struct dl_phdr_info *info, size_t size, void *count) {
    (void)info, (void)size;
    ++*(int *)count;
    return 0;
}

static void list_libraries(void) {
    int count = 0;
    dl_iterate_phdr(count_library, &count);
    CHECK(count > 0);
}

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *exception,
                                struct _Unwind_Context *context, void *to) {
    (void)version, (void)actions, (void)class, (void)exception;
    if (_Unwind_GetCFA(context) >= (uintptr_t)to) {
        __builtin_longjmp(to, 1);
    }
    return _URC_NO_REASON;
}

static __attribute__((noinline)) void throw_to(void **to, int deep) {
    if (deep > 0) {
        throw_to(to, deep - 1);
        __asm__ volatile("");
        return;
    }
    struct _Unwind_Exception exception = {0};
    _Unwind_ForcedUnwind(&exception, stop, to);
}

static void throw(void) {
    void *to[5];
    if (__builtin_setjmp(to) == 0) {
        throw_to(to, 20);
    }
}

TEST(a_thread_that_is_interrupted_while_it_loads_libraries_goes_on) {
    interrupt(load_and_unload);
}

TEST(a_thread_that_is_interrupted_while_it_allocates_goes_on) {
    interrupt(allocate);
}

TEST(a_thread_that_is_interrupted_while_it_lists_libraries_goes_on) {
    interrupt(list_libraries);
}

TEST(a_thread_that_is_interrupted_while_an_exception_unwinds_goes_on) {
    interrupt(throw);
}

int main(void) {
    RUN(each_stack_is_a_way_through_a_tree_without_frame_pointers);
    RUN(each_stack_is_a_way_through_a_tree_with_frame_pointers);
    RUN(each_stack_is_a_way_through_the_tree_where_little_is_remembered);
    RUN(each_stack_is_a_way_through_the_tree_by_a_list_of_libraries);
    RUN(offsets_in_a_stripped_library_are_of_the_right_functions);
    RUN(a_stack_goes_through_the_frame_of_a_signal_s_handler);
    RUN(a_thread_s_stack_ends_where_the_thread_begins);
    RUN(a_stack_that_is_too_deep_keeps_its_leaf_end);
    RUN(code_in_no_library_is_a_frame_without_a_guess);
    RUN(two_libraries_at_one_place_are_told_apart_by_their_build_ids);
    RUN(two_libraries_without_build_ids_at_one_place_are_told_apart);
    RUN(forgotten_numbers_are_written_again);
    RUN(a_thread_that_is_interrupted_while_it_loads_libraries_goes_on);
    RUN(a_thread_that_is_interrupted_while_it_allocates_goes_on);
    RUN(a_thread_that_is_interrupted_while_it_lists_libraries_goes_on);
    RUN(a_thread_that_is_interrupted_while_an_exception_unwinds_goes_on);
    return report();
}
