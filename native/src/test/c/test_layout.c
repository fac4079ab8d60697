/*
 * Tests the probe of the JVM's structures (layout.h) in a process that is not a JVM: the probe must
 * fail and say why. Tests the names of code blobs (release.h).
 */
#include <errno.h>
#include <string.h>

#include "test.h"
#include "walk/vm/code.h"

TEST(a_jvm_that_publishes_nothing_is_refused_by_name) {
    char why[600] = "";
    CHECK_EQUAL(-ENOSYS, spprof_layout_probe(0x00110000, why, sizeof why));
    CHECK(strstr(why, "does not publish JavaThread::_thread_state, JavaThread::_anchor") != NULL);
    CHECK_EQUAL(0, spprof_layout.heap_count);
}

TEST(a_reason_that_is_too_long_is_cut_off) {
    char why[40] = "";
    CHECK_EQUAL(-ENOSYS, spprof_layout_probe(0x00110000, why, sizeof why));
    CHECK_EQUAL(sizeof why - 1, strlen(why));
}

static bool is(const char *name, enum spprof_blob_role role) {
    const struct spprof_code code = {.kind = SPPROF_CODE_STUB, .blob = (uint64_t)(uintptr_t)&name};
    spprof_layout.blob_name = 0;
    return spprof_code_is_sigsafe(&code, role);
}

TEST(a_blob_has_the_roles_of_its_name) {
    for (int role = 0; role < SPPROF_BLOB_ROLES; role++) {
        int blobs = 0;
        while (blobs < SPPROF_BLOBS_OF_A_ROLE &&
               spprof_release_blobs[role][blobs].names[0] != NULL) {
            const struct spprof_blob *blob = &spprof_release_blobs[role][blobs++];
            for (int i = 0; i < SPPROF_NAMES_OF_A_BLOB && blob->names[i] != NULL; i++) {
                CHECK(is(blob->names[i], (enum spprof_blob_role)role));
            }
        }
        CHECK(blobs > 0);
        CHECK(!is("another blob", (enum spprof_blob_role)role));
        CHECK(!is(NULL, (enum spprof_blob_role)role));
    }
    CHECK(is("handle_exception_nofpu Runtime1 stub", SPPROF_BLOB_TO_HANDLER));
    CHECK(is("C1 Runtime unwind_exception_blob", SPPROF_BLOB_TO_HANDLER));   /* JDK 25 */
    CHECK(is("unwind_exception_blob (C1 runtime)", SPPROF_BLOB_TO_HANDLER)); /* JDK 27 */
    CHECK(is("I2C/C2I adapters(0xbb)", SPPROF_BLOB_LEADS_TO_JAVA));
    CHECK(is("wrong_method_stub", SPPROF_BLOB_LEADS_TO_JAVA));
    CHECK(is("Shared Runtime ic_miss_blob", SPPROF_BLOB_LEADS_TO_JAVA)); /* JDK 25 */
    CHECK(!is("Shared Runtime throw_AbstractMethodError_blob", SPPROF_BLOB_LEADS_TO_JAVA));
    CHECK(is("flush_icache_final_stub", SPPROF_BLOB_FLUSH_ICACHE));           /* JDK 25 */
    CHECK(is("StubRoutines (preuniverse stubs)", SPPROF_BLOB_STUB_ROUTINES)); /* JDK 28 */
    CHECK(!is("nmethod", SPPROF_BLOB_NATIVE_METHOD));
    CHECK(!is("native nmethod", SPPROF_BLOB_METHOD));
}

int main(void) {
    RUN(a_jvm_that_publishes_nothing_is_refused_by_name);
    RUN(a_reason_that_is_too_long_is_cut_off);
    RUN(a_blob_has_the_roles_of_its_name);
    return report();
}
