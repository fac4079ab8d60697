#include "walk/vm/continuations.h"

/*
 * The blob of enterSpecial; 0 until a walk first finds it. The JVM creates the blob when the first
 * virtual thread starts, and never frees it. Relaxed: the value is a constant of the JVM, and no
 * other data depends on it.
 */
static _Atomic uint64_t border;

static bool is_of_continuation_sigsafe(const struct spprof_code *code, const char *name) {
    uint64_t address = spprof_word_sigsafe(code->blob + spprof_layout.nmethod_method);
    struct spprof_method method;
    return spprof_method_read_sigsafe(address, &method) &&
           spprof_method_is_named_sigsafe(&method, SPPROF_RELEASE_CONTINUATION, name);
}

static bool is_native_sigsafe(const struct spprof_code *code) {
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_NATIVE_METHOD);
}

bool spprof_continuations_is_border_sigsafe(const struct spprof_code *code) {
    uint64_t known = atomic_load_explicit(&border, memory_order_relaxed);
    if (known != 0) {
        return code->blob == known;
    }
    if (!is_native_sigsafe(code) || !is_of_continuation_sigsafe(code, SPPROF_RELEASE_BORDER)) {
        return false;
    }
    atomic_store_explicit(&border, code->blob, memory_order_relaxed);
    return true;
}

bool spprof_continuations_freezes_sigsafe(const struct spprof_code *code) {
    return is_native_sigsafe(code) && is_of_continuation_sigsafe(code, SPPROF_RELEASE_FREEZES);
}

bool spprof_continuations_border_calls_sigsafe(const struct spprof_method *method) {
    return spprof_method_is_named_sigsafe(method, SPPROF_RELEASE_CONTINUATION,
                                          SPPROF_RELEASE_BORDER_CALLS);
}

bool spprof_continuations_are_stubs_sigsafe(const struct spprof_code *code) {
    return spprof_code_is_sigsafe(code, SPPROF_BLOB_CONTINUATION_STUBS);
}
