#include "jvm/vmstructs.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One of the tables that libjvm publishes. */
struct table {
    const char *name;     /* kind of the entries, as in gHotSpotVM<name>EntryArrayStride */
    const char *variable; /* variable of libjvm that points to the first entry */
    const char *entry;    /* first entry */
    uint64_t stride;      /* bytes from one entry to the next */
};

static int number(const char *symbol, uint64_t *value) {
    const uint64_t *address = dlsym(RTLD_DEFAULT, symbol);
    if (address == NULL) {
        return -ENOENT;
    }
    *value = *address;
    return 0;
}

static int offset_in_entry(const struct table *table, const char *what, uint64_t *offset) {
    char symbol[128];
    snprintf(symbol, sizeof symbol, "gHotSpotVM%sEntry%s", table->name, what);
    return number(symbol, offset);
}

static int open_table(struct table *table) {
    const char *const *first = dlsym(RTLD_DEFAULT, table->variable);
    table->entry = first == NULL ? NULL : *first;
    return table->entry == NULL ? -ENOENT : offset_in_entry(table, "ArrayStride", &table->stride);
}

static const char *text(const char *entry, uint64_t offset) {
    return *(const char *const *)(entry + offset);
}

static int field_entry(const char *type, const char *field, bool is_static, const char *what,
                       uint64_t *value) {
    struct table table = {.name = "Struct", .variable = "gHotSpotVMStructs"};
    uint64_t type_at, field_at, static_at, value_at;
    if (open_table(&table) != 0 || offset_in_entry(&table, "TypeNameOffset", &type_at) != 0 ||
        offset_in_entry(&table, "FieldNameOffset", &field_at) != 0 ||
        offset_in_entry(&table, "IsStaticOffset", &static_at) != 0 ||
        offset_in_entry(&table, what, &value_at) != 0) {
        return -ENOENT;
    }
    for (const char *entry = table.entry;
         text(entry, type_at) != NULL && text(entry, field_at) != NULL; entry += table.stride) {
        if (strcmp(text(entry, type_at), type) == 0 && strcmp(text(entry, field_at), field) == 0 &&
            (*(const int32_t *)(entry + static_at) != 0) == is_static) {
            *value = *(const uint64_t *)(entry + value_at);
            return 0;
        }
    }
    return -ENOENT;
}

/* Returns the entry called `name`, or NULL, in a table whose entries have one name each. `what` is
 * the published offset of the name in an entry. */
static const char *named_entry(struct table *table, const char *what, const char *name) {
    uint64_t name_at;
    if (open_table(table) != 0 || offset_in_entry(table, what, &name_at) != 0) {
        return NULL;
    }
    for (const char *entry = table->entry; text(entry, name_at) != NULL; entry += table->stride) {
        if (strcmp(text(entry, name_at), name) == 0) {
            return entry;
        }
    }
    return NULL;
}

static int type_size(const char *type, uint64_t *size) {
    struct table table = {.name = "Type", .variable = "gHotSpotVMTypes"};
    uint64_t size_at;
    const char *entry = named_entry(&table, "TypeNameOffset", type);
    if (entry == NULL || offset_in_entry(&table, "SizeOffset", &size_at) != 0) {
        return -ENOENT;
    }
    *size = *(const uint64_t *)(entry + size_at);
    return 0;
}

static int constant(const char *name, int32_t *value) {
    struct table table = {.name = "IntConstant", .variable = "gHotSpotVMIntConstants"};
    uint64_t value_at;
    const char *entry = named_entry(&table, "NameOffset", name);
    if (entry == NULL || offset_in_entry(&table, "ValueOffset", &value_at) != 0) {
        return -ENOENT;
    }
    *value = *(const int32_t *)(entry + value_at);
    return 0;
}

static int look_up(enum spprof_wanted_kind kind, const char *type, const char *field, void *value) {
    switch (kind) {
        case SPPROF_WANTED_OFFSET:
            return field_entry(type, field, false, "OffsetOffset", value);
        case SPPROF_WANTED_STATIC:
            return field_entry(type, field, true, "AddressOffset", value);
        case SPPROF_WANTED_SIZE:
            return type_size(type, value);
        case SPPROF_WANTED_CONSTANT:
            return constant(type, value);
    }
    return -ENOENT;
}

int spprof_vmstructs_read(void *to, const struct spprof_wanted *wanted) {
    void *value = (char *)to + wanted->at;
    int error = look_up(wanted->kind, wanted->type, wanted->field, value);
    return error == 0 || wanted->other_type == NULL
               ? error
               : look_up(wanted->kind, wanted->other_type, wanted->other_field, value);
}
