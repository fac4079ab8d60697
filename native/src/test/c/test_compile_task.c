/*
 * Tests the frame that shows what a compiler thread compiles. The structures of the JVM are fakes,
 * each valid at first; then one value after the other is made wrong.
 */
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

#include "platform/thread_keys.h"
#include "ring_reader.h"
#include "test.h"
#include "walk/guard.h"
#include "walk/vm/compile_task.h"
#include "walk/vm/layout.h"
#include "walk/vm/methods.h"

struct spprof_layout spprof_layout;

#include "fake_methods.h"

#define DEPTH 4

struct fake_thread {
    uint64_t stack_base, stack_size, env;
};
struct fake_env {
    uint64_t unused, task;
};
struct fake_task {
    uint64_t method;
    int32_t level, osr_bci;
};

static struct spprof_ring ring;
static struct spprof_table methods;
static pthread_key_t jvms_key;
static struct fake_thread thread;
static struct fake_task task;
static uint64_t stack[512]; /* in use from STACK_SP on */
#define STACK_SP 100
static struct fake_env *env = (struct fake_env *)&stack[200];
static uint64_t words[SPPROF_FRAME_WORDS * (DEPTH + 1)];
static struct spprof_walk walk;
static char name[256];
static uint32_t named;

static uint64_t address_of(const void *pointer) {
    return (uintptr_t)pointer;
}

static void begin(void) {
    fake_methods_begin(true);
    struct spprof_layout *layout = &spprof_layout;
    layout->thread_stack_base = offsetof(struct fake_thread, stack_base);
    layout->thread_stack_size = offsetof(struct fake_thread, stack_size);
    layout->has_compile_task = true;
    layout->compiler_env = offsetof(struct fake_thread, env);
    layout->env_task = offsetof(struct fake_env, task);
    layout->task_method = offsetof(struct fake_task, method);
    layout->task_level = offsetof(struct fake_task, level);
    layout->task_osr_bci = offsetof(struct fake_task, osr_bci);
    layout->invocation_entry_bci = -1;
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK_EQUAL(0, spprof_ring_create(&ring, 1 << 16));
    CHECK_EQUAL(0, spprof_table_create(&methods, 64));
    spprof_methods_reset(&ring, &methods);
    struct fake_method *method = fake_method("org/h2/command/Parser", "parse", "()V");
    fake_call(method, 0xb6, "A", "b", "()V"); /* three bytes of byte code */
    thread = (struct fake_thread){
        .stack_base = address_of(stack + 512), .stack_size = sizeof stack, .env = address_of(env)};
    env->task = address_of(&task);
    task = (struct fake_task){.method = fake_address(method), .level = 4, .osr_bci = -1};
    CHECK_EQUAL(0, pthread_key_create(&jvms_key, NULL));
    CHECK_EQUAL(0, pthread_key_create(&jvms_key, NULL));
    CHECK_EQUAL(0, pthread_setspecific(jvms_key, &thread));
    spprof_compile_task_learn(address_of(&thread));
}

static void read_name(const struct spprof_record *record, void *context) {
    (void)context;
    CHECK_EQUAL(SPPROF_RECORD_METHOD, record->type);
    CHECK_EQUAL(0, record->line_count);
    CHECK(record->name_bytes < sizeof name);
    memcpy(name, record + 1, record->name_bytes);
    name[record->name_bytes] = '\0';
    named = record->method;
}

/* Returns the number of the written frame, or 0 if none was written. A new name is in `name`. */
static uint32_t write_frame(void) {
    name[0] = '\0';
    walk = (struct spprof_walk){.words = words, .depth = DEPTH, .count = 1};
    spprof_compile_task_write_sigsafe(&walk, address_of(stack + STACK_SP));
    ring_read(&ring, read_name, NULL);
    CHECK(!walk.ring_full);
    if (walk.count == 1) {
        return 0;
    }
    CHECK_EQUAL(2, walk.count);
    CHECK_EQUAL(spprof_frame_word(SPPROF_WORD_FRAME, -1, (uint32_t)words[1]), words[1]);
    CHECK(name[0] == '\0' || named == (uint32_t)words[1]);
    return (uint32_t)words[1];
}

static void check_name(const char *expected) {
    if (strcmp(name, expected) != 0) {
        fprintf(stderr, "    the name is '%s', not '%s'\n", name, expected);
        _exit(1);
    }
}

TEST(each_kind_of_compilation_has_its_name_once) {
    begin();
    uint32_t c2 = write_frame();
    check_name("[C2] org/h2/command/Parser.parse");
    task.osr_bci = 2;
    uint32_t c2_osr = write_frame();
    check_name("[C2 OSR] org/h2/command/Parser.parse");
    task.level = 1;
    uint32_t c1_osr = write_frame();
    check_name("[C1 OSR] org/h2/command/Parser.parse");
    task.osr_bci = -1;
    uint32_t c1 = write_frame();
    check_name("[C1] org/h2/command/Parser.parse");
    task.level = 3;
    CHECK_EQUAL(c1, write_frame()); /* all levels of C1 are one */
    check_name("");
    CHECK(c1 != c2 && c1 != c1_osr && c2 != c2_osr && c1_osr != c2_osr);
    struct spprof_method method;
    uint32_t number;
    CHECK(spprof_method_read_sigsafe(task.method, &method));
    CHECK_EQUAL(SPPROF_METHOD_KNOWN, spprof_method_number_sigsafe(&method, &number));
    ring_read(&ring, read_name, NULL);
    check_name("org/h2/command/Parser.parse");
    CHECK(number != c1 && number != c2 && number != c1_osr && number != c2_osr);
}

