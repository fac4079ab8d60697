package io.spprof.sampler;

/**
 * A source of samples. A session calls the methods of this interface in this order: {@link #start};
 * reading of the ring while the session runs; {@link #stop}; reading of the rest of the ring;
 * {@link #release}. At most one session runs at a time.
 *
 * <p>Any thread can call {@link #counters()} at any time; it does not block. {@link
 * #excludeCurrentThread} is called by the thread that it concerns. All other methods are called by
 * the code that runs the session, one call at a time.
 */
public interface Sampler {

  /**
   * Returns why sampling cannot work here, as far as this can be found out without loading
   * anything.
   *
   * @return "" if no reason is found
   */
  String unavailable();

  /**
   * Loads what {@link #start} and {@link #excludeCurrentThread} need. Later calls do nothing.
   *
   * @throws SamplerException if loading fails
   */
  void load() throws SamplerException;

  /**
   * Starts sampling all threads of the process.
   *
   * @param config the settings of the session
   * @return the ring in which samples arrive, valid until {@link #release()}
   * @throws SamplerException if sampling cannot start; nothing is left behind
   */
  SampleRing start(SamplerConfig config) throws SamplerException;

  /**
   * Stops sampling. When this method returns, no timer, handler or pending signal of the profiler
   * is left, and all samples are in the ring.
   *
   * @return "" or a message for the user, for instance that other code had replaced the profiler's
   *     signal handler
   * @throws SamplerException if the stop did not finish within its deadline, in which case it may
   *     be called again; or if there is no session to stop
   */
  String stop() throws SamplerException;

  /**
   * Frees the memory of a stopped session. The session's ring must not be used afterwards. A second
   * call does nothing.
   *
   * @throws IllegalStateException if the session is sampling; nothing is freed
   */
  void release();

  /**
   * Sweeps: checks all threads of the process. A sweep finds the threads that started and those
   * that ended since the last sweep.
   */
  void sweep();

  /**
   * Reads the names of the threads that were sampled since the last call. Puts each name that
   * changed into the ring, behind the samples to which the name applies. The reader of the ring
   * first reads {@link SampleRing#end()}, then calls this method, and then reads the samples up to
   * that position.
   */
  void readNames();

  /**
   * Brings {@link SamplerCounters#kernel()} up to date: how long threads waited for a CPU, and the
   * process's user and system time. What threads waited before a session's first call is not
   * counted.
   */
  void readKernelTimes();

  /**
   * Measures what the kernel spends to deliver one signal: sends some hundred signals to the
   * calling thread. Called by each session's thread at its beginning; the thread has no timer. The
   * smallest measurement of the process counts, because other programs can only make a signal more
   * expensive. If the measurement fails, the known cost stays.
   */
  void measureSignalCost();

  /**
   * Returns what the kernel spends to deliver one signal. The time measured in signal handlers does
   * not contain it.
   *
   * @return nanoseconds of CPU time, more than 0; until it is measured, a documented constant
   */
  long signalCostNanos();

  /**
   * Sets what happens when a thread starts, from now on.
   *
   * @param starts not null; {@link ThreadStarts#TIMED} when a session begins
   */
  void setThreadStarts(ThreadStarts starts);

  /**
   * Searches for threads that were created since the last sweep or search. A session calls this
   * method between two sweeps. If there are many threads, a search is cheaper than a sweep. With
   * one timer for the process, this method does nothing.
   *
   * @return the CPU time of the native threads that searches of this session found and that have
   *     ended, in nanoseconds
   */
  long searchThreads();

  /**
   * Changes the interval of the session that is sampling. Each thread adopts the new interval at
   * its next signal, so every sample stands for the CPU time over which it was taken.
   *
   * @param nanos CPU time between two samples of a thread from now on, more than 0, in nanoseconds
   * @return false if nothing was changed, because no session is sampling or because other code now
   *     owns the session's timer
   */
  boolean setInterval(long nanos);

  /**
   * Empties the walker's tables of methods and locations (addresses in compiled code), to make room
   * for new entries. {@link SampleRing.Visitor#forget()} reports this at its place in the ring. The
   * names of threads are reported again when the threads are next sampled. Signals that arrive
   * meanwhile, for less than a millisecond, are dropped as late.
   *
   * @return false if the tables were not emptied, because no session is sampling, a handler did not
   *     finish in time, or the ring is full
   */
  boolean forgetDefinitions();

  /**
   * Lets only one of {@code share} threads of the running session be sampled, to reduce the cost.
   * The other threads rest: their timers are disarmed. When a resting thread's turn comes, it is
   * sampled for the CPU time that it used meanwhile. With one timer for the process, this method
   * does nothing.
   *
   * @param share one of so many threads is sampled; 1 to sample all threads
   * @param turn selects the threads to sample; the caller increments it to go on to the next
   *     threads
   */
  void rest(int share, int turn);

  /**
   * Returns why some threads cannot be sampled: they have no timer, or they block its signal.
   *
   * @return "" if every thread can be sampled; else the cause, the threads, and the remedy
   */
  String threadProblem();

  /**
   * Returns what the system or a sandbox denies to the present or the last session. Because of it,
   * either the session does not see some threads, or its stop cannot ask the kernel for signals on
   * their way and waits for a fixed time instead. The first call in a process can take 20 ms in the
   * kernel.
   *
   * @return "" if nothing is denied; otherwise the consequence, the cause, and the remedy
   */
  String environmentProblem();

  /**
   * Excludes the calling thread from sampling, or includes it again. Has no effect before {@link
   * #load()}.
   *
   * @param excluded true to exclude the thread, because it is one of the profiler's own
   */
  void excludeCurrentThread(boolean excluded);

  /**
   * Returns the name of a method.
   *
   * @param method the JVM's id of the method, from a frame
   * @return the class and the method, for instance {@code java.util.HashMap.get}; null if the JVM
   *     can no longer name the method
   */
  String methodName(long method);

  /**
   * Returns the line numbers of a method.
   *
   * @param method the JVM's id of the method, from a frame
   * @return pairs {@code byte code index << 16 | line number}; not null, empty if there are none
   */
  int[] methodLines(long method);

  /**
   * Returns the walker that reads stacks in the present or the last session.
   *
   * @return not null; {@link Walker#AUTO} before the first session
   */
  Walker walker();

  /**
   * Returns why {@link Walker#VM} could not be used when the last session started, or which frames
   * it cannot walk.
   *
   * @return "" if it was used without a limitation, or if the session did not ask for it
   */
  String walkerProblem();

  /**
   * Returns how exact the debug information of compiled code is in the present or the last session.
   *
   * @return not null
   */
  DebugInfo debugInfo();

  /**
   * Returns the CPU time of the calling thread.
   *
   * @return ns
   */
  long currentThreadCpuNanos();

  /**
   * Reads the clock that gives the times of samples (CLOCK_MONOTONIC).
   *
   * @return nanoseconds since an arbitrary moment
   */
  long timeNanos();

  /**
   * Returns the counters since the library was loaded.
   *
   * @return not null; all zero before the library is loaded
   */
  SamplerCounters counters();
}
