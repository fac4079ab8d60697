/*
 * Tests the probe of the JVM's structures (layout.h) in a process that is not a JVM: the probe must
 * fail and say why.
 */
#include <errno.h>
#include <string.h>

#include "test.h"
#include "walk/vm/layout.h"

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

int main(void) {
    RUN(a_jvm_that_publishes_nothing_is_refused_by_name);
    RUN(a_reason_that_is_too_long_is_cut_off);
    return report();
}
