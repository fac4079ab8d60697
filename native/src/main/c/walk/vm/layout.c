#include "walk/vm/layout.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jvm/vmstructs.h"

#define JNI_VERSION_OF_20 0x00140000

struct spprof_layout spprof_layout;

enum kind { OFFSET, STATIC, SIZE, CONSTANT };

/* One thing to look up, and where it goes in the layout; `other_type` is another type that may have
 * it. */
struct wanted {
    size_t at;
    enum kind kind;
    const char *type, *field;
    const char *other_type, *other_field;
};

#define AT(member) offsetof(struct spprof_layout, member)

static const struct wanted in_every_release[] = {
    {AT(thread_state), OFFSET, "JavaThread", "_thread_state", NULL, NULL},
    {AT(thread_anchor), OFFSET, "JavaThread", "_anchor", NULL, NULL},
    {AT(thread_stack_base), OFFSET, "JavaThread", "_stack_base", "Thread", "_stack_base"},
    {AT(thread_stack_size), OFFSET, "JavaThread", "_stack_size", "Thread", "_stack_size"},
    {AT(thread_vframes), OFFSET, "JavaThread", "_vframe_array_head", NULL, NULL},
    {AT(thread_exception_pc), OFFSET, "JavaThread", "_exception_pc", NULL, NULL},
    {AT(thread_poll_pc), OFFSET, "JavaThread", "_saved_exception_pc", NULL, NULL},
    {AT(vframes_caller), OFFSET, "vframeArray", "_caller", NULL, NULL},
    {AT(vframes_count), OFFSET, "vframeArray", "_frames", NULL, NULL},
    {AT(vframe_size), SIZE, "vframeArrayElement", NULL, NULL, NULL},
    {AT(vframe_method), OFFSET, "vframeArrayElement", "_method", NULL, NULL},
    {AT(vframe_bci), OFFSET, "vframeArrayElement", "_bci", NULL, NULL},
    {AT(anchor_sp), OFFSET, "JavaFrameAnchor", "_last_Java_sp", NULL, NULL},
    {AT(anchor_pc), OFFSET, "JavaFrameAnchor", "_last_Java_pc", NULL, NULL},
    {AT(anchor_fp), OFFSET, "JavaFrameAnchor", "_last_Java_fp", NULL, NULL},
    {AT(wrapper_anchor), OFFSET, "JavaCallWrapper", "_anchor", NULL, NULL},
    {AT(state_in_java), CONSTANT, "_thread_in_Java", NULL, NULL, NULL},
    {AT(state_in_java_trans), CONSTANT, "_thread_in_Java_trans", NULL, NULL, NULL},
    {AT(state_in_native), CONSTANT, "_thread_in_native", NULL, NULL, NULL},
    {AT(state_in_native_trans), CONSTANT, "_thread_in_native_trans", NULL, NULL, NULL},
    {AT(state_in_vm), CONSTANT, "_thread_in_vm", NULL, NULL, NULL},
    {AT(state_in_vm_trans), CONSTANT, "_thread_in_vm_trans", NULL, NULL, NULL},
    {AT(entry_wrapper), CONSTANT, "frame::entry_frame_call_wrapper_offset", NULL, NULL, NULL},
    {AT(sender_sp), CONSTANT, "frame::interpreter_frame_sender_sp_offset", NULL, NULL, NULL},
    {AT(call_stub_return), STATIC, "StubRoutines", "_call_stub_return_address", NULL, NULL},
    {AT(block_used), OFFSET, "HeapBlock::Header", "_used", NULL, NULL},
    {AT(block_size), SIZE, "HeapBlock", NULL, NULL, NULL},
    {AT(blob_name), OFFSET, "CodeBlob", "_name", NULL, NULL},
    {AT(blob_frame_complete), OFFSET, "CodeBlob", "_frame_complete_offset", NULL, NULL},
    {AT(blob_frame_size), OFFSET, "CodeBlob", "_frame_size", NULL, NULL},
    {AT(nmethod_method), OFFSET, "nmethod", "_method", "CompiledMethod", "_method"},
    {AT(nmethod_entry_bci), OFFSET, "nmethod", "_entry_bci", NULL, NULL},
    {AT(nmethod_compile_id), OFFSET, "nmethod", "_compile_id", NULL, NULL},
    {AT(nmethod_orig_pc), OFFSET, "nmethod", "_orig_pc_offset", NULL, NULL},
    {AT(nmethod_osr_entry), OFFSET, "nmethod", "_osr_entry_point", NULL, NULL},
    {AT(nmethod_pcs), OFFSET, "nmethod", "_scopes_pcs_offset", NULL, NULL},
    {AT(invocation_entry_bci), CONSTANT, "InvocationEntryBci", NULL, NULL, NULL},
    {AT(method_const), OFFSET, "Method", "_constMethod", NULL, NULL},
    {AT(method_flags), OFFSET, "Method", "_access_flags", NULL, NULL},
    {AT(const_constants), OFFSET, "ConstMethod", "_constants", NULL, NULL},
    {AT(const_code_size), OFFSET, "ConstMethod", "_code_size", NULL, NULL},
    {AT(const_flags), OFFSET, "ConstMethod", "_flags", "ConstMethod", "_flags._flags"},
    {AT(const_has_lines), CONSTANT, "ConstMethod::_has_linenumber_table", NULL,
     "ConstMethodFlags::_misc_has_linenumber_table", NULL},
    {AT(const_name), OFFSET, "ConstMethod", "_name_index", NULL, NULL},
    {AT(const_signature), OFFSET, "ConstMethod", "_signature_index", NULL, NULL},
    {AT(const_size), SIZE, "ConstMethod", NULL, NULL, NULL},
    {AT(pool_cache), OFFSET, "ConstantPool", "_cache", NULL, NULL},
    {AT(pool_holder), OFFSET, "ConstantPool", "_pool_holder", NULL, NULL},
    {AT(pool_length), OFFSET, "ConstantPool", "_length", NULL, NULL},
    {AT(pool_size), SIZE, "ConstantPool", NULL, NULL, NULL},
    {AT(klass_name), OFFSET, "Klass", "_name", NULL, NULL},
    {AT(symbol_hash), OFFSET, "Symbol", "_hash_and_refcount", NULL, NULL},
    {AT(symbol_length), OFFSET, "Symbol", "_length", NULL, NULL},
    {AT(symbol_body), OFFSET, "Symbol", "_body", NULL, NULL},
};

