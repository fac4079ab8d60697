/*
 * The facts that differ between releases of HotSpot, or could differ: the names of code blobs, of
 * published fields, of flags and of some classes of java.base, and facts that the JVM does not
 * publish. A release that renames something needs the new name here, beside the old one. The code
 * elsewhere in walk/vm asks for the role of a code blob ("is this an adapter?"), not for its name.
 *
 * The names that both walkers need are in files of earlier rooms (folders, see docs/design.md),
 * because these files also serve systems without the walker `vm`:
 *
 *   threads/java_threads.c           the fields that lead from a JNIEnv to the system's thread. A
 *                                    release has changed one: _osthread, which belonged to
 *                                    JavaThread and now belongs to Thread
 *   threads/java_names.c             the fields of java.lang.Thread with its name, its number and
 *                                    its JavaThread
 *   platform/linux.c and darwin.c    the field of OSThread with the system's number of the thread
 *   jvm/vmstructs.c                  the tables with which the JVM publishes its structures
 *   walk/walk_agct.c                 AsyncGetCallTrace
 *
 * One fact needs no name or number here, because interpreter_frames.c accepts both forms: in the
 * frame of a method that has made a call, the interpreter saves its sp. The saved value is an
 * address up to JDK 21, and the distance from fp in words since JDK 22
 * (cpu/CPU/frame_CPU.inline.hpp: interpreter_frame_last_sp).
 *
 * Source files are given by their paths in the JDK's repository, relative to src/hotspot/share.
 * Paths that begin with cpu/ are relative to src/hotspot, and CPU is any processor. A row or
 * comment that names no release applies to all releases from 17 on. Facts that also depend on the
 * processor are behind walk/cpu/cpu.h.
 *
 * This file contains constants, and the types of their tables, only.
 */
#ifndef SPPROF_VM_RELEASE_H
#define SPPROF_VM_RELEASE_H

#include <stddef.h>

#include "jvm/vmstructs.h"
#include "walk/vm/layout.h"

/* Roles of code blobs. */
enum spprof_blob_role {
    SPPROF_BLOB_METHOD,             /* a compiled method */
    SPPROF_BLOB_NATIVE_METHOD,      /* the wrapper of a native method */
    SPPROF_BLOB_UPCALL,             /* calls Java code for native code: java.lang.foreign */
    SPPROF_BLOB_ADAPTER,            /* i2c and c2i: between the interpreter and compiled code */
    SPPROF_BLOB_VTABLE,             /* vtable stubs and itable stubs */
    SPPROF_BLOB_EXCEPTION,          /* C2: looks up and jumps to an exception's handler */
    SPPROF_BLOB_TO_HANDLER,         /* C1: the stubs that do so */
    SPPROF_BLOB_DEOPTIMIZATION,     /* replaces a compiled frame with interpreter frames */
    SPPROF_BLOB_UNCOMMON_TRAP,      /* does so at a point for which C2 compiled no code */
    SPPROF_BLOB_SAFEPOINT,          /* stops a thread whose safepoint poll fired */
    SPPROF_BLOB_STUB_ROUTINES,      /* call_stub, intrinsics, barriers */
    SPPROF_BLOB_CONTINUATION_STUBS, /* thaw and preempt virtual threads */
    SPPROF_BLOB_FLUSH_ICACHE,       /* called after code was patched */
    SPPROF_BLOB_LEADS_TO_JAVA,      /* calls of Java methods reach the methods through it */
    SPPROF_BLOB_ROLES,
};

/* From when on a JVM has a blob. The probe demands that the blob is found from then on
 * (blobs.h). */
enum spprof_blob_creation {
    SPPROF_BLOB_AT_START,     /* before any Java code runs, in all modes: -Xint, C1 or C2 alone */
    SPPROF_BLOB_WITH_NATIVE,  /* when a native method's wrapper exists */
    SPPROF_BLOB_WITH_C1,      /* when a method that C1 has compiled exists */
    SPPROF_BLOB_WITH_C2,      /* when a method that C2 has compiled exists */
    SPPROF_BLOB_AT_FIRST_USE, /* nothing shows whether the blob exists: never demanded */
    SPPROF_BLOB_CREATIONS,
};

#define SPPROF_NAMES_OF_A_BLOB 4

/*
 * One blob, or several of one kind. `kind` recognises it in JVMs that publish the kind. `names`
 * recognise it in all others: CodeBlob::_name begins with one of them, in one release or another.
 */
