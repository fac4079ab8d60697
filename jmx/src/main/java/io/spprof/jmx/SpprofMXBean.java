package io.spprof.jmx;

import io.spprof.ProfilerState;
import io.spprof.profile.DropCounts;
import io.spprof.profile.HotMethod;
import io.spprof.profile.Kept;
import io.spprof.profile.SessionStats;
import java.io.IOException;
import java.util.List;

/**
 * The profiler's management interface. Attributes answer at once and never throw. Counters count
 * from the moment the bean was registered and never go back. Gauges are 0 when no session runs,
 * except {@link #getMemoryUsedBytes}: the last profile stays in memory. Operations throw only
 * {@link IllegalStateException} (wrong time), {@link IllegalArgumentException} (wrong value;
 * nothing has changed) and {@link IOException}, with a message that says what to do. {@link
 * Descriptions} explains each member to the user; the bean publishes these texts.
 */
public interface SpprofMXBean {

  /**
   * The profiler's version.
   *
   * @return not null
   */
  String getVersion();

  /**
   * What the profiler is doing.
   *
   * @return not null
   */
  ProfilerState getState();

  /**
   * Whether a session is sampling.
   *
   * @return true while {@link #getState()} is RUNNING
   */
  boolean isRunning();

  /**
   * Why the last start or stop failed, what limits the running session, or which settings were
   * refused.
   *
   * @return "" when there is nothing to say
   */
  String getLastError();

  /**
   * Options of the running session, else of the last, else of the next.
   *
   * @return {@code key=value} pairs that {@link #startWith(String)} takes
   */
  String getOptions();

  /**
   * The mechanism that sends the sampling signals.
   *
   * @return not null
   */
  String getEngine();

  /**
   * The mechanism that walks the stacks.
   *
   * @return not null
   */
  String getStackWalker();

  /**
   * The sampling interval in force.
   *
   * @return ns of CPU time
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
   * Counter of samples that could not be walked.
   *
   * @return collected samples whose stack could not be walked
   */
  long getUnwalkableSamples();

  /**
   * Counter of sampled CPU time.
   *
   * @return CPU time that the collected samples stand for, ns
   */
  long getSampledCpuTimeNanos();

  /**
   * Counter of CPU time that is in no profile.
   *
   * @return CPU time that the dropped samples stand for, that was due and not yet signalled when a
   *     thread or a session ended, and {@link #getUnseenCpuTimeNanos()}; ns
   */
  long getDroppedCpuTimeNanos();

  /**
   * Counter of CPU time that no signal stands for, a part of {@link #getDroppedCpuTimeNanos()}. It
   * grows while that time passes.
   *
   * @return CPU time of threads that ended before they were found, of threads after their last
   *     signal, and of threads without a timer; ns
   */
  long getUnseenCpuTimeNanos();

  /**
   * Gauge of the overhead, calculated from a model: signals × 25 µs ÷ elapsed time. Neither
   * measured nor an upper bound.
   *
   * @return 0–100, percent of one CPU
   */
  double getOverheadPercent();

  /**
   * Gauge of the overhead, measured.
   *
   * @return 0–100, percent of one CPU
   */
  double getMeasuredOverheadPercent();

  /**
   * Counter of the profiler's own CPU time.
   *
   * @return CPU time of signal handlers, of the work when threads start and end, and of the
   *     profiler's own threads, ns
   */
  long getOverheadCpuTimeNanos();

  /**
   * Counter of the time spent in walking stacks, measured on one signal in eight.
   *
   * @return ns; divided by {@link #getCollectedSamples()} it is the cost of a stack
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
   * The hottest methods of the running or the last session, most self time first.
   *
   * @return at most 20, refreshed at most once a second; not null
   */
  List<HotMethod> getHotMethods();

  /**
   * Samples collected per second, over the last ten seconds.
   *
   * @return 0 or more; 0 when no session runs
   */
  double getSamplesPerSecond();

  /**
   * Signals dropped per second, over the last ten seconds.
   *
   * @return 0 or more; 0 when no session runs
   */
  double getDropsPerSecond();

  /**
   * The range of time and the time windows that are kept of the running or the last session.
   *
   * @return not null
   */
  Kept getKept();

