/*
 * Tests SIGSEGV handlers of other libraries before and behind the sampler's own handler. The
 * libraries install and remove their handlers in every order around starts and stops of sessions.
 * Every order is tried, with real faults.
 *
 * Each order is compared with the same order without the sampler's handler, which `world`
 * simulates. At every moment, a fault that the sampler did not cause must pass the same libraries
 * in the same sequence, each once, and reach the JVM. Between sessions the signal action must be
 * the same, byte for byte, unless a library has just restored the sampler's handler.
 *
 * With SPPROF_ORDERS_APART=n in the environment, only each n-th order is tried, for software
 * emulations, where a fault takes 50 times as long.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "platform/action.h"
#include "test.h"
#include "walk/guard.h"

#define LIBRARIES 3
#define JVM LIBRARIES
#define LONGEST 16 /* limit for orders and for the path of a fault */

/* The first page is protected; whoever handles a fault opens it. The second page is never
 * opened. */
static char *pages;
#define PAGE 4096

static int way[LONGEST];
static volatile int steps;

static void pass(int whom) {
    if (steps == LONGEST) {
        static const char text[] = "    a fault goes round in circles\n";
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
        _exit(1);
    }
    way[steps++] = whom;
}

static void jvm(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info, (void)context;
    pass(JVM);
    mprotect(pages, PAGE, PROT_READ | PROT_WRITE);
}

/* The action that each library saved when it installed its handler, and calls. */
static struct spprof_action saved[LIBRARIES];

static void chain(int library, int signal, siginfo_t *info, void *context) {
    pass(library);
    if (spprof_action_is_handler_sigsafe(&saved[library])) {
        spprof_action_call_sigsafe(&saved[library], signal, info, context);
    }
}

static void library_0(int signal, siginfo_t *info, void *context) {
    chain(0, signal, info, context);
}

static void library_1(int signal, siginfo_t *info, void *context) {
    chain(1, signal, info, context);
}

static void library_2(int signal, siginfo_t *info, void *context) {
    chain(2, signal, info, context);
}

/* The actions of each library and of the JVM, as the kernel returns them. */
static struct spprof_action actions[LIBRARIES + 1];

static struct spprof_action now(void) {
    struct spprof_action action;
    CHECK_EQUAL(0, spprof_action_get(SIGSEGV, &action));
    return action;
}

static void put(const struct spprof_action *action) {
    CHECK_EQUAL(0, spprof_action_put_sigsafe(SIGSEGV, action, NULL));
}

/* The owner of the installed action; -1 if it is ours. */
static int in_front(void) {
    struct spprof_action action = now();
    for (int i = 0; i <= JVM; i++) {
        if (memcmp(&action, &actions[i], sizeof action) == 0) {
            return i;
        }
    }
    for (int i = 0; i <= JVM; i++) {
        CHECK(!spprof_action_same_handler(&action, &actions[i])); /* actions with the same handler
                                                                   * must be equal byte for byte */
    }
    return -1;
}

/* Install each action through the C library once, to learn the form that the kernel stores. Then
 * none is installed. */
static void make_action(int whom, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | flags};
    action.sa_sigaction = handler;
    sigemptyset(&action.sa_mask);
    CHECK_EQUAL(0, sigaction(SIGUSR2, &action, NULL));
    CHECK_EQUAL(0, spprof_action_get(SIGUSR2, &actions[whom]));
    /* Not a sanitizer's function, which may intervene. No two actions are equal. */
    spprof_action_set_handler(&actions[whom], handler);
    memset(actions[whom].mask, 0, sizeof actions[whom].mask);
    actions[whom].mask[3] = (unsigned char)whom;
}

static void setup(void) {
    pages = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    make_action(0, library_0, SA_ONSTACK | SA_NODEFER);
    make_action(1, library_1, 0);
    make_action(2, library_2, SA_RESTART);
    make_action(JVM, jvm, SA_RESTART);
    put(&actions[JVM]);
}

static bool sampling;
static bool polite; /* a library removes its handler only if it is the installed one */

static void install(int library) {
    saved[library] = now();
    put(&actions[library]);
}

static void uninstall(int library) {
    if (!polite || in_front() == library) {
        put(&saved[library]);
    }
}

/* Causes a fault like the JVM's null checks. */
static void fault(void) {
    steps = 0;
    *(volatile char *)pages = 1;
    CHECK_EQUAL(0, mprotect(pages, PAGE, PROT_NONE));
}