struct spprof_blob {
    enum spprof_blob_creation creation;
    int32_t since; /* the first release that has such a blob; 0: all releases from 17 on */
    enum spprof_blob_kind kind;
    const char *names[SPPROF_NAMES_OF_A_BLOB];
};

#define SPPROF_BLOBS_OF_A_ROLE 9

/* The blobs of each role. The list of a role ends with a row without names, if it is not full. */
static const struct spprof_blob spprof_release_blobs[SPPROF_BLOB_ROLES][SPPROF_BLOBS_OF_A_ROLE] = {
    /* code/nmethod.cpp */
    [SPPROF_BLOB_METHOD] = {{SPPROF_BLOB_AT_FIRST_USE, .names = {"nmethod"}}},
    [SPPROF_BLOB_NATIVE_METHOD] = {{SPPROF_BLOB_WITH_NATIVE, .names = {"native nmethod"}}},
    /* code/codeBlob.cpp, cpu/CPU/upcallLinker_CPU.cpp: since 19; in 17 and 18 (the incubator) */
    [SPPROF_BLOB_UPCALL] = {{SPPROF_BLOB_AT_FIRST_USE, .kind = SPPROF_KIND_UPCALL,
                             .names = {"upcall_stub", "optimized_upcall_stub"}}},
    /* code/codeBlob.cpp: AdapterBlob. Since 25, adapters from an AOT cache have the types of their
     * arguments as names, such as "LII". */
    [SPPROF_BLOB_ADAPTER] = {{SPPROF_BLOB_AT_START, .kind = SPPROF_KIND_ADAPTER,
                              .names = {"I2C/C2I"}}},
    /* code/vtableStubs.cpp */
    [SPPROF_BLOB_VTABLE] = {{SPPROF_BLOB_AT_FIRST_USE, .kind = SPPROF_KIND_VTABLE,
                             .names = {"vtable"}}},
    /* code/codeBlob.hpp: the singletons. Since 27, those from an AOT cache have other names. */
    [SPPROF_BLOB_EXCEPTION] = {{SPPROF_BLOB_WITH_C2, .kind = SPPROF_KIND_EXCEPTION,
                                .names = {"ExceptionBlob"}}},
    [SPPROF_BLOB_DEOPTIMIZATION] = {{SPPROF_BLOB_AT_START, .kind = SPPROF_KIND_DEOPTIMIZATION,
                                     .names = {"DeoptimizationBlob"}}},
    [SPPROF_BLOB_UNCOMMON_TRAP] = {{SPPROF_BLOB_WITH_C2, .kind = SPPROF_KIND_UNCOMMON_TRAP,
                                    .names = {"UncommonTrapBlob"}}},
    [SPPROF_BLOB_SAFEPOINT] = {{SPPROF_BLOB_AT_START, .kind = SPPROF_KIND_SAFEPOINT,
                                .names = {"SafepointBlob"}}},
    /* c1/c1_Runtime1.cpp: "NAME Runtime1 stub"; in 25 and 26 "C1 Runtime NAME_blob"; since 27
     * "NAME_blob (C1 runtime)" */
    [SPPROF_BLOB_TO_HANDLER] =
        {
            {SPPROF_BLOB_WITH_C1, .names = {"forward_exception", "C1 Runtime forward_exception"}},
            {SPPROF_BLOB_WITH_C1, .names = {"handle_exception", "C1 Runtime handle_exception"}},
            {SPPROF_BLOB_WITH_C1, .names = {"unwind_exception", "C1 Runtime unwind_exception"}},
        },
    /* runtime/stubRoutines.cpp: "(1)" and "(2)" up to 20. Since 27, "NAME_blob (stub gen)" holds
     * the stubs from an AOT cache; the other blobs exist, too. */
    [SPPROF_BLOB_STUB_ROUTINES] =
        {
            {SPPROF_BLOB_AT_START, .names = {"StubRoutines (1)", "StubRoutines (initial"}},
            {SPPROF_BLOB_AT_START, .names = {"StubRoutines (2)", "StubRoutines (final"}},
            {SPPROF_BLOB_AT_FIRST_USE,
             .names = {"StubRoutines", "initial_blob", "final_blob", "compiler_blob"}},
            {SPPROF_BLOB_AT_FIRST_USE, .names = {"continuation_blob"}},
        },
    [SPPROF_BLOB_CONTINUATION_STUBS] =
        {
            {SPPROF_BLOB_AT_START, .since = 21, .names = {"StubRoutines (continuation"}},
            {SPPROF_BLOB_AT_FIRST_USE, .names = {"continuation_blob"}},
        },
    /* runtime/icache.cpp; the second since 25, where the first stub serves only the JVM's start */
    [SPPROF_BLOB_FLUSH_ICACHE] = {{SPPROF_BLOB_AT_START,
                                   .names = {"flush_icache_stub", "flush_icache_final_stub"}}},
    /*
     * Adapters and stubs of vtables, as above; prims/methodHandles.cpp: linkToStatic and such;
     * runtime/sharedRuntime.cpp: calls that are not resolved yet, in 25 and 26 with "Shared
     * Runtime" before their names; code/icBuffer.cpp, up to 22: a call is being patched.
     */
    [SPPROF_BLOB_LEADS_TO_JAVA] =
        {
            {SPPROF_BLOB_AT_FIRST_USE, .kind = SPPROF_KIND_ADAPTER, .names = {"I2C/C2I"}},
            {SPPROF_BLOB_AT_FIRST_USE, .kind = SPPROF_KIND_VTABLE, .names = {"vtable"}},
            {SPPROF_BLOB_AT_START, .kind = SPPROF_KIND_METHOD_HANDLES, .names = {"MethodHandles"}},
            {SPPROF_BLOB_AT_START,
             .names = {"resolve_opt_virtual_call", "Shared Runtime resolve_opt_virtual_call"}},
            {SPPROF_BLOB_AT_START,
             .names = {"resolve_virtual_call", "Shared Runtime resolve_virtual_call"}},
            {SPPROF_BLOB_AT_START,
             .names = {"resolve_static_call", "Shared Runtime resolve_static_call"}},
            {SPPROF_BLOB_AT_START, .names = {"ic_miss", "Shared Runtime ic_miss"}},
            {SPPROF_BLOB_AT_START, .names = {"wrong_method", "Shared Runtime wrong_method"}},
            {SPPROF_BLOB_AT_FIRST_USE, .names = {"InlineCache"}},
        },
};

