package io.spprof.jmx;

import io.spprof.ProfilerState;
import io.spprof.profile.DropCounts;
import io.spprof.profile.HotMethods;
import io.spprof.profile.Kept;
import io.spprof.profile.SessionStats;
import java.io.IOException;

/**
 * The management interface of the profiler. An attribute answers at once and never throws. A
 * counter begins when the bean is created, and never goes back. A gauge is 0 when no session runs;
 * the exception is {@link #getMemoryUsedBytes}, because the last profile stays in memory.
 *
 * <p>An operation throws only {@link IllegalStateException} (wrong time), {@link
 * IllegalArgumentException} (wrong value; nothing has changed) and {@link IOException}. The message
 * says what to do. The bean publishes a description of each attribute and operation; {@link
 * Descriptions} has these texts.
 */
public interface SpprofMXBean {

  /**
   * The profiler's version.
   *
   * @return not null
   */
  String getVersion();

  /**
   * Returns the profiler's present state.
   *
   * @return not null
   */
  ProfilerState getState();

  /**
   * Returns whether a session is sampling.
   *
   * @return true while {@link #getState()} is RUNNING
   */
  boolean isRunning();

  /**
   * Returns the present problem: why the last start or stop failed, what limits the running
   * session, or which settings were refused.
   *
   * @return "" if there is no problem
   */
  String getLastError();

  /**
   * Returns the options of the running session; if none runs, those of the last session; if there
   * was none, those of the next session.
   *
   * @return {@code key=value} pairs that {@link #startWith(String)} accepts
   */
  String getOptions();

  /**
   * Returns the mechanism that sends the sampling signals.
   *
   * @return not null
   */
  String getEngine();

  /**
   * Returns the mechanism that walks the stacks.
   *
   * @return not null
   */
  String getStackWalker();

  /**
   * Returns the present sampling interval.
   *
   * @return nanoseconds of CPU time between two samples of a thread
   */
  long getIntervalNanos();

  /**
   * Counter of sessions.
   *
   * @return sessions that started
   */
  long getSessionsStarted();

  /**
   * Counter of signals. {@code Signals = CollectedSamples + DroppedSamples + samples still in the
   * buffer}.
   *
   * @return sampling signals that reached the handler
   */
  long getSignals();

  /**
   * Counter of collected samples.
   *
   * @return samples that are in a profile
   */
  long getCollectedSamples();

  /**
   * Counter of dropped signals.
   *
   * @return signals that are in no profile
   */
  long getDroppedSamples();

  /**
   * Counters of dropped samples by reason, which sum to {@link #getDroppedSamples()}.
   *
   * @return not null
   */
  DropCounts getDroppedByReason();

  /**
   * Counter of collected samples whose stack could not be walked. In the profile, such a sample
   * stands under a frame in brackets that names the cause.
   *
   * @return samples
   */
  long getUnwalkableSamples();

  /**
   * Counter of sampled CPU time.
   *
   * @return CPU time that the collected samples stand for, ns
   */
  long getSampledCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of Java threads in Java code, compiled
   * or interpreted.
   *
   * @return nanoseconds
   */
  long getJavaCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of Java threads in native code that
   * Java code called, and in system calls below it.
   *
   * @return nanoseconds
   */
  long getNativeCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of Java threads in the JVM's own code:
   * allocating, locking, linking, starting, ending.
   *
   * @return nanoseconds
   */
  long getJvmCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of threads of the garbage collector.
   *
   * @return nanoseconds
   */
  long getGcCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of threads of the JIT compilers.
   *
   * @return nanoseconds
   */
  long getJitCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of other threads of the JVM.
   *
   * @return nanoseconds
   */
  long getJvmThreadsCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of threads that the JVM does not know,
   * of native libraries.
   *
   * @return nanoseconds
   */
  long getLibraryThreadsCpuTimeNanos();

  /**
   * Counter of the part of {@link #getSampledCpuTimeNanos()} of samples whose use is not known: of
   * a Java thread whose state the walker does not report, of the last part of a thread's life, and
   * of native threads whose names are not known.
   *
   * @return nanoseconds
   */
  long getUnknownCpuTimeNanos();

