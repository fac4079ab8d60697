/* The sampler with real timers and signals, without a JVM. */
#include "sampler.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include "counters.h"
#include "fake_jvm.h"
#include "gate.h"
#include "handler.h"
#include "ring_reader.h"
#include "test.h"

#define MS UINT64_C(1000000)
#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000 /* the kernel's asm/signal.h */
#endif

static struct spprof_sampler_config config = {
    .interval_ns = MS, .ring_bytes = 1 << 20, .walk_buffers = 8, .depth = 16};

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void burn(uint64_t ns) {
    uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;
    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
        for (volatile int i = 0; i < 1000; i++) {
        }
    }
}

static void count_thread(pid_t tid, void *context) {
    (void)tid;
    ++*(int *)context;
}

/* Ours, and those of a sanitizer's runtime. */
static int threads_now(void) {
    int count = 0;
    CHECK_EQUAL(0, spprof_platform_threads(count_thread, &count));
    return count;
}

static void setup(void) {
    CHECK_EQUAL(0, spprof_threads_init());
    frames_per_walk = 5;
}

static uint64_t dropped(void) {
    uint64_t sum = 0;
    for (int i = 0; i < SPPROF_DROP_REASONS; i++) {
        sum += spprof_counters.dropped[i];
    }
    return sum;
}

static int timers_left(void) {
    FILE *timers = fopen("/proc/self/timers", "r");
    CHECK(timers != NULL);
    char line[256];
    int count = 0;
    while (fgets(line, sizeof line, timers) != NULL) {
        count += strncmp(line, "ID:", 3) == 0;
    }
    fclose(timers);
    return count;
}

static void check_no_trace(const struct sigaction *before) {
    struct sigaction now;
    CHECK_EQUAL(0, sigaction(SIGPROF, NULL, &now));
    /* SA_RESTORER is the C library's own mark on every action that it passes to the kernel. */
    CHECK_EQUAL(before->sa_flags & ~SA_RESTORER, now.sa_flags & ~SA_RESTORER);
    CHECK(before->sa_handler == now.sa_handler);
#ifndef __SANITIZE_THREAD__ /* its runtime stands between us and the kernel, with a mask of its \
                               own */
    CHECK(memcmp(&before->sa_mask, &now.sa_mask, 8) == 0);
#endif
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    CHECK(!sigismember(&mask, SIGPROF));
    sigpending(&mask);
    CHECK(!sigismember(&mask, SIGPROF));
    CHECK_EQUAL(0, timers_left());
    CHECK_EQUAL(0, spprof_gate_in_flight());
    CHECK(!events_on);
    CHECK_EQUAL(0, spprof_counters.threads_sampled);
    CHECK_EQUAL(0, spprof_counters.threads_failed);
    CHECK_EQUAL(spprof_counters.signals, spprof_counters.committed + dropped());
}

static struct sigaction current_action(void) {
    struct sigaction action;
    CHECK_EQUAL(0, sigaction(SIGPROF, NULL, &action));
    return action;
}

struct tally {
    uint64_t samples, names, cpu_ns, truncated, walked, native, exits;
};

static void add_to_tally(const struct spprof_record *record, void *context) {
    struct tally *tally = context;
    if (record->type == SPPROF_RECORD_THREAD) {
        tally->names++;
        return;
    }
    CHECK_EQUAL(SPPROF_RECORD_SAMPLE, record->type);
    CHECK(record->cpu_ns >= config.interval_ns);
    CHECK(record->thread > 0);
    tally->samples++;
    tally->cpu_ns += record->cpu_ns;
    tally->truncated += record->flags & SPPROF_FLAG_TRUNCATED;
    tally->walked += record->walk == SPPROF_WALK_OK;
    tally->native += record->walk == SPPROF_WALK_NATIVE_THREAD;
    tally->exits += record->walk == SPPROF_WALK_THREAD_EXIT;
    const struct spprof_frame *frames = (const struct spprof_frame *)(record + 1);
    for (uint32_t i = 0; i < record->count; i++) {
        CHECK_EQUAL(i + 1, frames[i].method);
    }
}

