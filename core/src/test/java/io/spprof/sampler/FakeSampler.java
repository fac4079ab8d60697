package io.spprof.sampler;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * A sampler without signals. Tests determine which samples arrive, which calls fail, and which
 * calls hang.
 */
public final class FakeSampler implements Sampler {

  /** An action that runs inside a call. */
  @FunctionalInterface
  public interface Step {
    void run() throws SamplerException;
  }

  /** A step that opens {@code inside} when it is reached, and then waits for {@code latch}. */
  public static Step heldBy(CountDownLatch latch, CountDownLatch inside) {
    return () -> {
      inside.countDown();
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    };
  }

  public volatile Step onLoad = () -> {};
  public volatile Step onStart = () -> {};
  public volatile Step onStop = () -> {};
  public volatile Step onExclude = () -> {};

  /** Runs instead of a sweep for threads. */
  public volatile Runnable onSweep = () -> {};

  /** Runs after the counters were read, before they are returned. */
  public volatile Runnable onCountersRead = () -> {};

  /** Runs when the counters are requested, before they are read. */
  public volatile Runnable onCountersAsked = () -> {};

  public volatile String unavailable = "";
  public volatile String threadProblem = "";
  public volatile String environmentProblem = "";
  public volatile Walker walker = Walker.VM;
  public volatile String walkerProblem = "";
  public volatile DebugInfo debugInfo = DebugInfo.EXACT;
  public volatile LongFunction<String> names = method -> "m" + method;
  public volatile LongSupplier threadCpuNanos = () -> 0;

  /** CPU time without a signal so far, ns. */
  public volatile long unseenNanos;

  /** Times that the kernel keeps. */
  public volatile KernelTimes kernel = KernelTimes.NONE;

  /** Runs when the times that the kernel keeps are to be read again. */
  public volatile Runnable onKernelTimes = () -> {};

  /** Runs instead of a search for new threads. */
  public volatile Runnable onSearch = () -> {};

  /** The reading of its clock, ns. */
  public volatile long nanos;

  /** The calls of load, start, stop and release, in order. */
  public final List<String> calls = new CopyOnWriteArrayList<>();

  public volatile boolean intervalCanChange = true;

  /** Runs instead of reading names of threads. */
  public volatile Runnable onNamesRead = () -> {};

  /** The arguments of setThreadStarts, in order. */
  public final List<ThreadStarts> threadStarts = new CopyOnWriteArrayList<>();

  /** The number of thread starts and ends so far. */
  public final AtomicLong hooks = new AtomicLong();

  /** What the delivery of a signal costs as far as is known, ns. */
  public volatile long signalCostNanos;

  /** Measures that. */
  public volatile LongSupplier onCostMeasured = () -> signalCostNanos;

  /** Runs when that is read. */
  public volatile Runnable onCostRead = () -> {};

  /** How often that was measured. */
  public final AtomicInteger costMeasured = new AtomicInteger();

  /** CPU time of the starts and ends that are timed, one in eight, ns. */
  public final AtomicLong timedHookNanos = new AtomicLong();

  /** The requested intervals, ns. */
  public final List<Long> intervals = new CopyOnWriteArrayList<>();

  /** The number of requests to forget; it never forgets. */
  public final AtomicInteger forgotten = new AtomicInteger();

  /** The arguments of rest, as share/turn. */
  public final List<String> rests = new CopyOnWriteArrayList<>();

  /** The number of requests from the collector thread, one each second. */
  public final AtomicInteger secondsPassed = new AtomicInteger();

  private final AtomicLong committed = new AtomicLong();
  private final AtomicLong bufferFull = new AtomicLong();
  private final AtomicLong droppedNanos = new AtomicLong();
  private final AtomicLong signals = new AtomicLong();
  private RingWriter ring; // null unless a session is sampling

  /** Begins a signal: its handler has only counted the signal so far. */
  public void beginSignal() {
    signals.incrementAndGet();
  }

  /** Ends such a handler, which drops its sample for lack of room. */
  public void endSignal() {
    bufferFull.incrementAndGet();
  }

