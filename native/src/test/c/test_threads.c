/*
 * Tests how a session treats threads that start, end, are excluded from sampling, or get no timer.
 */
#include <semaphore.h>

#include "platform/thread_keys.h"
#include "session.h"
#include "threads/slots.h"
#include "threads/threads.h"

/*
 * Threads of 5 ms, half of the interval. Without the settling at a thread's end, the expiries
 * would be missing that the kernel had not noticed before its next tick.
 */
TEST(short_threads_are_seen_in_proportion) {
    setup();
    config.interval_ns = 10 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < 400; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)5));
        pthread_join(thread, NULL);
    }
    uint64_t own = clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    struct tally tally = read_ring();
    /* Mean 2000 ms, standard deviation 100 ms. */
    check_in_proportion(tally.cpu_ns, own, 400, 10 * MS);
    CHECK(tally.exits > 0);
}

TEST(a_native_thread_is_found_by_a_sweep_and_sampled_without_a_stack) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native, NULL));
    CHECK(spprof_sampler_sweep(NULL) >= 2);
    while (read_ring().native == 0) {
        sched_yield();
    }
    over = true;
    pthread_join(thread, NULL);
    /* Its timer is deleted once the system has released the thread. */
    while (spprof_sampler_sweep(NULL) != threads_now()) {
        sched_yield();
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
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
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    spprof_threads_exclude(false);
    CHECK_EQUAL(0, spprof_sampler_release());
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    while (walks == 0) {
        burn(MS);
    }
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
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
        CHECK_EQUAL(SPPROF_FAILED(TIMER, -EAGAIN), spprof_threads_last_error());
        CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    } else {
        CHECK_EQUAL(SPPROF_FAILED(TIMER, -EAGAIN), result);
    }
    CHECK_EQUAL(0, spprof_counters.threads_failed);
    over = true;
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* As in a process whose parent blocked the signal: every thread has inherited the mask. */
TEST(a_start_where_all_threads_block_the_signal_says_so) {
    setup();
    sigset_t profiling;
    sigemptyset(&profiling);
    sigaddset(&profiling, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &profiling, NULL);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native, NULL));
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    char text[256];
    CHECK(spprof_threads_blocking(text, sizeof text));
    CHECK(atoi(text) >= 2);
    CHECK(strstr(text, "threads: test_threads, test_threads") != NULL);
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* This thread blocks the signal while it starts the session and while it sweeps. It is no suspect,
 * since its timer does not expire in the test. */
TEST(a_start_says_nothing_of_blocked_signals_where_none_is) {
    setup();
    config.interval_ns = 1000 * 1000 * 1000 * MS;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    char text[256];
    CHECK(!spprof_threads_blocking(text, sizeof text));
    burn(200 * MS);
    spprof_sampler_sweep(NULL);
    CHECK(!spprof_threads_blocking(text, sizeof text));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static uint64_t cpu_of(pthread_t thread) {
    clockid_t clock;
    CHECK_EQUAL(0, pthread_getcpuclockid(thread, &clock));
    return clock_ns(clock);
}

static sem_t idle_ends;

static void *idle(void *unused) {
    while (sem_wait(&idle_ends) != 0) { /* a signal can interrupt it */
    }
    return unused;
}

/* A native thread of a library that blocks all signals, beside one that does not. This thread,
 * which sweeps, is excluded. */
TEST(a_thread_that_blocks_the_signal_is_found_by_its_clock) {
    setup();
    CHECK_EQUAL(0, sem_init(&idle_ends, 0, 0));
    pthread_t other;
    CHECK_EQUAL(0, pthread_create(&other, NULL, idle, NULL));
    spprof_threads_exclude(true);
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, busy_native, NULL));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    char text[256];
    while (!spprof_threads_blocking(text, sizeof text)) {
        burn(MS);
        spprof_sampler_sweep(NULL);
    }
    CHECK(strncmp(text, "1 thread: test_threads", 22) == 0);
    /* The signal is 50 ms late by then. All of that time counts except the last expiry, and so
     * does the time that follows. */
    uint64_t counted = spprof_counters.unsignalled_cpu_ns;
    CHECK(counted >= 48 * MS);
    uint64_t used; /* before the last sweep, because the thread runs on */
    do {
        burn(MS);
        used = cpu_of(thread);
        spprof_sampler_sweep(NULL);
    } while (spprof_counters.unsignalled_cpu_ns < counted + 50 * MS);
    CHECK(spprof_counters.unsignalled_cpu_ns <= cpu_of(thread));
    over = true;
    pthread_join(thread, NULL);
    while (spprof_counters.unsignalled_cpu_ns + 2 * MS < used) { /* until the sampler finds that the
                                                                  * thread has ended */
        burn(MS);
        spprof_sampler_sweep(NULL);
    }
    sem_post(&idle_ends);
    pthread_join(other, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    spprof_threads_exclude(false);
}

/* Threads that the JVM does not know are found, too, and share a name. */
TEST(native_threads_of_a_process_timer_are_counted_together) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, busy_native, NULL));
    }
    struct tally tally = {0};
    while (tally.native < 20 || tally.names < 2) {
        burn(MS); /* this thread has the other name */
        CHECK_EQUAL(0, spprof_sampler_read_names(NULL));
        struct tally more = read_ring();
        tally.native += more.native;
        tally.names += more.names;
    }
    over = true;
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_EQUAL(2, tally.names);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* Threads reported by ThreadStart, like the JVM's own: their stacks are walked, and their slots are
 * reused. */