static struct tally read_ring(void) {
    struct tally tally = {0};
    ring_read(&spprof_handler_session.ring, add_to_tally, &tally);
    return tally;
}

TEST(sampler_counts_every_signal_and_all_cpu_time) {
    setup();
    struct sigaction before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    burn(500 * MS);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    uint64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    check_no_trace(&before);
    struct tally tally = read_ring();
    CHECK_EQUAL(tally.samples, spprof_counters.committed);
    CHECK(tally.samples > 10);
    CHECK_EQUAL(tally.samples, tally.walked + tally.native);
    CHECK_EQUAL(threads_now(), tally.names);
    /* One thread: the expirations are counted to the last, so only start and stop are between. */
    uint64_t accounted =
        tally.cpu_ns + spprof_counters.dropped_cpu_ns + spprof_counters.unsignalled_cpu_ns;
    CHECK(accounted + 10 * MS > used && accounted < used + 10 * MS);
    CHECK_EQUAL(0, spprof_sampler_release());
}

TEST(sampler_refuses_what_comes_at_the_wrong_time) {
    setup();
    CHECK_EQUAL(-EINVAL, spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(-EINVAL, spprof_sampler_sweep(NULL, false));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(-EALREADY, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(-EINVAL, spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(-EALREADY, spprof_sampler_start(NULL, &config)); /* not released yet */
    CHECK_EQUAL(0, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_release());
}

static void foreign_handler(int signal) {
    (void)signal;
}

static void check_start_leaves_nothing(int error) {
    struct sigaction before = current_action();
    CHECK_EQUAL(error, spprof_sampler_start(NULL, &config));
    check_no_trace(&before);
    uint64_t size;
    CHECK(spprof_sampler_ring(&size) == NULL);
}

TEST(sampler_that_cannot_start_leaves_nothing) {
    setup();
    walker_missing = true;
    check_start_leaves_nothing(-ENOSYS);
    walker_missing = false;
    events_fail = true;
    check_start_leaves_nothing(-EIO);
    events_fail = false;
    config.depth = SPPROF_MAX_DEPTH + 1;
    check_start_leaves_nothing(-EINVAL);
    config.depth = 16;
    config.ring_bytes = 5000;
    check_start_leaves_nothing(-EINVAL);
    config.ring_bytes = 1 << 20;
    signal(SIGPROF, foreign_handler);
    check_start_leaves_nothing(-EBUSY);
    signal(SIGPROF, SIG_DFL);
    struct rlimit none = {0, 0};
    CHECK_EQUAL(0, setrlimit(RLIMIT_SIGPENDING, &none));
    check_start_leaves_nothing(-EAGAIN);
    CHECK_EQUAL(-EAGAIN, spprof_threads_last_error());
}

TEST(sampler_restores_an_ignored_signal) {
    setup();
    signal(SIGPROF, SIG_IGN);
    struct sigaction before = current_action();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(20 * MS);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    check_no_trace(&before);
    CHECK(current_action().sa_handler == SIG_IGN);
}

TEST(sampler_leaves_a_handler_that_replaced_ours) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    burn(10 * MS);
    signal(SIGPROF, foreign_handler);
    CHECK_EQUAL(1, spprof_sampler_stop(NULL, 1000));
    CHECK(current_action().sa_handler == foreign_handler);
    CHECK_EQUAL(0, timers_left());
}

TEST(sampler_stopped_to_the_default_action_survives_under_load) {
    setup();
    CHECK(current_action().sa_handler == SIG_DFL); /* a SIGPROF from here on would kill */
    for (int i = 0; i < 20; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        burn(8 * MS);
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
        CHECK_EQUAL(0, spprof_sampler_release());
        burn(8 * MS);
    }
}

TEST(a_full_ring_drops_and_counts) {
    setup();
    config.ring_bytes = 4096;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (spprof_counters.dropped[SPPROF_DROP_BUFFER_FULL] < 5) {
        burn(5 * MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(spprof_counters.signals, spprof_counters.committed + dropped());
    CHECK(spprof_counters.dropped_cpu_ns >= 5 * MS);
    CHECK_EQUAL(spprof_counters.committed, read_ring().samples);
}

TEST(a_foreign_signal_is_counted_and_harms_nothing) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    raise(SIGPROF);
    CHECK_EQUAL(1, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
    union sigval value = {.sival_ptr = &config};
    CHECK_EQUAL(0, sigqueue(getpid(), SIGPROF, value));
    CHECK_EQUAL(2, spprof_counters.dropped[SPPROF_DROP_FOREIGN]);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    CHECK_EQUAL(spprof_counters.signals, spprof_counters.committed + dropped());
}

TEST(a_handler_keeps_errno) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks < 3) {
        errno = ENOTTY;
        burn(MS);
        CHECK_EQUAL(ENOTTY, errno);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
}

TEST(a_deep_stack_keeps_exactly_depth_frames) {
    setup();
    frames_per_walk = 17;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks < 3) {
        burn(MS);
    }
    frames_per_walk = 16;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    struct tally tally = read_ring();
    CHECK(tally.truncated >= 3 && tally.truncated <= tally.samples);
}

TEST(a_stack_that_cannot_be_walked_is_kept_with_its_cause) {
    setup();
    frames_per_walk = -5;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks < 3) {
        burn(MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    struct tally tally = read_ring();
    CHECK_EQUAL(0, tally.walked);
    CHECK(tally.samples >= 3);
}

static void *java_thread(void *ms) {
    spprof_threads_started(&walks, "worker");
    burn((uint64_t)(uintptr_t)ms * MS);
    spprof_threads_ended("worker");
    return NULL;
}

/* Only glibc can give a mask with a thread's attributes. */
static void *java_thread_unblocked(void *ms) {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return java_thread(ms);
}

TEST(a_handler_that_does_not_finish_makes_the_stop_fail_and_keeps_its_memory) {
    setup();
    walker_hangs = true;
    /* The hanging walk must not be this thread's: it has to call stop. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t hanging;
    CHECK_EQUAL(0, pthread_create(&hanging, NULL, java_thread_unblocked, (void *)200));
    while (walks == 0) {
        sched_yield();
    }
    CHECK_EQUAL(-ETIMEDOUT, spprof_sampler_stop(NULL, 50)); /* and does not wait for a lock */
    CHECK(!spprof_gate_is_open_sigsafe());
    CHECK_EQUAL(-EBUSY, spprof_sampler_release());
    CHECK_EQUAL(-EALREADY, spprof_sampler_start(NULL, &config));
    uint64_t size;
    CHECK(spprof_sampler_ring(&size) != NULL);
    walker_hangs = false;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 5000));
    CHECK_EQUAL(spprof_counters.signals, spprof_counters.committed + dropped());
    pthread_join(hanging, NULL);
    CHECK_EQUAL(0, spprof_sampler_release());
}

/*
 * Threads of 5 ms, half of the interval: without the settling at their end, those expirations would
 * be missing which the kernel had not noticed before its next tick.
 */
TEST(short_threads_are_seen_in_proportion) {
    setup();
    config.interval_ns = 10 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    for (int i = 0; i < 400; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)5));
        pthread_join(thread, NULL);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    struct tally tally = read_ring();
    /* Each gives 10 ms with probability 1/2: mean 2000 ms, standard deviation 100 ms. Five of them.
     */
    CHECK(tally.cpu_ns > 1500 * MS && tally.cpu_ns < 2600 * MS);
    CHECK(tally.exits > 0);
}

