/*
 * Tests the names of threads: which names the sampler reads, when it reads them, and where it
 * writes them among the samples in the ring.
 */
#include <semaphore.h>
#include <sys/syscall.h>

#include "session.h"
#include "threads/thread_name.h"

/* The records of the ring, in order. */
struct seen {
    uint32_t thread;
    bool sample;
    uint64_t system_id, java_id;
    char name[SPPROF_MAX_NAME + 1];
};

static struct seen seen[4096];
static int seen_count;

static void see(const struct spprof_record *record, void *unused) {
    (void)unused;
    CHECK(seen_count < 4096);
    struct seen *next = &seen[seen_count++];
    *next = (struct seen){.thread = record->thread, .sample = record->type == SPPROF_RECORD_SAMPLE};
    if (!next->sample) {
        CHECK_EQUAL(SPPROF_RECORD_THREAD, record->type);
        next->system_id = record->system_id;
        next->java_id = record->java_id;
        memcpy(next->name, record + 1, record->name_bytes);
    }
}

static void read_all(void) {
    seen_count = 0;
    ring_read(&spprof_handler_session.ring, see, NULL);
}

static int count_names(const char *name) {
    int count = 0;
    for (int i = 0; i < seen_count; i++) {
        count += !seen[i].sample && strcmp(seen[i].name, name) == 0;
    }
    return count;
}

/* The name that a sample is filed under (thread_name.h): the next name of its thread in the ring,
 * or else the last. */
static const char *name_of(int sample) {
    const char *last = "";
    for (int i = 0; i < seen_count; i++) {
        if (!seen[i].sample && seen[i].thread == seen[sample].thread) {
            if (i > sample) {
                return seen[i].name;
            }
            last = seen[i].name;
        }
    }
    return last;
}

/* Checks that samples of the thread come before the name, and that all samples of the thread are
 * filed under it. */
static void check_named_after_its_samples(const char *name) {
    int at = 0;
    while (at < seen_count && (seen[at].sample || strcmp(seen[at].name, name) != 0)) {
        at++;
    }
    CHECK(at < seen_count);
    int before = 0;
    for (int i = 0; i < seen_count; i++) {
        if (seen[i].sample && seen[i].thread == seen[at].thread) {
            CHECK(strcmp(name_of(i), name) == 0);
            before += i < at;
        }
    }
    CHECK(before > 0);
}

static void begin(uint64_t interval_ns) {
    setup();
    config.interval_ns = interval_ns;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
}

static void look(void) {
    CHECK_EQUAL(0, spprof_sampler_read_names(NULL));
}

static void be_sampled(void) {
    int before = walks;
    while (walks == before) {
        burn(MS);
    }
}

TEST(a_name_stands_behind_the_samples_that_it_is_for) {
    begin(MS);
    be_sampled();
    java_name = "first";
    look();
    be_sampled();
    look();
    be_sampled();
    java_name = "second";
    look();
    read_all();
    int first = 0, second = 0;
    for (int i = 0; i < seen_count; i++) {
        first = !seen[i].sample && strcmp(seen[i].name, "first") == 0 ? i : first;
        second = !seen[i].sample && strcmp(seen[i].name, "second") == 0 ? i : second;
    }
    CHECK(first > 0 && second > first);
    CHECK_EQUAL(1, count_names("first")); /* not again while the name is the same */
    CHECK(seen[first - 1].sample && seen[second - 1].sample);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    CHECK(!names_begun);
}

TEST(samples_up_to_the_stop_are_named) {
    begin(MS);
    be_sampled();
    java_name = "at the stop";
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
    read_all();
    check_named_after_its_samples("at the stop");
}

static void *named_thread(void *ms) {
    thread_starts();
    burn((uint64_t)(uintptr_t)ms * MS);
    thread_ends("its own");
    return NULL;
}

static void run_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, body, argument));
    pthread_join(thread, NULL);
}

