#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stepping.h"
#include "walk/guard.h"
#include "walk/vm/code.h"
#include "walk/vm/methods.h"
#include "walk/vm/return_slots.h"

#define MOST_LOCATIONS (1 << 18)
#define MOST_ITEMS 4096
#define MOST_FRAMES 1024
#define MOST_PLACES 64
#define PCS (1 << 20)

/* What is known of a location's number. */
struct location {
    uint64_t pc;     /* 0 if it is not known */
    uint32_t frames; /* the number of methods inlined there */
    bool native;
};

/* A frame: of compiled code at `pc`, or of the interpreter, if `pc` is 0. */
struct frame {
    uint64_t pc;
    uint32_t method;
    bool native;
};

/* A frame that is on the stack. */
struct item {
    struct frame frame;
    uint64_t at; /* sp behind the call; the interpreter frame's fp */
    bool own;    /* it has called code of its own, behind the method's instructions */
};

/* Walks that are wrong in the same way, at the same place. */
struct place {
    char name[160];
    uint64_t count;
    uint64_t pc, from;
    unsigned char before[16], behind[16]; /* instructions around pc */
    int result;
    struct frame expected[8], actual[8];
    uint32_t expected_count, actual_count;
};

static struct location *locations;
static uint64_t *pcs;
static struct frame base[MOST_FRAMES], actual[MOST_FRAMES], expected[MOST_ITEMS + MOST_FRAMES];
static uint32_t base_count, actual_count, expected_count;
static struct item items[MOST_ITEMS];
static uint32_t item_count;
static bool begun, rebuilding, leads_to_handler;
static uint64_t jumped_from;   /* in a method that has jumped to the present stub; or 0 */
static uint64_t from, from_sp; /* of the instruction before */
static struct place places[MOST_PLACES];
static uint32_t place_count;
static struct {
    uint64_t compiled, incomplete, interpreter, stub, native, distinct, wrong, unlisted, rootless;
} counts;

int truth_create(void) {
    if (locations == NULL) {
        locations = calloc(MOST_LOCATIONS, sizeof *locations);
        pcs = calloc(PCS, sizeof *pcs);
    }
    return locations == NULL || pcs == NULL ? -ENOMEM : 0;
}

static uint64_t kind(uint64_t word) {
    return word >> SPPROF_WORD_KIND_SHIFT;
}

void truth_learn(const struct spprof_walk *walk) {
    for (uint32_t i = 0; i < walk->fresh_count; i++) {
        uint32_t number = walk->fresh[i].number;
        if (number < MOST_LOCATIONS) {
            locations[number].pc = walk->fresh[i].key & (UINT64_MAX >> 2);
        }
    }
    for (uint32_t i = 0; i < walk->count; i++) {
        uint64_t word = walk->words[i];
        if (kind(word) == SPPROF_WORD_DEFINE && (uint32_t)word < MOST_LOCATIONS) {
            uint32_t count = (uint32_t)(word >> SPPROF_WORD_SHIFT) & 0xffff;
            int32_t bci = (int32_t)(walk->words[i + 1] >> SPPROF_WORD_SHIFT & 0xfffff);
            locations[(uint32_t)word].frames = count;
            locations[(uint32_t)word].native = bci - SPPROF_BCI_BIAS == SPPROF_BCI_NATIVE;
            i += count;
        }
    }
}

/* The frames of the walk, each compiled frame once. */
static void read_frames(const struct spprof_walk *walk) {
    actual_count = 0;
    for (uint32_t i = 0; i < walk->count && actual_count < MOST_FRAMES; i++) {
        uint64_t word = walk->words[i];
        struct frame *frame = &actual[actual_count];
        const struct location *location = &locations[(uint32_t)word % MOST_LOCATIONS];
        *frame = (struct frame){0};
        switch (kind(word)) {
            case SPPROF_WORD_FRAME:
                frame->method = (uint32_t)word;
                actual_count++;
                break;
            case SPPROF_WORD_DEFINE:
                i += (uint32_t)(word >> SPPROF_WORD_SHIFT) & 0xffff;
                /* fall through */
            case SPPROF_WORD_LOCATION:
                frame->pc = (uint32_t)word == 0 ? 1 : location->pc;
                frame->native = location->native;
                actual_count++;
                break;
            default:
                break;
        }
    }
}