static _Atomic bool over;

static void *busy(void *unused) {
    (void)unused;
    spprof_threads_started(&walks, "busy");
    while (!over) {
        burn(MS);
    }
    spprof_threads_ended("busy");
    return NULL;
}

static void *busy_native(void *unused) {
    (void)unused;
    while (!over) {
        burn(MS);
    }
    return NULL;
}

static void *spawner(void *unused) {
    (void)unused;
    while (!over) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, java_thread, (void *)1) == 0) {
            pthread_join(thread, NULL);
        }
    }
    return NULL;
}

TEST(sampler_cycles_under_load_leave_no_trace) {
    setup();
    config.interval_ns = MS / 10;
    struct sigaction before = current_action();
    pthread_t threads[6];
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, busy, NULL));
    }
    CHECK_EQUAL(0, pthread_create(&threads[3], NULL, busy_native, NULL));
    CHECK_EQUAL(0, pthread_create(&threads[4], NULL, spawner, NULL));
    CHECK_EQUAL(0, pthread_create(&threads[5], NULL, spawner, NULL));
    uint64_t samples = 0;
    for (int i = 0; i < 150; i++) {
        CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
        for (int j = 0; j < 2; j++) {
            burn(4 * MS);
            CHECK(spprof_sampler_sweep(NULL, j == 1) > 0);
            samples += read_ring().samples;
        }
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 5000));
        check_no_trace(&before);
        samples += read_ring().samples;
        CHECK_EQUAL(samples, spprof_counters.committed);
        CHECK_EQUAL(0, spprof_sampler_release());
    }
    over = true;
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(samples > 0);
}