/* Roles that so few frames need that a walker without them is still better than
 * AsyncGetCallTrace. */
static const bool spprof_release_rare[SPPROF_BLOB_ROLES] = {
    [SPPROF_BLOB_FLUSH_ICACHE] = true,
};

/* Part of the description of each interpreter codelet that is an entry of methods. In JDK 25 the
 * entries of native methods are apart from the others
 * (interpreter/templateInterpreterGenerator.cpp). */
#define SPPROF_RELEASE_METHOD_ENTRY "method entry point"

/* JDK 20, as JNI's GetVersion reports it. From this release on, compressed numbers contain no byte
 * 0 (utilities/unsigned5.hpp). */
#define SPPROF_RELEASE_EXCLUDES_ZERO 0x00140000

/* The size of a PcDesc in bytes. Its fields, four 32-bit numbers, are not published
 * (code/pcDesc.hpp). */
#define SPPROF_RELEASE_PC_DESC_BYTES 16

/* Virtual threads (java.base: jdk/internal/vm/Continuation.java; since 19). */
#define SPPROF_RELEASE_CONTINUATION "jdk/internal/vm/Continuation"
#define SPPROF_RELEASE_BORDER "enterSpecial" /* native; calls `enter` */
#define SPPROF_RELEASE_BORDER_CALLS "enter"
#define SPPROF_RELEASE_FREEZES "doYield" /* native */

/* Method handles (java.base: java/lang/invoke): their package, the two classes whose methods have
 * the call site's own signature, and the beginning of the names of MethodHandle's methods that
 * link. Of these, one passes no receiver on, and one leads to native code. */
#define SPPROF_RELEASE_HANDLES "java/lang/invoke/"
#define SPPROF_RELEASE_METHOD_HANDLE SPPROF_RELEASE_HANDLES "MethodHandle"
#define SPPROF_RELEASE_VAR_HANDLE SPPROF_RELEASE_HANDLES "VarHandle"
#define SPPROF_RELEASE_LINKERS "linkTo"
#define SPPROF_RELEASE_LINKER_TO_STATIC "linkToStatic"
#define SPPROF_RELEASE_LINKER_TO_NATIVE "linkToNative"

