package io.spprof.profile;

import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.util.List;
import java.util.Objects;

/**
 * The samples of a session, added up by stack and thread. A row of the profile is a stack and a
 * thread, with the number of their samples and the CPU time that these samples stand for.
 * Immutable, and safe to share. A profile is a copy: sampling continues meanwhile, so an exporter
 * can take its time.
 *
 * <p>Stacks are numbered from 0 to {@link #stackCount()} − 1. The frames of a stack are numbered
 * from 0 to {@link #depth(int)} − 1. Frame 0 is the leaf (the method that was running); the last
 * frame is the root (the outermost caller). In addition, each distinct frame has a number in the
 * profile: {@link #frameMethod(int)} returns its method, and {@link #frameLine(int)} its line.
 */
public final class Profile {

  /**
   * The data at the head of every export.
   *
   * @param session the session's figures at the moment of the snapshot
   * @param engine what made the sampling signals
   * @param walker the code that walked the stacks
   * @param intervalNanos the shortest sampling interval that was in force, in nanoseconds
   * @param longestIntervalNanos the longest sampling interval that was in force, in nanoseconds;
   *     equal to the shortest interval unless a budget changed the interval
   * @param dropped signals that are in no profile, by reason
   * @param unwalkable collected samples that have a synthetic frame, because the walk of their
   *     stack failed
   * @param droppedCpuNanos CPU time that is in no profile, in nanoseconds
   * @param unseenCpuNanos the part of {@code droppedCpuNanos} that no signal stands for, in
   *     nanoseconds
   * @param kernel times that the kernel keeps for the process, of the time that the profile covers
   * @param states the samples' CPU time by the state of their threads
   * @param running whether the session went on sampling after the snapshot
   * @param debugInfo how exactly the JVM recorded which method of compiled code was running
   */
  public record Info(
      SessionStats session,
      String engine,
      String walker,
      long intervalNanos,
      long longestIntervalNanos,
      Drops dropped,
      long unwalkable,
      long droppedCpuNanos,
      long unseenCpuNanos,
      KernelTimes kernel,
      StateTimes states,
      boolean running,
      DebugInfo debugInfo) {}

  /** Stands in the place of a line for a frame of native code, whose method is a function. */
  public static final int NATIVE_LINE = -1;

  /**
   * The distinct frames of a profile, as columns. A frame is a method and a line.
   *
   * @param methods the method of each frame, as an index into the methods' names
   * @param lines the source line of each frame; 0 if the line is not known, {@link #NATIVE_LINE} if
   *     the frame is of native code
   * @param count the number of frames; the arrays may be longer
   */
  public record Frames(int[] methods, int[] lines, int count) {}

  /**
   * The distinct stacks of a profile. A stack is a sequence of numbers of frames. The frames of all
   * stacks are stored one stack after the other, in chunks. A stack never extends over two chunks.
   * Each element is written once; afterwards it is only read.
   *
   * @param chunks the frames; {@code chunks[p >> CHUNK_BITS][p & CHUNK_MASK]} is the frame at
   *     position p
   * @param positions the position of each stack's leaf
   * @param depths the number of frames of each stack
   * @param count number of stacks; the arrays may be longer
   */
  public record Stacks(int[][] chunks, int[] positions, short[] depths, int count) {
    /** The binary logarithm of the number of ints in a chunk. */
    public static final int CHUNK_BITS = 14;

    /** The mask for the index within a chunk. */
    public static final int CHUNK_MASK = (1 << CHUNK_BITS) - 1;
  }

  /**
   * The rows of a profile, as columns.
   *
   * @param stacks the stack of each row
   * @param threads the thread of each row, as an index into the threads' names
   * @param samples the number of samples of each row
   * @param cpuNanos the CPU time that each row's samples stand for, in nanoseconds
   * @param count the number of rows; the arrays may be longer
   */
  public record Rows(int[] stacks, int[] threads, long[] samples, long[] cpuNanos, int count) {}