TEST(a_native_thread_is_found_by_a_sweep_and_sampled_without_a_stack) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native, NULL));
    CHECK(spprof_sampler_sweep(NULL, false) >= 2);
    while (read_ring().native == 0) {
        sched_yield();
    }
    over = true;
    pthread_join(thread, NULL);
    /* Its timer goes once the system let go of it. */
    while (spprof_sampler_sweep(NULL, false) != threads_now()) {
        sched_yield();
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
}

TEST(an_excluded_thread_is_not_sampled) {
    setup();
    spprof_threads_exclude(true);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native, NULL));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    CHECK_EQUAL(threads_now() - 1, spprof_counters.threads_sampled);
    burn(50 * MS);
    CHECK_EQUAL(0, walks);
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    spprof_threads_exclude(false);
    CHECK_EQUAL(0, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks == 0) {
        burn(MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
}

TEST(threads_beyond_the_limit_are_counted_and_the_rest_is_sampled) {
    setup();
    struct rlimit few = {3, 3};
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, busy_native, NULL));
    }
    CHECK_EQUAL(0, setrlimit(RLIMIT_SIGPENDING, &few));
    int result = spprof_sampler_start(NULL, &config);
    /* The limit counts all processes of the user: others may have used it up. */
    if (result == 0) {
        CHECK(spprof_counters.threads_failed > 0);
        CHECK_EQUAL(threads_now(),
                    spprof_counters.threads_failed + spprof_counters.threads_sampled);
        CHECK_EQUAL(-EAGAIN, spprof_threads_last_error());
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 1000));
    } else {
        CHECK_EQUAL(-EAGAIN, result);
    }
    CHECK_EQUAL(0, spprof_counters.threads_failed);
    over = true;
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
    }
}

int main(void) {
    RUN(sampler_counts_every_signal_and_all_cpu_time);
    RUN(sampler_refuses_what_comes_at_the_wrong_time);
    RUN(sampler_that_cannot_start_leaves_nothing);
    RUN(sampler_restores_an_ignored_signal);
    RUN(sampler_leaves_a_handler_that_replaced_ours);
    RUN(sampler_stopped_to_the_default_action_survives_under_load);
    RUN(a_full_ring_drops_and_counts);
    RUN(a_foreign_signal_is_counted_and_harms_nothing);
    RUN(a_handler_keeps_errno);
    RUN(a_deep_stack_keeps_exactly_depth_frames);
    RUN(a_stack_that_cannot_be_walked_is_kept_with_its_cause);
    RUN(a_handler_that_does_not_finish_makes_the_stop_fail_and_keeps_its_memory);
    RUN(short_threads_are_seen_in_proportion);
    RUN(sampler_cycles_under_load_leave_no_trace);
    RUN(a_native_thread_is_found_by_a_sweep_and_sampled_without_a_stack);
    RUN(an_excluded_thread_is_not_sampled);
    RUN(threads_beyond_the_limit_are_counted_and_the_rest_is_sampled);
    return report();
}
