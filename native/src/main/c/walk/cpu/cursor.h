/*
 * The cursor: the registers of the frame that a walk has reached. The return slot: where this
 * frame's return address is, with which the walk goes on to the caller's frame.
 *
 * Shared by the processors' files and the walker. cpu.h states what both assume of a processor.
 * Called from the handler, and by the self-test. Reads the stack of the walked thread.
 */
#ifndef SPPROF_CURSOR_H
#define SPPROF_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "walk/cpu/cpu.h"

#define SPPROF_WORD_BYTES sizeof(uint64_t)

/* How execution left the cursor's frame. */
enum spprof_arrival {
    SPPROF_INTERRUPTED, /* the thread was interrupted there */
    SPPROF_FROM_LEAF,   /* the frame called native code or a stub that left no anchor: sp can differ
                           from the value that the frame size implies */
    SPPROF_AT_CALL,     /* the frame called Java code, or left an anchor */
};

struct spprof_cursor {
    uint64_t pc, sp, fp;
    uint64_t thread;    /* the JavaThread */
    uint64_t low, high; /* of the stack; low is sp where the thread was interrupted */
    enum spprof_arrival arrival;
    const struct spprof_registers *registers; /* where the thread was interrupted */
};

/* The registers of a caller's frame. */
struct spprof_caller {
    uint64_t pc, sp, fp;
};

/* Where a frame's return address is, and the caller's fp if the frame has saved it. */
struct spprof_return_slot {
    uint64_t at;    /* address of the return address, or SPPROF_IN_… */
    uint64_t fp_at; /* address of the caller's fp; 0 if the cursor's fp already is the caller's */
    uint64_t sp;    /* sp in the caller, after the return */
};

/* The return address is in `return_address` of the registers. */
#define SPPROF_IN_REGISTER 0
/* The return address is in `kept_pc` of the registers. */
#define SPPROF_IN_KEPT 1
/* In `throw_pc`, and in `bcp`. */
#define SPPROF_IN_THROW 2
#define SPPROF_IN_BCP 3

static inline bool spprof_cursor_on_stack_sigsafe(const struct spprof_cursor *cursor,
                                                  uint64_t address) {
    return address >= cursor->low && address < cursor->high && address % SPPROF_WORD_BYTES == 0;
}

/* Loads a word of the stack. Returns false if the address is not in the stack. */
static inline bool spprof_cursor_load_sigsafe(const struct spprof_cursor *cursor, uint64_t address,
                                              uint64_t *value) {
    if (!spprof_cursor_on_stack_sigsafe(cursor, address)) {
        return false;
    }
    *value = *(const uint64_t *)(uintptr_t)address;
    return true;
}

/* Returns the slot of a return address that is in the stack. The return removes the return address
 * and all words below it. */
static inline struct spprof_return_slot spprof_return_slot_at_sigsafe(uint64_t at, uint64_t fp_at) {
    return (struct spprof_return_slot){.at = at, .fp_at = fp_at, .sp = at + SPPROF_WORD_BYTES};
}

/* Returns the slot of a frame record (cpu.h). */
static inline struct spprof_return_slot spprof_return_slot_of_record_sigsafe(uint64_t record) {
    return spprof_return_slot_at_sigsafe(record + SPPROF_WORD_BYTES, record);
}

/* Returns the slot of a complete frame that ends at `end`. */
static inline struct spprof_return_slot spprof_return_slot_behind_frame_sigsafe(uint64_t end) {
    return spprof_return_slot_of_record_sigsafe(end - 2 * SPPROF_WORD_BYTES);
}

/* Returns the slot at the first and at the last instruction of called code, where sp is `sp`. */
static inline struct spprof_return_slot spprof_return_slot_without_frame_sigsafe(uint64_t sp) {
    return (struct spprof_return_slot){.at = SPPROF_CPU_CALL_PUSHES != 0 ? sp : SPPROF_IN_REGISTER,
                                       .sp = sp + SPPROF_CPU_CALL_PUSHES};
}

/* Reads the return address in a slot. Returns false if the slot is not in the stack, or if the
 * register no longer holds the return address. */
static inline bool spprof_return_slot_pc_sigsafe(const struct spprof_cursor *cursor,
                                                 const struct spprof_return_slot *slot,
                                                 uint64_t *pc) {
    if (slot->at == SPPROF_IN_REGISTER) {
        *pc = cursor->registers->return_address;
        return cursor->arrival == SPPROF_INTERRUPTED;
    }
    if (slot->at == SPPROF_IN_KEPT) {
        *pc = cursor->registers->kept_pc;
        return cursor->arrival != SPPROF_AT_CALL;
    }
    if (slot->at == SPPROF_IN_THROW || slot->at == SPPROF_IN_BCP) {
        *pc = slot->at == SPPROF_IN_THROW ? cursor->registers->throw_pc : cursor->registers->bcp;
        return cursor->arrival == SPPROF_INTERRUPTED;
    }
    if (!spprof_cursor_load_sigsafe(cursor, slot->at, pc)) {
        return false;
    }
    *pc = spprof_cpu_strip_sigsafe(*pc);
    return true;
}

static inline bool spprof_return_slot_read_sigsafe(const struct spprof_cursor *cursor,
                                                   const struct spprof_return_slot *slot,
                                                   struct spprof_caller *caller) {
    caller->sp = slot->sp;
    caller->fp = cursor->fp;
    return spprof_return_slot_pc_sigsafe(cursor, slot, &caller->pc) &&
           (slot->fp_at == 0 || spprof_cursor_load_sigsafe(cursor, slot->fp_at, &caller->fp));
}

#endif