uint32_t truth_java_frames(const struct spprof_walk *walk) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < walk->count; i++) {
        uint64_t word = walk->words[i];
        count += kind(word) == SPPROF_WORD_FRAME;
        count += kind(word) == SPPROF_WORD_LOCATION ? locations[(uint32_t)word].frames : 0;
    }
    return count;
}

void truth_begin(const struct spprof_walk *walk) {
    read_frames(walk);
    base_count = actual_count - 2; /* without the native method and its caller */
    memcpy(base, actual + 2, base_count * sizeof *base);
    item_count = 0;
    begun = rebuilding = false;
}

static bool same_code(uint64_t pc, uint64_t other) {
    struct spprof_code code = spprof_code_at_sigsafe(pc);
    return code.kind != SPPROF_CODE_NONE && code.kind != SPPROF_CODE_INTERPRETER &&
           code.blob == spprof_code_at_sigsafe(other).blob;
}

static bool in_interpreter(uint64_t pc) {
    return spprof_code_in_interpreter_sigsafe(pc);
}

static bool in_entry(uint64_t pc) {
    return pc >= spprof_layout.entries_low && pc < spprof_layout.entries_end;
}

static void push(struct frame frame, uint64_t at, bool own) {
    if (item_count == MOST_ITEMS) {
        abort();
    }
    items[item_count++] = (struct item){frame, at, own};
}

static bool is_gone(const struct item *item, uint64_t pc, uint64_t sp) {
    if (sp > item->at) {
        return true;
    }
    /* An interpreter's frame whose record alone is left has lost its contents. */
    return item->frame.pc == 0
               ? sp == item->at
               : sp == item->at && (pc == item->frame.pc ||
                                    (same_code(item->frame.pc, pc) && !same_code(pc, from)));
}

static bool is_frame_of_interpreter(const struct spprof_cursor *cursor, uint64_t fp,
                                    struct frame *frame) {
    struct spprof_method method;
    *frame = (struct frame){0};
    return fp >= cursor->sp && spprof_frames_is_interpreter_sigsafe(cursor, fp, &method) &&
           spprof_method_number_sigsafe(&method, &frame->method) == SPPROF_METHOD_KNOWN;
}

/* The interpreter runs. If its frame is not known yet, the frame is new. */
static void find_interpreter_frame(const struct spprof_cursor *cursor) {
    uint64_t fp = cursor->fp, fps[MOST_ITEMS];
    struct frame frames[MOST_ITEMS / 8];
    uint32_t count = 0;
    if (in_entry(cursor->pc) &&
        cursor->sp > spprof_interpreter_slot_sigsafe(fp, spprof_cpu_interpreter_slots.last)) {
        return;
    }
    /* Deoptimization has made several frames at once. */
    do {
        uint64_t last = item_count > 0 ? items[item_count - 1].at : UINT64_MAX;
        if (fp >= last || !is_frame_of_interpreter(cursor, fp, &frames[count])) {
            break;
        }
        fps[count++] = fp;
    } while (rebuilding && count < MOST_ITEMS / 8 && spprof_cursor_load_sigsafe(cursor, fp, &fp));
    if (count > 0 && !in_entry(cursor->pc)) {
        rebuilding = false;
    }
    while (count > 0) {
        count--;
        push(frames[count], fps[count], false);
    }
}

/* A method can jump to a stub: when it has removed its frame, or with its frame. */
static void note_jump(const struct spprof_code *code) {
    struct spprof_code code_before = spprof_code_at_sigsafe(from);
    if (code->kind == SPPROF_CODE_METHOD || code->kind == SPPROF_CODE_INTERPRETER) {
        jumped_from = 0;
    } else if (code->kind == SPPROF_CODE_STUB && code_before.kind == SPPROF_CODE_METHOD) {
        bool called = item_count > 0 && items[item_count - 1].at == from_sp &&
                      same_code(items[item_count - 1].frame.pc, from);
        jumped_from = called ? 0 : from;
    }
}