static void begin_walks(void) {
    ucontext_t context = {0}; /* no signal is blocked */
    for (int i = 0; i < SPPROF_GUARD_LOOKS; i++) {
        spprof_guard_begin_sigsafe(&context);
    }
}

static void check_loads(void) {
    int before = steps;
    uint64_t word = 7;
    begin_walks();
    CHECK(!spprof_load64_sigsafe((uintptr_t)pages + PAGE, &word));
    CHECK_EQUAL(7, word);
    CHECK_EQUAL(before, steps); /* no handler was called */
    uint64_t known = 42;
    CHECK(spprof_load64_sigsafe((uintptr_t)&known, &word));
    CHECK_EQUAL(42, word);
}

/* The same world without our handler: the owner of the installed action, and the owner of the
 * action that each library saved. */
static struct {
    int in_front;
    int saved[LIBRARIES];
} world;

/* The path of a fault in that world. Returns its length, or 0 if the path is a circle. */
static int way_without_us(int *whom) {
    int length = 0;
    for (int next = world.in_front;; next = world.saved[next]) {
        if (length == LONGEST) {
            return 0;
        }
        whom[length++] = next;
        if (next == JVM) {
            return length;
        }
    }
}

enum { START = 2 * LIBRARIES, STOP };

/* Step 2 * library installs a library's handler; the next number removes it. */
static void step_without_us(int step) {
    int library = step / 2;
    if (step >= START) {
        return;
    }
    if (step % 2 == 0) {
        world.saved[library] = world.in_front;
        world.in_front = library;
    } else {
        world.in_front = world.saved[library];
    }
}

static void end_session(void) {
    if (sampling) {
        spprof_guard_remove();
        sampling = false;
    }
}

static void step_with_us(int step) {
    if (step == START) {
        CHECK_EQUAL(0, spprof_guard_install(false));
        CHECK_EQUAL(-1, in_front());
        sampling = true;
    } else if (step == STOP) {
        end_session();
        CHECK(in_front() >= 0);
    } else if (step % 2 == 0) {
        install(step / 2);
    } else {
        uninstall(step / 2);
    }
}

static int order[LONGEST], seen, tried;
static int apart = 1;
static int part, parts = 1; /* each part of the orders is a test of its own */
static int possible;        /* orders in which the libraries alone form no circle */
static int chosen;          /* those of this test */

static void show_order(int length) {
    fprintf(stderr, "    order:");
    for (int i = 0; i < length; i++) {
        const char *what[] = {"install", "uninstall"};
        if (order[i] >= START) {
            fprintf(stderr, " %s", order[i] == START ? "start" : "stop");
        } else {
            fprintf(stderr, " %s-%d", what[order[i] % 2], order[i] / 2);
        }
    }
    fprintf(stderr, "\n");
}

static void check_nobody_twice(int length) {
    int visits[LIBRARIES + 1] = {0};
    for (int i = 0; i < steps; i++) {
        visits[way[i]]++;
    }
    if (visits[JVM] != 1 || way[steps - 1] != JVM || visits[0] > 1 || visits[1] > 1 ||
        visits[2] > 1) {
        show_order(length);
        CHECK_EQUAL(1, visits[JVM]);
        CHECK_EQUAL(JVM, way[steps - 1]);
        CHECK(visits[0] < 2 && visits[1] < 2 && visits[2] < 2);
    }
}

/* Resets everything except what our handlers already know. */
static void try_order(int length) {
    put(&actions[JVM]);
    world.in_front = JVM;
    for (int i = 0; i < length; i++) {
        int right_way[LONGEST];
        step_without_us(order[i]);
        int steps_wanted = way_without_us(right_way);
        if (steps_wanted == 0) {
            end_session();
            return; /* the libraries alone form a circle */
        }
        step_with_us(order[i]);
        if (sampling) {
            check_loads();
        }
        fault();
        if (polite) {
            check_nobody_twice(i + 1);
            continue;
        }
        if (steps != steps_wanted || memcmp(way, right_way, sizeof *way * (size_t)steps) != 0 ||
            (!sampling && in_front() >= 0 && in_front() != world.in_front)) {
            show_order(i + 1);
            CHECK_EQUAL(steps_wanted, steps);
            CHECK(memcmp(way, right_way, sizeof *way * (size_t)steps) == 0);
            CHECK_EQUAL(world.in_front, in_front());
        }
    }
    end_session();
    tried++;
}

