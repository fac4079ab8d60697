#include "walk/dwarf_expression.h"

#include "walk/cpu/cpu.h"
#include "walk/dwarf_reader.h"
#include "walk/guard.h"

/* Operations that read a register. DWARF has 32 of them. */
#define FIRST_BREG 0x70
#define LAST_BREG 0x8f

static bool is_breg_sigsafe(uint8_t code) {
    return code >= FIRST_BREG && code <= LAST_BREG && code - FIRST_BREG < SPPROF_DWARF_REGISTERS;
}

bool spprof_dwarf_evaluate_sigsafe(uint64_t at, const uint64_t *registers, uint64_t first,
                                   uint64_t *result) {
    struct spprof_dwarf_reader reader = {.at = at, .end = at + 16};
    uint64_t length = spprof_dwarf_uleb_sigsafe(&reader);
    reader.end = reader.at + length;
    uint64_t stack[8] = {first};
    int top = first != 0 ? 0 : -1;
    while (reader.at < reader.end && !reader.failed) {
        uint8_t code = (uint8_t)spprof_dwarf_number_sigsafe(&reader, 1);
        bool pushes =
            code == 0x08 || code == 0x09 || (code >= 0x30 && code <= 0x4f) || is_breg_sigsafe(code);
        if (top + (pushes ? 1 : 0) >= 8 || top < (pushes                         ? -1
                                                  : code == 0x06 || code == 0x23 ? 0
                                                                                 : 1)) {
            return false;
        }
        if (code >= 0x30 && code <= 0x4f) { /* lit */
            stack[++top] = code - 0x30u;
        } else if (is_breg_sigsafe(code)) {
            stack[++top] =
                registers[code - FIRST_BREG] + (uint64_t)spprof_dwarf_sleb_sigsafe(&reader);
        } else if (code == 0x08 || code == 0x09) { /* const1u, const1s */
            uint64_t byte = spprof_dwarf_number_sigsafe(&reader, 1);
            stack[++top] = code == 0x08 ? byte : (uint64_t)(int64_t)(int8_t)byte;
        } else if (code == 0x06) { /* deref */
            if (!spprof_load64_sigsafe(stack[top], &stack[top])) {
                return false;
            }
        } else if (code == 0x23) { /* plus_uconst */
            stack[top] += spprof_dwarf_uleb_sigsafe(&reader);
        } else {
            uint64_t right = stack[top--];
            uint64_t *left = &stack[top];
            switch (code) {
                case 0x1a:
                    *left &= right;
                    break;
                case 0x1c:
                    *left -= right;
                    break;
                case 0x22:
                    *left += right;
                    break;
                case 0x24:
                    *left = right < 64 ? *left << right : 0;
                    break;
                case 0x2a:
                    *left = (int64_t)*left >= (int64_t)right;
                    break;
                default:
                    return false;
            }
        }
    }
    *result = top >= 0 ? stack[top] : 0;
    return !reader.failed && top >= 0;
}