static void update_items(const struct spprof_cursor *cursor, const void *ucontext) {
    uint64_t pc = cursor->pc, behind;
    uint64_t array = spprof_word_sigsafe(cursor->thread + spprof_layout.thread_vframes);
    while (item_count > 0 && is_gone(&items[item_count - 1], pc, cursor->sp)) {
        item_count--;
    }
    struct spprof_code code = spprof_code_at_sigsafe(from);
    if (code.kind == SPPROF_CODE_METHOD && stepping_called(from, from_sp, ucontext, &behind)) {
        bool own = same_code(from, pc) && pc >= spprof_method_complete_sigsafe(&code);
        push((struct frame){.pc = behind}, from_sp, own);
    }
    if (in_interpreter(pc) && stepping_returned(from)) {
        for (uint32_t i = item_count; i > 0; i--) {
            if (items[i - 1].frame.pc == 0 && items[i - 1].at == cursor->fp && !in_entry(pc)) {
                item_count = i;
            }
        }
    }
    if (array != 0) {
        /* The frame that is replaced ends at its caller's sp, where the array begins. */
        uint64_t sp = spprof_word_sigsafe(array + spprof_layout.vframes_caller);
        while (item_count > 0 && items[item_count - 1].at < sp) {
            item_count--;
        }
        rebuilding = true;
    }
    if (in_interpreter(pc)) {
        find_interpreter_frame(cursor);
    }
}

static bool is_same(const struct frame *want, const struct frame *have, bool loose) {
    if (want->pc == 0 || have->pc == 0) {
        return want->pc == have->pc && want->method == have->method;
    }
    return want->pc == have->pc || have->pc == 1 ||
           ((have->native || loose) && same_code(want->pc, have->pc));
}

/* Compares from the root on. Returns the number of frames of the walk that are left over, or -1. */
static int compare(bool loose) {
    if (actual_count < expected_count) {
        return -1;
    }
    int more = (int)(actual_count - expected_count);
    for (uint32_t i = 0; i < expected_count; i++) {
        if (!is_same(&expected[i], &actual[more + (int)i], loose && i == 0)) {
            return -1;
        }
    }
    return more;
}

static void expect(const struct frame *frame) {
    expected[expected_count++] = *frame;
}

static void expect_callers(uint32_t count) {
    for (uint32_t i = count; i > 0; i--) {
        expect(&items[i - 1].frame);
    }
    for (uint32_t i = 0; i < base_count; i++) {
        expect(&base[i]);
    }
}

static bool is_right(const struct spprof_cursor *cursor, const struct spprof_code *code) {
    struct frame leaf = {.pc = cursor->pc};
    expected_count = 0;
    if (rebuilding) {
        expect_callers(item_count);
        return compare(false) >= 0;
    }
    if (code->kind == SPPROF_CODE_METHOD) {
        expect(&leaf);
        bool own = item_count > 0 && items[item_count - 1].own &&
                   same_code(cursor->pc, items[item_count - 1].frame.pc);
        expect_callers(own ? item_count - 1 : item_count);
        return compare(own) == 0;
    }
    expect_callers(item_count);
    int more = compare(leads_to_handler);
    if (more == 1 && jumped_from != 0 && actual[0].pc != 0 &&
        (actual[0].pc == 1 || same_code(actual[0].pc, jumped_from))) {
        return true;
    }
    /* The entry of a method: the method's frame can be there, or not yet, or not any more. */
    return more == 0 || (more == 1 && in_entry(cursor->pc) && actual[0].pc == 0);
}

/* Notes whether the code, or the code that has called this native code, looks for the handler of an
 * exception. It shows the method that threw at the address that threw, or at the handler. */
static void note_handler(const struct spprof_code *code) {
    if (code->kind != SPPROF_CODE_NONE) {
        leads_to_handler = code->kind == SPPROF_CODE_STUB &&
                           (spprof_code_is_sigsafe(code, SPPROF_BLOB_TO_HANDLER) ||
                            spprof_code_is_sigsafe(code, SPPROF_BLOB_EXCEPTION));
    }
}

