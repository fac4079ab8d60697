package io.spprof.profile;

import io.spprof.sampler.DebugInfo;
import java.util.List;
import java.util.Objects;

/**
 * The samples of one session, folded: rows of (stack, thread) with a number of samples and the CPU
 * time that they stand for. Immutable and safe to share; taking it does not stop the sampling, so
 * that exporters work at their own speed.
 *
 * <p>Stacks are numbered from 0 to {@link #stackCount()}, frames of a stack from 0, the leaf (the
 * method that was running), to {@link #depth(int)}, the root. A frame is a number, too; {@link
 * #frameMethod(int)} tells its method, which has a name, and {@link #frameLine(int)} its line.
 */
public final class Profile {

  /**
   * What stands at the head of every export.
   *
   * @param session the session's figures at the moment of the snapshot
   * @param engine what made the signals
   * @param walker what walked the stacks
   * @param intervalNanos the shortest sampling interval that was in force, ns
   * @param longestIntervalNanos the longest one, ns; the same unless a budget changed it
   * @param dropped signals that are in no profile, by reason
   * @param unwalkable collected samples that stand under a synthetic frame
   * @param droppedCpuNanos CPU time that is in no profile, ns
   * @param unseenCpuNanos the part of it that no signal stands for, ns
   * @param states the samples' CPU time by what their threads were doing
   * @param running whether the session went on sampling after the snapshot
   * @param debugInfo how exactly the JVM recorded which method of compiled code was running
   */
  public record Info(
      SessionStats session,
      String engine,
      String walker,
      long intervalNanos,
      long longestIntervalNanos,
      DropCounts dropped,
      long unwalkable,
      long droppedCpuNanos,
      long unseenCpuNanos,
      StateTimes states,
      boolean running,
      DebugInfo debugInfo) {}

  /**
   * Frames as columns.
   *
   * @param methods each frame's method, an index into the methods' names
   * @param lines each frame's line in its source, 0 if it is not known
   * @param count frames; the arrays may be longer
   */
  public record Frames(int[] methods, int[] lines, int count) {}

  /**
   * Stacks as numbers: all frames of all stacks one behind the other, in chunks, no stack across
   * two chunks. Written once, then only read.
   *
   * @param chunks the frames; {@code chunks[p >> CHUNK_BITS][p & CHUNK_MASK]} is the one at
   *     position p
   * @param positions where each stack's leaf stands
   * @param depths number of frames of each stack
   * @param count stacks; the arrays may be longer
   */
  public record Stacks(int[][] chunks, int[] positions, short[] depths, int count) {
    /** log2 of the ints in a chunk. */
    public static final int CHUNK_BITS = 14;

    /** Position in a chunk. */
    public static final int CHUNK_MASK = (1 << CHUNK_BITS) - 1;
  }

  /**
   * Rows as columns.
   *
   * @param stacks each row's stack
   * @param threads each row's thread, an index into the thread names
   * @param samples each row's number of samples
   * @param cpuNanos the CPU time that they stand for, ns
   * @param count rows; the arrays may be longer
   */
  public record Rows(int[] stacks, int[] threads, long[] samples, long[] cpuNanos, int count) {}

  /** The profile when there was no session yet. */
  public static final Profile EMPTY =
      new Profile(
          new Info(
              SessionStats.NONE,
              "",
              "",
              0,
              0,
              DropCounts.NONE,
              0,
              0,
              0,
              StateTimes.NONE,
              false,
              DebugInfo.EXACT),
          List.of(),
          new Frames(new int[0], new int[0], 0),
          List.of(),
          new Stacks(new int[0][], new int[0], new short[0], 0),
          new Rows(new int[0], new int[0], new long[0], new long[0], 0),
          SampleTimes.NONE);

  private static final long EXPORT_ROW_BYTES = 64;
  private static final long EXPORT_STACK_BYTES = 16;
  private static final long EXPORT_NAME_BYTES = 64;

  private final Info info;
  private final List<String> methodNames;
  private final Frames frames;
  private final List<String> threadNames;
  private final Stacks stacks;
  private final Rows rows;
  private final SampleTimes times;
  private final long totalSamples;
  private final long totalCpuNanos;

  /**
   * Takes the parts as they are, without a copy: nobody may change them afterwards.
   *
   * @param info the head
   * @param methodNames names by method number; synthetic ones stand in brackets
   * @param frames the frames
   * @param threadNames names by thread number; two threads can share a name
   * @param stacks the stacks
   * @param rows the rows
   * @param times the samples one by one
   */
  public Profile(
      Info info,
      List<String> methodNames,
      Frames frames,
      List<String> threadNames,
      Stacks stacks,
      Rows rows,
      SampleTimes times) {
    this.info = Objects.requireNonNull(info);
    this.methodNames = List.copyOf(methodNames);
    this.frames = frames;
    this.threadNames = List.copyOf(threadNames);
    this.stacks = stacks;
    this.rows = rows;
    this.times = times;
    long samples = 0;
    long nanos = 0;
    for (int i = 0; i < rows.count(); i++) {
      samples += rows.samples()[i];
      nanos += rows.cpuNanos()[i];
    }
    this.totalSamples = samples;
    this.totalCpuNanos = nanos;
  }

