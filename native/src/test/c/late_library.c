/*
 * A library that test_native_frames.c loads while it runs. The library's function calls back into
 * the test, so its frame is between two frames of the test.
 */
__attribute__((visibility("default"))) long late_call(long (*function)(void));

long late_call(long (*function)(void)) {
    long result = function();
    __asm__ volatile("" : "+r"(result));
    return result + 1;
}
