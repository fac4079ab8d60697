package io.spprof.profile;

import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;

/**
 * The head of a profile: the data that every export begins with.
 *
 * @param session the session's figures at the moment of the snapshot. In the profile of a
 *     continuous session they are those of the stretch of time that the profile covers, and begin
 *     with it
 * @param sessionStartMillis the session's start, in milliseconds since the epoch; 0 before the
 *     first session
 * @param engine what made the sampling signals
 * @param walker the code that walked the stacks
 * @param intervalNanos the shortest sampling interval that was in force, in nanoseconds
 * @param longestIntervalNanos the longest sampling interval that was in force, in nanoseconds;
 *     equal to the shortest interval unless a budget changed the interval
 * @param dropped signals that are in no profile, by reason
 * @param unwalkable collected samples that have a synthetic frame, because the walk of their stack
 *     failed
 * @param droppedCpuNanos CPU time that is in no profile, in nanoseconds
 * @param unseenCpuNanos the part of {@code droppedCpuNanos} that no signal stands for, in
 *     nanoseconds
 * @param kernel times that the kernel keeps for the process, of the time that the profile covers
 * @param categories the samples' CPU time by what it was used for
 * @param running whether the session went on sampling after the snapshot
 * @param debugInfo how exactly the JVM recorded which method of compiled code was running
 * @param jvm the JVM that was profiled
 */
public record ProfileInfo(
    SessionStats session,
    long sessionStartMillis,
    String engine,
    String walker,
    long intervalNanos,
    long longestIntervalNanos,
    Drops dropped,
    long unwalkable,
    long droppedCpuNanos,
    long unseenCpuNanos,
    KernelTimes kernel,
    CategoryTimes categories,
    boolean running,
    DebugInfo debugInfo,
    JvmInfo jvm) {

  /** The head of the profile before the first session. */
  static final ProfileInfo NONE =
      new ProfileInfo(
          SessionStats.NONE,
          0,
          "",
          "",
          0,
          0,
          Drops.NONE,
          0,
          0,
          0,
          KernelTimes.NONE,
          CategoryTimes.NONE,
          false,
          DebugInfo.EXACT,
          JvmInfo.NONE);
}
