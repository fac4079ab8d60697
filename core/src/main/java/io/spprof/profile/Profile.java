package io.spprof.profile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** The profile before the first session. */
  public static final Profile EMPTY =
      new Profile(
          ProfileInfo.NONE,
          List.of(),
          Frames.NONE,
          List.of(),
          Stacks.NONE,
          Rows.NONE,
          SampleTimes.NONE);

  private static final long EXPORT_ROW_BYTES = 64;
  private static final long EXPORT_STACK_BYTES = 16;
  private static final long EXPORT_NAME_BYTES = 64;

  private final ProfileInfo info;
  private final List<ProfileMethod> methods;
  private final List<ProfileLibrary> libraries;
  private final int[] libraryOf; // by method; -1 for none
  private final Frames frames;
  private final List<ProfileThread> threads;
  private final Stacks stacks;
  private final Rows rows;
  private final SampleTimes times;
  private final long totalSamples;
  private final long totalCpuNanos;

  /**
   * Creates a profile from its parts, without a copy. Nobody may change the parts afterwards.
   *
   * @param info the head
   * @param methods the methods, by number
   * @param frames the frames
   * @param threads the threads, by number; two threads can share a name
   * @param stacks the stacks
   * @param rows the rows
   * @param times the samples one by one
   */
  public Profile(
      ProfileInfo info,
      List<ProfileMethod> methods,
      Frames frames,
      List<ProfileThread> threads,
      Stacks stacks,
      Rows rows,
      SampleTimes times) {
    this.info = Objects.requireNonNull(info);
    this.methods = List.copyOf(methods);
    this.libraryOf = new int[methods.size()];
    this.libraries = numberLibraries();
    this.frames = frames;
    this.threads = List.copyOf(threads);
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

  private List<ProfileLibrary> numberLibraries() {
    Map<ProfileLibrary, Integer> numbers = new LinkedHashMap<>();
    for (int method = 0; method < libraryOf.length; method++) {
      ProfileLibrary library = methods.get(method).library();
      Integer next = numbers.size();
      Integer known = library == null ? Integer.valueOf(-1) : numbers.putIfAbsent(library, next);
      libraryOf[method] = known == null ? next : known;
    }
    return List.copyOf(numbers.keySet());
  }

  /**
   * Returns the head of the profile.
   *
   * @return not null
   */
  public ProfileInfo info() {
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
        + EXPORT_NAME_BYTES * (methods.size() + threads.size());
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
    return stacks.chunk(stack)[stacks.leaf(stack) + index];
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
    return frames.lines()[frame];
  }

  /**
   * Returns the kind of code that a frame stands for.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return the kind of its method
   */
  public FrameKind frameKind(int frame) {
    return methods.get(frameMethod(frame)).kind();
  }

  /**
   * Returns the name of a frame's method.
   *
   * @param frame 0 to {@link #frameCount()} − 1
   * @return not null
   */
  public String frameName(int frame) {
    return methods.get(frameMethod(frame)).name();
  }

  /**
   * Returns the methods of the profile, by number.
   *
   * @return not null, immutable
   */
  public List<ProfileMethod> methods() {
    return methods;
  }

  /**
   * Returns the libraries of the profile's functions of native code.
   *
   * @return each library once, not null
   */
  public List<ProfileLibrary> libraries() {
    return libraries;
  }

  /**
   * Returns the library of a method.
   *
   * @param method an index into {@link #methods()}
   * @return an index into {@link #libraries()}; −1 if the method is in no library
   */
  public int methodLibrary(int method) {
    return libraryOf[method];
  }

  /**
   * Returns the threads of the profile, by number. There can be threads without a row: their
   * samples are not in this profile, but their user and system time is. Together, the threads have
   * all user and system time that was reported for threads of the session.
   *
   * @return not null, immutable
   */
  public List<ProfileThread> threads() {
    return threads;
  }
}
