package io.spprof.sampler;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The native side's counters (counters.h) at one moment. While no signal handler runs, {@code
 * signals = committed + all drops}. At any other time, {@code signals >= committed + all drops}.
 *
 * @param committed samples that were put into the ring
 * @param dropped signals that handlers dropped, by reason
 * @param droppedCpuNanos CPU time that the dropped signals stood for, in nanoseconds
 * @param unsignalledCpuNanos CPU time of timer expiries that were due but not signalled when a
 *     thread or a session ended, in nanoseconds
 * @param unseenCpuNanos CPU time for which there was neither a signal nor an expiry that was due,
 *     in nanoseconds: of threads that started and ended before the profiler looked for new threads,
 *     of the last part of a native thread's life, and of threads without a timer (unseen.h)
 * @param timedHandlerNanos CPU time of the measured handlers, one handler in eight, in nanoseconds
 * @param timedWalkNanos time of the stack walks in the measured handlers, by the monotonic clock,
 *     in nanoseconds
 * @param hooks starts and ends of threads at which the profiler did work
 * @param timedHookNanos CPU time of the measured hooks, one hook in eight, in nanoseconds
 * @param threadsSampled gauge: threads with a timer
 * @param threadsFailed gauge: threads that could not get a timer
 * @param kernel times that the kernel keeps for the process. The throttled time is missing in it:
 *     Java code reads that
 * @param signals signals that reached the handler
 */
public record SamplerCounters(
    long committed,
    Drops dropped,
    long droppedCpuNanos,
    long unsignalledCpuNanos,
    long unseenCpuNanos,
    long timedHandlerNanos,
    long timedWalkNanos,
    long hooks,
    long timedHookNanos,
    int threadsSampled,
    int threadsFailed,
    KernelTimes kernel,
    long signals) {

  /** All counters are zero. */
  public static final SamplerCounters ZERO =
      new SamplerCounters(0, Drops.NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, KernelTimes.NONE, 0);

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /**
   * Reads outcomes before signals. So the reading counts a handler in flight as a signal without an
   * outcome, never as an outcome without a signal.
   */
  static SamplerCounters read(ByteBuffer block) {
    return new SamplerCounters(
        get(block, SampleLayout.COMMITTED),
        drops(block),
        get(block, SampleLayout.DROPPED_CPU_NANOS),
        get(block, SampleLayout.UNSIGNALLED_CPU_NANOS),
        get(block, SampleLayout.UNSEEN_CPU_NANOS),
        get(block, SampleLayout.TIMED_HANDLER_NANOS),
        get(block, SampleLayout.TIMED_WALK_NANOS),
        get(block, SampleLayout.HOOKS),
        get(block, SampleLayout.TIMED_HOOK_NANOS),
        (int) get(block, SampleLayout.THREADS_SAMPLED),
        (int) get(block, SampleLayout.THREADS_FAILED),
        kernel(block),
        get(block, SampleLayout.SIGNALS));
  }

  private static Drops drops(ByteBuffer block) {
    long[] counts = new long[DropReason.values().length];
    for (int i = 0; i < DropReason.OF_HANDLERS; i++) {
      counts[i] = get(block, SampleLayout.DROPPED + Long.BYTES * i);
    }
    return Drops.of(counts);
  }

  private static KernelTimes kernel(ByteBuffer block) {
    boolean known = get(block, SampleLayout.CPU_WAIT_KNOWN) != 0;
    return new KernelTimes(
        get(block, SampleLayout.USER_CPU_NANOS),
        get(block, SampleLayout.SYSTEM_CPU_NANOS),
        known ? get(block, SampleLayout.CPU_WAIT_NANOS) : KernelTimes.NOT_KNOWN,
        KernelTimes.NOT_KNOWN);
  }

  private static long get(ByteBuffer block, int offset) {
    return (long) LONG.getAcquire(block, offset);
  }

  /**
   * Returns these counters without the signals of handlers in flight. Used at the start and the end
   * of a session. A handler can be in flight at that moment, for instance after a session in which
   * a handler of other code was installed in front of the profiler's. Its signal then counts where
   * its outcome is counted.
   *
   * @return counters for which signals = committed + all drops
   */
  public SamplerCounters settled() {
    return new SamplerCounters(
        committed,
        dropped,
        droppedCpuNanos,
        unsignalledCpuNanos,
        unseenCpuNanos,
        timedHandlerNanos,
        timedWalkNanos,
        hooks,
        timedHookNanos,
        threadsSampled,
        threadsFailed,
        kernel,
        committed + dropped.total());
  }

  /**
   * Returns the counts since {@code earlier}. Gauges keep their present values.
   *
   * @param earlier an earlier reading
   * @return the differences
   */
  public SamplerCounters since(SamplerCounters earlier) {
    return new SamplerCounters(
        committed - earlier.committed,
        dropped.minus(earlier.dropped),
        droppedCpuNanos - earlier.droppedCpuNanos,
        unsignalledCpuNanos - earlier.unsignalledCpuNanos,
        unseenCpuNanos - earlier.unseenCpuNanos,
        timedHandlerNanos - earlier.timedHandlerNanos,
        timedWalkNanos - earlier.timedWalkNanos,
        hooks - earlier.hooks,
        timedHookNanos - earlier.timedHookNanos,
        threadsSampled,
        threadsFailed,
        kernel.minus(earlier.kernel),
        signals - earlier.signals);
  }

  /**
   * Returns the CPU time of all handlers, extrapolated from the measured one in eight. It never
   * decreases.
   *
   * @return ns
   */
  public long handlerCpuNanos() {
    return SampleLayout.TIMED_EVERY * timedHandlerNanos;
  }

  /**
   * Returns the CPU time of the hooks, which run when threads start and end, extrapolated from the
   * measured one in eight. It never decreases.
   *
   * @return ns
   */
  public long hookCpuNanos() {
    return SampleLayout.TIMED_EVERY * timedHookNanos;
  }

  /**
   * Returns the time of all stack walks, extrapolated from the measured one in eight. It never
   * decreases.
   *
   * @return ns
   */
  public long walkNanos() {
    return SampleLayout.TIMED_EVERY * timedWalkNanos;
  }
}
