package io.spprof.sampler;

/**
 * Times that the kernel keeps for the whole process, since some moment or of a stretch of time.
 * They come from the kernel's own accounts, not from samples. A time that the system does not
 * report is {@link #NOT_KNOWN}.
 *
 * @param userNanos CPU time of the process in user code, in nanoseconds
 * @param systemNanos CPU time of the process in the kernel, in nanoseconds
 * @param cpuWaitNanos time that the process's threads were ready to run and waited for a CPU, added
 *     up over the threads, in nanoseconds; kernel_times.h explains how it is counted
 * @param throttledNanos time that CPU quotas kept the process's cgroups from running, added up over
 *     CPUs and cgroups, in nanoseconds; see {@link CgroupThrottling}
 */
public record KernelTimes(
    long userNanos, long systemNanos, long cpuWaitNanos, long throttledNanos) {

  /** Stands for a time that the system does not report. */
  public static final long NOT_KNOWN = -1;

  /** Nothing has been read yet. */
  public static final KernelTimes NONE = new KernelTimes(0, 0, NOT_KNOWN, NOT_KNOWN);

  /**
   * Adds the times one by one. A time that is not known does not change the other.
   *
   * @param other the times to add, not null
   * @return the sums
   */
  public KernelTimes plus(KernelTimes other) {
    return new KernelTimes(
        userNanos + other.userNanos,
        systemNanos + other.systemNanos,
        sum(cpuWaitNanos, other.cpuWaitNanos),
        sum(throttledNanos, other.throttledNanos));
  }

  private static long sum(long a, long b) {
    return a == NOT_KNOWN ? b : b == NOT_KNOWN ? a : a + b;
  }

  /**
   * Returns the times since an earlier reading. A time that was not known then counts as 0 there.
   *
   * @param earlier the earlier reading, not null
   * @return the differences
   */
  public KernelTimes minus(KernelTimes earlier) {
    return new KernelTimes(
        userNanos - earlier.userNanos,
        systemNanos - earlier.systemNanos,
        difference(cpuWaitNanos, earlier.cpuWaitNanos),
        difference(throttledNanos, earlier.throttledNanos));
  }

  private static long difference(long now, long earlier) {
    return now == NOT_KNOWN || earlier == NOT_KNOWN ? now : now - earlier;
  }

  /**
   * Returns these times with another throttled time.
   *
   * @param nanos the throttled time in nanoseconds, or {@link #NOT_KNOWN}
   * @return the times
   */
  public KernelTimes withThrottled(long nanos) {
    return new KernelTimes(userNanos, systemNanos, cpuWaitNanos, nanos);
  }
}
