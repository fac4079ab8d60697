/*
 * The layout of this JVM's structures: every offset, size and constant that the walker uses, as the
 * JVM publishes it (vmstructs.h).
 *
 * spprof_layout_probe writes the layout once, before any signal handler runs. Afterwards the layout
 * is only read.
 *
 * A few facts come from HotSpot's source, because the JVM does not publish them: the slots of an
 * interpreter frame (cpu.h), the encoding of a scope (scopes.h), the encoding of a code heap's
 * segment map (code.h), and those in release.h. Before the first session, the self-test walks a
 * stack with these facts and compares the result with JVMTI's (self_test.h).
 *
 * Two families of layouts are known. The fields that exist show which one a JVM has:
 *
 *   17 to 22  an nmethod's debug information follows its code; the header holds addresses
 *   23 on     it is in separate blocks; the header holds offsets. In JDK 25 the constants
 *             (metadata) are in a separate block, too
 *
 * A new release needs a new line in a table of release.h. If no layout fits, AsyncGetCallTrace is
 * used.
 */
#ifndef SPPROF_VM_LAYOUT_H
#define SPPROF_VM_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define SPPROF_MAX_CODE_HEAPS 8

/* The kinds of code blobs that the walker distinguishes. The JVM publishes them since JDK 23. */
enum spprof_blob_kind {
    SPPROF_KIND_NONE, /* stands for no kind */
    SPPROF_KIND_METHOD,
    SPPROF_KIND_UPCALL,
    SPPROF_KIND_ADAPTER,
    SPPROF_KIND_VTABLE,
    SPPROF_KIND_METHOD_HANDLES,
    SPPROF_KIND_EXCEPTION,
    SPPROF_KIND_DEOPTIMIZATION,
    SPPROF_KIND_UNCOMMON_TRAP,
    SPPROF_KIND_SAFEPOINT,
    SPPROF_BLOB_KINDS,
};

struct spprof_code_heap {
    uint64_t low, end;    /* the reserved addresses */
    uint64_t high;        /* address of the variable that holds the end of the committed part;
                           * this end grows */
    uint64_t segment_map; /* address of the segment map's first byte */
    uint32_t log2_segment;
};

struct spprof_layout {
    int32_t release;     /* 17, 21, …; INT32_MAX if it is not published */
    uint64_t release_at; /* address of the variable that holds it; 0 if it is not published */

    /* JavaThread, and JavaFrameAnchor in it */
    uint64_t thread_state, thread_anchor, thread_stack_base, thread_stack_size;
    uint64_t thread_vframes;
    uint64_t thread_exception_pc; /* pc of an exception that has no handler in its frame */
    uint64_t thread_poll_pc;      /* pc of the safepoint poll at which compiled code stopped */
    uint64_t anchor_sp, anchor_pc, anchor_fp, wrapper_anchor;
    uint64_t anchor_size; /* 0 if it is not published */
    int32_t state_in_java, state_in_java_trans, state_in_native, state_in_native_trans;
    int32_t state_in_vm, state_in_vm_trans;
    uint64_t call_stub_return; /* address of the variable that holds call_stub's return address */

    /* code cache */
    struct spprof_code_heap heaps[SPPROF_MAX_CODE_HEAPS];
    uint32_t heap_count;
    uint64_t code_low, code_end;     /* the reserved addresses of all heaps together */
    uint64_t block_used, block_size; /* HeapBlock */

    /* CodeBlob. Until JDK 22 it holds the code's addresses, since JDK 23 their offsets. */
    bool code_is_address;
    uint64_t blob_name, blob_code, blob_code_end, blob_frame_complete, blob_frame_size;
    uint64_t blob_header_size; /* 0 if it is not published */
    bool frame_complete_is_short;
    bool has_kind;
    uint64_t blob_kind;
    int32_t kinds[SPPROF_BLOB_KINDS]; /* their values; 0 for those not published */
    uint64_t blob_mutable_data, blob_relocation_size;

    /* nmethod */
    bool debug_info_apart;
    uint64_t nmethod_method, nmethod_entry_bci, nmethod_compile_id, nmethod_orig_pc;
    uint64_t nmethod_osr_entry, nmethod_deopt, nmethod_deopt_mh;
    uint64_t nmethod_pcs, nmethod_pcs_end, nmethod_scopes, nmethod_immutable, nmethod_metadata;
    uint64_t nmethod_level; /* the compilation's level, a byte; 0 if it is not published */
    uint64_t pc_desc_size;
    int32_t invocation_entry_bci;
    uint8_t excluded_bytes; /* byte values that compressed numbers do not use: 0 before JDK 20, 1
                             * since */

    /* Method, and the structures that it refers to */
    uint64_t method_const, method_flags;
    uint64_t const_constants, const_flags, const_code_size, const_name, const_signature, const_size;
    int32_t const_has_lines; /* the bit of the flags for "has a line number table" */
    uint64_t pool_cache, pool_holder, pool_length, pool_size;
    /* The constant pool's cache. Its entries follow its header; with `has_method_entries`, those of
     * methods are in an array instead. Without `has_call_sites`, the JVM does not publish all of
     * these fields. */
    bool has_call_sites, has_method_entries;
    uint64_t cache_size, cache_length, cache_methods;
    uint64_t method_entry_index, method_entry_size, method_entries_first;
    uint64_t klass_name, symbol_hash, symbol_length, symbol_body;

    /* CompilerThread, ciEnv and CompileTask; without `has_compile_task`, the JVM does not publish
     * all of these fields */
    bool has_compile_task;
    uint64_t compiler_env, env_task, task_method, task_osr_bci, task_level;

    /* vframeArray, the interpreter frames that deoptimisation is creating: its size, the caller,
     * the number of frames, the first frame, and the size and fields of each */
    uint64_t vframes_size, vframes_caller, vframes_count, vframes_first;
    uint64_t vframe_size, vframe_method, vframe_bci;

    /* the interpreter's code, and the part of it that holds the entries of methods */
    uint64_t interpreter_low, interpreter_end, entries_low, entries_end;

    int64_t env; /* distance of a thread's JNIEnv from its JavaThread */
};

extern struct spprof_layout spprof_layout;

/*
 * Reads the layout. Returns 0, or -ENOSYS with the reason in `why` (of `size` bytes): the names of
 * the fields that this JVM does not publish. `version` is the result of JNI's GetVersion.
 */
int spprof_layout_probe(int32_t version, char *why, uint64_t size);

/* Returns the address of the value of a JVM flag of type bool; 0 if the JVM has no flag of this
 * name. Never called in a signal handler. */
uint64_t spprof_layout_flag(const char *name);

#endif
