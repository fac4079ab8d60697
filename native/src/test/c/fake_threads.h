/*
 * A fake engine, that is, a fake source of sampling signals, for tests of the CPU time accounting
 * in sweep.c and in the code that it calls. The test moves threads, clocks and timers by hand:
 * run() lets time pass, tick() lets the kernel look at the timers. No signal is sent.
 */
#ifndef SPPROF_TEST_FAKE_THREADS_H
#define SPPROF_TEST_FAKE_THREADS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/counters.h"
#include "base/gate.h"
#include "ring_reader.h"
#include "session/handler.h"
#include "session/thread_hooks.h"
#include "test.h"
#include "threads/schedule.h"
#include "threads/sweep.h"
#include "threads/thread_state.h"
#include "threads/thread_timers.h"
#include "threads/threads.h"

#define MS UINT64_C(1000000)
#define MOST 4096

struct fake_thread {
    uint64_t cpu_ns;
    uint64_t wait_ns;   /* time it waited for a CPU */
    uint64_t system_ns; /* CPU time in the kernel */
    bool alive, has_timer, armed, blocks;
    uint64_t owed_ns; /* CPU time of a signal on its way, because its timer could not be set */
    const char *name;
};

static struct fake_thread fakes[MOST]; /* indexed by thread id */
static uint64_t newest, self = 1;      /* thread ids */
static uint64_t process_ns;
static uint64_t signalled_ns; /* CPU time that the samples stand for */
static uint64_t clock_reads, read_costs_ns, reader = 1;
static int listings, names_read, process_reads, waits_read;
static int blocks_read;   /* questions whether a thread blocks the signal */
static bool waits_hidden; /* the kernel does not report how long threads wait */
static bool refuse, newest_hidden;
static int set_error;         /* 0, or the error with which setting a timer fails */
static int sets_left;         /* settings that still succeed before set_error applies */
static uint64_t set_costs_ns; /* CPU time that setting a timer costs the thread `self` */

static uint64_t begin_thread(void) {
    CHECK(newest + 1 < MOST);
    fakes[++newest] = (struct fake_thread){.alive = true, .name = "native"};
    return newest;
}

static void end_thread(uint64_t id) {
    fakes[id].alive = false;
}

static void run(uint64_t id, uint64_t ns) {
    CHECK(fakes[id].alive);
    fakes[id].cpu_ns += ns;
    process_ns += ns;
}

/* Lets the thread wait for a CPU, and then run for a moment. */
static UNUSED void wait_for_cpu(uint64_t id, uint64_t ns) {
    fakes[id].wait_ns += ns;
    run(id, 1000);
}

static uint64_t fake_thread_id_sigsafe(void) {
    return self;
}

/* How long a thread waits after its clock was read, and before its wait is. */
static uint64_t waits_between_readings_ns;

/* Reading a clock lets time pass for the thread `reader`. */
static int fake_thread_cpu_ns(uint64_t id, uint64_t *ns) {
    clock_reads++;
    if (id >= MOST || !fakes[id].alive) {
        return -EINVAL;
    }
    *ns = fakes[id].cpu_ns;
    fakes[id].wait_ns += waits_between_readings_ns;
    if (read_costs_ns > 0) {
        run(reader, read_costs_ns);
    }
    return 0;
}

static int fake_thread_wait_ns(uint64_t id, uint64_t *ns) {
    waits_read++;
    if (id >= MOST || !fakes[id].alive || waits_hidden) {
        return -ENOENT;
    }
    *ns = fakes[id].wait_ns;
    return 0;
}

static int systems_read;

static int fake_thread_system_ns(uint64_t id, uint64_t *ns) {
    systems_read++;
    if (id >= MOST || !fakes[id].alive) {
        return -ENOENT;
    }
    *ns = fakes[id].system_ns / (10 * MS) * (10 * MS);
    return 0;
}

static int fake_process_cpu_ns(uint64_t *ns) {
    process_reads++;
    *ns = process_ns;
    return 0;
}

static int fake_list(void (*visit)(uint64_t id, void *context), void *context) {
    listings++;
    for (uint64_t id = 1; id <= newest; id++) {
        if (fakes[id].alive) {
            visit(id, context);
        }
    }
    return 0;
}

static uint64_t fake_count(void) {
    uint64_t count = 0;
    for (uint64_t id = 1; id <= newest; id++) {
        count += fakes[id].alive;
    }
    return count;
}

static uint64_t fake_newest(void) {
    return newest_hidden ? 0 : newest;
}

static int fake_name(uint64_t id, char *name, size_t size) {
    snprintf(name, size, "%s", fakes[id].name);
    names_read++;
    return 0;
}

static int fake_blocked(uint64_t id, int signal) {
    (void)signal;
    blocks_read++;
    return fakes[id].blocks;
}

