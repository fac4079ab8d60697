package io.spprof.sampler;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/** A sampler without signals: tests say what arrives, what fails, and what hangs. */
public final class FakeSampler implements Sampler {

  /** What happens inside a call. */
  @FunctionalInterface
  public interface Step {
    void run() throws SamplerException;
  }

  /** A step that waits until the latch opens, after it has told that it is there. */
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

  /** In place of looking for threads. */
  public volatile Runnable onSweep = () -> {};

  /** After the counters were read, before they are handed out. */
  public volatile Runnable onCountersRead = () -> {};

  /** Runs when the counters are asked for, before they are read. */
  public volatile Runnable onCountersAsked = () -> {};

  public volatile String unavailable = "";
  public volatile String threadProblem = "";
  public volatile String environmentProblem = "";
  public volatile StackWalker walker = StackWalker.VM;
  public volatile String walkerProblem = "";
  public volatile DebugNonSafepoints debugNonSafepoints = DebugNonSafepoints.BEFORE;
  public volatile LongFunction<String> names = method -> "m" + method;
  public volatile LongSupplier threadCpuNanos = () -> 0;

  /** What no signal stands for so far. */
  public volatile long unseenNanos;

  /** In place of searching for new threads. */
  public volatile Runnable onSearch = () -> {};

  /** What its clock shows. */
  public volatile long nanos;

  /** Calls in their order: load, start, stop, release. */
  public final List<String> calls = new CopyOnWriteArrayList<>();

  public volatile boolean intervalCanChange = true;

  /** In place of reading names of threads. */
  public volatile Runnable onNamesRead = () -> {};

  /** Calls of threadStarts. */
  public final List<ThreadStarts> threadStarts = new CopyOnWriteArrayList<>();

  /** Starts and ends of threads so far. */
  public final AtomicLong hooks = new AtomicLong();

  /** CPU time of one in eight of them, ns. */
  public final AtomicLong timedHookNanos = new AtomicLong();

  /** Intervals asked for, ns. */
  public final List<Long> intervals = new CopyOnWriteArrayList<>();

  /** How often it was asked to forget, which it never does. */
  public final AtomicInteger forgotten = new AtomicInteger();

  /** Calls of rest: share/turn. */
  public final List<String> rests = new CopyOnWriteArrayList<>();

  /** How often the collector thread asked, which is once a second. */
  public final AtomicInteger secondsPassed = new AtomicInteger();

  private final AtomicLong committed = new AtomicLong();
  private final AtomicLong bufferFull = new AtomicLong();
  private final AtomicLong droppedNanos = new AtomicLong();
  private final AtomicLong signals = new AtomicLong();
  private RingWriter ring; // null while no session samples

  /** A signal whose handler has counted nothing else yet. */
  public void beginSignal() {
    signals.incrementAndGet();
  }

  /** Such a handler ends, for want of room. */
  public void endSignal() {
    bufferFull.incrementAndGet();
  }

  /** A signal in this thread; nothing happens while no session samples. */
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

  public synchronized void name(int thread, String name) {
    ring.name(thread, name);
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
    onNamesRead.run();
  }

  @Override
  public void threadStarts(ThreadStarts starts) {
    threadStarts.add(starts);
  }

  @Override
  public boolean interval(long nanos) {
    intervals.add(nanos);
    return intervalCanChange;
  }

  @Override
  public boolean forgetTold() {
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
  public StackWalker walker() {
    return walker;
  }

  @Override
  public String walkerProblem() {
    return walkerProblem;
  }

  @Override
  public DebugNonSafepoints debugNonSafepoints() {
    return debugNonSafepoints;
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
            full,
            0,
            0,
            0,
            nanos,
            0,
            unseenNanos,
            0,
            0,
            hooks.get(),
            timedHookNanos.get(),
            1,
            0,
            signals.get());
    onCountersRead.run();
    return read;
  }
}