static bool is_possible(int length) {
    int right_way[LONGEST];
    world.in_front = JVM;
    for (int i = 0; i < length; i++) {
        step_without_us(order[i]);
        if (way_without_us(right_way) == 0) {
            return false;
        }
    }
    return true;
}

static void choose_order(int length) {
    bool is_circle = !is_possible(length);
    possible += !is_circle;
    if (seen % parts == part && seen / parts % apart == 0) {
        chosen += !is_circle;
        try_order(length);
    }
    seen++;
}

/* Tries every order of the remaining `steps_left`. The libraries are interchangeable, so their
 * first steps are in fixed order. */
static void try_all(int length, int libraries, int *steps_left) {
    bool more = false;
    for (int who = 0; who <= libraries; who++) {
        int step = who == libraries ? START : 2 * who;
        if (who > 0 && who < libraries && steps_left[who] == steps_left[libraries + 1] &&
            steps_left[who - 1] == steps_left[libraries + 1]) {
            continue; /* not before the previous library */
        }
        if (steps_left[who] > 0) {
            more = true;
            order[length] = step + steps_left[who] % 2;
            steps_left[who]--;
            try_all(length + 1, libraries, steps_left);
            steps_left[who]++;
        }
    }
    if (!more) {
        choose_order(length);
    }
}

static void in_every_order(int libraries, int times, int sessions, int orders) {
    int steps_left[LIBRARIES + 2];
    for (int i = 0; i <= LIBRARIES + 1; i++) {
        steps_left[i] = 2 * times;
    }
    steps_left[libraries] = 2 * sessions;
    steps_left[libraries + 1] = 2 * times;
    const char *text = getenv("SPPROF_ORDERS_APART");
    if (text != NULL) {
        apart = atoi(text);
    }
    setup();
    try_all(0, libraries, steps_left);
    CHECK_EQUAL(orders, possible);
    CHECK_EQUAL(chosen, tried);
    CHECK(tried > orders / apart / parts / 2);
}

TEST(one_library_in_every_order) {
    in_every_order(1, 2, 3, 210);
}

TEST(two_libraries_in_every_order) {
    in_every_order(2, 2, 2, 13365);
}

TEST(three_libraries_in_every_order) {
    in_every_order(3, 1, 3, 13860);
}

/* A library behind another handler (ours, for instance) stays and continues to forward faults. */
TEST(three_libraries_that_leave_only_from_the_front_in_every_order) {
    polite = true;
    in_every_order(3, 1, 2, 3150);
}

static void check_way(int first, int second, int third) {
    const int right_way[] = {first, second, third};
    fault();
    for (int i = 0; i < 3 && right_way[i] >= 0; i++) {
        CHECK(steps > i);
        CHECK_EQUAL(right_way[i], way[i]);
    }
    CHECK_EQUAL(JVM, way[steps - 1]);
}

/* The library saves our handler, which forwards to that library. Without us the library would call
 * itself forever. */
TEST(a_library_that_installs_its_handler_twice) {
    setup();
    CHECK_EQUAL(0, spprof_guard_install(false));
    install(0);
    spprof_guard_remove();
    CHECK_EQUAL(0, spprof_guard_install(false));
    check_way(0, JVM, -1);
    install(0);
    check_way(0, 0, JVM);
    spprof_guard_remove();
    check_way(0, 0, JVM);
    CHECK_EQUAL(0, spprof_guard_install(false));
    check_way(0, JVM, -1);
    check_loads();
    spprof_guard_remove();
    check_way(0, 0, JVM);
}

/* The JVM's handler is lost in this case, with and without us. Our loads must still work, because
 * they need no other handler. */
TEST(a_library_that_passes_nothing_on) {
    setup();
    CHECK_EQUAL(0, spprof_guard_install(false));
    install(0);
    memset(&saved[0], 0, sizeof saved[0]);
    check_loads();
    spprof_guard_remove();
    CHECK_EQUAL(0, in_front());
}

TEST(a_handler_for_one_fault_only) {
    setup();
    struct spprof_action once = actions[0];
    once.flags |= SA_RESETHAND;
    saved[0] = actions[JVM];
    put(&once);
    CHECK_EQUAL(0, spprof_guard_install(false));
    for (int i = 0; i < 10; i++) {
        uint64_t word;
        CHECK(!spprof_load64_sigsafe((uintptr_t)pages + PAGE, &word));
    }
    check_way(0, JVM, -1);
    const struct spprof_action by_default = {0};
    struct spprof_action action = now();
    CHECK(spprof_action_same_handler(&by_default, &action));
    check_loads();
    spprof_guard_remove();
}

