#include "walk/native_frames.h"

#include <stddef.h>
#include <string.h>

#include "walk/call_frame.h"
#include "walk/guard.h"

#define MOST_FRAMES 4096 /* the visitor stops earlier */

struct unwinding {
    uint64_t registers[SPPROF_DWARF_REGISTERS];
    bool interrupted; /* pc is where the thread was interrupted, and no return address */
    const struct spprof_native_wanted *wanted;
    const struct spprof_native_visitor *visitor;
};

/* Returns the entry in .eh_frame of the last function that begins at or before `pc` in the library
 * that contains `pc`, or 0. The function need not contain `pc`. */
static uint64_t entry_in_sigsafe(const struct spprof_library *library, uint64_t pc) {
    int64_t wanted = (int64_t)(pc - library->table_base);
    uint32_t low = 0, high = library->table_entries;
    while (low < high) { /* finds the last function that begins at or before `pc` */
        uint32_t middle = low + (high - low) / 2, begin;
        if (!spprof_load32_sigsafe(library->table + middle * UINT64_C(8), &begin)) {
            return 0;
        }
        if ((int32_t)begin <= wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t at;
    return low > 0 && spprof_load32_sigsafe(library->table + (low - 1) * UINT64_C(8) + 4, &at)
               ? library->table_base + (uint64_t)(int64_t)(int32_t)at
               : 0;
}

static bool has_information_sigsafe(uint64_t pc) {
    struct spprof_library library;
    return spprof_libraries_at_sigsafe(pc, &library) &&
           spprof_call_frame_is_of_sigsafe(entry_in_sigsafe(&library, pc), pc);
}

/* Returns whether the code before `pc` is a call, in code that has call frame information. */
static bool is_return_sigsafe(uint64_t pc) {
    uint64_t target;
    return has_information_sigsafe(pc - 1) && spprof_cpu_is_call_before_sigsafe(pc, &target);
}

/*
 * Unwinds one frame of code that has no entry in .eh_frame, and that was interrupted. Two kinds of
 * code have none. The first is handwritten assembly, for instance libjvm's memory copying, which a
 * garbage collector's barrier calls in a Java thread (copy_*.S in os_cpu), and its SpinPause. The
 * second is the stubs that the JVM itself calls, for instance after it has patched code
 * (walk_stack.c). As a rule they call nothing and leave the stack unchanged, so the return address
 * is where the call put it.
 */
static bool step_from_assembly_sigsafe(const struct unwinding *unwinding, uint64_t *registers) {
    uint64_t sp = registers[SPPROF_DWARF_SP];
    uint64_t pc = registers[SPPROF_DWARF_RETURN];
    if (SPPROF_CPU_CALL_PUSHES != 0 && !spprof_load64_sigsafe(sp, &pc)) {
        return false;
    }
    pc = spprof_cpu_strip_sigsafe(pc);
    if (!unwinding->wanted->is_wanted_sigsafe(pc) && !is_return_sigsafe(pc)) {
        return false;
    }
    registers[SPPROF_DWARF_PC] = pc;
    registers[SPPROF_DWARF_SP] = sp + SPPROF_CPU_CALL_PUSHES;
    return true;
}

/* Unwinds one frame of code without an entry by its frame record. */
static bool step_by_record_sigsafe(const struct unwinding *unwinding, uint64_t *registers,
                                   uint64_t record) {
    uint64_t fp, pc;
    if (record < registers[SPPROF_DWARF_SP] || record % sizeof record != 0 ||
        !spprof_load64_sigsafe(record, &fp) || !spprof_load64_sigsafe(record + sizeof fp, &pc)) {
        return false;
    }
    pc = spprof_cpu_strip_sigsafe(pc);
    const struct spprof_native_wanted *wanted = unwinding->wanted;
    /* The record can be that of wanted code which keeps no frame pointer here, or of its caller. */
    bool calls = wanted->is_wanted_sigsafe(pc)
                     ? wanted->calls_native_sigsafe != NULL && wanted->calls_native_sigsafe(pc)
                     : is_return_sigsafe(pc);
    if (!calls) {
        return false;
    }
    registers[SPPROF_DWARF_PC] = pc;
    registers[SPPROF_DWARF_FP] = fp;
    registers[SPPROF_DWARF_SP] = record + 2 * sizeof fp;
    return true;
}

/*
 * Returns whether a record contains the return address that is also in the link register. An
 * interrupted function has then saved its own return address there, and has not called anything
 * since: the register alone does not show that sp has moved. Always false on processors whose calls
 * push the return address.
 */
static bool is_link_saved_sigsafe(const uint64_t *registers, uint64_t record) {
    uint64_t pc;
    return SPPROF_CPU_CALL_PUSHES == 0 && spprof_load64_sigsafe(record + sizeof record, &pc) &&
           spprof_cpu_strip_sigsafe(pc) == spprof_cpu_strip_sigsafe(registers[SPPROF_DWARF_RETURN]);
}

/* Leaves code without an entry. */
static enum spprof_native_result step_unknown_sigsafe(const struct unwinding *unwinding,
                                                      uint64_t *registers) {
    uint64_t fp = registers[SPPROF_DWARF_FP], sp = registers[SPPROF_DWARF_SP], saved;
    /* A function that keeps a frame pointer pushes the record before fp points to it. */
    bool pushed = unwinding->interrupted && spprof_load64_sigsafe(sp, &saved) && saved == fp;
    if ((pushed && is_link_saved_sigsafe(registers, sp) &&
         step_by_record_sigsafe(unwinding, registers, sp)) ||
        (unwinding->interrupted && is_link_saved_sigsafe(registers, fp) &&
         step_by_record_sigsafe(unwinding, registers, fp)) ||
        (unwinding->interrupted && step_from_assembly_sigsafe(unwinding, registers)) ||
        (pushed && step_by_record_sigsafe(unwinding, registers, sp)) ||
        step_by_record_sigsafe(unwinding, registers, fp)) {
        return SPPROF_NATIVE_FOUND;
    }
    /* The first function of a thread has no caller. By the processors' ABIs, its fp is 0. */
    return !unwinding->interrupted && registers[SPPROF_DWARF_FP] == 0 ? SPPROF_NATIVE_END
                                                                      : SPPROF_NATIVE_BROKEN;
}

/* Leaves the kernel's return from a signal's handler, if pc is there, for the code that the signal
 * interrupted. */
static bool leave_handler_sigsafe(uint64_t *registers) {
    uint64_t code, saved = 0, values[SPPROF_DWARF_REGISTERS];
    if (spprof_load64_sigsafe(registers[SPPROF_DWARF_PC], &code)) {
        saved = spprof_cpu_saved_registers_sigsafe(code, registers[SPPROF_DWARF_SP]);
    }
    if (saved == 0 || !spprof_load_sigsafe(saved, values, sizeof values)) {
        return false;
    }
    memcpy(registers, values, sizeof values);
    return true;
}

/* Leaves a frame that is not remembered. Returns FOUND if it has a caller. */
static enum spprof_native_result step_sigsafe(struct unwinding *unwinding, uint64_t within) {
    uint64_t *registers = unwinding->registers;
    const struct spprof_native_visitor *visitor = unwinding->visitor;
    struct spprof_library library;
    struct spprof_call_frame frame = {0};
    bool in_library = spprof_libraries_at_sigsafe(within, &library);
    uint64_t entry = in_library ? entry_in_sigsafe(&library, within) : 0;
    enum spprof_native_result result = SPPROF_NATIVE_BROKEN;
    if (spprof_call_frame_step_sigsafe(entry, registers, unwinding->interrupted, &frame)) {
        result = registers[SPPROF_DWARF_PC] != 0 ? SPPROF_NATIVE_FOUND : SPPROF_NATIVE_END;
    } else if (frame.begin == 0) {
        uint64_t pc = registers[SPPROF_DWARF_PC];
        if (leave_handler_sigsafe(registers)) {
            frame = (struct spprof_call_frame){.begin = pc, .is_signal_frame = true};
            result = SPPROF_NATIVE_FOUND;
        } else {
            result = step_unknown_sigsafe(unwinding, registers);
        }
    }
    unwinding->interrupted = frame.is_signal_frame;
    if (visitor == NULL) {
        return result;
    }
    struct spprof_known_frame known = {.rule = frame.rule};
    uint64_t begin = frame.begin != 0 ? frame.begin : within;
    if (!visitor->number_sigsafe(visitor->context, in_library ? &library : NULL, begin, &known) ||
        !visitor->frame_sigsafe(visitor->context, known.number, within)) {
        return SPPROF_NATIVE_STOPPED;
    }
    if (result == SPPROF_NATIVE_FOUND && known.rule != 0 && known.library != 0) {
        spprof_known_frames_put_sigsafe(within, &known);
    }
    return result;
}

/* Leaves a frame. Returns FOUND if it has a caller. */
static enum spprof_native_result leave_sigsafe(struct unwinding *unwinding) {
    const struct spprof_native_visitor *visitor = unwinding->visitor;
    uint64_t within = unwinding->registers[SPPROF_DWARF_PC] - (unwinding->interrupted ? 0 : 1);
    struct spprof_known_frame known;
    if (visitor == NULL || !spprof_known_frames_find_sigsafe(within, &known)) {
        return step_sigsafe(unwinding, within);
    }
    unwinding->interrupted = false;
    if (!visitor->frame_sigsafe(visitor->context, known.number, within)) {
        return SPPROF_NATIVE_STOPPED;
    }
    return spprof_call_frame_apply_sigsafe(known.rule, unwinding->registers) ? SPPROF_NATIVE_FOUND
                                                                             : SPPROF_NATIVE_BROKEN;
}

enum spprof_native_result spprof_native_frames_unwind_sigsafe(
    struct spprof_registers *found, const void *ucontext, uint64_t stack_end,
    const struct spprof_native_wanted *wanted) {
    struct unwinding unwinding = {
        .interrupted = true, .wanted = wanted, .visitor = wanted->visitor};
    const uint64_t *registers = unwinding.registers;
    spprof_cpu_dwarf_registers_sigsafe(ucontext, unwinding.registers);
    for (int i = 0; i < MOST_FRAMES; i++) {
        uint64_t pc = registers[SPPROF_DWARF_PC], sp = registers[SPPROF_DWARF_SP];
        /* An interrupted function without a frame can have the sp of its caller; no other function
         * can. */
        uint64_t least = sp + (unwinding.interrupted ? SPPROF_CPU_CALL_PUSHES : sizeof sp);
        enum spprof_native_result result = leave_sigsafe(&unwinding);
        if (result == SPPROF_NATIVE_FOUND &&
            (registers[SPPROF_DWARF_SP] < least || registers[SPPROF_DWARF_SP] > stack_end)) {
            result = SPPROF_NATIVE_BROKEN;
        }
        if (result != SPPROF_NATIVE_FOUND) {
            found->pc = pc;
            return result;
        }
        if (!unwinding.interrupted && wanted->is_wanted_sigsafe(registers[SPPROF_DWARF_PC])) {
            spprof_cpu_registers_of_dwarf_sigsafe(registers, found);
            return SPPROF_NATIVE_FOUND;
        }
    }
    found->pc = registers[SPPROF_DWARF_PC];
    return SPPROF_NATIVE_BROKEN;
}