static const struct wanted behind_the_code[] = {
    {AT(blob_code), OFFSET, "CodeBlob", "_code_begin", NULL, NULL},
    {AT(blob_code_end), OFFSET, "CodeBlob", "_code_end", NULL, NULL},
    {AT(nmethod_deopt), OFFSET, "CompiledMethod", "_deopt_handler_begin", NULL, NULL},
    {AT(nmethod_deopt_mh), OFFSET, "CompiledMethod", "_deopt_mh_handler_begin", NULL, NULL},
    {AT(nmethod_pcs_end), OFFSET, "nmethod", "_dependencies_offset", NULL, NULL},
    {AT(nmethod_scopes), OFFSET, "CompiledMethod", "_scopes_data_begin", NULL, NULL},
    {AT(nmethod_metadata), OFFSET, "nmethod", "_metadata_offset", NULL, NULL},
};

static const struct wanted apart[] = {
    {AT(blob_code), OFFSET, "CodeBlob", "_code_offset", NULL, NULL},
    {AT(blob_code_end), OFFSET, "CodeBlob", "_data_offset", NULL, NULL},
    {AT(blob_kind), OFFSET, "CodeBlob", "_kind", NULL, NULL},
    {AT(kind_nmethod), CONSTANT, "CodeBlobKind::Nmethod", NULL, NULL, NULL},
    {AT(blob_mutable_data), OFFSET, "CodeBlob", "_mutable_data", NULL, NULL},
    {AT(blob_relocation_size), OFFSET, "CodeBlob", "_relocation_size", NULL, NULL},
    {AT(nmethod_deopt), OFFSET, "nmethod", "_deopt_handler_offset", NULL, NULL},
    {AT(nmethod_deopt_mh), OFFSET, "nmethod", "_deopt_mh_handler_offset", NULL, NULL},
    {AT(nmethod_pcs_end), OFFSET, "nmethod", "_scopes_data_offset", NULL, NULL},
    {AT(nmethod_scopes), OFFSET, "nmethod", "_scopes_data_offset", NULL, NULL},
    {AT(nmethod_immutable), OFFSET, "nmethod", "_immutable_data", NULL, NULL},
};

