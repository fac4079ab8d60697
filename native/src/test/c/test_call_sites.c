/*
 * Tests which methods the walker takes for possible callees of a byte code, with both layouts of
 * the constant pool's cache.
 */
#include "fake_methods.h"
#include "test.h"
#include "walk/guard.h"
#include "walk/vm/call_sites.h"

enum {
    NOP = 0x00,
    GETFIELD = 0xb4,
    INVOKEVIRTUAL = 0xb6,
    INVOKESPECIAL,
    INVOKESTATIC,
    INVOKEINTERFACE,
    INVOKEDYNAMIC,
    NEW,
    BREAKPOINT = 0xca,
    OF_JVM = 0xe2, /* above all byte codes of the specification: the JVM's own, such as
                    * fast_invokevfinal, invokehandle */
};

static struct fake_method *caller, *list, *same_name, *same_signature, *adapter;

static void begin(bool apart) {
    memset(&spprof_layout, 0, sizeof spprof_layout);
    fake_methods_begin(apart);
    CHECK_EQUAL(0, spprof_guard_install(false));
    caller = fake_method("Caller", "run", "()V");
    list = fake_method("java/util/ArrayList", "get", "(I)Ljava/lang/Object;");
    same_name = fake_method("java/util/HashMap", "get", "(Ljava/lang/Object;)Ljava/lang/Object;");
    same_signature = fake_method("java/util/ArrayList", "remove", "(I)Ljava/lang/Object;");
    adapter = fake_method("java/lang/invoke/LambdaForm$MH+0x123", "invoke", "(II)I");
}

static bool can_call(int32_t bci, const struct fake_method *callee) {
    struct spprof_method from = {0}, to = {0};
    return spprof_method_read_sigsafe(fake_address(caller), &from) &&
           spprof_method_read_sigsafe(fake_address(callee), &to) &&
           spprof_call_sites_can_call_sigsafe(&from, bci, &to);
}

TEST(a_byte_code_calls_methods_of_its_name_and_signature_in_any_class) {
    static const uint8_t codes[] = {INVOKEVIRTUAL, INVOKESPECIAL, INVOKESTATIC, INVOKEINTERFACE,
                                    OF_JVM};
    for (int apart = 0; apart < 2; apart++) {
        begin(apart != 0);
        fake_call(caller, INVOKESTATIC, "Other", "other", "()V");
        for (size_t i = 0; i < sizeof codes; i++) {
            int32_t bci =
                fake_call(caller, codes[i], "java/util/List", "get", "(I)Ljava/lang/Object;");
            CHECK(can_call(bci, list));
            CHECK(!can_call(bci, same_name));
            CHECK(!can_call(bci, same_signature));
            CHECK(!can_call(bci, adapter));
        }
        spprof_guard_remove();
    }
}

TEST(a_method_handle_calls_what_its_package_makes) {
    static const char *const by_adapter[] = {"invoke", "invokeExact", "invokeBasic"};
    begin(true);
    for (int i = 0; i < 3; i++) {
        int32_t bci =
            fake_call(caller, OF_JVM, "java/lang/invoke/MethodHandle", by_adapter[i], "(I)I");
        CHECK(can_call(bci, adapter));
        CHECK(!can_call(bci, list));
    }
    int32_t bci = fake_call(caller, OF_JVM, "java/lang/invoke/VarHandle", "compareAndSet", "(I)Z");
    CHECK(can_call(bci, adapter));
    CHECK(!can_call(bci, list));
    bci = fake_code(caller, INVOKEDYNAMIC, 0);
    CHECK(can_call(bci, adapter));
    CHECK(!can_call(bci, list));
    spprof_guard_remove();
}

#define MEMBER "Ljava/lang/invoke/MemberName;"

static bool links(const char *linker, const char *signature, const char *to) {
    begin(true);
    int32_t bci =
        fake_call(caller, INVOKESTATIC, "java/lang/invoke/MethodHandle", linker, signature);
    bool can = can_call(bci, fake_method("a/A", "a", to));
    spprof_guard_remove();
    return can;
}

