package io.spprof.sampler;

/**
 * What makes samples. One session at a time: {@link #start}, reading the ring, {@link #stop},
 * reading the rest, {@link #release}.
 *
 * <p>{@link #counters()} can be called from any thread at any time and does not block; the other
 * methods by whoever runs the session, one at a time, {@link #excludeCurrentThread} excepted.
 */
public interface Sampler {

  /**
   * Why sampling cannot work here, as far as can be told without loading anything.
   *
   * @return "" if nothing speaks against it
   */
  String unavailable();

  /**
   * Loads what {@link #start} and {@link #excludeCurrentThread} need; does nothing the second time.
   *
   * @throws SamplerException if it cannot be loaded
   */
  void load() throws SamplerException;

  /**
   * Starts sampling all threads of the process.
   *
   * @param config what the session needs
   * @return the ring that samples arrive in, valid until {@link #release()}
   * @throws SamplerException if it cannot be done; nothing is left behind
   */
  SampleRing start(SamplerConfig config) throws SamplerException;

  /**
   * Stops sampling. Afterwards no timer, handler or pending signal of ours is left, and all samples
   * are in the ring.
   *
   * @return "" or what the user should know, for instance that somebody had replaced our handler
   * @throws SamplerException if it did not finish within its deadline, and may be called again; or
   *     if there is no session to stop
   */
  String stop() throws SamplerException;

  /**
   * Gives back the memory of a stopped session; its ring must not be used any more. Does nothing
   * the second time.
   *
   * @throws IllegalStateException if the session is sampling; nothing is freed
   */
  void release();

  /** Looks for threads that came and went since the last time. */
  void sweep();

  /**
   * Reads the names of the threads that were sampled since the last time, and puts those that
   * changed into the ring, behind the samples that they are for. After {@link SampleRing#end()} was
   * read and before the samples up to there are.
   */
  void readNames();

  /**
   * What becomes of threads that start from now on.
   *
   * @param starts {@link ThreadStarts#TIMED} when a session begins; not null
   */
  void setThreadStarts(ThreadStarts starts);

  /**
   * Between two sweeps: looks for threads that were made since the last look. Cheaper than a sweep
   * where there are many threads. Nothing happens where there is one timer for the process.
   *
   * @return the CPU time of the native threads that searches of the session found and that are
   *     gone, ns
   */
  long searchThreads();

  /**
   * Changes the interval of the session that is sampling. A thread follows at its next signal, so
   * that every sample stands for the CPU time that it was taken for.
   *
   * @param nanos CPU time between two samples of a thread from now on, more than 0, ns
   * @return false if nothing was changed: no session is sampling, or its timer is somebody else's
   *     now
   */
  boolean setInterval(long nanos);

  /**
   * Has the walker forget the methods and locations that it has told, so that there is room for new
   * ones; {@link SampleRing.Visitor#forget()} comes where it did. Names of threads are told again
   * when they are next sampled. Signals of that moment, less than a millisecond, are dropped as
   * late.
   *
   * @return false if it was not the moment, and nothing was forgotten
   */
  boolean forgetTold();

  /**
   * Samples one thread in so many of the session that is sampling; the others rest, and are sampled
   * for what they used meanwhile when their turn comes. Nothing happens where there is one timer
   * for the process.
   *
   * @param share of how many threads one is sampled, 1 for all
   * @param turn which one of them; goes up by one to pass it on
   */
  void rest(int share, int turn);

  /**
   * Why there are threads that cannot be sampled: they have no timer, or block its signal.
   *
   * @return "" if every thread can; else the cause, the threads, and the remedy
   */
  String threadProblem();

  /**
   * What the system or a sandbox does not give, so that the session, or the last one, does not see
   * or wait for all that it should. The first call in a process may take the system 20 ms.
   *
   * @return "" if nothing is missing; else the consequence, the cause, and the remedy
   */
  String environmentProblem();

  /**
   * Keeps the calling thread out of the profile, or lets it in again. Has no effect before {@link
   * #load()}.
   *
   * @param excluded whether the thread is the profiler's own
   */
  void excludeCurrentThread(boolean excluded);

  /**
   * Names a method.
   *
   * @param method the JVM's id, from a frame
   * @return {@code java.util.HashMap.get}; null if the JVM cannot name it any more
   */
  String methodName(long method);

  /**
   * A method's line numbers.
   *
   * @param method the JVM's id, from a frame
   * @return pairs {@code byte code index << 16 | line number}; not null, empty if there are none
   */
  int[] methodLines(long method);

  /**
   * What reads stacks, in this session or the last.
   *
   * @return {@link Walker#AUTO} before the first
   */
  Walker walker();

  /**
   * Why {@link Walker#VM} was not to be had when the last session was started.
   *
   * @return "" if it was, or was not asked for
   */
  String walkerProblem();

  /**
   * Since when compiled code is exact about itself, of this session or the last.
   *
   * @return not null
   */
  DebugInfo debugInfo();

  /**
   * CPU time of the calling thread.
   *
   * @return ns
   */
  long currentThreadCpuNanos();

  /**
   * The clock that samples' times are of (CLOCK_MONOTONIC).
   *
   * @return ns since some moment
   */
  long timeNanos();

  /**
   * What has been counted since the library was loaded.
   *
   * @return zeros before that
   */
  SamplerCounters counters();
}
