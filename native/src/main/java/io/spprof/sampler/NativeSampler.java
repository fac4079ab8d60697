package io.spprof.sampler;

import java.nio.ByteBuffer;
import org.apache.commons.lang3.StringUtils;

/**
 * The sampler in C: CPU timers, a signal handler, a ring. The library is loaded at the first {@link
 * #start}; until then, and if that fails, everything that only reads answers with nothing.
 *
 * <p>SIGPROF belongs to the process, so two of these must not run sessions at the same time; the
 * second start is refused.
 */
public final class NativeSampler implements Sampler {

  /** How long a stop waits for handlers that are half-way. They take microseconds. */
  private static final int STOP_DEADLINE_MILLIS = 5000;

  private static final int[] NO_LINES = {};

  // By Linux's numbers on every platform (jni.c); what is not here is shown by number.
  private static final int EPERM = 1;
  private static final int EIO = 5;
  private static final int EAGAIN = 11;
  private static final int ENOMEM = 12;
  private static final int EBUSY = 16;
  private static final int EEXIST = 17;
  private static final int EINVAL = 22;
  private static final int ENFILE = 23;
  private static final int EMFILE = 24;
  private static final int ENOSPC = 28;
  private static final int ENOSYS = 38;
  private static final int ENODATA = 61;
  private static final int ENOTSUP = 95;
  private static final int ETIMEDOUT = 110;
  private static final int EALREADY = 114;

  private volatile ByteBuffer counters;

  /** Creates one; nothing is loaded yet. */
  public NativeSampler() {}

  @Override
  public String unavailable() {
    return NativeLibrary.unavailable();
  }

  @Override
  public void load() throws SamplerException {
    NativeLibrary.load();
    if (counters == null) {
      counters = counters0();
    }
  }

  @Override
  public SampleRing start(SamplerConfig config) throws SamplerException {
    load();
    int error =
        start0(
            config.engine().ordinal(),
            config.walker().ordinal(),
            config.intervalNanos(),
            config.ringBytes(),
            config.walkBuffers(),
            config.depth(),
            config.locations(),
            config.methods());
    if (error != 0) {
      throw startFailed(-error, config);
    }
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
    int result = counters == null ? -EINVAL : stop0(STOP_DEADLINE_MILLIS);
    if (result == -EINVAL) {
      throw new SamplerException("no session is sampling; call start first");
    }
    if (result < 0) {
      String cause =
          result == -ETIMEDOUT
              ? "a signal handler is still running after " + STOP_DEADLINE_MILLIS / 1000 + " s"
              : "a system call failed with error " + -result;
      throw new SamplerException(
          "the teardown did not finish: " + cause + "; nothing was freed; call stop again");
    }
    return result == 0
        ? ""
        : "SIGPROF was taken over by "
            + StringUtils.defaultIfEmpty(SystemProbe.profilingSignalHolder(), "something else")
            + " while the session ran; its handler was left in place";
  }

  @Override
  public void release() {
    if (counters != null && release0() != 0) {
      throw new IllegalStateException("a session is sampling; call stop first, then release");
    }
  }

  @Override
  public void sweep(boolean names) {
    if (counters != null) {
      sweep0(names);
    }
  }

  @Override
  public boolean interval(long nanos) {
    return counters != null && interval0(nanos) == 0;
  }

  @Override
  public boolean forgetTold() {
    return counters != null && forget0() == 0;
  }

  @Override
  public void rest(int share, int turn) {
    if (counters != null) {
      rest0(share, turn);
    }
  }

  @Override
  public String threadProblem() {
    int failed = counters().threadsFailed();
    int error = counters == null ? 0 : -lastThreadError0();
    if (error == ENODATA) {
      return "threads that are older than the session have no stacks in the profile: this JVM does"
          + " not publish which of the system's threads they are; use a HotSpot JVM, and start the"
          + " session early";
    }
    return failed == 0 ? "" : failed + " threads have no timer: " + timerRefused(error);
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
  public StackWalker walker() {
    return counters == null ? StackWalker.AUTO : StackWalker.of(walker0());
  }

  @Override
  public String walkerProblem() {
    return counters == null ? "" : walkerProblem0();
  }

  @Override
  public DebugNonSafepoints debugNonSafepoints() {
    return counters == null ? DebugNonSafepoints.NEVER : DebugNonSafepoints.of(debugInfo0());
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

  /** What the native side says of its layout, to be compared with {@link SampleLayout}. */
  static int[] layout() throws SamplerException {
    NativeLibrary.load();
    return layout0();
  }

  // Who it is and how high the limit is are asked only when it matters: JNA's first call of a C
  // function
  // starts a process (ldconfig).
  private static SamplerException signalHeld() {
    String holder =
        StringUtils.defaultIfEmpty(SystemProbe.profilingSignalHolder(), "something else");
    return new SamplerException(
        "SIGPROF is already handled by "
            + holder
            + ": only one profiler can use it; stop or remove the other one, then start again");
  }

  private static SamplerException startFailed(int error, SamplerConfig config) {
    return switch (error) {
      case EBUSY -> signalHeld();
      case EALREADY ->
          new SamplerException(
              "another profiler object of this application is sampling, or its session was not"
                  + " released; stop and release that one first");
      case ENOSYS ->
          new SamplerException(
              config.walker() == StackWalker.VM
                  ? "walker=vm does not work in this JVM: " + walkerProblem0() + "; use walker=auto"
                  : "this JVM offers no AsyncGetCallTrace, which the stack walker needs; use a"
                      + " HotSpot JVM");
      case ENOMEM ->
          new SamplerException("the system has no memory for the ring buffer; lower memory=...");
      case ENOTSUP ->
          new SamplerException(
              "engine=ctimer needs Linux's timers of threads; use engine=itimer or engine=auto here");
      case EIO -> new SamplerException("the JVM refused the JVMTI events that sampling needs");
      case EEXIST ->
          new SamplerException(
              "the process's profiling timer (setitimer, ITIMER_PROF) is already set by something else,"
                  + " or was inherited from the program that started this one; stop that, or use"
                  + " engine=ctimer on Linux");
      case ETIMEDOUT ->
          new SamplerException(
              "a signal handler of an earlier session is still running; start again in a moment");
      case EMFILE, ENFILE ->
          new SamplerException(
              "/proc/self/task cannot be read: the process has no file descriptor left; raise 'ulimit"
                  + " -n'");
      default -> new SamplerException("no thread could get a CPU timer: " + timerRefused(error));
    };
  }

  private static String timerRefused(int error) {
    return switch (error) {
      case EAGAIN ->
          "the limit of pending signals (RLIMIT_SIGPENDING, now "
              + SystemProbe.pendingSignalsLimit()
              + ", counted over all processes of the user) is used up; raise it, for instance with"
              + " 'ulimit -i', and start again";
      case ENOSPC -> "there are more threads than the sampler has slots";
      case EPERM -> "timer_create is forbidden here; allow it in the sandbox (seccomp) profile";
      default -> "timer_create failed with error " + error;
    };
  }

  private static native int start0(
      int engine,
      int walker,
      long intervalNanos,
      long ringBytes,
      int walkBuffers,
      int depth,
      int locations,
      int methods);

  private static native int stop0(int deadlineMillis);

  private static native int release0();

  private static native int sweep0(boolean names);

  private static native int interval0(long nanos);

  private static native int forget0();

  private static native int rest0(int share, int turn);

  private static native int lastThreadError0();

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

  private static native int[] layout0();
}