/* Where a byte code's operand leads. A JVM that publishes neither is walked without. */
static const struct wanted entries_in_the_cache[] = {
    {AT(cache_size), SIZE, "ConstantPoolCache", NULL, NULL, NULL},
    {AT(cache_length), OFFSET, "ConstantPoolCache", "_length", NULL, NULL},
    {AT(method_entry_index), OFFSET, "ConstantPoolCacheEntry", "_indices", NULL, NULL},
    {AT(method_entry_size), SIZE, "ConstantPoolCacheEntry", NULL, NULL, NULL},
};

static const struct wanted entries_apart[] = {
    {AT(cache_methods), OFFSET, "ConstantPoolCache", "_resolved_method_entries", NULL, NULL},
    {AT(method_entry_index), OFFSET, "ResolvedMethodEntry", "_cpool_index", NULL, NULL},
    {AT(method_entry_size), SIZE, "ResolvedMethodEntry", NULL, NULL, NULL},
    {AT(method_entries_first), OFFSET, "Array<ResolvedMethodEntry>", "_data", NULL, NULL},
};

/* Adds a name to the list of what is missing. */
static void miss(char *why, uint64_t size, const char *type, const char *field) {
    size_t used = strlen(why);
    snprintf(why + used, size - used, "%s%s%s%s", used == 0 ? "" : ", ", type,
             field == NULL ? "" : "::", field == NULL ? "" : field);
}

static int look_up(enum kind kind, const char *type, const char *field, void *value) {
    switch (kind) {
        case OFFSET:
            return spprof_vmstructs_offset(type, field, value);
        case STATIC:
            return spprof_vmstructs_static(type, field, value);
        case SIZE:
            return spprof_vmstructs_size(type, value);
        case CONSTANT:
            return spprof_vmstructs_constant(type, value);
    }
    return -ENOENT;
}

static void read_all(struct spprof_layout *layout, const struct wanted *wanted, size_t count,
                     char *why, uint64_t size) {
    for (size_t i = 0; i < count; i++) {
        void *value = (char *)layout + wanted[i].at;
        if (look_up(wanted[i].kind, wanted[i].type, wanted[i].field, value) != 0 &&
            (wanted[i].other_type == NULL ||
             look_up(wanted[i].kind, wanted[i].other_type, wanted[i].other_field, value) != 0)) {
            miss(why, size, wanted[i].type, wanted[i].field);
        }
    }
}
#define READ_ALL(layout, wanted, why, size) \
    read_all(layout, wanted, sizeof(wanted) / sizeof *(wanted), why, size)

static void read_call_sites(struct spprof_layout *layout) {
    char missing[64] = "";
    uint64_t ignored;
    layout->has_method_entries =
        spprof_vmstructs_offset("ConstantPoolCache", "_resolved_method_entries", &ignored) == 0;
    if (layout->has_method_entries) {
        READ_ALL(layout, entries_apart, missing, sizeof missing);
    } else {
        READ_ALL(layout, entries_in_the_cache, missing, sizeof missing);
    }
    layout->has_call_sites = missing[0] == '\0';
}