TEST(a_ninth_action_is_left_in_front) {
    setup();
    for (int i = 0; i < 12; i++) {
        struct spprof_action other = actions[JVM];
        other.mask[6] = (unsigned char)i;
        put(&other);
        CHECK_EQUAL(0, spprof_guard_install(false));
        struct spprof_action found = now();
        CHECK_EQUAL(i >= SPPROF_GUARD_HANDLERS, spprof_action_same_handler(&found, &other));
        fault();
        CHECK_EQUAL(1, steps);
        check_loads();
        spprof_guard_remove();
        found = now();
        CHECK(memcmp(&found, &other, sizeof other) == 0);
    }
}

static bool inside_a_library;

/* A sampling signal arrives while a library's handler blocks SIGSEGV. */
static void sample(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    int saved_errno = errno;
    uint64_t word;
    spprof_guard_begin_sigsafe(context);
    CHECK(!spprof_load64_sigsafe((uintptr_t)pages + PAGE, &word));
    inside_a_library = true;
    errno = saved_errno;
}

static void library_with_a_signal(int signal, siginfo_t *info, void *context) {
    raise(SIGPROF);
    sigset_t mask;
    CHECK_EQUAL(0, pthread_sigmask(SIG_BLOCK, NULL, &mask));
    CHECK(sigismember(&mask, SIGSEGV)); /* as before the signal */
    chain(1, signal, info, context);
}

TEST(a_load_while_a_library_blocks_the_signal) {
    setup();
    struct spprof_action sampler = actions[2];
    CHECK(spprof_action_set_handler(&sampler, sample));
    CHECK_EQUAL(0, spprof_action_put_sigsafe(SIGPROF, &sampler, NULL));
    CHECK(spprof_action_set_handler(&actions[1], library_with_a_signal));
    for (int behind = 0; behind < 2; behind++) {
        if (behind) {
            install(1);
        }
        CHECK_EQUAL(0, spprof_guard_install(false));
        if (!behind) {
            install(1);
        }
        inside_a_library = false;
        check_way(1, JVM, -1);
        CHECK(inside_a_library);
        spprof_guard_remove();
        put(&actions[JVM]);
    }
}

/* As a sandbox does. The test runs in a process of its own. */
static void forbid_the_call(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    CHECK_EQUAL(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK_EQUAL(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

TEST(loads_go_through_the_handlers_in_front_where_the_call_is_forbidden) {
    setup();
    forbid_the_call();
    CHECK_EQUAL(0, spprof_guard_install(false));
    for (int i = 0; i < LIBRARIES; i++) {
        uint64_t word, known = 42;
        install(i);
        steps = 0;
        begin_walks();
        CHECK(!spprof_load64_sigsafe((uintptr_t)pages + PAGE, &word));
        CHECK_EQUAL(i + 1, steps); /* all handlers before ours */
        CHECK(spprof_load64_sigsafe((uintptr_t)&known, &word));
        CHECK_EQUAL(42, word);
    }
    spprof_guard_remove();
    CHECK_EQUAL(LIBRARIES - 1, in_front());
    CHECK_EQUAL(-EPERM, spprof_guard_install(true));
}

static void run_in_parts(const char *name, void (*test)(void)) {
    parts = 10;
    for (part = 0; part < parts; part++) {
        char with_part[128];
        snprintf(with_part, sizeof with_part, "%s [%d of %d]", name, part + 1, parts);
        run_test(with_part, test);
    }
    part = 0;
    parts = 1;
}

int main(void) {
    RUN(one_library_in_every_order);
    run_in_parts("two_libraries_in_every_order", two_libraries_in_every_order);
    run_in_parts("three_libraries_in_every_order", three_libraries_in_every_order);
    RUN(three_libraries_that_leave_only_from_the_front_in_every_order);
    RUN(a_library_that_installs_its_handler_twice);
    RUN(a_library_that_passes_nothing_on);
    RUN(a_handler_for_one_fault_only);
    RUN(a_ninth_action_is_left_in_front);
    RUN(a_load_while_a_library_blocks_the_signal);
    RUN(loads_go_through_the_handlers_in_front_where_the_call_is_forbidden);
    return report();
}