  /**
   * The head of the profile.
   *
   * @return not null
   */
  public Info info() {
    return info;
  }

  /**
   * The samples one by one, as far as they are kept.
   *
   * @return not null
   */
  public SampleTimes times() {
    return times;
  }

  /**
   * All samples.
   *
   * @return the sum over the rows
   */
  public long totalSamples() {
    return totalSamples;
  }

  /**
   * CPU time that all samples stand for.
   *
   * @return the sum over the rows, ns
   */
  public long totalCpuNanos() {
    return totalCpuNanos;
  }

  /**
   * What an export of it holds at most: this profile's own figures, and what sorting its rows,
   * stacks and names takes.
   *
   * @return bytes
   */
  public long exportBytes() {
    return EXPORT_ROW_BYTES * rows.count()
        + EXPORT_STACK_BYTES * stacks.count()
        + EXPORT_NAME_BYTES * (methodNames.size() + threadNames.size());
  }

  /**
   * What {@link #exportBytes()} is for two profiles side by side: all of both is copied first.
   *
   * @param other the other one
   * @return bytes
   */
  public long exportBytes(Profile other) {
    return 2 * (exportBytes() + other.exportBytes()) + frameBytes() + other.frameBytes();
  }

  private long frameBytes() {
    long frames = 0;
    for (int i = 0; i < stacks.count(); i++) {
      frames += stacks.depths()[i];
    }
    return Integer.BYTES * frames;
  }

  /**
   * Number of rows.
   *
   * @return 0 for an empty profile
   */
  public int rowCount() {
    return rows.count();
  }

  /**
   * A row's stack.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return the stack's number
   */
  public int stack(int row) {
    return rows.stacks()[row];
  }

  /**
   * A row's thread.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return the thread's number
   */
  public int thread(int row) {
    return rows.threads()[row];
  }

  /**
   * A row's samples.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return 1 or more
   */
  public long samples(int row) {
    return rows.samples()[row];
  }

  /**
   * The CPU time that a row's samples stand for.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return ns, more than 0
   */
  public long cpuNanos(int row) {
    return rows.cpuNanos()[row];
  }

  /**
   * Number of distinct stacks.
   *
   * @return 0 for an empty profile
   */
  public int stackCount() {
    return stacks.count();
  }

  /**
   * A stack's number of frames.
   *
   * @param stack 0 to {@link #stackCount()} − 1
   * @return 1 or more
   */
  public int depth(int stack) {
    return stacks.depths()[stack];
  }

  /**
   * One frame of a stack.
   *
   * @param stack 0 to {@link #stackCount()} − 1
   * @param index 0 for the leaf, {@code depth − 1} for the root
   * @return the frame's number
   */
  public int frame(int stack, int index) {
    int position = stacks.positions()[stack] + index;
    return stacks.chunks()[position >> Stacks.CHUNK_BITS][position & Stacks.CHUNK_MASK];
  }

  /**
   * Number of frames.
   *
   * @return 0 for an empty profile
   */
  public int frameCount() {
    return frames.count();
  }

  /**
   * A frame's method.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return the method's number
   */
  public int frameMethod(int frame) {
    return frames.methods()[frame];
  }

  /**
   * A frame's line.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return its number in the source, 0 if it is not known
   */
  public int frameLine(int frame) {
    return frames.lines()[frame];
  }

  /**
   * The name of a frame's method.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return as {@link #methodName(int)}
   */
  public String frameName(int frame) {
    return methodName(frameMethod(frame));
  }

  /**
   * Number of methods.
   *
   * @return 0 for an empty profile
   */
  public int methodCount() {
    return methodNames.size();
  }

  /**
   * A method's name.
   *
   * @param method 0 to {@link #methodCount()} − 1
   * @return {@code java.util.HashMap.get}, or a synthetic name in brackets; not null
   */
  public String methodName(int method) {
    return methodNames.get(method);
  }

  /**
   * Number of threads in the profile.
   *
   * @return 0 for an empty profile
   */
  public int threadCount() {
    return threadNames.size();
  }

  /**
   * A thread's name.
   *
   * @param thread 0 to {@link #threadCount()} − 1
   * @return not null
   */
  public String threadName(int thread) {
    return threadNames.get(thread);
  }
}