static int fake_create(struct spprof_timer *timer, uint64_t id, int signal, void *value) {
    (void)signal, (void)value;
    if (!fakes[id].alive || refuse) {
        return fakes[id].alive ? -EAGAIN : -EINVAL;
    }
    atomic_store(&timer->id, (int32_t)id);
    timer->valid = true;
    fakes[id].has_timer = true;
    return 0;
}

static int fake_set(const struct spprof_timer *timer, uint64_t first_ns, uint64_t interval_ns) {
    struct fake_thread *fake = &fakes[atomic_load(&timer->id)];
    if (set_error != 0 && --sets_left < 0) {
        const struct spprof_slot *slot = spprof_slots_find_sigsafe((uint64_t)(fake - fakes));
        fake->owed_ns = fake->armed && fake->alive ? spprof_schedule_due(slot, fake->cpu_ns) : 0;
        return set_error;
    }
    fake->armed = first_ns != 0 || interval_ns != 0;
    run(self, set_costs_ns);
    return 0;
}

static int fake_delete(struct spprof_timer *timer) {
    struct fake_thread *fake = &fakes[atomic_load(&timer->id)];
    if (fake->owed_ns > 0) { /* the signal comes before anything else */
        struct spprof_slot *slot = spprof_slots_find_sigsafe((uint64_t)(fake - fakes));
        uint64_t expiries = fake->owed_ns / atomic_load(&slot->interval_ns);
        signalled_ns += spprof_schedule_pay_sigsafe(slot, expiries);
        fake->owed_ns = 0;
    }
    timer->valid = false;
    fake->has_timer = false;
    return 0;
}

static const struct spprof_engine fake_engine = {.name = "fake",
                                                 .timer_a_thread = true,
                                                 .thread_id_sigsafe = fake_thread_id_sigsafe,
                                                 .thread_cpu_ns = fake_thread_cpu_ns,
                                                 .thread_wait_ns = fake_thread_wait_ns,
                                                 .thread_system_ns = fake_thread_system_ns,
                                                 .process_cpu_ns = fake_process_cpu_ns,
                                                 .threads = fake_list,
                                                 .thread_count = fake_count,
                                                 .newest_thread = fake_newest,
                                                 .thread_name = fake_name,
                                                 .signal_blocked = fake_blocked,
                                                 .timer_create = fake_create,
                                                 .timer_set_sigsafe = fake_set,
                                                 .timer_delete = fake_delete};

/* The kernel looks at the timers. Every thread with an expired timer is signalled, unless it blocks
 * the signal. */
static UNUSED void tick(void) {
    for (uint64_t id = 1; id <= newest; id++) {
        struct spprof_slot *slot = spprof_slots_find_sigsafe(id);
        if (!fakes[id].alive || !fakes[id].has_timer || !fakes[id].armed || fakes[id].blocks ||
            slot == NULL) {
            continue;
        }
        uint64_t due = spprof_schedule_due(slot, fakes[id].cpu_ns);
        uint64_t interval = atomic_load(&slot->interval_ns);
        signalled_ns += due > 0 ? spprof_schedule_pay_sigsafe(slot, due / interval) : 0;
        fakes[id].owed_ns = 0; /* included in this signal */
    }
}

/* Creates a process with `count` threads that have used some CPU time, and begins a session in
 * it. */
static UNUSED void begin_session(int count, uint64_t interval_ns) {
    CHECK_EQUAL(0, spprof_slots_map());
    spprof_threads_new_session();
    for (int i = 0; i < count; i++) {
        run(begin_thread(), 5 * MS);
    }
    CHECK_EQUAL(0, spprof_ring_create(&spprof_handler_session.ring, 1 << 16));
    spprof_handler_session.engine = &fake_engine;
    spprof_threads_begin(&fake_engine, NULL, interval_ns);
    spprof_gate_open();
    CHECK(spprof_threads_sweep() >= count);
}

static bool no_name(void *context, struct spprof_thread_name *name) {
    (void)context, (void)name;
    return false;
}

static void count_settled(const struct spprof_record *record, void *context) {
    (void)context;
    signalled_ns += record->type == SPPROF_RECORD_SAMPLE ? record->cpu_ns : 0;
}

/* ThreadStart and ThreadEnd for the thread `self`. */
static UNUSED void thread_starts(void) {
    spprof_thread_started(&fakes, NULL, NULL);
}

static UNUSED void thread_ends(void) {
    spprof_thread_ended(no_name, NULL);
    ring_read(&spprof_handler_session.ring, count_settled, NULL);
}

static UNUSED void end_session(void) {
    spprof_gate_close();
    spprof_threads_disarm();
    spprof_threads_end();
}

static UNUSED uint64_t unseen(void) {
    return spprof_counters.unseen_cpu_ns;
}

static UNUSED uint64_t accounted(void) {
    return signalled_ns + spprof_counters.unsignalled_cpu_ns + unseen();
}

#endif