  /**
   * Counter of CPU time that is in no profile. It is the sum of three parts: the CPU time that
   * dropped samples stand for; CPU time for which a thread's timer had expired, but no signal came
   * before the thread or the session ended; and {@link #getUnseenCpuTimeNanos()}.
   *
   * @return nanoseconds
   */
  long getDroppedCpuTimeNanos();

  /**
   * Counter of CPU time that no signal stands for, which is a part of {@link
   * #getDroppedCpuTimeNanos()}. It is the CPU time of threads that ended before they were found, of
   * threads after their last signal, and of threads without a timer. A thread without a timer adds
   * to this counter while it runs.
   *
   * @return nanoseconds
   */
  long getUnseenCpuTimeNanos();

  /**
   * Counter of the time that threads of the process waited for a CPU: they were ready to run, and
   * other threads had the CPUs, or a CPU quota was used up. The waits of all threads are added up.
   * Counted while sessions run, up to a second late.
   *
   * @return nanoseconds; -1 if not known, because no session has read it yet or the system does not
   *     report it
   */
  long getCpuWaitTimeNanos();

  /**
   * Counter of the time that CPU quotas kept the process's cgroups from running. The times of all
   * CPUs and cgroups are added up. Counted while sessions run, up to a second late.
   *
   * @return nanoseconds; -1 if not known, because no session has read it yet or the system does not
   *     report it
   */
  long getThrottledTimeNanos();

  /**
   * Counter of the CPU time of the whole process in user code, by the kernel's account. Counted
   * while sessions run, up to a second late.
   *
   * @return nanoseconds
   */
  long getUserCpuTimeNanos();

  /**
   * Counter of the CPU time of the whole process in the kernel, by the kernel's account. Counted
   * while sessions run, up to a second late.
   *
   * @return nanoseconds
   */
  long getSystemCpuTimeNanos();

  /**
   * Gauge of the overhead by a model, over the last ten seconds or so: signals × 25 µs ÷ elapsed
   * time. This figure is neither measured nor an upper bound.
   *
   * @return percent of one CPU, 0–100
   */
  double getOverheadPercent();

  /**
   * Gauge of the overhead as measured, over the last ten seconds or so.
   *
   * @return percent of one CPU, 0–100
   */
  double getMeasuredOverheadPercent();

  /**
   * Counter of the CPU time that the profiler itself uses: of signal handlers and the delivery of
   * signals, of the work at starts and ends of threads, and of the profiler's own threads.
   *
   * @return nanoseconds
   */
  long getOverheadCpuTimeNanos();

  /**
   * Counter of the time spent in walking stacks, measured on one signal in eight.
   *
   * @return nanoseconds; this value divided by {@link #getCollectedSamples()} is the cost of one
   *     stack
   */
  long getStackWalkTimeNanos();

  /**
   * Gauge of sampled threads.
   *
   * @return threads that have a timer
   */
  int getThreadsSampled();

  /**
   * Gauge of threads without a timer.
   *
   * @return threads that could not get a timer
   */
  int getThreadsFailed();

  /**
   * Size of the current profile.
   *
   * @return distinct stacks
   */
  long getUniqueStacks();

  /**
   * Gauge of the memory in use.
   *
   * @return native and heap memory held for samples, bytes
   */
  long getMemoryUsedBytes();

  /**
   * The limit of {@link #getMemoryUsedBytes()}.
   *
   * @return bytes
   */
  long getMemoryLimitBytes();

  /**
   * Returns the hottest methods of the last ten seconds, of the running or the last session. Self
   * time is the time in which a method itself runs, without its callees. The method with the most
   * self time comes first.
   *
   * @return at most 20 methods, and the stretch of time that they are of; not null
   */
  HotMethods getHotMethods();

  /**
   * Returns the hottest methods of the last minute.
   *
   * @return as {@link #getHotMethods}
   */
  HotMethods getHotMethodsLastMinute();

  /**
   * Returns the hottest methods of the whole session.
   *
   * @return as {@link #getHotMethods}
   */
  HotMethods getHotMethodsAll();

  /**
   * Samples collected per second, over the last ten seconds or so.
   *
   * @return 0 or more; 0 when no session runs
   */
  double getSamplesPerSecond();

