#include "walk/call_frame.h"

#include <stddef.h>

#include "walk/cpu/cpu.h"
#include "walk/dwarf_expression.h"
#include "walk/dwarf_reader.h"
#include "walk/guard.h"

enum rule_kind { SAME, UNDEFINED, AT_OFFSET, IS_OFFSET, IN_REGISTER, AT_EXPRESSION, IS_EXPRESSION };

/* The registers that a function preserves for its caller, and the return address. Rules for other
 * registers are parsed and ignored. */
static const int8_t kept[] = SPPROF_DWARF_KEPT;
#define KEPT (sizeof kept / sizeof *kept)

static int index_of_sigsafe(uint64_t number) {
    for (size_t i = 0; i < KEPT; i++) {
        if ((uint64_t)kept[i] == number) {
            return (int)i;
        }
    }
    return -1;
}

struct row {
    int64_t cfa_offset;
    uint64_t cfa_expression; /* 0, or the address of the expression, which begins with its length */
    int64_t value[KEPT];     /* an offset, a register number, or the address of an expression */
    uint8_t kind[KEPT];
    uint8_t cfa_register;
};

#define MOST_REMEMBERED 4

struct function {
    uint64_t pc_begin;
    uint64_t code_align;
    int64_t data_align;
    struct spprof_dwarf_reader initial, instructions;
    uint8_t pointer_encoding;
    bool is_signal_frame;
    uint8_t return_register;
};

/* Reads a CIE: its alignment factors, and the encoding of its functions' pointers. */
static bool read_common_sigsafe(uint64_t at, struct function *function) {
    struct spprof_dwarf_reader reader = {.at = at, .end = at + 4};
    uint64_t length = spprof_dwarf_number_sigsafe(&reader, 4);
    if (reader.failed || length == 0 || length == 0xffffffff) {
        return false;
    }
    reader.end = reader.at + length;
    if (spprof_dwarf_number_sigsafe(&reader, 4) != 0) {
        return false;
    }
    uint64_t version = spprof_dwarf_number_sigsafe(&reader, 1);
    char augmentation[8] = "";
    size_t letters = 0;
    for (uint8_t letter; (letter = (uint8_t)spprof_dwarf_number_sigsafe(&reader, 1)) != 0;) {
        if (letters == sizeof augmentation - 1) {
            return false;
        }
        augmentation[letters++] = (char)letter;
    }
    function->code_align = spprof_dwarf_uleb_sigsafe(&reader);
    function->data_align = spprof_dwarf_sleb_sigsafe(&reader);
    function->return_register = (uint8_t)(version == 1 ? spprof_dwarf_number_sigsafe(&reader, 1)
                                                       : spprof_dwarf_uleb_sigsafe(&reader));
    function->pointer_encoding = 0;
    uint64_t instructions = reader.at;
    if (augmentation[0] == 'z') {
        uint64_t size = spprof_dwarf_uleb_sigsafe(&reader);
        instructions = reader.at + size;
        for (size_t i = 1; i < letters; i++) {
            if (augmentation[i] == 'R') {
                function->pointer_encoding = (uint8_t)spprof_dwarf_number_sigsafe(&reader, 1);
            } else if (augmentation[i] == 'P') {
                uint8_t encoding = (uint8_t)spprof_dwarf_number_sigsafe(&reader, 1);
                spprof_dwarf_pointer_sigsafe(&reader, encoding);
            } else if (augmentation[i] == 'L') {
                spprof_dwarf_number_sigsafe(&reader, 1);
            } else if (augmentation[i] == 'S') {
                function->is_signal_frame = true;
            } else if (augmentation[i] != SPPROF_DWARF_IGNORED_LETTER) {
                return false;
            }
        }
    } else if (letters != 0) {
        return false;
    }
    function->initial = (struct spprof_dwarf_reader){.at = instructions, .end = reader.end};
    return !reader.failed && (version == 1 || version == 3 || version == 4);
}

/* Reads an FDE. Returns false if it does not cover `pc`. */
static bool read_function_sigsafe(uint64_t at, uint64_t pc, struct function *function) {
    if (at == 0) {
        return false;
    }
    struct spprof_dwarf_reader reader = {.at = at, .end = at + 4};
    uint64_t length = spprof_dwarf_number_sigsafe(&reader, 4);
    if (reader.failed || length == 0 || length == 0xffffffff) {
        return false;
    }
    reader.end = reader.at + length;
    uint64_t here = reader.at;
    uint64_t back = spprof_dwarf_number_sigsafe(&reader, 4);
    if (back == 0 || !read_common_sigsafe(here - back, function)) {
        return false;
    }
    function->pc_begin = spprof_dwarf_pointer_sigsafe(&reader, function->pointer_encoding);
    uint64_t size = spprof_dwarf_pointer_sigsafe(&reader, function->pointer_encoding & 0x0f);
    uint64_t augmentation = spprof_dwarf_uleb_sigsafe(&reader);
    function->instructions =
        (struct spprof_dwarf_reader){.at = reader.at + augmentation, .end = reader.end};
    return !reader.failed && pc - function->pc_begin < size;
}