#define SPPROF_AT(member) offsetof(struct spprof_layout, member)

/*
 * The items that every release publishes. A field that moved has two names: CompiledMethod was
 * merged into nmethod in JDK 23, and the flags of ConstMethod became ConstMethodFlags in JDK 21. A
 * state that a release gave up has another state as its other name: JDK 28 has no states "trans".
 */
static const struct spprof_wanted spprof_release_fields[] = {
    {SPPROF_AT(thread_state), SPPROF_WANTED_OFFSET, "JavaThread", "_thread_state", NULL, NULL},
    {SPPROF_AT(thread_anchor), SPPROF_WANTED_OFFSET, "JavaThread", "_anchor", NULL, NULL},
    {SPPROF_AT(thread_stack_base), SPPROF_WANTED_OFFSET, "JavaThread", "_stack_base", "Thread",
     "_stack_base"},
    {SPPROF_AT(thread_stack_size), SPPROF_WANTED_OFFSET, "JavaThread", "_stack_size", "Thread",
     "_stack_size"},
    {SPPROF_AT(thread_vframes), SPPROF_WANTED_OFFSET, "JavaThread", "_vframe_array_head", NULL,
     NULL},
    {SPPROF_AT(thread_exception_pc), SPPROF_WANTED_OFFSET, "JavaThread", "_exception_pc", NULL,
     NULL},
    {SPPROF_AT(thread_poll_pc), SPPROF_WANTED_OFFSET, "JavaThread", "_saved_exception_pc", NULL,
     NULL},
    {SPPROF_AT(vframes_size), SPPROF_WANTED_SIZE, "vframeArray", NULL, NULL, NULL},
    {SPPROF_AT(vframes_caller), SPPROF_WANTED_OFFSET, "vframeArray", "_caller", NULL, NULL},
    {SPPROF_AT(vframes_count), SPPROF_WANTED_OFFSET, "vframeArray", "_frames", NULL, NULL},
    {SPPROF_AT(vframe_size), SPPROF_WANTED_SIZE, "vframeArrayElement", NULL, NULL, NULL},
    {SPPROF_AT(vframe_method), SPPROF_WANTED_OFFSET, "vframeArrayElement", "_method", NULL, NULL},
    {SPPROF_AT(vframe_bci), SPPROF_WANTED_OFFSET, "vframeArrayElement", "_bci", NULL, NULL},
    {SPPROF_AT(anchor_sp), SPPROF_WANTED_OFFSET, "JavaFrameAnchor", "_last_Java_sp", NULL, NULL},
    {SPPROF_AT(anchor_pc), SPPROF_WANTED_OFFSET, "JavaFrameAnchor", "_last_Java_pc", NULL, NULL},
    {SPPROF_AT(anchor_fp), SPPROF_WANTED_OFFSET, "JavaFrameAnchor", "_last_Java_fp", NULL, NULL},
    {SPPROF_AT(wrapper_anchor), SPPROF_WANTED_OFFSET, "JavaCallWrapper", "_anchor", NULL, NULL},
    {SPPROF_AT(state_in_java), SPPROF_WANTED_CONSTANT, "_thread_in_Java", NULL, NULL, NULL},
    {SPPROF_AT(state_in_java_trans), SPPROF_WANTED_CONSTANT, "_thread_in_Java_trans", NULL,
     "_thread_in_Java", NULL},
    {SPPROF_AT(state_in_native), SPPROF_WANTED_CONSTANT, "_thread_in_native", NULL, NULL, NULL},
    {SPPROF_AT(state_in_native_trans), SPPROF_WANTED_CONSTANT, "_thread_in_native_trans", NULL,
     "_thread_in_native", NULL},
    {SPPROF_AT(state_in_vm), SPPROF_WANTED_CONSTANT, "_thread_in_vm", NULL, NULL, NULL},
    {SPPROF_AT(state_in_vm_trans), SPPROF_WANTED_CONSTANT, "_thread_in_vm_trans", NULL,
     "_thread_in_vm", NULL},
    {SPPROF_AT(call_stub_return), SPPROF_WANTED_STATIC, "StubRoutines", "_call_stub_return_address",
     NULL, NULL},
    {SPPROF_AT(block_used), SPPROF_WANTED_OFFSET, "HeapBlock::Header", "_used", NULL, NULL},
    {SPPROF_AT(block_size), SPPROF_WANTED_SIZE, "HeapBlock", NULL, NULL, NULL},
    {SPPROF_AT(blob_name), SPPROF_WANTED_OFFSET, "CodeBlob", "_name", NULL, NULL},
    {SPPROF_AT(blob_frame_complete), SPPROF_WANTED_OFFSET, "CodeBlob", "_frame_complete_offset",
     NULL, NULL},
    {SPPROF_AT(blob_frame_size), SPPROF_WANTED_OFFSET, "CodeBlob", "_frame_size", NULL, NULL},
    {SPPROF_AT(nmethod_method), SPPROF_WANTED_OFFSET, "nmethod", "_method", "CompiledMethod",
     "_method"},
    {SPPROF_AT(nmethod_entry_bci), SPPROF_WANTED_OFFSET, "nmethod", "_entry_bci", NULL, NULL},
    {SPPROF_AT(nmethod_compile_id), SPPROF_WANTED_OFFSET, "nmethod", "_compile_id", NULL, NULL},
    {SPPROF_AT(nmethod_orig_pc), SPPROF_WANTED_OFFSET, "nmethod", "_orig_pc_offset", NULL, NULL},
    {SPPROF_AT(nmethod_osr_entry), SPPROF_WANTED_OFFSET, "nmethod", "_osr_entry_point", NULL, NULL},
    {SPPROF_AT(nmethod_pcs), SPPROF_WANTED_OFFSET, "nmethod", "_scopes_pcs_offset", NULL, NULL},
    {SPPROF_AT(pc_desc_size), SPPROF_WANTED_SIZE, "PcDesc", NULL, NULL, NULL},
    {SPPROF_AT(invocation_entry_bci), SPPROF_WANTED_CONSTANT, "InvocationEntryBci", NULL, NULL,
     NULL},
    {SPPROF_AT(method_const), SPPROF_WANTED_OFFSET, "Method", "_constMethod", NULL, NULL},
    {SPPROF_AT(method_flags), SPPROF_WANTED_OFFSET, "Method", "_access_flags", NULL, NULL},
    {SPPROF_AT(const_constants), SPPROF_WANTED_OFFSET, "ConstMethod", "_constants", NULL, NULL},
    {SPPROF_AT(const_code_size), SPPROF_WANTED_OFFSET, "ConstMethod", "_code_size", NULL, NULL},
    {SPPROF_AT(const_flags), SPPROF_WANTED_OFFSET, "ConstMethod", "_flags", "ConstMethod",
     "_flags._flags"},
    {SPPROF_AT(const_has_lines), SPPROF_WANTED_CONSTANT, "ConstMethod::_has_linenumber_table", NULL,
     "ConstMethodFlags::_misc_has_linenumber_table", NULL},
    {SPPROF_AT(const_name), SPPROF_WANTED_OFFSET, "ConstMethod", "_name_index", NULL, NULL},
    {SPPROF_AT(const_signature), SPPROF_WANTED_OFFSET, "ConstMethod", "_signature_index", NULL,
     NULL},
    {SPPROF_AT(const_size), SPPROF_WANTED_SIZE, "ConstMethod", NULL, NULL, NULL},
    {SPPROF_AT(pool_cache), SPPROF_WANTED_OFFSET, "ConstantPool", "_cache", NULL, NULL},
    {SPPROF_AT(pool_holder), SPPROF_WANTED_OFFSET, "ConstantPool", "_pool_holder", NULL, NULL},
    {SPPROF_AT(pool_length), SPPROF_WANTED_OFFSET, "ConstantPool", "_length", NULL, NULL},
    {SPPROF_AT(pool_size), SPPROF_WANTED_SIZE, "ConstantPool", NULL, NULL, NULL},
    {SPPROF_AT(klass_name), SPPROF_WANTED_OFFSET, "Klass", "_name", NULL, NULL},
    {SPPROF_AT(symbol_hash), SPPROF_WANTED_OFFSET, "Symbol", "_hash_and_refcount", NULL, NULL},
    {SPPROF_AT(symbol_length), SPPROF_WANTED_OFFSET, "Symbol", "_length", NULL, NULL},
    {SPPROF_AT(symbol_body), SPPROF_WANTED_OFFSET, "Symbol", "_body", NULL, NULL},
};