  /**
   * Signals dropped per second, over the last ten seconds or so.
   *
   * @return 0 or more; 0 when no session runs
   */
  double getDropsPerSecond();

  /**
   * Returns what is kept of the running or the last session: the range of time, and its windows. A
   * window is a stretch of time whose samples are kept together.
   *
   * @return not null
   */
  Kept getKept();

  /**
   * Returns how far back the profile goes.
   *
   * @return seconds, 0 or more
   */
  long getOldestSampleAgeSeconds();

  /**
   * Returns the figures of the running or the last session.
   *
   * @return not null; the id is 0 if there was no session
   */
  SessionStats getSession();

  /**
   * Starts a session with the default options.
   *
   * @return the id of the session
   * @throws IllegalStateException if a session is running, or if sampling is not possible
   */
  long start();

  /**
   * Starts a session.
   *
   * @param options {@code key=value} pairs joined by commas; an option that is missing has its
   *     default
   * @return the id of the session
   * @throws IllegalArgumentException if an option is not valid; nothing has changed
   * @throws IllegalStateException if a session is running, or if sampling is not possible
   */
  long startWith(String options);

  /**
   * Ends the session. The profile contains every sample taken before the call, unless the sample
   * was dropped.
   *
   * @return the session's final figures, {@code name=value} pairs on one line
   * @throws IllegalStateException if no session is running
   */
  String stop();

  /**
   * Returns the profile as readable text.
   *
   * @return figures, drops by reason, and the top methods
   */
  String report();

  /**
   * Does the same as {@link #report}, for a range of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #report}
   * @throws IllegalArgumentException if {@code range} is not valid, or nothing is kept of that time
   * @throws IllegalStateException if {@code range} is not empty and the session keeps no time
   *     windows
   */
  String reportOf(String range);

  /**
   * Returns the profile as folded stacks. Each line is a stack and its number of samples. The
   * hottest stack comes first.
   *
   * @param maxStacks the maximum number of lines; 0 for all
   * @return the lines
   * @throws IllegalArgumentException if {@code maxStacks} is negative
   */
  String collapsed(int maxStacks);

  /**
   * Does the same as {@link #collapsed}, for a range of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @param maxStacks the maximum number of lines; 0 for all
   * @return as {@link #collapsed}
   * @throws IllegalArgumentException if {@code range} is not valid, nothing is kept of that time,
   *     or {@code maxStacks} is negative
   * @throws IllegalStateException if {@code range} is not empty and the session keeps no time
   *     windows
   */
  String collapsedOf(String range, int maxStacks);

  /**
   * Compares two ranges of time of a continuous session. The result has a line for each stack whose
   * number of samples differs: the stack, its samples in the first range, and its samples in the
   * second range.
   *
   * @param before the first range, as in {@link #collapsedOf}
   * @param after the second range
   * @return the lines, in the format of {@code difffolded.pl}
   * @throws IllegalArgumentException if a range is not valid, or nothing is kept of its time
   * @throws IllegalStateException if a range is not empty and the session keeps no time windows
   */
  String collapsedDifference(String before, String after);

  /**
   * Returns the profile as a flame graph.
   *
   * @return one self-contained HTML page
   */
  String flameGraph();

  /**
   * Does the same as {@link #flameGraph}, for a range of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #flameGraph}
   * @throws IllegalArgumentException if {@code range} is not valid, or nothing is kept of that time
   * @throws IllegalStateException if {@code range} is not empty and the session keeps no time
   *     windows
   */
  String flameGraphOf(String range);

  /**
   * Compares two ranges of time of a continuous session as a differential flame graph. A frame is
   * red if its share of the CPU time grew, and blue if its share shrank. A share is a part of the
   * CPU time of its own range, so the two ranges can differ in length.
   *
   * @param before the first range, as in {@link #flameGraphOf}
   * @param after the second range; if it equals the first range, the page shows no difference
   * @return one self-contained HTML page with the samples and CPU times of both ranges
   * @throws IllegalArgumentException if a range is not valid, or nothing is kept of its time
   * @throws IllegalStateException if a range is not empty and the session keeps no time windows
   */
  String flameGraphDifference(String before, String after);