static void set_rule_sigsafe(struct row *row, uint64_t number, enum rule_kind kind, int64_t value) {
    int index = index_of_sigsafe(number);
    if (index >= 0) {
        row->kind[index] = (uint8_t)kind;
        row->value[index] = value;
    }
}

static void restore_sigsafe(struct row *row, const struct row *initial, uint64_t number) {
    int index = index_of_sigsafe(number);
    if (index >= 0) {
        row->kind[index] = initial->kind[index];
        row->value[index] = initial->value[index];
    }
}

static void block_sigsafe(struct spprof_dwarf_reader *reader) {
    uint64_t length = spprof_dwarf_uleb_sigsafe(reader);
    reader->failed = reader->failed || length > reader->end - reader->at;
    reader->at += length;
}

/* Executes the call frame instructions up to `pc` (DWARF 4, 6.4.2). */
static bool run_sigsafe(const struct function *function, struct spprof_dwarf_reader *reader,
                        const struct row *initial, uint64_t pc, struct row *row) {
    struct row remembered[MOST_REMEMBERED];
    int depth = 0;
    uint64_t location = function->pc_begin;
    while (reader->at < reader->end && !reader->failed) {
        uint8_t code = (uint8_t)spprof_dwarf_number_sigsafe(reader, 1);
        uint64_t low = code & 0x3f, number, advance = 0;
        switch (code & 0xc0) {
            case 0x40: /* advance_loc */
                advance = low;
                code = 0x02;
                break;
            case 0x80: /* offset */
                set_rule_sigsafe(row, low, AT_OFFSET,
                                 (int64_t)spprof_dwarf_uleb_sigsafe(reader) * function->data_align);
                continue;
            case 0xc0: /* restore */
                restore_sigsafe(row, initial, low);
                continue;
            default:
                break;
        }
        switch (code) {
            case 0x00: /* nop */
                break;
            case 0x02: /* advance_loc1, and above */
            case 0x03: /* advance_loc2 */
            case 0x04: /* advance_loc4 */
                if (advance == 0) {
                    advance = spprof_dwarf_number_sigsafe(reader, (size_t)1 << (code - 2));
                }
                location += advance * function->code_align;
                if (location > pc) {
                    return !reader->failed;
                }
                break;
            case 0x05: /* offset_extended */
                number = spprof_dwarf_uleb_sigsafe(reader);
                set_rule_sigsafe(row, number, AT_OFFSET,
                                 (int64_t)spprof_dwarf_uleb_sigsafe(reader) * function->data_align);
                break;
            case 0x06: /* restore_extended */
                restore_sigsafe(row, initial, spprof_dwarf_uleb_sigsafe(reader));
                break;
            case 0x07: /* undefined */
                set_rule_sigsafe(row, spprof_dwarf_uleb_sigsafe(reader), UNDEFINED, 0);
                break;
            case 0x08: /* same_value */
                set_rule_sigsafe(row, spprof_dwarf_uleb_sigsafe(reader), SAME, 0);
                break;
            case 0x09: /* register */
                number = spprof_dwarf_uleb_sigsafe(reader);
                set_rule_sigsafe(row, number, IN_REGISTER,
                                 (int64_t)spprof_dwarf_uleb_sigsafe(reader));
                break;
            case 0x0a: /* remember_state */
                if (depth == MOST_REMEMBERED) {
                    return false;
                }
                remembered[depth++] = *row;
                break;
            case 0x0b: /* restore_state */
                if (depth == 0) {
                    return false;
                }
                *row = remembered[--depth];
                break;
            case 0x0c: /* def_cfa */
                row->cfa_register = (uint8_t)spprof_dwarf_uleb_sigsafe(reader);
                row->cfa_offset = (int64_t)spprof_dwarf_uleb_sigsafe(reader);
                row->cfa_expression = 0;
                break;
            case 0x0d: /* def_cfa_register */
                row->cfa_register = (uint8_t)spprof_dwarf_uleb_sigsafe(reader);
                row->cfa_expression = 0;
                break;
            case 0x0e: /* def_cfa_offset */
                row->cfa_offset = (int64_t)spprof_dwarf_uleb_sigsafe(reader);
                break;
            case 0x0f: /* def_cfa_expression */
                row->cfa_expression = reader->at;
                block_sigsafe(reader);
                break;
            case 0x10: /* expression */
            case 0x16: /* val_expression */
                number = spprof_dwarf_uleb_sigsafe(reader);
                set_rule_sigsafe(row, number, code == 0x10 ? AT_EXPRESSION : IS_EXPRESSION,
                                 (int64_t)reader->at);
                block_sigsafe(reader);
                break;
            case 0x11: /* offset_extended_sf */
                number = spprof_dwarf_uleb_sigsafe(reader);
                set_rule_sigsafe(row, number, AT_OFFSET,
                                 spprof_dwarf_sleb_sigsafe(reader) * function->data_align);
                break;
            case 0x12: /* def_cfa_sf */
                row->cfa_register = (uint8_t)spprof_dwarf_uleb_sigsafe(reader);
                row->cfa_offset = spprof_dwarf_sleb_sigsafe(reader) * function->data_align;
                row->cfa_expression = 0;
                break;
            case 0x13: /* def_cfa_offset_sf */
                row->cfa_offset = spprof_dwarf_sleb_sigsafe(reader) * function->data_align;
                break;
            case 0x14: /* val_offset */
                number = spprof_dwarf_uleb_sigsafe(reader);
                set_rule_sigsafe(row, number, IS_OFFSET,
                                 (int64_t)spprof_dwarf_uleb_sigsafe(reader) * function->data_align);
                break;
            case 0x2e: /* GNU_args_size */
                spprof_dwarf_uleb_sigsafe(reader);
                break;
            default:
                if (code != SPPROF_DWARF_IGNORED_INSTRUCTION) {
                    return false;
                }
        }
    }
    return !reader->failed;
}