TEST(a_thread_that_was_not_sampled_is_not_asked_its_name) {
    begin(1000 * 1000 * 1000 * MS); /* no expiry is near the end of a thread */
    for (int i = 0; i < 50; i++) {
        run_thread(named_thread, NULL);
    }
    look();
    read_all();
    CHECK_EQUAL(0, count_names("its own"));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

TEST(a_short_thread_that_was_sampled_says_its_name_at_its_end) {
    begin(MS);
    run_thread(named_thread, (void *)20);
    read_all();
    CHECK_EQUAL(1, count_names("its own"));
    check_named_after_its_samples("its own");
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static _Atomic bool may_end;
static sem_t samples_wanted;
static pthread_t ending;

static _Atomic uint64_t ending_id;

static bool is_marked(uint64_t id) {
    return *spprof_slots_mark_sigsafe(spprof_slots_find_sigsafe(id)) == SPPROF_MARK_SAMPLED;
}

/* Sleeps between two requests, so that it is not sampled then. */
static void *is_sampled_on_request(void *unused) {
    (void)unused;
    thread_starts();
    ending_id = spprof_engine_ctimer.thread_id_sigsafe();
    for (;;) {
        while (sem_wait(&samples_wanted) != 0) { /* a signal interrupts it */
        }
        if (may_end) {
            break;
        }
        while (!is_marked(ending_id)) {
            burn(MS);
        }
    }
    thread_ends("its end");
    return NULL;
}

/* A walk alone may be another thread's, and comes before the mark. */
static void one_more_sample(void) {
    CHECK_EQUAL(0, sem_post(&samples_wanted));
    while (!is_marked(ending_id)) {
        sched_yield();
    }
}

static bool is_named(uint32_t thread, const char *name) {
    bool found = false;
    for (int i = 0; i < seen_count; i++) {
        found |= !seen[i].sample && seen[i].thread == thread && strcmp(seen[i].name, name) == 0;
    }
    return found;
}

static uint32_t thread_named(const char *name) {
    for (int i = 0; i < seen_count; i++) {
        if (!seen[i].sample && strcmp(seen[i].name, name) == 0) {
            return seen[i].thread;
        }
    }
    return 0;
}

/* Then the thread sleeps or uses hardly any CPU time. The next look reads its name because of that
 * one sample. */
TEST(a_sample_that_comes_while_its_name_is_read_stays_marked) {
    begin(MS);
    CHECK_EQUAL(0, sem_init(&samples_wanted, 0, 0));
    CHECK_EQUAL(0, pthread_create(&ending, NULL, is_sampled_on_request, NULL));
    while (ending_id == 0) {
        sched_yield();
    }
    const struct spprof_slot *slot = spprof_slots_find_sigsafe(ending_id);
    one_more_sample();
    java_name = "before";
    while_reading = one_more_sample;
    look();
    while_reading = NULL;
    java_name = "after";
    look();
    read_all();
    CHECK(is_named(slot->serial, "before"));
    CHECK(is_named(slot->serial, "after"));
    may_end = true;
    CHECK_EQUAL(0, sem_post(&samples_wanted));
    pthread_join(ending, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static void *ends_on_request(void *unused) {
    (void)unused;
    thread_starts();
    ending_id = spprof_engine_ctimer.thread_id_sigsafe();
    while (!may_end) {
        if (!is_marked(ending_id)) {
            burn(MS);
        } else {
            sched_yield();
        }
    }
    thread_ends("its own");
    return NULL;
}

static void let_it_end(void) {
    may_end = true;
    pthread_join(ending, NULL);
}

/* The name that was read may belong to the next thread with the same JNIEnv. */
TEST(a_thread_that_ends_while_its_name_is_read_names_its_samples_itself) {
    begin(MS);
    CHECK_EQUAL(0, pthread_create(&ending, NULL, ends_on_request, NULL));
    while (ending_id == 0 || !is_marked(ending_id)) {
        sched_yield();
    }
    java_name = "read too late";
    while_reading = let_it_end;
    look();
    while_reading = NULL;
    read_all();
    CHECK_EQUAL(1, count_names("its own"));
    /* For the calling thread itself, the name is certain. */
    CHECK(!is_named(thread_named("its own"), "read too late"));
    check_named_after_its_samples("its own");
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static void *fills_the_ring(void *unused) {
    (void)unused;
    thread_starts();
    while (spprof_counters.dropped[SPPROF_DROP_BUFFER_FULL] == 0) {
        burn(MS);
    }
    thread_ends("its own");
    return NULL;
}

TEST(a_ring_that_is_full_of_samples_has_room_for_a_name) {
    setup();
    config.ring_bytes = 4096;
    CHECK_EQUAL(0, spprof_sampler_start(NULL, &config));
    read_all(); /* names that were reported at the start */
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, fills_the_ring, NULL));
    pthread_join(thread, NULL);
    read_all();
    CHECK_EQUAL(1, count_names("its own"));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static _Atomic int renamed;

static void *renames_itself(void *unused) {
    (void)unused;
    CHECK_EQUAL(0, pthread_setname_np(pthread_self(), "first"));
    renamed = 1;
    while (renamed == 1) {
        burn(MS);
    }
    CHECK_EQUAL(0, pthread_setname_np(pthread_self(), "second"));
    renamed = 3;
    while (!over) {
        burn(MS);
    }
    return NULL;
}

static void wait_for_name(const char *name) {
    do {
        look();
        read_all();
        sched_yield();
    } while (count_names(name) == 0);
}

TEST(a_native_thread_is_called_by_its_present_name) {
    begin(MS);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, renames_itself, NULL));
    while (renamed != 1) {
        sched_yield();
    }
    CHECK(spprof_sampler_sweep(NULL) >= 2);
    wait_for_name("first");
    renamed = 2;
    while (renamed != 3) {
        sched_yield();
    }
    wait_for_name("second");
    over = true;
    pthread_join(thread, NULL);
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* If the JVM does not find a thread, the system's name is used. */
TEST(a_java_thread_that_is_not_found_has_the_systems_name) {
    begin(MS);
    CHECK_EQUAL(0, pthread_setname_np(pthread_self(), "by-the-system"));
    java_name = NULL;
    be_sampled();
    look();
    be_sampled();
    look();
    read_all();
    CHECK_EQUAL(1, count_names("by-the-system"));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

static uint64_t own_system_id(void) {
    return config.engine->system_ids ? (uint64_t)syscall(SYS_gettid) : 0;
}

/* Checks the numbers in all records with the name. Returns how many there are. */
static int check_numbers(const char *name, uint64_t system_id, uint64_t number) {
    int count = 0;
    for (int i = 0; i < seen_count; i++) {
        if (!seen[i].sample && strcmp(seen[i].name, name) == 0) {
            CHECK_EQUAL(system_id, seen[i].system_id);
            CHECK_EQUAL(number, seen[i].java_id);
            count++;
        }
    }
    return count;
}

TEST(a_name_has_the_numbers_of_its_thread) {
    begin(MS);
    java_name = "numbered";
    java_id = 7;
    be_sampled();
    look();
    be_sampled();
    look();
    read_all();
    CHECK_EQUAL(1, check_numbers("numbered", own_system_id(), 7));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

/* It has a new java.lang.Thread, which can have the old one's name. */
TEST(a_thread_that_comes_back_to_the_jvm_is_named_again) {
    begin(MS);
    java_name = "attached";
    java_id = 7;
    be_sampled();
    look();
    read_all();
    CHECK_EQUAL(1, check_numbers("attached", own_system_id(), 7));
    thread_ends("attached");
    java_id = 8;
    thread_starts();
    be_sampled();
    look();
    read_all();
    CHECK_EQUAL(1, check_numbers("attached", own_system_id(), 8));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

TEST(the_systems_name_has_no_number_of_the_jvm) {
    begin(MS);
    CHECK_EQUAL(0, pthread_setname_np(pthread_self(), "by-the-system"));
    java_name = NULL;
    be_sampled();
    look();
    read_all();
    CHECK_EQUAL(1, check_numbers("by-the-system", own_system_id(), 0));
    CHECK_EQUAL(0, spprof_sampler_stop(NULL, 60000));
}

int main(void) {
    RUN_WITH_BOTH(a_name_stands_behind_the_samples_that_it_is_for);
    RUN_WITH_BOTH(samples_up_to_the_stop_are_named);
    RUN_WITH(ctimer, a_thread_that_was_not_sampled_is_not_asked_its_name);
    RUN_WITH(ctimer, a_short_thread_that_was_sampled_says_its_name_at_its_end);
    RUN_WITH(ctimer, a_sample_that_comes_while_its_name_is_read_stays_marked);
    RUN_WITH(ctimer, a_thread_that_ends_while_its_name_is_read_names_its_samples_itself);
    RUN_WITH(ctimer, a_ring_that_is_full_of_samples_has_room_for_a_name);
    RUN_WITH(ctimer, a_native_thread_is_called_by_its_present_name);
    RUN_WITH(ctimer, a_java_thread_that_is_not_found_has_the_systems_name);
    RUN_WITH_BOTH(a_name_has_the_numbers_of_its_thread);
    RUN_WITH(ctimer, a_thread_that_comes_back_to_the_jvm_is_named_again);
    RUN_WITH(ctimer, the_systems_name_has_no_number_of_the_jvm);
    return report();
}