  /**
   * How far back the profile goes.
   *
   * @return seconds, 0 or more
   */
  long getOldestSampleAgeSeconds();

  /**
   * The running or the last session.
   *
   * @return not null; its id is 0 if there was none
   */
  SessionStats getSession();

  /**
   * Starts a session with the defaults.
   *
   * @return its id
   * @throws IllegalStateException if a session is running, or if sampling is not possible
   */
  long start();

  /**
   * Starts a session.
   *
   * @param options {@code key=value} pairs joined by commas, over the defaults
   * @return its id
   * @throws IllegalArgumentException if an option is not valid; nothing has changed then
   * @throws IllegalStateException if a session is running, or if sampling is not possible
   */
  long startWith(String options);

  /**
   * Ends the session. Every sample taken before the call is in the profile.
   *
   * @return the session's final figures, {@code name=value} pairs on one line
   * @throws IllegalStateException if no session is running
   */
  String stop();

  /**
   * The profile as readable text.
   *
   * @return figures, drops by reason, top methods
   */
  String report();

  /**
   * Like {@link #report}, for a range of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #report}
   * @throws IllegalArgumentException if {@code range} is not valid, or nothing is kept of that time
   * @throws IllegalStateException if {@code range} is not empty and the session keeps no time
   *     windows
   */
  String reportOf(String range);

  /**
   * The profile as folded stacks, one a line, hottest first.
   *
   * @param maxStacks the maximum number of lines; 0 for all
   * @return the lines
   * @throws IllegalArgumentException if {@code maxStacks} is negative
   */
  String collapsed(int maxStacks);

  /**
   * Like {@link #collapsed}, for a range of time of a continuous session.
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
   * Compares two ranges of time of a continuous session.
   *
   * @param before the first range, as of {@link #collapsedOf}
   * @param after the second range
   * @return a line for each stack whose number of samples differs: the stack, its samples in the
   *     first range, its samples in the second; the format of {@code difffolded.pl}
   * @throws IllegalArgumentException if one of them is not valid, or nothing is kept of that time
   * @throws IllegalStateException if a range is not empty and the session keeps no time windows
   */
  String collapsedDifference(String before, String after);

  /**
   * The profile as a flame graph.
   *
   * @return one self-contained HTML page
   */
  String flameGraph();

  /**
   * Like {@link #flameGraph}, for a range of time of a continuous session.
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
   * red if its share of the CPU time grew, and blue if it shrank. Shares are of each range's own
   * CPU time, so the two ranges need not be equally long.
   *
   * @param before the first range, as of {@link #flameGraphOf}
   * @param after the second range; if it equals the first, the page shows no difference
   * @return one self-contained HTML page with the samples and CPU times of both
   * @throws IllegalArgumentException if one of them is not valid, or nothing is kept of that time
   * @throws IllegalStateException if a range is not empty and the session keeps no time windows
   */
  String flameGraphDifference(String before, String after);

  /**
   * The time windows that are kept.
   *
   * @return a heading, then one line a window: beginning, end, samples, drops, CPU time
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
   * Like {@link #dumpToFile}, for a range of time of a continuous session.
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
   * Opens a stream of the profile as it is at this moment, to be read block by block. A stream that
   * is not read for a minute is closed.
   *
   * @param format one of {@code collapsed}, {@code html}, {@code jfr}, {@code pprof}, {@code
   *     speedscope}, {@code text}
   * @return the stream's id
   * @throws IllegalArgumentException if there is no such format
   * @throws IllegalStateException if too many streams are open
   */
  long openStream(String format);

  /**
   * Like {@link #openStream}, for a range of time of a continuous session.
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
   * Reads the next block of a stream.
   *
   * @param id the stream's id, from {@link #openStream} or {@link #openStreamOf}
   * @return the next bytes, of a bounded number; null at the end, which closes the stream
   * @throws IllegalArgumentException if there is no such stream, or no longer
   * @throws IOException if the profile cannot be written; the stream is closed then
   */
  byte[] readStream(long id) throws IOException;

  /**
   * Closes a stream; does nothing if it is already closed.
   *
   * @param id the stream's id, from {@link #openStream} or {@link #openStreamOf}
   */
  void closeStream(long id);
}