static bool caller_register_sigsafe(const struct row *row, size_t index, uint64_t cfa,
                                    const uint64_t *registers, uint64_t *value) {
    uint64_t at;
    switch (row->kind[index]) {
        case SAME:
            *value = registers[kept[index]];
            return true;
        case AT_OFFSET:
            return spprof_load64_sigsafe(cfa + (uint64_t)row->value[index], value);
        case IS_OFFSET:
            *value = cfa + (uint64_t)row->value[index];
            return true;
        case IN_REGISTER:
            if ((uint64_t)row->value[index] >= SPPROF_DWARF_REGISTERS) {
                return false;
            }
            *value = registers[row->value[index]];
            return true;
        case AT_EXPRESSION:
            return spprof_dwarf_evaluate_sigsafe((uint64_t)row->value[index], registers, cfa,
                                                 &at) &&
                   spprof_load64_sigsafe(at, value);
        case IS_EXPRESSION:
            return spprof_dwarf_evaluate_sigsafe((uint64_t)row->value[index], registers, cfa,
                                                 value);
        default: /* UNDEFINED: the outermost frame has this rule for its return address */
            *value = 0;
            return true;
    }
}

bool spprof_call_frame_is_of_sigsafe(uint64_t entry, uint64_t pc) {
    struct function function = {0};
    return read_function_sigsafe(entry, pc, &function);
}

/* The form of a rule: see spprof_call_frame_apply_sigsafe. */
#define RULE_VALID (UINT64_C(1) << 63)
#define RULE_FROM_FP (UINT64_C(1) << 62)
#define RULE_FROM_BOTTOM (UINT64_C(1) << 61)
#define RULE_CFA_SHIFT 48
#define RULE_CFA_BITS 13
#define RULE_DISTANCE_BITS 4
#define RULE_DISTANCE_MASK ((1 << RULE_DISTANCE_BITS) - 1)
#define RULE_DISTANCE_UNDEFINED RULE_DISTANCE_MASK

_Static_assert(KEPT *RULE_DISTANCE_BITS <= RULE_CFA_SHIFT, "the distances have room");

/* Returns how far the registers of a row are saved from the CFA, or from the frame's bottom.
 * Returns false if one of them is not of the simple form. */
static bool distances_sigsafe(const struct row *row, bool from_bottom, uint64_t *distances) {
    *distances = 0;
    for (size_t i = 0; i < KEPT; i++) {
        uint64_t distance = 0;
        if (row->kind[i] == UNDEFINED) {
            distance = RULE_DISTANCE_UNDEFINED;
        } else if (row->kind[i] == AT_OFFSET) {
            int64_t bytes = from_bottom ? row->value[i] + row->cfa_offset + 8 : -row->value[i];
            if (bytes % 8 != 0 || bytes / 8 < 1 || bytes / 8 >= RULE_DISTANCE_UNDEFINED) {
                return false;
            }
            distance = (uint64_t)bytes / 8;
        } else if (row->kind[i] != SAME) {
            return false;
        }
        *distances |= distance << (i * RULE_DISTANCE_BITS);
    }
    return true;
}