static void count_step(const struct spprof_cursor *cursor, const struct spprof_code *code) {
    switch (code->kind) {
        case SPPROF_CODE_METHOD:
            counts.compiled++;
            break;
        case SPPROF_CODE_INTERPRETER:
            counts.interpreter++;
            break;
        case SPPROF_CODE_STUB:
            counts.stub++;
            break;
        default:
            counts.native++;
            return;
    }
    uint64_t at = cursor->pc * UINT64_C(0x9E3779B97F4A7C15) >> 44;
    while (pcs[at % PCS] != 0 && pcs[at % PCS] != cursor->pc) {
        at++;
    }
    if (pcs[at % PCS] == 0 && counts.distinct < PCS / 2) {
        pcs[at % PCS] = cursor->pc;
        counts.distinct++;
        counts.incomplete += code->kind == SPPROF_CODE_METHOD &&
                             (cursor->pc < spprof_method_complete_sigsafe(code) ||
                              spprof_cpu_stage_sigsafe(cursor->pc, code->begin,
                                                       spprof_method_complete_sigsafe(code)) !=
                                  SPPROF_FRAME_COMPLETE);
    }
}

static void name_place(const struct spprof_code *code, uint64_t pc, char *name, size_t size) {
    const char *text = "?";
    uint64_t begin = code->begin;
    switch (code->kind) {
        case SPPROF_CODE_INTERPRETER:
            text = in_entry(pc) ? "entry in Interpreter" : "Interpreter";
            begin = spprof_layout.interpreter_low;
            break;
        case SPPROF_CODE_NONE:
            text = "native code";
            begin = pc;
            break;
        default:
            text =
                (const char *)(uintptr_t)spprof_word_sigsafe(code->blob + spprof_layout.blob_name);
    }
    snprintf(name, size, "%s+0x%llx", text, (unsigned long long)(pc - begin));
}

static uint32_t keep(struct frame *to, const struct frame *frames, uint32_t count) {
    memcpy(to, frames, (count < 8 ? count : 8) * sizeof *to);
    return count;
}

static void keep_place(const struct spprof_cursor *cursor, const struct spprof_code *code,
                       int result) {
    char name[sizeof places->name];
    counts.wrong++;
    name_place(code, cursor->pc, name, sizeof name);
    for (uint32_t i = 0; i < place_count; i++) {
        if (strcmp(places[i].name, name) == 0 && places[i].result == result) {
            places[i].count++;
            return;
        }
    }
    if (place_count == MOST_PLACES) {
        counts.unlisted++;
        return;
    }
    struct place *place = &places[place_count++];
    strcpy(place->name, name);
    place->count = 1;
    place->pc = cursor->pc;
    place->from = from;
    place->result = result;
    memcpy(place->before, (const void *)(uintptr_t)(cursor->pc - 16), 16);
    memcpy(place->behind, (const void *)(uintptr_t)cursor->pc, 16);
    place->expected_count = keep(place->expected, expected, expected_count);
    place->actual_count = keep(place->actual, actual, actual_count);
}

bool truth_check(const struct spprof_walk *walk, const void *ucontext) {
    struct spprof_registers registers;
    spprof_cpu_registers_sigsafe(ucontext, &registers);
    uint64_t thread = (uint64_t)((uintptr_t)walk->env - (uint64_t)spprof_layout.env);
    struct spprof_cursor cursor = {
        .pc = registers.pc,
        .sp = registers.sp,
        .fp = registers.fp,
        .thread = thread,
        .low = registers.sp,
        .high = spprof_word_sigsafe(thread + spprof_layout.thread_stack_base),
        .registers = &registers};
    struct spprof_code code = spprof_code_at_sigsafe(cursor.pc);
    read_frames(walk);
    if (!begun) {
        /* On the way back from the native method. */
        begun = (code.kind == SPPROF_CODE_METHOD || code.kind == SPPROF_CODE_INTERPRETER) &&
                walk->result == SPPROF_WALK_OK && actual_count == base_count + 1 &&
                !actual[0].native && !in_entry(cursor.pc);
        if (begun && in_interpreter(cursor.pc)) {
            find_interpreter_frame(&cursor);
        }
        from = cursor.pc;
        from_sp = cursor.sp;
        return true;
    }
    count_step(&cursor, &code);
    update_items(&cursor, ucontext);
    note_handler(&code);
    note_jump(&code);
    bool right = is_right(&cursor, &code) && walk->result == SPPROF_WALK_OK;
    bool between =
        code.kind == SPPROF_CODE_NONE && walk->result == SPPROF_WALK_NO_JAVA_FRAME &&
        spprof_word_sigsafe(thread + spprof_layout.thread_anchor + spprof_layout.anchor_sp) == 0;
    if (!right && between) {
        counts.rootless++;
    } else if (!right) {
        keep_place(&cursor, &code, walk->result);
    }
    from = cursor.pc;
    from_sp = cursor.sp;
    return right;
}