TEST(threads_of_a_process_timer_have_their_own_slots) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    uint64_t sampled = spprof_counters.threads_sampled;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, busy, NULL));
    }
    while (spprof_counters.threads_sampled < sampled + 4) {
        sched_yield();
    }
    uint64_t walked = 0;
    while (walked < 20) {
        walked += read_ring().walked;
    }
    over = true;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_EQUAL(sampled, spprof_counters.threads_sampled);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* One after the other, more threads than there are slots at once: the slots are reused. */
TEST(slots_of_threads_that_ended_are_used_again) {
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    for (int i = 0; i < 3000; i++) {
        pthread_t thread;
        CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)0));
        pthread_join(thread, NULL);
        if (i % 100 == 0) {
            spprof_sampler_sweep(NULL);
        }
    }
    CHECK(spprof_slots_used() < 400);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* The inverse of slots.c's multiplier, modulo 2^64, by Newton's iteration. It serves to make ids of
 * one chain. */
static uint64_t id_in_chain_of(uint64_t id, uint64_t which) {
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t inverse = factor;
    for (int i = 0; i < 6; i++) {
        inverse *= 2 - factor * inverse;
    }
    uint64_t chain = (id * factor) & ~UINT64_C(0xFFFFFFFFFFFF);
    return (chain + which + 1) * inverse;
}

static struct spprof_slot *published(uint64_t id) {
    struct spprof_slot *slot = spprof_slots_allocate(id);
    CHECK(slot != NULL);
    spprof_slots_publish(slot);
    return slot;
}

static void *seeker(void *wanted) {
    struct spprof_slot *own = wanted;
    uint64_t id = own->id;
    while (!over) {
        CHECK(spprof_slots_find_sigsafe(id) == own); /* true whatever happens concurrently */
    }
    return NULL;
}

/* Does what handlers do while other threads start and end. */
TEST(a_thread_always_finds_its_own_slot) {
    setup();
    pthread_t threads[2];
    for (uint64_t i = 0; i < 2; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, seeker, published(i + 1)));
    }
    struct spprof_slot *comers[512];
    uint64_t next = 0;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 512; i++) {
            comers[i] = published(id_in_chain_of(1 + next % 2, next));
            next++;
        }
        for (int i = 0; i < 512; i++) {
            spprof_slots_release(comers[i]);
        }
    }
    over = true;
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(spprof_slots_used() <= 514);
}

static const struct spprof_engine *whole;

/* A handler of the thread `id` would look now: its slot's clock is read while the slot is
 * created. */
static int look_for_slot(uint64_t id, uint64_t *ns) {
    struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
    CHECK(slot == NULL || slot->serial > 0);
    return whole->thread_cpu_ns(id, ns);
}

TEST(a_thread_finds_its_slot_only_when_it_has_its_number) {
    setup();
    whole = config.engine;
    struct spprof_engine engine = *whole;
    engine.thread_cpu_ns = look_for_slot;
    config.engine = &engine;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, java_thread, (void *)1));
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK_EQUAL(0, spprof_sampler_release());
}

/* The key of such slots is made at the first start. A library that has made many keys before leaves
 * one that glibc frees while a thread exits, so that handlers do not read it. */
TEST(threads_of_a_process_timer_are_found_without_a_key_for_handlers) {
    pthread_key_t key;
    do {
        CHECK_EQUAL(0, pthread_key_create(&key, NULL));
    } while (key < SPPROF_KEYS_OF_THREADS_BLOCK);
    setup();
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    thread_starts();
    struct spprof_signal signal;
    CHECK(config.engine->signal_sigsafe(&(siginfo_t){.si_code = SI_KERNEL}, &signal));
    CHECK_EQUAL(spprof_key_is_for_handlers(key), signal.value != NULL);
    bool stale;
    struct spprof_slot *own = spprof_slots_find_sigsafe(config.engine->thread_id_sigsafe());
    CHECK(own != NULL && own == spprof_threads_slot_sigsafe(config.engine, &signal, &stale));
    thread_ends("main");
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

int main(void) {
    RUN_WITH_BOTH(a_thread_finds_its_slot_only_when_it_has_its_number);
    RUN_WITH(ctimer, short_threads_are_seen_in_proportion);
    RUN_WITH(ctimer, a_native_thread_is_found_by_a_sweep_and_sampled_without_a_stack);
    RUN_WITH(ctimer, an_excluded_thread_is_not_sampled);
    RUN_WITH(ctimer, threads_beyond_the_limit_are_counted_and_the_rest_is_sampled);
    RUN_WITH(ctimer, a_start_where_all_threads_block_the_signal_says_so);
    RUN_WITH(ctimer, a_start_says_nothing_of_blocked_signals_where_none_is);
    RUN_WITH(ctimer, a_thread_that_blocks_the_signal_is_found_by_its_clock);
    RUN_WITH(itimer, native_threads_of_a_process_timer_are_counted_together);
    RUN_WITH(itimer, threads_of_a_process_timer_have_their_own_slots);
    RUN_WITH(itimer, threads_of_a_process_timer_are_found_without_a_key_for_handlers);
    RUN_WITH_BOTH(slots_of_threads_that_ended_are_used_again);
    RUN(a_thread_always_finds_its_own_slot);
    return report();
}