static uint64_t word(uint64_t address) {
    return *(const uint64_t *)(uintptr_t)address;
}

static uint32_t number(uint64_t address) {
    return *(const uint32_t *)(uintptr_t)address;
}

/* The heaps exist from the JVM's beginning on, and stay where they are. */
static void read_code_heaps(struct spprof_layout *layout, char *why, uint64_t size) {
    uint64_t heaps, length, data, memory, map, log2, low, high, low_boundary, high_boundary;
    if (spprof_vmstructs_static("CodeCache", "_heaps", &heaps) != 0 ||
        spprof_vmstructs_offset("GrowableArrayBase", "_len", &length) != 0 ||
        spprof_vmstructs_offset("GrowableArray<int>", "_data", &data) != 0 ||
        spprof_vmstructs_offset("CodeHeap", "_memory", &memory) != 0 ||
        spprof_vmstructs_offset("CodeHeap", "_segmap", &map) != 0 ||
        spprof_vmstructs_offset("CodeHeap", "_log2_segment_size", &log2) != 0 ||
        spprof_vmstructs_offset("VirtualSpace", "_low", &low) != 0 ||
        spprof_vmstructs_offset("VirtualSpace", "_high", &high) != 0 ||
        spprof_vmstructs_offset("VirtualSpace", "_low_boundary", &low_boundary) != 0 ||
        spprof_vmstructs_offset("VirtualSpace", "_high_boundary", &high_boundary) != 0) {
        miss(why, size, "CodeHeap", NULL);
        return;
    }
    uint64_t array = word(heaps);
    layout->heap_count = array == 0 ? 0 : number(array + length);
    if (layout->heap_count == 0 || layout->heap_count > SPPROF_MAX_CODE_HEAPS) {
        miss(why, size, "CodeCache", "_heaps");
        layout->heap_count = 0;
        return;
    }
    layout->code_low = UINT64_MAX;
    for (uint32_t i = 0; i < layout->heap_count; i++) {
        uint64_t heap = word(word(array + data) + i * sizeof(uint64_t));
        struct spprof_code_heap *to = &layout->heaps[i];
        *to = (struct spprof_code_heap){
            .low = word(heap + memory + low_boundary),
            .end = word(heap + memory + high_boundary),
            .high = heap + memory + high,
            .segment_map = word(heap + map + low),
            .log2_segment = number(heap + log2),
        };
        if (word(heap + memory + low) != to->low || to->end <= to->low || to->log2_segment > 16) {
            miss(why, size, "CodeHeap", "_memory");
        }
        layout->code_low = to->low < layout->code_low ? to->low : layout->code_low;
        layout->code_end = to->end > layout->code_end ? to->end : layout->code_end;
    }
}

/* The interpreter's code is made when the JVM begins, and stays as it is. */
static void read_interpreter(struct spprof_layout *layout, char *why, uint64_t size) {
    static const char entry[] = "method entry point";
    uint64_t code, buffer, limit, begin, end, description, codelet_size;
    if (spprof_vmstructs_static("AbstractInterpreter", "_code", &code) != 0 ||
        spprof_vmstructs_offset("StubQueue", "_stub_buffer", &buffer) != 0 ||
        spprof_vmstructs_offset("StubQueue", "_buffer_limit", &limit) != 0 ||
        spprof_vmstructs_offset("StubQueue", "_queue_begin", &begin) != 0 ||
        spprof_vmstructs_offset("StubQueue", "_queue_end", &end) != 0 ||
        spprof_vmstructs_offset("InterpreterCodelet", "_description", &description) != 0 ||
        spprof_vmstructs_offset("InterpreterCodelet", "_size", &codelet_size) != 0 ||
        word(code) == 0) {
        miss(why, size, "AbstractInterpreter", "_code");
        return;
    }
    uint64_t queue = word(code);
    layout->interpreter_low = word(queue + buffer);
    layout->interpreter_end = layout->interpreter_low + number(queue + limit);
    uint64_t to = layout->interpreter_low + number(queue + end);
    layout->entries_low = UINT64_MAX;
    for (uint64_t at = layout->interpreter_low + number(queue + begin); at < to;) {
        const char *what = (const char *)(uintptr_t)word(at + description);
        uint32_t length = number(at + codelet_size);
        if (length == 0) {
            break;
        }
        if (what != NULL && strstr(what, entry) != NULL) { /* of 25, native ones stand apart */
            layout->entries_low = at < layout->entries_low ? at : layout->entries_low;
            layout->entries_end = at + length;
        }
        at += length;
    }
    if (layout->entries_end == 0) {
        miss(why, size, "InterpreterCodelet", "_description");
    }
}