static char *append_bytes(char *to, char *end, const unsigned char *bytes) {
    for (int i = 0; i < 16; i++) {
        to += snprintf(to, (size_t)(end - to), " %02x", bytes[i]);
    }
    return to;
}

static char *append_frames(char *to, char *end, const char *what, const struct frame *frames,
                           uint32_t count, void (*name)(uint32_t method, char *to, uint64_t size)) {
    to += snprintf(to, (size_t)(end - to), "      %s %u:", what, count);
    for (uint32_t i = 0; i < count && i < 8 && to < end; i++) {
        char text[256] = "";
        if (frames[i].pc == 0) {
            name(frames[i].method, text, sizeof text);
        } else {
            struct spprof_code code = spprof_code_at_sigsafe(frames[i].pc);
            struct spprof_method method;
            uint32_t number;
            if (code.kind == SPPROF_CODE_METHOD &&
                spprof_method_read_sigsafe(
                    spprof_word_sigsafe(code.blob + spprof_layout.nmethod_method), &method) &&
                spprof_method_number_sigsafe(&method, &number) == SPPROF_METHOD_KNOWN) {
                name(number, text, sizeof text - 32);
            }
            snprintf(text + strlen(text), sizeof text - strlen(text), "+0x%llx",
                     (unsigned long long)(frames[i].pc - code.begin));
        }
        to += snprintf(to, (size_t)(end - to), " %s%s", frames[i].pc == 0 ? "i:" : "", text);
        if (text[0] == 0)
            to += snprintf(to, (size_t)(end - to), "[%u]", frames[i].method);
    }
    return to + snprintf(to, (size_t)(end - to), "\n");
}

void truth_report(char *text, uint64_t size,
                  void (*name)(uint32_t method, char *to, uint64_t size)) {
    char *end = text + size / 2, *to = text;
    to += snprintf(
        to, size,
        "wrong=%llu rootless=%llu steps=%llu compiled=%llu interpreter=%llu stubs=%llu native=%llu "
        "distinct=%llu incomplete=%llu\n",
        (unsigned long long)counts.wrong, (unsigned long long)counts.rootless,
        (unsigned long long)(counts.compiled + counts.interpreter + counts.stub + counts.native),
        (unsigned long long)counts.compiled, (unsigned long long)counts.interpreter,
        (unsigned long long)counts.stub, (unsigned long long)counts.native,
        (unsigned long long)counts.distinct, (unsigned long long)counts.incomplete);
    for (uint32_t i = 0; i < place_count && to < end; i++) {
        const struct place *place = &places[i];
        char before[160];
        struct spprof_code code = spprof_code_at_sigsafe(place->from);
        name_place(&code, place->from, before, sizeof before);
        to += snprintf(to, (size_t)(end - to), "  %llu x %s (result %d, 0x%llx, before: %s)\n",
                       (unsigned long long)place->count, place->name, place->result,
                       (unsigned long long)place->pc, before);
        to += snprintf(to, (size_t)(end - to), "      code");
        to = append_bytes(to, end, place->before);
        to += snprintf(to, (size_t)(end - to), " |");
        to = append_bytes(to, end, place->behind);
        to += snprintf(to, (size_t)(end - to), "\n");
        to = append_frames(to, end, "expected", place->expected, place->expected_count, name);
        to = append_frames(to, end, "walked", place->actual, place->actual_count, name);
    }
    if (counts.unlisted > 0) {
        snprintf(to, (size_t)(end - to), "  %llu elsewhere\n", (unsigned long long)counts.unlisted);
    }
}
