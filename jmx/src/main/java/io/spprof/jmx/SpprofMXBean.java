package io.spprof.jmx;

import io.spprof.ProfilerState;
import io.spprof.profile.DropCounts;
import io.spprof.profile.HotMethod;
import io.spprof.profile.Kept;
import io.spprof.profile.SessionStats;
import java.io.IOException;
import java.util.List;

/**
 * The profiler as management clients see it. Attributes answer at once and never throw; counters
 * count from the moment the bean was registered and never go back; gauges are 0 when no session
 * runs. Operations throw only {@link IllegalStateException} (wrong time), {@link
 * IllegalArgumentException} (wrong value, nothing changed) and {@link IOException}, with a message
 * that says what to do. What each member means to a user stands in {@link Descriptions}, which the
 * bean publishes.
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
   * Options of the running, else of the last, else of the next session.
   *
   * @return {@code key=value} pairs that {@link #startWith(String)} takes
   */
  String getOptions();

  /**
   * What makes the sampling signals.
   *
   * @return not null
   */
  String getEngine();

  /**
   * What walks the stacks.
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
   * Counter.
   *
   * @return sessions that started
   */
  long getSessionsStarted();

  /**
   * Counter. {@code Signals = CollectedSamples + DroppedSamples + samples still in the buffer}.
   *
   * @return sampling signals that reached the handler
   */
  long getSignals();

  /**
   * Counter.
   *
   * @return samples that are in a profile
   */
  long getCollectedSamples();

  /**
   * Counter.
   *
   * @return signals that are in no profile
   */
  long getDroppedSamples();

  /**
   * Counters that sum to {@link #getDroppedSamples()}.
   *
   * @return not null
   */
  DropCounts getDroppedByReason();

  /**
   * Counter.
   *
   * @return collected samples whose stack could not be walked
   */
  long getUnwalkableSamples();

  /**
   * Counter.
   *
   * @return CPU time that the collected samples stand for, ns
   */
  long getSampledCpuTimeNanos();

  /**
   * Counter.
   *
   * @return CPU time that is in no profile: what the dropped samples stand for, what was due and
   *     not yet signalled when a thread or a session ended, and UnseenCpuTimeNanos; ns
   */
  long getDroppedCpuTimeNanos();

  /**
   * Counter, a part of DroppedCpuTimeNanos. It grows while it happens.
   *
   * @return CPU time that no signal stands for: of threads that ended before they were found, after
   *     their last signal, or that have no timer; ns
   */
  long getUnseenCpuTimeNanos();

  /**
   * Gauge, by the model: signals × 25 µs ÷ elapsed. Neither measured nor an upper bound.
   *
   * @return 0–100, percent of one CPU
   */
  double getOverheadPercent();

  /**
   * Gauge, measured.
   *
   * @return 0–100, percent of one CPU
   */
  double getMeasuredOverheadPercent();

  /**
   * Counter.
   *
   * @return CPU time of signal handlers, of what is done when threads start and end, and of the
   *     profiler's own threads, ns
   */
  long getOverheadCpuTimeNanos();

  /**
   * Counter, measured on one signal in eight.
   *
   * @return time spent in walking stacks, ns; by CollectedSamples the cost of a stack
   */
  long getStackWalkTimeNanos();

  /**
   * Gauge.
   *
   * @return threads that have a timer
   */
  int getThreadsSampled();

  /**
   * Gauge.
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
   * Gauge.
   *
   * @return native and heap memory held for samples, bytes
   */
  long getMemoryUsedBytes();

  /**
   * The bound of {@link #getMemoryUsedBytes()}.
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
   * Samples collected a second, over the last ten seconds.
   *
   * @return 0 or more; 0 when no session runs
   */
  double getSamplesPerSecond();

  /**
   * Signals dropped a second, over the last ten seconds.
   *
   * @return 0 or more; 0 when no session runs
   */
  double getDropsPerSecond();

  /**
   * What is kept of the running session, or of the last one.
   *
   * @return not null
   */
  Kept getKept();

  /**
   * How far back the profile goes.
   *
   * @return s, 0 or more
   */
  long getOldestSampleAgeSeconds();

  /**
   * The running or the last session.
   *
   * @return not null; its id is 0 when there was none
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
   * Ends the session. Every sample taken before is in the profile.
   *
   * @return its final figures, {@code name=value} pairs on one line
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
   * The same of a stretch of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #report}
   * @throws IllegalArgumentException if it is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time, and not all is wanted
   */
  String reportOf(String range);

  /**
   * The profile as folded stacks, one a line, hottest first.
   *
   * @param maxStacks how many lines; 0 for all
   * @return the lines
   * @throws IllegalArgumentException if {@code maxStacks} is negative
   */
  String collapsed(int maxStacks);

  /**
   * The same of a stretch of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @param maxStacks how many lines; 0 for all
   * @return as {@link #collapsed}
   * @throws IllegalArgumentException if it is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time, and not all is wanted
   */
  String collapsedOf(String range, int maxStacks);

  /**
   * Two stretches of time of a continuous session side by side.
   *
   * @param before the first range, as of {@link #collapsedOf}
   * @param after the second range
   * @return a line for each stack that has not as many samples in both: the stack, the samples of
   *     the first, those of the second; the form of {@code difffolded.pl}
   * @throws IllegalArgumentException if one is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time
   */
  String collapsedDifference(String before, String after);

  /**
   * The profile as a flame graph.
   *
   * @return one self-contained HTML page
   */
  String flameGraph();

  /**
   * The same of a stretch of time of a continuous session.
   *
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #flameGraph}
   * @throws IllegalArgumentException if it is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time, and not all is wanted
   */
  String flameGraphOf(String range);

  /**
   * Two stretches of time of a continuous session as a differential flame graph: what takes a
   * greater share of the CPU time than before is red, what takes a smaller one is blue. Shares are
   * of each stretch's own CPU time, so the two need not be equally long.
   *
   * @param before the first range, as of {@link #flameGraphOf}
   * @param after the second range; the same gives a page without a difference
   * @return one self-contained HTML page with the samples and CPU times of both
   * @throws IllegalArgumentException if one is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time, and not all is wanted
   */
  String flameGraphDifference(String before, String after);

  /**
   * The windows of time that are kept.
   *
   * @return a line each, after a heading: beginning, end, samples, drops, CPU time
   */
  String windows();

  /**
   * Writes the profile into the output directory.
   *
   * @param fileName a base name; its suffix decides the format
   * @return the file's absolute path
   * @throws IllegalArgumentException if the name is not allowed
   * @throws IOException if the file exists or cannot be written; no partial file is left
   */
  String dumpToFile(String fileName) throws IOException;

  /**
   * The same of a stretch of time of a continuous session.
   *
   * @param fileName a base name; its suffix decides the format
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return as {@link #dumpToFile}
   * @throws IllegalArgumentException if it is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time, and not all is wanted
   * @throws IOException as {@link #dumpToFile}
   */
  String dumpToFileOf(String fileName, String range) throws IOException;

  /**
   * Opens the profile of this moment, to be read block by block. One that is not read for a minute
   * is closed.
   *
   * @param format one of {@code collapsed}, {@code html}, {@code jfr}, {@code pprof}, {@code
   *     speedscope}, {@code text}
   * @return the stream's id
   * @throws IllegalArgumentException if there is no such format
   * @throws IllegalStateException if too many streams are open
   */
  long openStream(String format);

  /**
   * The same of a stretch of time of a continuous session.
   *
   * @param format as of {@link #openStream}
   * @param range empty for all, {@code last=10m}, or {@code from=TIME,to=TIME}; whole windows only
   * @return the stream's id
   * @throws IllegalArgumentException if it is no range, or nothing is kept of that time
   * @throws IllegalStateException if the session keeps no windows of time, and not all is wanted
   */
  long openStreamOf(String format, String range);

  /**
   * Reads a stream on.
   *
   * @param id what {@link #openStream} returned
   * @return the next bytes, of a bounded number; null at the end, which closes the stream
   * @throws IllegalArgumentException if there is no such stream, or not any more
   * @throws IOException if the profile cannot be written; the stream is closed then
   */
  byte[] readStream(long id) throws IOException;

  /**
   * Closes a stream; nothing happens if it is closed.
   *
   * @param id what {@link #openStream} returned
   */
  void closeStream(long id);
}