/* The items that the walker can do without. */
static const struct spprof_wanted spprof_release_optional[] = {
    {SPPROF_AT(release_at), SPPROF_WANTED_STATIC, "Abstract_VM_Version", "_vm_major_version", NULL,
     NULL},
    {SPPROF_AT(blob_header_size), SPPROF_WANTED_OFFSET, "CodeBlob", "_header_size", NULL, NULL},
    {SPPROF_AT(nmethod_level), SPPROF_WANTED_OFFSET, "nmethod", "_comp_level", NULL, NULL},
    {SPPROF_AT(anchor_size), SPPROF_WANTED_SIZE, "JavaFrameAnchor", NULL, NULL, NULL},
};

/* The levels of nmethod::_comp_level and CompileTask::_comp_level (CompLevel in
 * compiler/compilerDefinitions.hpp). Level 0 is that of a native method's wrapper. */
enum {
    SPPROF_RELEASE_LEVEL_NONE = 0,
    SPPROF_RELEASE_LEVEL_C1 = 1,
    SPPROF_RELEASE_LEVEL_C1_COUNTERS = 2,
    SPPROF_RELEASE_LEVEL_C1_PROFILE = 3,
    SPPROF_RELEASE_LEVEL_C2 = 4,
};

/* What a compiler thread compiles (compiler/compilerThread.hpp, ci/ciEnv.hpp,
 * compiler/compileTask.hpp). If one of these is missing, no stack shows it. */