  /**
   * Lists the time windows that are kept.
   *
   * @return a heading, then one line for each window: beginning, end, samples, drops, CPU time in
   *     milliseconds, and sampling interval in microseconds
   */
  String windows();

  /**
   * Writes the profile into a new file in the output directory.
   *
   * @param fileName a base name; its suffix decides the format
   * @return the file's absolute path
   * @throws IllegalArgumentException if the name is not allowed
   * @throws IOException if the file exists or cannot be written; no partial file is left
   */
  String dumpToFile(String fileName) throws IOException;

  /**
   * Does the same as {@link #dumpToFile}, for a range of time of a continuous session.
   *
   * @param fileName a base name; its suffix decides the format
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #dumpToFile}
   * @throws IllegalArgumentException if the name is not allowed, {@code range} is not valid, or
   *     nothing is kept of that time
   * @throws IllegalStateException if {@code range} is not empty and the session keeps no time
   *     windows
   * @throws IOException as {@link #dumpToFile}
   */
  String dumpToFileOf(String fileName, String range) throws IOException;

  /**
   * Compares two ranges of time of a continuous session, and writes the difference into a new file
   * in the output directory.
   *
   * @param fileName a base name; its suffix decides the format: {@code .html} for a page as of
   *     {@link #flameGraphDifference}, {@code .collapsed} for lines as of {@link
   *     #collapsedDifference}, or {@code .cpu.collapsed} for the same with CPU time in nanoseconds
   * @param before the first range, as in {@link #collapsedOf}
   * @param after the second range
   * @return the file's absolute path
   * @throws IllegalArgumentException if the name is not allowed, a difference cannot have the
   *     format, a range is not valid, or nothing is kept of its time
   * @throws IllegalStateException if a range is not empty and the session keeps no time windows
   * @throws IOException if the file exists or cannot be written; no partial file is left
   */
  String dumpDifferenceToFile(String fileName, String before, String after) throws IOException;

  /**
   * Opens a stream of the profile as it is at this moment. The client reads the stream block by
   * block. A stream that nobody reads for a minute is closed.
   *
   * @param format one of {@code collapsed}, {@code collapsed-kinds}, {@code collapsed-cpu}, {@code
   *     collapsed-kinds-cpu}, {@code html}, {@code jfr}, {@code pprof}, {@code speedscope}, {@code
   *     text}
   * @return the stream's id
   * @throws IllegalArgumentException if there is no such format
   * @throws IllegalStateException if too many streams are open
   */
  long openStream(String format);

  /**
   * Does the same as {@link #openStream}, for a range of time of a continuous session.
   *
   * @param format as of {@link #openStream}
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return the stream's id
   * @throws IllegalArgumentException if there is no such format, {@code range} is not valid, or
   *     nothing is kept of that time
   * @throws IllegalStateException if too many streams are open, or if {@code range} is not empty
   *     and the session keeps no time windows
   */
  long openStreamOf(String format, String range);

  /**
   * Compares two ranges of time of a continuous session, and opens a stream of the difference as it
   * is at this moment.
   *
   * @param format one of {@code collapsed}, {@code collapsed-cpu}, {@code html}; what they contain
   *     is as of {@link #dumpDifferenceToFile}
   * @param before the first range, as in {@link #collapsedOf}
   * @param after the second range
   * @return the stream's id
   * @throws IllegalArgumentException if a difference cannot have the format, a range is not valid,
   *     or nothing is kept of its time
   * @throws IllegalStateException if too many streams are open, or if a range is not empty and the
   *     session keeps no time windows
   */
  long openDifferenceStream(String format, String before, String after);

  /**
   * Reads the next block of a stream.
   *
   * @param id the stream's id, from {@link #openStream}, {@link #openStreamOf} or {@link
   *     #openDifferenceStream}
   * @return the next bytes, at most 262,144; null at the end, which closes the stream
   * @throws IllegalArgumentException if no stream with this id is open
   * @throws IOException if the profile cannot be written; the stream is then closed
   */
  byte[] readStream(long id) throws IOException;

  /**
   * Closes a stream. Does nothing if the stream is already closed.
   *
   * @param id the stream's id, as of {@link #readStream}
   */
  void closeStream(long id);
}
