package io.spprof.profile;

/**
 * A thread of a profile. User and system time are kept by name, since the session's start and by
 * the kernel's account (kernel_times.h explains how they are measured): the times of a name are the
 * sum over the threads with this name.
 *
 * @param name the thread's name
 * @param kind whose thread it is
 * @param userNanos CPU time in user code, in nanoseconds; 0 if it is not known
 * @param systemNanos CPU time in the kernel, in nanoseconds; 0 if it is not known
 */
public record ProfileThread(String name, ThreadKind kind, long userNanos, long systemNanos) {
  /**
   * Creates a thread whose user and system time are not known.
   *
   * @param name the thread's name
   * @param kind whose thread it is
   */
  public ProfileThread(String name, ThreadKind kind) {
    this(name, kind, 0, 0);
  }

  /**
   * Creates a Java thread whose user and system time are not known.
   *
   * @param name the thread's name
   * @return not null
   */
  public static ProfileThread java(String name) {
    return new ProfileThread(name, ThreadKind.JAVA);
  }
}