TEST(another_method_has_another_frame) {
    begin();
    uint32_t first = write_frame();
    struct fake_method *other = fake_method("A", "b", "()V");
    task.method = fake_address(other);
    CHECK(write_frame() != first);
    check_name("[C2] A.b");
}

TEST(a_thread_that_compiles_nothing_has_no_frame) {
    begin();
    env->task = 0;
    CHECK_EQUAL(0, write_frame());
    env->task = address_of(&task);
    thread.env = 0;
    CHECK_EQUAL(0, write_frame());
    thread.env = address_of(env);
    CHECK(write_frame() != 0);
}

static void *write_on_another_thread(void *unused) {
    (void)unused;
    CHECK_EQUAL(0, write_frame());
    return NULL;
}

TEST(a_thread_that_is_not_the_jvms_has_no_frame) {
    begin();
    pthread_t other;
    CHECK_EQUAL(0, pthread_create(&other, NULL, write_on_another_thread, NULL));
    CHECK_EQUAL(0, pthread_join(other, NULL));
}

TEST(without_the_key_or_the_fields_there_is_no_frame) {
    begin();
    spprof_layout.has_compile_task = false;
    CHECK_EQUAL(0, write_frame());
    spprof_layout.has_compile_task = true;
    spprof_compile_task_learn(12345);
    CHECK_EQUAL(0, write_frame());
    spprof_compile_task_learn(address_of(&thread));
    CHECK(write_frame() != 0);
}

/* glibc frees the values of later keys while a thread exits, when a handler can still run. */
TEST(only_keys_are_read_whose_values_live_as_long_as_the_thread) {
    begin();
    CHECK(jvms_key < SPPROF_KEYS_OF_THREADS_BLOCK - 1);
    while (jvms_key < SPPROF_KEYS_OF_THREADS_BLOCK) {
        CHECK_EQUAL(0, pthread_setspecific(jvms_key, NULL));
        CHECK_EQUAL(0, pthread_key_create(&jvms_key, NULL));
        CHECK_EQUAL(0, pthread_setspecific(jvms_key, &thread));
        spprof_compile_task_learn(address_of(&thread));
        CHECK_EQUAL(spprof_key_is_for_handlers(jvms_key), write_frame() != 0);
    }
#ifdef __GLIBC__
    CHECK(!spprof_key_is_for_handlers(jvms_key));
#endif
}

/* Stores each of these values in turn; with none of them may a frame be written. */
static void spoil(void *value, size_t size, const uint64_t *wrong, int count) {
    uint64_t right = 0;
    memcpy(&right, value, size);
    for (int i = 0; i < count; i++) {
        memcpy(value, &wrong[i], size);
        CHECK_EQUAL(0, write_frame());
    }
    memcpy(value, &right, size);
    CHECK(write_frame() != 0);
}
#define SPOIL(value, ...)                                           \
    spoil(&(value), sizeof(value), (const uint64_t[]){__VA_ARGS__}, \
          sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

TEST(wrong_values_lead_to_no_frame) {
    begin();
    void *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(gone != MAP_FAILED);
    uint64_t nowhere = address_of(gone), elsewhere = address_of(&thread);
    SPOIL(thread.env, 8, nowhere, elsewhere, UINT64_MAX, address_of(stack + STACK_SP - 1),
          address_of(stack + 512), address_of(env) + 1);
    SPOIL(thread.stack_base, 0, address_of(stack + STACK_SP), nowhere, address_of(env));
    SPOIL(thread.stack_size, 0, 8);
    SPOIL(env->task, 8, nowhere, UINT64_MAX, UINT64_C(0x8000000000000000));
    SPOIL(task.method, 0, 8, nowhere, elsewhere, UINT64_MAX, task.method + 4);
    SPOIL(task.level, 0, 5, 0xffffffff);
    SPOIL(task.osr_bci, 3, 100000, 0xfffffffe);
}

TEST(a_full_walk_gets_no_frame) {
    begin();
    walk = (struct spprof_walk){
        .words = words, .depth = DEPTH, .count = DEPTH + 1, .flags = SPPROF_FLAG_TRUNCATED};
    spprof_compile_task_write_sigsafe(&walk, address_of(stack + STACK_SP));
    CHECK_EQUAL(DEPTH + 1, walk.count);
}

TEST(a_frame_beyond_the_depth_makes_the_walk_truncated) {
    begin();
    for (uint32_t count = DEPTH - 1; count <= DEPTH; count++) {
        walk = (struct spprof_walk){.words = words, .depth = DEPTH, .count = count};
        spprof_compile_task_write_sigsafe(&walk, address_of(stack + STACK_SP));
        CHECK_EQUAL(count + 1, walk.count);
        CHECK_EQUAL(count == DEPTH, (walk.flags & SPPROF_FLAG_TRUNCATED) != 0);
    }
}

TEST(a_full_ring_drops_the_sample) {
    begin();
    while (spprof_method_name_sigsafe("[full]", 6) != 0) {
    }
    walk = (struct spprof_walk){.words = words, .depth = DEPTH, .count = 1};
    spprof_compile_task_write_sigsafe(&walk, address_of(stack + STACK_SP));
    CHECK(walk.ring_full);
}

int main(void) {
    RUN(each_kind_of_compilation_has_its_name_once);
    RUN(another_method_has_another_frame);
    RUN(a_thread_that_compiles_nothing_has_no_frame);
    RUN(a_thread_that_is_not_the_jvms_has_no_frame);
    RUN(without_the_key_or_the_fields_there_is_no_frame);
    RUN(only_keys_are_read_whose_values_live_as_long_as_the_thread);
    RUN(wrong_values_lead_to_no_frame);
    RUN(a_full_walk_gets_no_frame);
    RUN(a_frame_beyond_the_depth_makes_the_walk_truncated);
    RUN(a_full_ring_drops_the_sample);
    return report();
}
