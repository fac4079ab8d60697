#include "vmstructs.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

static int number(const char *symbol, uint64_t *value) {
    const uint64_t *address = dlsym(RTLD_DEFAULT, symbol);
    if (address == NULL) {
        return -ENOENT;
    }
    *value = *address;
    return 0;
}

int spprof_vmstructs_offset(const char *type, const char *field, uint64_t *offset) {
    const char *const *table = dlsym(RTLD_DEFAULT, "gHotSpotVMStructs");
    uint64_t stride, type_at, field_at, static_at, offset_at;
    if (table == NULL || number("gHotSpotVMStructEntryArrayStride", &stride) != 0 ||
        number("gHotSpotVMStructEntryTypeNameOffset", &type_at) != 0 ||
        number("gHotSpotVMStructEntryFieldNameOffset", &field_at) != 0 ||
        number("gHotSpotVMStructEntryIsStaticOffset", &static_at) != 0 ||
        number("gHotSpotVMStructEntryOffsetOffset", &offset_at) != 0) {
        return -ENOENT;
    }
    for (const char *entry = *table;; entry += stride) {
        const char *entry_type = *(const char *const *)(entry + type_at);
        const char *entry_field = *(const char *const *)(entry + field_at);
        if (entry_type == NULL || entry_field == NULL) {
            return -ENOENT; /* the end of the table */
        }
        if (strcmp(entry_type, type) == 0 && strcmp(entry_field, field) == 0 &&
            *(const int32_t *)(entry + static_at) == 0) {
            *offset = *(const uint64_t *)(entry + offset_at);
            return 0;
        }
    }
}