static const struct spprof_wanted spprof_release_compile_task[] = {
    {SPPROF_AT(compiler_env), SPPROF_WANTED_OFFSET, "CompilerThread", "_env", NULL, NULL},
    {SPPROF_AT(env_task), SPPROF_WANTED_OFFSET, "ciEnv", "_task", NULL, NULL},
    {SPPROF_AT(task_method), SPPROF_WANTED_OFFSET, "CompileTask", "_method", NULL, NULL},
    {SPPROF_AT(task_osr_bci), SPPROF_WANTED_OFFSET, "CompileTask", "_osr_bci", NULL, NULL},
    {SPPROF_AT(task_level), SPPROF_WANTED_OFFSET, "CompileTask", "_comp_level", NULL, NULL},
};

/* The kinds of code blobs, each of which the walker can do without (code/codeBlob.hpp, since
 * 23). */
static const struct spprof_wanted spprof_release_kinds[] = {
    {SPPROF_AT(kinds[SPPROF_KIND_UPCALL]), SPPROF_WANTED_CONSTANT, "CodeBlobKind::Upcall", NULL,
     NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_ADAPTER]), SPPROF_WANTED_CONSTANT, "CodeBlobKind::Adapter", NULL,
     NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_VTABLE]), SPPROF_WANTED_CONSTANT, "CodeBlobKind::Vtable", NULL,
     NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_METHOD_HANDLES]), SPPROF_WANTED_CONSTANT,
     "CodeBlobKind::MHAdapter", NULL, NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_EXCEPTION]), SPPROF_WANTED_CONSTANT, "CodeBlobKind::Exception",
     NULL, NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_DEOPTIMIZATION]), SPPROF_WANTED_CONSTANT,
     "CodeBlobKind::Deoptimization", NULL, NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_UNCOMMON_TRAP]), SPPROF_WANTED_CONSTANT,
     "CodeBlobKind::UncommonTrap", NULL, NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_SAFEPOINT]), SPPROF_WANTED_CONSTANT, "CodeBlobKind::Safepoint",
     NULL, NULL, NULL},
};

/* JDK 17 to 22: an nmethod's debug information follows its code in memory (codeBlob.hpp,
 * compiledMethod.hpp, nmethod.hpp). */
static const struct spprof_wanted spprof_release_debug_info_behind_code[] = {
    {SPPROF_AT(blob_code), SPPROF_WANTED_OFFSET, "CodeBlob", "_code_begin", NULL, NULL},
    {SPPROF_AT(blob_code_end), SPPROF_WANTED_OFFSET, "CodeBlob", "_code_end", NULL, NULL},
    {SPPROF_AT(nmethod_deopt), SPPROF_WANTED_OFFSET, "CompiledMethod", "_deopt_handler_begin", NULL,
     NULL},
    {SPPROF_AT(nmethod_deopt_mh), SPPROF_WANTED_OFFSET, "CompiledMethod", "_deopt_mh_handler_begin",
     NULL, NULL},
    {SPPROF_AT(nmethod_pcs_end), SPPROF_WANTED_OFFSET, "nmethod", "_dependencies_offset", NULL,
     NULL},
    {SPPROF_AT(nmethod_scopes), SPPROF_WANTED_OFFSET, "CompiledMethod", "_scopes_data_begin", NULL,
     NULL},
    {SPPROF_AT(nmethod_metadata), SPPROF_WANTED_OFFSET, "nmethod", "_metadata_offset", NULL, NULL},
};