  /** The profile before the first session. */
  public static final Profile EMPTY =
      new Profile(
          new Info(
              SessionStats.NONE,
              "",
              "",
              0,
              0,
              Drops.NONE,
              0,
              0,
              0,
              KernelTimes.NONE,
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
   * Creates a profile from its parts, without a copy. Nobody may change the parts afterwards.
   *
   * @param info the head
   * @param methodNames the names of the methods, by number; synthetic names are in brackets
   * @param frames the frames
   * @param threadNames the names of the threads, by number; two threads can share a name
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
   * Returns the head of the profile.
   *
   * @return not null
   */
  public Info info() {
    return info;
  }

  /**
   * Returns the samples one by one, as far as the profiler keeps them.
   *
   * @return not null
   */
  public SampleTimes times() {
    return times;
  }

  /**
   * Returns the number of all samples.
   *
   * @return the sum over the rows
   */
  public long totalSamples() {
    return totalSamples;
  }

  /**
   * Returns the CPU time that all samples stand for.
   *
   * @return the sum over the rows, ns
   */
  public long totalCpuNanos() {
    return totalCpuNanos;
  }

  /**
   * Returns the maximum heap that an export of this profile allocates: for the profile's own
   * figures, and for sorting its rows, stacks and names.
   *
   * @return bytes
   */
  public long exportBytes() {
    return EXPORT_ROW_BYTES * rows.count()
        + EXPORT_STACK_BYTES * stacks.count()
        + EXPORT_NAME_BYTES * (methodNames.size() + threadNames.size());
  }

  /**
   * Returns the maximum heap that a comparison of two profiles allocates. This is more than the sum
   * of two exports, because a comparison first copies both profiles completely.
   *
   * @param other the other profile
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
   * Returns the number of rows.
   *
   * @return 0 for an empty profile
   */
  public int rowCount() {
    return rows.count();
  }

  /**
   * Returns a row's stack.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return the stack's number
   */
  public int stack(int row) {
    return rows.stacks()[row];
  }

  /**
   * Returns a row's thread.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return the thread's number
   */
  public int thread(int row) {
    return rows.threads()[row];
  }

  /**
   * Returns a row's number of samples.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return 1 or more
   */
  public long samples(int row) {
    return rows.samples()[row];
  }

  /**
   * Returns the CPU time that a row's samples stand for.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @return ns, more than 0
   */
  public long cpuNanos(int row) {
    return rows.cpuNanos()[row];
  }

  /**
   * Returns the number of distinct stacks.
   *
   * @return 0 for an empty profile
   */
  public int stackCount() {
    return stacks.count();
  }

  /**
   * Returns a stack's number of frames.
   *
   * @param stack 0 to {@link #stackCount()} − 1
   * @return 1 or more
   */
  public int depth(int stack) {
    return stacks.depths()[stack];
  }

  /**
   * Returns one frame of a stack.
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
   * Returns the number of distinct frames.
   *
   * @return 0 for an empty profile
   */
  public int frameCount() {
    return frames.count();
  }

  /**
   * Returns a frame's method.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return the method's number
   */
  public int frameMethod(int frame) {
    return frames.methods()[frame];
  }

  /**
   * Returns a frame's line in its source.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return the line's number; 0 if the line is not known
   */
  public int frameLine(int frame) {
    return Math.max(0, frames.lines()[frame]);
  }

  /**
   * Returns whether a frame is of native code. Its method is then a function of a library, for
   * instance {@code libc.so.6+0x9bf40}.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return false for a frame of a Java method, and for a synthetic frame
   */
  public boolean isNative(int frame) {
    return frames.lines()[frame] == NATIVE_LINE;
  }

  /**
   * Returns the name of a frame's method.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return as {@link #methodName(int)}
   */
  public String frameName(int frame) {
    return methodName(frameMethod(frame));
  }

  /**
   * Returns the number of methods.
   *
   * @return 0 for an empty profile
   */
  public int methodCount() {
    return methodNames.size();
  }

  /**
   * Returns a method's name.
   *
   * @param method 0 to {@link #methodCount()} − 1
   * @return for instance {@code java.util.HashMap.get}, or a synthetic name in brackets; not null
   */
  public String methodName(int method) {
    return methodNames.get(method);
  }

  /**
   * Returns the number of threads in the profile.
   *
   * @return 0 for an empty profile
   */
  public int threadCount() {
    return threadNames.size();
  }

  /**
   * Returns a thread's name.
   *
   * @param thread 0 to {@link #threadCount()} − 1
   * @return not null
   */
  public String threadName(int thread) {
    return threadNames.get(thread);
  }
}
