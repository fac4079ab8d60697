/*
 * Where things are in the structures of the JVM that we run in: every offset, size and constant
 * that the walker uses, as this JVM publishes it (vmstructs.h). Nothing is taken from a release's
 * source that the JVM does not say itself, but for three things that it does not publish: the slots
 * of an interpreter's frame, how a scope is written (scopes.h), and that a code heap's segment map
 * counts back in bytes. self_test.h holds those against what JVMTI says, before they are used.
 *
 * Two families of layouts are known, and told apart by the fields that exist:
 *
 *   17 to 22  an nmethod's debug information lies behind its code, addresses in its header
 *   23 on     it lies in blocks of its own, offsets in its header; 25 has the constants there, too
 *
 * A new release is a new line in a table of release.h, or, if none fits, AsyncGetCallTrace.
 *
 * Written once, by spprof_layout_probe on an ordinary thread, before any handler; then only read.
 */
#ifndef SPPROF_VM_LAYOUT_H
#define SPPROF_VM_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define SPPROF_MAX_CODE_HEAPS 8

struct spprof_code_heap {
    uint64_t low, end;    /* its reserved addresses */
    uint64_t high;        /* address of the end of what is committed, which grows */
    uint64_t segment_map; /* address of the segment map's first byte */
    uint32_t log2_segment;
};

struct spprof_layout {
    /* JavaThread, and JavaFrameAnchor in it */
    uint64_t thread_state, thread_anchor, thread_stack_base, thread_stack_size;
    uint64_t thread_vframes;
    uint64_t thread_exception_pc; /* where an exception is that has no handler in its frame */
    uint64_t thread_poll_pc;      /* where compiled code met a safepoint poll */
    uint64_t anchor_sp, anchor_pc, anchor_fp, wrapper_anchor;
    uint64_t anchor_size; /* 0 if it is not published */
    int32_t state_in_java, state_in_java_trans, state_in_native, state_in_native_trans;
    int32_t state_in_vm, state_in_vm_trans;
    int32_t entry_wrapper;     /* words from an entry frame's fp to its JavaCallWrapper */
    int32_t sender_sp;         /* words from an interpreter frame's fp to the caller's sp */
    uint64_t call_stub_return; /* address of the variable that holds it */

    /* code cache */
    struct spprof_code_heap heaps[SPPROF_MAX_CODE_HEAPS];
    uint32_t heap_count;
    uint64_t code_low, code_end;     /* of all heaps, as reserved */
    uint64_t block_used, block_size; /* HeapBlock */

    /* CodeBlob. Since 23 what is an offset was an address before. */
    bool code_is_address;
    uint64_t blob_name, blob_code, blob_code_end, blob_frame_complete, blob_frame_size;
    bool frame_complete_is_short;
    bool has_kind;
    uint64_t blob_kind;
    int32_t kind_nmethod;
    uint64_t blob_mutable_data, blob_relocation_size;

    /* nmethod */
    bool debug_info_apart;
    uint64_t nmethod_method, nmethod_entry_bci, nmethod_compile_id, nmethod_orig_pc;
    uint64_t nmethod_osr_entry, nmethod_deopt, nmethod_deopt_mh;
    uint64_t nmethod_pcs, nmethod_pcs_end, nmethod_scopes, nmethod_immutable, nmethod_metadata;
    int32_t invocation_entry_bci;
    uint8_t excluded_bytes; /* of compressed numbers: 0 before JDK 20, 1 since */

    /* Method and what hangs on it */
    uint64_t method_const, method_flags;
    uint64_t const_constants, const_flags, const_code_size, const_name, const_signature, const_size;
    int32_t const_has_lines; /* a bit of the flags */
    uint64_t pool_cache, pool_holder, pool_length, pool_size;
    /* The constant pool's cache: entries behind its header, or, with `has_method_entries`, those of
     * methods in an array. Without `has_call_sites` one of these is not published. */
    bool has_call_sites, has_method_entries;
    uint64_t cache_size, cache_length, cache_methods;
    uint64_t method_entry_index, method_entry_size, method_entries_first;
    uint64_t klass_name, symbol_hash, symbol_length, symbol_body;

    /* vframeArray, frames that are being made anew: how many, the first, and what is in each */
    uint64_t vframes_caller, vframes_count, vframes_first, vframe_size, vframe_method, vframe_bci;

    /* interpreter: its code, and therein the entries of methods */
    uint64_t interpreter_low, interpreter_end, entries_low, entries_end;

    int64_t env; /* distance of a thread's JNIEnv from its JavaThread */
};

extern struct spprof_layout spprof_layout;

/*
 * Reads the layout. 0, or -ENOSYS with the reason in `why`: the fields that this JVM does not
 * publish, by name. `version` as JNI's GetVersion says it.
 */
int spprof_layout_probe(int32_t version, char *why, uint64_t size);

/* Address of a JVM flag's value of type bool, or 0. Ordinary threads only. */
uint64_t spprof_layout_flag(const char *name);

#endif
