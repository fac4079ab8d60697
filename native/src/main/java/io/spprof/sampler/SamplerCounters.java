package io.spprof.sampler;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The native side's counters (counters.h) at one moment. {@code signals = committed + all drops}
 * exactly when no handler is in flight, and {@code >=} at any other time.
 *
 * @param committed samples that were put into the ring
 * @param bufferFull signals dropped: no room in the ring
 * @param walkBuffersBusy signals dropped: no walk buffer
 * @param late signals dropped: their session was being stopped
 * @param foreign signals dropped: not from our timers
 * @param droppedCpuNanos CPU time that the dropped signals stood for, ns
 * @param unsignalledCpuNanos timer expirations due but never signalled when a thread or a session
 *     ended, ns
 * @param unseenCpuNanos CPU time that no signal stands for: threads that came and went between two
 *     looks, their last stretch, threads without a timer, ns
 * @param timedHandlerNanos CPU time of those handlers that are measured, one in eight, ns
 * @param timedWalkNanos what the walks took in these handlers, by the monotonic clock, ns
 * @param hooks starts and ends of threads at which something was done
 * @param timedHookNanos CPU time of those of them that are measured, one in eight, ns
 * @param threadsSampled gauge: threads with a timer
 * @param threadsFailed gauge: threads that could not get one
 * @param signals signals that reached the handler
 */
public record SamplerCounters(
    long committed,
    long bufferFull,
    long walkBuffersBusy,
    long late,
    long foreign,
    long droppedCpuNanos,
    long unsignalledCpuNanos,
    long unseenCpuNanos,
    long timedHandlerNanos,
    long timedWalkNanos,
    long hooks,
    long timedHookNanos,
    int threadsSampled,
    int threadsFailed,
    long signals) {

  /** Nothing counted. */
  public static final SamplerCounters ZERO =
      new SamplerCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** Reads outcomes first and signals last, so that a handler half-way shows as a signal only. */
  static SamplerCounters read(ByteBuffer block) {
    return new SamplerCounters(
        get(block, SampleLayout.COMMITTED),
        get(block, SampleLayout.DROPPED + 8 * SampleLayout.DROP_BUFFER_FULL),
        get(block, SampleLayout.DROPPED + 8 * SampleLayout.DROP_WALK_BUFFERS_BUSY),
        get(block, SampleLayout.DROPPED + 8 * SampleLayout.DROP_LATE),
        get(block, SampleLayout.DROPPED + 8 * SampleLayout.DROP_FOREIGN),
        get(block, SampleLayout.DROPPED_CPU_NANOS),
        get(block, SampleLayout.UNSIGNALLED_CPU_NANOS),
        get(block, SampleLayout.UNSEEN_CPU_NANOS),
        get(block, SampleLayout.TIMED_HANDLER_NANOS),
        get(block, SampleLayout.TIMED_WALK_NANOS),
        get(block, SampleLayout.HOOKS),
        get(block, SampleLayout.TIMED_HOOK_NANOS),
        (int) get(block, SampleLayout.THREADS_SAMPLED),
        (int) get(block, SampleLayout.THREADS_FAILED),
        get(block, SampleLayout.SIGNALS));
  }

  private static long get(ByteBuffer block, int offset) {
    return (long) LONG.getAcquire(block, offset);
  }

  /**
   * The same without the signals of handlers that are half-way. For the borders of a session: a
   * handler that is half-way at a border, as after a session with a handler of somebody else's in
   * front of ours, counts where its outcome is counted.
   *
   * @return counters of which signals = committed + all drops
   */
  public SamplerCounters settled() {
    return new SamplerCounters(
        committed,
        bufferFull,
        walkBuffersBusy,
        late,
        foreign,
        droppedCpuNanos,
        unsignalledCpuNanos,
        unseenCpuNanos,
        timedHandlerNanos,
        timedWalkNanos,
        hooks,
        timedHookNanos,
        threadsSampled,
        threadsFailed,
        committed + bufferFull + walkBuffersBusy + late + foreign);
  }

  /**
   * What was counted since {@code earlier}; the gauges as they are.
   *
   * @param earlier an earlier reading
   * @return the differences
   */
  public SamplerCounters since(SamplerCounters earlier) {
    return new SamplerCounters(
        committed - earlier.committed,
        bufferFull - earlier.bufferFull,
        walkBuffersBusy - earlier.walkBuffersBusy,
        late - earlier.late,
        foreign - earlier.foreign,
        droppedCpuNanos - earlier.droppedCpuNanos,
        unsignalledCpuNanos - earlier.unsignalledCpuNanos,
        unseenCpuNanos - earlier.unseenCpuNanos,
        timedHandlerNanos - earlier.timedHandlerNanos,
        timedWalkNanos - earlier.timedWalkNanos,
        hooks - earlier.hooks,
        timedHookNanos - earlier.timedHookNanos,
        threadsSampled,
        threadsFailed,
        signals - earlier.signals);
  }

  /**
   * CPU time of all handlers, from the one in eight that is measured. Never goes back.
   *
   * @return ns
   */
  public long handlerCpuNanos() {
    return SampleLayout.TIMED_EVERY * timedHandlerNanos;
  }

  /**
   * CPU time of what is done when threads start and end, from the one in eight that is measured.
   * Never goes back.
   *
   * @return ns
   */
  public long hookCpuNanos() {
    return SampleLayout.TIMED_EVERY * timedHookNanos;
  }

  /**
   * Time of all stack walks, from the one in eight that is measured. Never goes back.
   *
   * @return ns
   */
  public long walkNanos() {
    return SampleLayout.TIMED_EVERY * timedWalkNanos;
  }
}
