package io.spprof.sampler;

/**
 * The error numbers of the operating system that the profiler's messages distinguish. The values
 * are those of Linux (asm-generic/errno-base.h and errno.h). The native side translates the numbers
 * of other systems into these (failure.h). A test compares this list with the list in failure.h.
 */
final class ErrorNumber {

  static final int EPERM = 1;
  static final int EAGAIN = 11;
  static final int EACCES = 13;
  static final int EEXIST = 17;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int ENOSYS = 38;

  private ErrorNumber() {}
}