/* JDK 23 and later: an nmethod's debug information is in separate blocks (codeBlob.hpp,
 * nmethod.hpp). JDK 26 merged the two handlers of deoptimization. A JVM that publishes the first
 * field has this family of fields, others have the one above. */
static const struct spprof_wanted spprof_release_debug_info_apart[] = {
    {SPPROF_AT(nmethod_immutable), SPPROF_WANTED_OFFSET, "nmethod", "_immutable_data", NULL, NULL},
    {SPPROF_AT(blob_code), SPPROF_WANTED_OFFSET, "CodeBlob", "_code_offset", NULL, NULL},
    {SPPROF_AT(blob_code_end), SPPROF_WANTED_OFFSET, "CodeBlob", "_data_offset", NULL, NULL},
    {SPPROF_AT(blob_kind), SPPROF_WANTED_OFFSET, "CodeBlob", "_kind", NULL, NULL},
    {SPPROF_AT(kinds[SPPROF_KIND_METHOD]), SPPROF_WANTED_CONSTANT, "CodeBlobKind::Nmethod", NULL,
     NULL, NULL},
    {SPPROF_AT(blob_mutable_data), SPPROF_WANTED_OFFSET, "CodeBlob", "_mutable_data", NULL, NULL},
    {SPPROF_AT(blob_relocation_size), SPPROF_WANTED_OFFSET, "CodeBlob", "_relocation_size", NULL,
     NULL},
    {SPPROF_AT(nmethod_deopt), SPPROF_WANTED_OFFSET, "nmethod", "_deopt_handler_offset", "nmethod",
     "_deopt_handler_entry_offset"},
    {SPPROF_AT(nmethod_deopt_mh), SPPROF_WANTED_OFFSET, "nmethod", "_deopt_mh_handler_offset",
     "nmethod", "_deopt_handler_entry_offset"},
    {SPPROF_AT(nmethod_pcs_end), SPPROF_WANTED_OFFSET, "nmethod", "_scopes_data_offset", NULL,
     NULL},
    {SPPROF_AT(nmethod_scopes), SPPROF_WANTED_OFFSET, "nmethod", "_scopes_data_offset", NULL, NULL},
};

/* Up to JDK 21: the entries of the constant pool's cache, to which the operand of a byte code that
 * calls a method refers (cpCache.hpp). If a JVM publishes neither this table nor the next one, the
 * walker does not check byte codes. */
static const struct spprof_wanted spprof_release_cache_entries[] = {
    {SPPROF_AT(cache_size), SPPROF_WANTED_SIZE, "ConstantPoolCache", NULL, NULL, NULL},
    {SPPROF_AT(cache_length), SPPROF_WANTED_OFFSET, "ConstantPoolCache", "_length", NULL, NULL},
    {SPPROF_AT(method_entry_index), SPPROF_WANTED_OFFSET, "ConstantPoolCacheEntry", "_indices",
     NULL, NULL},
    {SPPROF_AT(method_entry_size), SPPROF_WANTED_SIZE, "ConstantPoolCacheEntry", NULL, NULL, NULL},
};

/* Since JDK 22: the array of resolved methods, to which the operand refers instead
 * (resolvedMethodEntry.hpp). A JVM that publishes the first field has this family of fields. */
static const struct spprof_wanted spprof_release_method_entries[] = {
    {SPPROF_AT(cache_methods), SPPROF_WANTED_OFFSET, "ConstantPoolCache",
     "_resolved_method_entries", NULL, NULL},
    {SPPROF_AT(method_entry_index), SPPROF_WANTED_OFFSET, "ResolvedMethodEntry", "_cpool_index",
     NULL, NULL},
    {SPPROF_AT(method_entry_size), SPPROF_WANTED_SIZE, "ResolvedMethodEntry", NULL, NULL, NULL},
    {SPPROF_AT(method_entries_first), SPPROF_WANTED_OFFSET, "Array<ResolvedMethodEntry>", "_data",
     NULL, NULL},
};