static uint64_t rule_sigsafe(const struct row *row) {
    uint64_t distances;
    if (row->cfa_expression != 0 ||
        (row->cfa_register != SPPROF_DWARF_SP && row->cfa_register != SPPROF_DWARF_FP) ||
        row->cfa_offset < 0 || row->cfa_offset % 8 != 0 ||
        row->cfa_offset / 8 >= 1 << RULE_CFA_BITS) {
        return 0;
    }
    uint64_t rule = RULE_VALID | (uint64_t)row->cfa_offset / 8 << RULE_CFA_SHIFT |
                    (row->cfa_register == SPPROF_DWARF_FP ? RULE_FROM_FP : 0);
    if (distances_sigsafe(row, false, &distances)) {
        return rule | distances;
    }
    return distances_sigsafe(row, true, &distances) ? rule | RULE_FROM_BOTTOM | distances : 0;
}

/* Makes the caller's registers the present ones. */
static void go_to_caller_sigsafe(const uint64_t *values, uint64_t cfa, uint64_t *registers) {
    for (size_t i = 0; i < KEPT; i++) {
        registers[kept[i]] = values[i];
    }
    registers[SPPROF_DWARF_PC] = spprof_cpu_strip_sigsafe(registers[SPPROF_DWARF_RETURN]);
    registers[SPPROF_DWARF_SP] = cfa;
}

bool spprof_call_frame_apply_sigsafe(uint64_t rule, uint64_t *registers) {
    uint64_t from = registers[(rule & RULE_FROM_FP) != 0 ? SPPROF_DWARF_FP : SPPROF_DWARF_SP];
    uint64_t cfa = from + (rule >> RULE_CFA_SHIFT & ((1 << RULE_CFA_BITS) - 1)) * 8;
    uint64_t values[KEPT];
    for (size_t i = 0; i < KEPT; i++) {
        uint64_t distance = rule >> (i * RULE_DISTANCE_BITS) & RULE_DISTANCE_MASK;
        uint64_t at = (rule & RULE_FROM_BOTTOM) != 0 ? from + distance * 8 - 8 : cfa - distance * 8;
        values[i] = distance == 0 ? registers[kept[i]] : 0;
        if (distance != 0 && distance != RULE_DISTANCE_UNDEFINED &&
            !spprof_load64_sigsafe(at, &values[i])) {
            return false;
        }
    }
    go_to_caller_sigsafe(values, cfa, registers);
    return true;
}

bool spprof_call_frame_step_sigsafe(uint64_t entry, uint64_t *registers, bool interrupted,
                                    struct spprof_call_frame *frame) {
    uint64_t pc = registers[SPPROF_DWARF_PC];
    struct function function = {0};
    /* A return address can be the first address after its function. */
    uint64_t within = interrupted ? pc : pc - 1;
    if (!read_function_sigsafe(entry, within, &function)) {
        return false;
    }
    frame->begin = function.pc_begin;
    struct row initial = {0};
    if (!run_sigsafe(&function, &function.initial, &initial, UINT64_MAX, &initial)) {
        return false;
    }
    struct row row = initial;
    if (!run_sigsafe(&function, &function.instructions, &initial,
                     function.is_signal_frame ? pc : within, &row) ||
        function.return_register != SPPROF_DWARF_RETURN) {
        return false;
    }
    uint64_t cfa;
    if (row.cfa_expression != 0) {
        if (!spprof_dwarf_evaluate_sigsafe(row.cfa_expression, registers, 0, &cfa)) {
            return false;
        }
    } else if (row.cfa_register < SPPROF_DWARF_REGISTERS) {
        cfa = registers[row.cfa_register] + (uint64_t)row.cfa_offset;
    } else {
        return false;
    }
    uint64_t values[KEPT];
    for (size_t i = 0; i < KEPT; i++) {
        if (!caller_register_sigsafe(&row, i, cfa, registers, &values[i])) {
            return false;
        }
    }
    go_to_caller_sigsafe(values, cfa, registers);
    frame->rule = function.is_signal_frame ? 0 : rule_sigsafe(&row);
    frame->is_signal_frame = function.is_signal_frame;
    return true;
}