  /** Records a sample of this thread; does nothing unless a session is sampling. */
  public synchronized void signal(int thread, long cpuNanos, long... methods) {
    if (ring == null) {
      return;
    }
    signals.incrementAndGet();
    if (ring.sample(thread, cpuNanos, methods)) {
      committed.incrementAndGet();
    } else {
      droppedNanos.addAndGet(cpuNanos);
      bufferFull.incrementAndGet();
    }
  }

  /**
   * Records CPU time of a thread by the kernel's account, which comes without a signal; does
   * nothing unless a session is sampling.
   */
  public synchronized void times(int thread, long userNanos, long systemNanos) {
    if (ring != null) {
      ring.times(thread, userNanos, systemNanos);
    }
  }

  public synchronized void name(int thread, String name) {
    ring.name(thread, name);
  }

  /** Returns the ring of the session that is sampling, for records of other types. */
  public synchronized RingWriter ring() {
    return ring;
  }

  @Override
  public String unavailable() {
    return unavailable;
  }

  @Override
  public void load() throws SamplerException {
    calls.add("load");
    onLoad.run();
  }

  @Override
  public SampleRing start(SamplerConfig config) throws SamplerException {
    calls.add("start");
    onStart.run();
    synchronized (this) {
      ring = new RingWriter((int) config.ringBytes());
      return ring.reader();
    }
  }

  @Override
  public String stop() throws SamplerException {
    calls.add("stop");
    onStop.run();
    synchronized (this) {
      ring = null;
    }
    return "";
  }

  @Override
  public void release() {
    calls.add("release");
  }

  @Override
  public void sweep() {
    onSweep.run();
  }

  @Override
  public long searchThreads() {
    onSearch.run();
    return 0;
  }

  @Override
  public void readNames() {
    boolean isRehearsal = calls.equals(List.of("load"));
    if (!isRehearsal) {
      onNamesRead.run();
    }
  }

  @Override
  public void readKernelTimes() {
    onKernelTimes.run();
  }

  @Override
  public void measureSignalCost() {
    signalCostNanos = onCostMeasured.getAsLong();
    costMeasured.incrementAndGet();
  }

  @Override
  public long signalCostNanos() {
    onCostRead.run();
    return signalCostNanos;
  }

  @Override
  public void setThreadStarts(ThreadStarts starts) {
    threadStarts.add(starts);
  }

  @Override
  public boolean setInterval(long nanos) {
    intervals.add(nanos);
    return intervalCanChange;
  }

  @Override
  public boolean forgetDefinitions() {
    forgotten.incrementAndGet();
    return false;
  }

  @Override
  public void rest(int share, int turn) {
    rests.add(share + "/" + turn);
  }

  @Override
  public String threadProblem() {
    secondsPassed.incrementAndGet();
    return threadProblem;
  }

  @Override
  public String environmentProblem() {
    return environmentProblem;
  }

  @Override
  public void excludeCurrentThread(boolean excluded) {
    try {
      onExclude.run();
    } catch (SamplerException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String methodName(long method) {
    return names.apply(method);
  }

  @Override
  public int[] methodLines(long method) {
    return new int[0];
  }

  @Override
  public long timeNanos() {
    return nanos;
  }

  @Override
  public Walker walker() {
    return walker;
  }

  @Override
  public String walkerProblem() {
    return walkerProblem;
  }

  @Override
  public DebugInfo debugInfo() {
    return debugInfo;
  }

  @Override
  public long currentThreadCpuNanos() {
    return threadCpuNanos.getAsLong();
  }

  @Override
  public SamplerCounters counters() {
    onCountersAsked.run();
    long in = committed.get();
    long full = bufferFull.get();
    long nanos = droppedNanos.get();
    SamplerCounters read =
        new SamplerCounters(
            in,
            Drops.NONE.plus(DropReason.BUFFER_FULL, full),
            nanos,
            0,
            unseenNanos,
            0,
            0,
            hooks.get(),
            timedHookNanos.get(),
            1,
            0,
            kernel,
            signals.get());
    onCountersRead.run();
    return read;
  }
}
