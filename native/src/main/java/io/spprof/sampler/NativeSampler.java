package io.spprof.sampler;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sampler that is implemented in C: CPU timers, a signal handler, and a ring buffer of samples.
 * The first {@link #start} or {@link #load} loads the native library. Until then, and if loading
 * fails, methods that only read return empty values.
 *
 * <p>SIGPROF belongs to the whole process, so at most one object of this class can run a session at
 * a time. A second start is refused.
 */
public final class NativeSampler implements Sampler {

  /**
   * The maximum time that a stop waits for handlers in flight, in milliseconds. A handler normally
   * takes microseconds.
   */
  private static final int STOP_DEADLINE_MILLIS = 5000;

  /**
   * What the delivery of a signal costs until it is measured, and where it cannot be measured, in
   * nanoseconds of CPU time. A loop in C paid 1.9 ± 0.3 µs for each signal of its CPU timer
   * (docs/figures.md).
   */
  static final long ASSUMED_SIGNAL_COST_NANOS = 2_000;

  private static final int[] NO_LINES = {};

  private final LibraryDirectories directories;
  private volatile ByteBuffer counters;
  private volatile long signalCostNanos = ASSUMED_SIGNAL_COST_NANOS;
  private volatile Engine engine =
      Engine.AUTO.inUse(); // the engine of the present or the last session

  /** Creates a sampler. Nothing is loaded yet. */
  public NativeSampler() {
    this(LibraryDirectories.DEFAULT);
  }

  /**
   * Creates a sampler. Nothing is loaded yet.
   *
   * @param directories the directories into which the library may be unpacked, not null
   */
  public NativeSampler(LibraryDirectories directories) {
    this.directories = directories;
  }

  @Override
  public String unavailable() {
    return NativeLibrary.unavailable();
  }

  @Override
  public void load() throws SamplerException {
    NativeLibrary.load(directories);
    if (counters == null) {
      counters = counters0();
    }
  }

  @Override
  public SampleRing start(SamplerConfig config) throws SamplerException {
    load();
    int error =
        start0(
            config.engine().code(),
            config.walker().code(),
            config.intervalNanos(),
            config.ringBytes(),
            config.walkBuffers(),
            config.depth(),
            config.locations(),
            config.methods(),
            config.knownFrames());
    if (error != 0) {
      OtherEngine other = otherThan(config.engine());
      throw new SamplerException(SamplerFailure.ofStart(error, config, walkerProblem0(), other));
    }
    engine = config.engine();
    try {
      return new SampleRing(ring0());
    } catch (RuntimeException | Error e) {
      stop0(STOP_DEADLINE_MILLIS);
      release0();
      throw e;
    }
  }

  @Override
  public String stop() throws SamplerException {
    if (counters == null) {
      throw new SamplerException("no session is sampling; call start first");
    }
    int result = stop0(STOP_DEADLINE_MILLIS);
    if (result < 0) {
      throw new SamplerException(
          SamplerFailure.ofStop(result, STOP_DEADLINE_MILLIS / 1000, engine));
    }
    try {
      return result == 0 ? "" : SamplerFailure.leftInPlace();
    } catch (OutOfMemoryError e) {
      return "the signal handler was left in place"; // The stop has succeeded and is not repeated.
    }
  }

  @Override
  public void release() {
    if (counters != null && !release0()) {
      throw new IllegalStateException("a session is sampling; call stop first, then release");
    }
  }

  @Override
  public void sweep() {
    if (counters != null) {
      sweep0();
    }
  }

  @Override
  public void readNames() {
    if (counters != null) {
      readNames0();
    }
  }

  @Override
  public void readKernelTimes() {
    if (counters != null) {
      readKernelTimes0();
    }
  }

  @Override
  public void measureSignalCost() {
    long nanos = counters == null ? 0 : signalCost0();
    if (nanos > 0) {
      signalCostNanos = nanos;
    }
  }

  @Override
  public long signalCostNanos() {
    return signalCostNanos;
  }

  @Override
  public void setThreadStarts(ThreadStarts starts) {
    if (counters != null) {
      setThreadStarts0(starts.code());
    }
  }

  @Override
  public long searchThreads() {
    return counters == null ? 0 : search0();
  }

  @Override
  public boolean setInterval(long nanos) {
    return counters != null && setInterval0(nanos);
  }

  @Override
  public boolean forgetDefinitions() {
    return counters != null && forget0();
  }

  @Override
  public void rest(int share, int turn) {
    if (counters != null) {
      rest0(share, turn);
    }
  }

  @Override
  public String threadProblem() {
    if (counters == null) {
      return "";
    }
    if (signalIsTaken0()) {
      return SamplerFailure.taken();
    }
    String problem =
        SamplerFailure.ofThreads(
            lastThreadError0(), counters().threadsFailed(), engine, otherThan(engine));
    return problem.isEmpty()
        ? SamplerFailure.blocked(blocking0(), engine, otherThan(engine))
        : problem;
  }

  @Override
  public String environmentProblem() {
    if (counters == null) {
      return "";
    }
    String proc = engine == Engine.CTIMER ? ProcFileSystem.problem(pid0(), otherThan(engine)) : "";
    return Stream.of(proc, DeliveryProblem.of(deliveryProblem0()))
        .filter(problem -> !problem.isEmpty())
        .collect(Collectors.joining("; besides, "));
  }

  private static OtherEngine otherThan(Engine engine) {
    return OtherEngine.than(engine, other -> probe0(other.code()));
  }

  @Override
  public void excludeCurrentThread(boolean excluded) {
    if (counters != null) {
      exclude0(excluded);
    }
  }

  @Override
  public String methodName(long method) {
    return counters == null ? null : methodName0(method);
  }

  @Override
  public int[] methodLines(long method) {
    int[] lines = counters == null ? null : methodLines0(method);
    return lines == null ? NO_LINES : lines;
  }

  @Override
  public Walker walker() {
    return counters == null ? Walker.AUTO : Walker.of(walker0());
  }

  @Override
  public String walkerProblem() {
    return counters == null ? "" : walkerProblem0();
  }

  @Override
  public DebugInfo debugInfo() {
    return counters == null ? DebugInfo.SAFEPOINTS : DebugInfo.of(debugInfo0());
  }

  @Override
  public long currentThreadCpuNanos() {
    return counters == null ? 0 : threadCpuNanos0();
  }

  @Override
  public long timeNanos() {
    return counters == null ? 0 : timeNanos0();
  }

  @Override
  public SamplerCounters counters() {
    ByteBuffer block = counters;
    return block == null ? SamplerCounters.ZERO : SamplerCounters.read(block);
  }

  /** Returns the native side's values of the constants of {@link SampleLayout}, for a test. */
  static int[] layout() throws SamplerException {
    NativeLibrary.load(LibraryDirectories.DEFAULT);
    return layout0();
  }

  /**
   * Returns the lists of failure.h, which a test compares with {@link SamplerFailure} and {@link
   * ErrorNumber}.
   */
  static List<String> failures() throws SamplerException {
    NativeLibrary.load(LibraryDirectories.DEFAULT);
    return List.of(failures0().trim().split(" "));
  }

  /** Returns the reasons in counters.h, which a test compares with {@link DropReason}. */
  static List<String> drops() throws SamplerException {
    NativeLibrary.load(LibraryDirectories.DEFAULT);
    return List.of(drops0().trim().split(" "));
  }

  private static native int start0(
      int engine,
      int walker,
      long intervalNanos,
      long ringBytes,
      int walkBuffers,
      int depth,
      int locations,
      int methods,
      int knownFrames);

  private static native int probe0(int engine);

  private static native int stop0(int deadlineMillis);

  private static native boolean release0();

  private static native void sweep0();

  private static native void readNames0();

  private static native void readKernelTimes0();

  private static native long signalCost0();

  private static native void setThreadStarts0(int starts);

  private static native long search0();

  private static native String blocking0();

  private static native boolean setInterval0(long nanos);

  private static native boolean forget0();

  private static native void rest0(int share, int turn);

  private static native int lastThreadError0();

  private static native int deliveryProblem0();

  private static native long pid0();

  private static native boolean signalIsTaken0();

  private static native void exclude0(boolean excluded);

  private static native ByteBuffer ring0();

  private static native ByteBuffer counters0();

  private static native int walker0();

  private static native String walkerProblem0();

  private static native int debugInfo0();

  private static native String methodName0(long method);

  private static native int[] methodLines0(long method);

  private static native long threadCpuNanos0();

  private static native long timeNanos0();

  private static native String failures0();

  private static native String drops0();

  private static native int[] layout0();
}
