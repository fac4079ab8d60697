/*
 * Reads the numbers in the tables for debuggers and C++ exceptions: LEB128 (DWARF 4, 7.6) and
 * encoded pointers (Linux Standard Base 5.0, 10.5). Signal-safe. All loads are guarded (guard.h):
 * memory that is not mapped sets `failed`. The functions are inline, because a walk reads each byte
 * of a function's call frame instructions through them.
 */
#ifndef SPPROF_DWARF_READER_H
#define SPPROF_DWARF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "walk/guard.h"

/* Encodings of pointers, Linux Standard Base 5.0, 10.5. */
#define DW_EH_PE_udata4 0x03
#define DW_EH_PE_sdata4 0x0b
#define DW_EH_PE_sdata8 0x0c
#define DW_EH_PE_udata2 0x02
#define DW_EH_PE_sdata2 0x0a
#define DW_EH_PE_udata8 0x04
#define DW_EH_PE_pcrel 0x10

/* A position in the tables. A read that fails sets `failed`; from then on all numbers are read as
 * 0. */
struct spprof_dwarf_reader {
    uint64_t at, end;
    bool failed;
};

static inline uint64_t spprof_dwarf_number_sigsafe(struct spprof_dwarf_reader *reader,
                                                   size_t size) {
    uint64_t value = 0;
    if (reader->failed || reader->end - reader->at < size || reader->at > reader->end ||
        !spprof_load_sigsafe(reader->at, &value, size)) {
        reader->failed = true;
        return 0;
    }
    reader->at += size;
    return value;
}

static inline uint64_t spprof_dwarf_uleb_sigsafe(struct spprof_dwarf_reader *reader) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = spprof_dwarf_number_sigsafe(reader, 1);
        value |= (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    reader->failed = true;
    return 0;
}

static inline int64_t spprof_dwarf_sleb_sigsafe(struct spprof_dwarf_reader *reader) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64;) {
        uint64_t byte = spprof_dwarf_number_sigsafe(reader, 1);
        value |= (byte & 0x7f) << shift;
        shift += 7;
        if ((byte & 0x80) == 0) {
            return (int64_t)((byte & 0x40) != 0 && shift < 64 ? value | (~UINT64_C(0) << shift)
                                                              : value);
        }
    }
    reader->failed = true;
    return 0;
}

static inline uint64_t spprof_dwarf_pointer_sigsafe(struct spprof_dwarf_reader *reader,
                                                    uint8_t encoding) {
    uint64_t from = reader->at, value;
    switch (encoding & 0x0f) {
        case DW_EH_PE_sdata4:
            value = (uint64_t)(int64_t)(int32_t)spprof_dwarf_number_sigsafe(reader, 4);
            break;
        case DW_EH_PE_udata4:
            value = spprof_dwarf_number_sigsafe(reader, 4);
            break;
        case DW_EH_PE_sdata2:
            value = (uint64_t)(int64_t)(int16_t)spprof_dwarf_number_sigsafe(reader, 2);
            break;
        case DW_EH_PE_udata2:
            value = spprof_dwarf_number_sigsafe(reader, 2);
            break;
        case 0:
        case DW_EH_PE_udata8:
        case DW_EH_PE_sdata8:
            value = spprof_dwarf_number_sigsafe(reader, 8);
            break;
        default:
            reader->failed = true;
            return 0;
    }
    return (encoding & 0x70) == DW_EH_PE_pcrel ? value + from : value;
}

#endif
