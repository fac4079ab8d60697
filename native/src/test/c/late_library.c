/* Loaded by test_native_frames.c in the midst of things: a frame between the test's own. */
__attribute__((visibility("default"))) long late_call(long (*function)(void));

long late_call(long (*function)(void)) {
    long result = function();
    __asm__ volatile("" : "+r"(result));
    return result + 1;
}