TEST(a_linker_calls_methods_whose_signature_fits) {
    CHECK(links("linkToStatic", "(" MEMBER ")V", "()V"));
    CHECK(links("linkToStatic", "(Ljava/lang/Object;IJ[[I" MEMBER ")F", "(La/B;IJLa/C;)F"));
    CHECK(links("linkToStatic", "(IIIII" MEMBER ")I", "(ZBSCI)Z"));
    CHECK(links("linkToStatic", "([I[[La/B;[J" MEMBER ")[I", "(La/B;La/B;La/B;)La/C;"));
    CHECK(links("linkToStatic", "(La/B;" MEMBER ")V", "(La/B;)D")); /* its result is ignored */
    /* The case that was found: a word of an earlier call passed for the return address. */
    CHECK(!links("linkToStatic", "(La/B;La/C;JJ" MEMBER ")Z", "([BBI[BBII)I"));
    CHECK(!links("linkToStatic", "(La/B;" MEMBER ")I", "(La/B;)V"));
    CHECK(!links("linkToStatic", "(I" MEMBER ")I", "(J)I"));
    CHECK(!links("linkToStatic", "(II" MEMBER ")I", "(I)I"));
    CHECK(!links("linkToStatic", "(I" MEMBER ")I", "(II)I"));
    CHECK(!links("linkToStatic", "(I)I", "(I)I"));
    static const char *const with_receiver[] = {"linkToVirtual", "linkToSpecial",
                                                "linkToInterface"};
    for (int i = 0; i < 3; i++) {
        CHECK(links(with_receiver[i], "(La/B;I" MEMBER ")J", "(I)J"));
        CHECK(!links(with_receiver[i], "(La/B;I" MEMBER ")J", "(La/B;I)J"));
    }
    CHECK(links("linkToNative", "(JLjava/lang/Object;)V", "(I)I"));
}

TEST(a_signature_that_ends_too_early_fits_nothing) {
    static const char *const cut[] = {"", "(", "(I", "(La/B", "([", "(La/B;", "(La/B;)"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        CHECK(!links("linkToStatic", "(La/B;" MEMBER ")I", cut[i]));
        CHECK(!links("linkToStatic", cut[i], "(La/B;)I"));
    }
}

TEST(other_byte_codes_call_nothing) {
    static const uint8_t codes[] = {NOP, GETFIELD, NEW};
    begin(false);
    int32_t bci =
        fake_call(caller, INVOKEVIRTUAL, "java/util/List", "get", "(I)Ljava/lang/Object;");
    for (size_t i = 0; i < sizeof codes; i++) {
        CHECK(!can_call(fake_code(caller, codes[i], 0), list));
    }
    CHECK(can_call(bci, list));
    CHECK(!can_call(-1, list));
    CHECK(!can_call(caller->const_method.code_size, list));
    spprof_guard_remove();
}

TEST(what_is_not_known_refuses_nothing) {
    begin(true);
    CHECK(can_call(fake_code(caller, BREAKPOINT, 0), list));
    int32_t bci = fake_call(caller, INVOKEVIRTUAL, "A", "b", "()V");
    CHECK(!can_call(bci, list));
    spprof_layout.has_call_sites = false;
    CHECK(can_call(bci, list));
    spprof_guard_remove();
}

TEST(an_operand_that_leads_nowhere_calls_nothing_and_does_not_fault) {
    for (int apart = 0; apart < 2; apart++) {
        begin(apart != 0);
        int32_t bci =
            fake_call(caller, INVOKEVIRTUAL, "java/util/List", "get", "(I)Ljava/lang/Object;");
        int32_t beyond = fake_code(caller, INVOKEVIRTUAL, 1);
        CHECK(can_call(bci, list));
        CHECK(!can_call(beyond, list));
        caller->apart.entries[0].index = FAKE_ENTRIES;
        caller->behind[0].indices = FAKE_ENTRIES;
        CHECK(!can_call(bci, list));
        caller->pool.cache = 4096;
        CHECK(!can_call(bci, list));
        spprof_guard_remove();
    }
}

/* The memory there happens to hold a value that would match. */
TEST(what_lies_behind_an_end_is_not_read) {
    for (int apart = 0; apart < 2; apart++) {
        begin(apart != 0);
        int32_t bci =
            fake_call(caller, INVOKEVIRTUAL, "java/util/List", "get", "(I)Ljava/lang/Object;");
        CHECK(can_call(bci, list));
        const struct fake_method whole = *caller;
        caller->cache.length = caller->apart.length = 0;
        CHECK(!can_call(bci, list));
        *caller = whole;
        caller->pool.length--; /* the reference is the last entry */
        CHECK(!can_call(bci, list));
        *caller = whole;
        caller->const_method.code_size = (uint16_t)bci;
        CHECK(!can_call(bci, list));
        *caller = whole;
        bci = fake_code(caller, INVOKEDYNAMIC, 0);
        CHECK(can_call(bci, adapter));
        ((struct fake_symbol *)(uintptr_t)adapter->holder.name)->length = sizeof "java/lang" - 1;
        CHECK(!can_call(bci, adapter));
        spprof_guard_remove();
        memset(fake_symbols, 0, sizeof fake_symbols);
    }
}

int main(void) {
    RUN(a_byte_code_calls_methods_of_its_name_and_signature_in_any_class);
    RUN(a_method_handle_calls_what_its_package_makes);
    RUN(a_linker_calls_methods_whose_signature_fits);
    RUN(a_signature_that_ends_too_early_fits_nothing);
    RUN(other_byte_codes_call_nothing);
    RUN(what_is_not_known_refuses_nothing);
    RUN(an_operand_that_leads_nowhere_calls_nothing_and_does_not_fault);
    RUN(what_lies_behind_an_end_is_not_read);
    return report();
}
