package io.spprof.profile;

/**
 * A thread of a profile. User and system time are kept by name, since the session's start and by
 * the kernel's account (kernel_times.h explains how they are measured): the times of a name are the
 * sum over the threads with this name.
 *
 * <p>A thread of the session has a number of its own by the system, and a Java thread one by the
 * JVM. A name that several threads had, at once or one after another, has none. Neither has a name
 * of which one thread's number is not known.
 *
 * @param name the thread's name
 * @param kind whose thread it is
 * @param userNanos CPU time in user code, in nanoseconds; 0 if it is not known
 * @param systemNanos CPU time in the kernel, in nanoseconds; 0 if it is not known
 * @param systemId the system's number of the only thread with this name; 0 if there is none
 * @param javaId the JVM's number of the only Java thread with this name; 0 if there is none
 */
public record ProfileThread(
    String name, ThreadKind kind, long userNanos, long systemNanos, long systemId, long javaId) {
  /**
   * Creates a thread whose user and system time and whose numbers are not known.
   *
   * @param name the thread's name
   * @param kind whose thread it is
   */
  public ProfileThread(String name, ThreadKind kind) {
    this(name, kind, 0, 0, 0, 0);
  }

  /**
   * Creates a Java thread whose user and system time and whose numbers are not known.
   *
   * @param name the thread's name
   * @return not null
   */
  public static ProfileThread java(String name) {
    return new ProfileThread(name, ThreadKind.JAVA);
  }
}