/* The code heaps (memory/heap.hpp, code/codeCache.hpp). */
struct spprof_code_heap_fields {
    uint64_t heaps, length, data, memory, map, log2, low, high, low_boundary, high_boundary;
};
static const struct spprof_wanted spprof_release_code_heaps[] = {
    {offsetof(struct spprof_code_heap_fields, heaps), SPPROF_WANTED_STATIC, "CodeCache", "_heaps",
     NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, length), SPPROF_WANTED_OFFSET, "GrowableArrayBase",
     "_len", NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, data), SPPROF_WANTED_OFFSET, "GrowableArray<int>",
     "_data", NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, memory), SPPROF_WANTED_OFFSET, "CodeHeap", "_memory",
     NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, map), SPPROF_WANTED_OFFSET, "CodeHeap", "_segmap",
     NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, log2), SPPROF_WANTED_OFFSET, "CodeHeap",
     "_log2_segment_size", NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, low), SPPROF_WANTED_OFFSET, "VirtualSpace", "_low",
     NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, high), SPPROF_WANTED_OFFSET, "VirtualSpace", "_high",
     NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, low_boundary), SPPROF_WANTED_OFFSET, "VirtualSpace",
     "_low_boundary", NULL, NULL},
    {offsetof(struct spprof_code_heap_fields, high_boundary), SPPROF_WANTED_OFFSET, "VirtualSpace",
     "_high_boundary", NULL, NULL},
};

/* The JVM's flags (runtime/flags/jvmFlag.hpp). */
struct spprof_flag_fields {
    uint64_t flags, count, size, name, address;
};
static const struct spprof_wanted spprof_release_flags[] = {
    {offsetof(struct spprof_flag_fields, flags), SPPROF_WANTED_STATIC, "JVMFlag", "flags", NULL,
     NULL},
    {offsetof(struct spprof_flag_fields, count), SPPROF_WANTED_STATIC, "JVMFlag", "numFlags", NULL,
     NULL},
    {offsetof(struct spprof_flag_fields, size), SPPROF_WANTED_SIZE, "JVMFlag", NULL, NULL, NULL},
    {offsetof(struct spprof_flag_fields, name), SPPROF_WANTED_OFFSET, "JVMFlag", "_name", NULL,
     NULL},
    {offsetof(struct spprof_flag_fields, address), SPPROF_WANTED_OFFSET, "JVMFlag", "_addr", NULL,
     NULL},
};
/* Names of flags of type bool (runtime/globals.hpp, jvmci/jvmci_globals.hpp). */
#define SPPROF_RELEASE_DEBUG_NON_SAFEPOINTS "DebugNonSafepoints"
#define SPPROF_RELEASE_CHECK_JNI "CheckJNICalls"
#define SPPROF_RELEASE_JVMCI_COMPILER "UseJVMCICompiler"

/* The interpreter's code (interpreter/abstractInterpreter.hpp, code/stubs.hpp). */
struct spprof_interpreter_fields {
    uint64_t code, buffer, limit, begin, end, description, codelet_size;
};
static const struct spprof_wanted spprof_release_interpreter[] = {
    {offsetof(struct spprof_interpreter_fields, code), SPPROF_WANTED_STATIC, "AbstractInterpreter",
     "_code", NULL, NULL},
    {offsetof(struct spprof_interpreter_fields, buffer), SPPROF_WANTED_OFFSET, "StubQueue",
     "_stub_buffer", NULL, NULL},
    {offsetof(struct spprof_interpreter_fields, limit), SPPROF_WANTED_OFFSET, "StubQueue",
     "_buffer_limit", NULL, NULL},
    {offsetof(struct spprof_interpreter_fields, begin), SPPROF_WANTED_OFFSET, "StubQueue",
     "_queue_begin", NULL, NULL},
    {offsetof(struct spprof_interpreter_fields, end), SPPROF_WANTED_OFFSET, "StubQueue",
     "_queue_end", NULL, NULL},
    {offsetof(struct spprof_interpreter_fields, description), SPPROF_WANTED_OFFSET,
     "InterpreterCodelet", "_description", NULL, NULL},
    {offsetof(struct spprof_interpreter_fields, codelet_size), SPPROF_WANTED_OFFSET,
     "InterpreterCodelet", "_size", NULL, NULL},
};

#endif
