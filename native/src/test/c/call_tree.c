/*
 * A library with a known call tree for test_native_stack.c. The Makefile builds it in several ways:
 * with and without frame pointers, with and without a build id, stripped.
 *
 *   tree_root ─▶ tree_node ─▶ tree_leaf
 *       │            └──────▶ tree_tail ─▶ tree_end      by a jump: tree_tail leaves no frame
 *       └──────▶ tree_framed ─▶ the function given       assembly without call frame information
 */
#include SPPROF_PROCESSOR_CODE

#define EXPORTED __attribute__((visibility("default"), noinline, noclone))

EXPORTED long tree_leaf(long seed);
EXPORTED long tree_end(long seed);
EXPORTED long tree_tail(long seed);
EXPORTED long tree_node(long seed);
EXPORTED long tree_callback(long seed);
EXPORTED long tree_root(long seed);
EXPORTED long tree_framed(long (*function)(long), long seed);

__asm__(
    ".text\n"
    ".globl tree_framed, tree_framed_end\n"
    ".type tree_framed, @function\n"
    "tree_framed:\n" CODE_OF_FRAMED
    "tree_framed_end: nop\n"
    ".size tree_framed, tree_framed_end - tree_framed\n");

long tree_leaf(long seed) {
    unsigned long x = (unsigned long)seed;
    for (unsigned i = 0; i < 40; i++) {
        x = x * 31 + i;
    }
    return (long)(x >> 8);
}

long tree_end(long seed) {
    volatile char big[300];
    big[seed & 127] = 1;
    return tree_leaf(seed) + big[seed & 127];
}

__attribute__((optimize("optimize-sibling-calls"))) long tree_tail(long seed) {
    return tree_end(seed + 1);
}

long tree_node(long seed) {
    long sum = tree_leaf(seed);
    sum += tree_tail(sum);
    __asm__ volatile("" : "+r"(sum));
    return sum;
}

long tree_callback(long seed) {
    long sum = tree_leaf(seed);
    __asm__ volatile("" : "+r"(sum));
    return sum + 1;
}

long tree_root(long seed) {
    long sum = tree_node(seed);
    sum += tree_framed(tree_callback, sum);
    __asm__ volatile("" : "+r"(sum));
    return sum;
}