int spprof_layout_probe(int32_t version, char *why, uint64_t size) {
    struct spprof_layout layout = {.env = spprof_layout.env};
    uint64_t ignored, short_complete;
    char missing[512] = "";
    READ_ALL(&layout, in_every_release, missing, sizeof missing);
    layout.debug_info_apart = spprof_vmstructs_offset("nmethod", "_immutable_data", &ignored) == 0;
    if (layout.debug_info_apart) {
        READ_ALL(&layout, apart, missing, sizeof missing);
        layout.has_kind = true;
    } else {
        READ_ALL(&layout, behind_the_code, missing, sizeof missing);
        layout.code_is_address = true;
    }
    /* It shares four bytes with the size of the header since that is a short, too. */
    layout.frame_complete_is_short =
        spprof_vmstructs_offset("CodeBlob", "_header_size", &short_complete) == 0 &&
        layout.blob_frame_complete - short_complete == sizeof(uint16_t);
    read_call_sites(&layout);
    uint64_t pc_desc_size = 0;
    if (spprof_vmstructs_size("PcDesc", &pc_desc_size) != 0 || pc_desc_size != 16) {
        miss(missing, sizeof missing, "PcDesc", NULL);
    }
    layout.excluded_bytes = version >= JNI_VERSION_OF_20 ? 1 : 0;
    /* The array is declared with one element, at its end; more of them follow. What is there is
     * checked before it is used (walk_vm.c). */
    uint64_t vframes_size = 0;
    if (spprof_vmstructs_size("vframeArray", &vframes_size) != 0) {
        miss(missing, sizeof missing, "vframeArray", NULL);
    }
    layout.vframes_first = vframes_size - layout.vframe_size;
    read_code_heaps(&layout, missing, sizeof missing);
    read_interpreter(&layout, missing, sizeof missing);
    if (spprof_vmstructs_size("JavaFrameAnchor", &layout.anchor_size) != 0) {
        layout.anchor_size = 0;
    }
    if (missing[0] != '\0') {
        snprintf(why, size, "this JVM does not publish %s", missing);
        return -ENOSYS;
    }
    spprof_layout = layout;
    return 0;
}

uint64_t spprof_layout_flag(const char *name) {
    uint64_t flags, count, stride, name_at, address_at;
    if (spprof_vmstructs_static("JVMFlag", "flags", &flags) != 0 ||
        spprof_vmstructs_static("JVMFlag", "numFlags", &count) != 0 ||
        spprof_vmstructs_size("JVMFlag", &stride) != 0 ||
        spprof_vmstructs_offset("JVMFlag", "_name", &name_at) != 0 ||
        spprof_vmstructs_offset("JVMFlag", "_addr", &address_at) != 0) {
        return 0;
    }
    for (uint64_t i = 0; i < word(count); i++) {
        uint64_t flag = word(flags) + i * stride;
        const char *its_name = (const char *)(uintptr_t)word(flag + name_at);
        if (its_name != NULL && strcmp(its_name, name) == 0) {
            return word(flag + address_at);
        }
    }
    return 0;
}
