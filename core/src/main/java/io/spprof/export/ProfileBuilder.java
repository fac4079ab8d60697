package io.spprof.export;

import io.spprof.profile.FrameKind;
import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Builds a profile of the stacks and rows of a file. A frame is a method, because a comparison
 * needs no lines of source. Amounts that a file does not have are 0. Damaged numbers are refused
 * with an IndexOutOfBoundsException or an ArithmeticException.
 */
final class ProfileBuilder {

  /** The maximum number of frames in a stack. */
  static final int DEEPEST = 1 << Stacks.CHUNK_BITS;

  private final Map<String, Integer> methods = new LinkedHashMap<>();
  private final List<FrameKind> kinds = new ArrayList<>(); // of each method
  private final Map<String, Integer> threads = new LinkedHashMap<>();
  private final List<int[]> chunks = new ArrayList<>();
  private int position; // the index at which the frames of the next stack begin
  private int[] positions = new int[64];
  private short[] depths = new short[64];
  private int stackCount;
  private int[] rowStacks = new int[64];
  private int[] rowThreads = new int[64];
  private long[] rowSamples = new long[64];
  private long[] rowNanos = new long[64];
  private int rowCount;
  private long samples;
  private long nanos;

  /** Returns the number of a Java method; the method gets one if it has none yet. */
  int method(String name) {
    return method(name, FrameKind.JAVA);
  }

  /**
   * Returns the number of a method; the method gets one if it has none yet. Methods that share a
   * name have the kind of the first.
   */
  int method(String name, FrameKind kind) {
    int number = number(methods, name);
    if (number == kinds.size()) {
      kinds.add(kind);
    }
    return number;
  }

  /** Returns the number of a thread; the thread gets one if it has none yet. */
  int thread(String name) {
    return number(threads, name);
  }

  private static int number(Map<String, Integer> numbers, String name) {
    Integer next = numbers.size();
    return Objects.requireNonNullElse(numbers.putIfAbsent(name, next), next);
  }

  /**
   * Adds a stack whose methods are given from the root.
   *
   * @return the stack's number
   * @throws IndexOutOfBoundsException if the stack has more than {@link #DEEPEST} frames
   */
  int addStack(int[] path, int depth) {
    Objects.checkIndex(depth, DEEPEST + 1);
    int room = Math.multiplyExact(chunks.size(), DEEPEST) - position;
    if (room < depth) {
      position += room;
      chunks.add(new int[DEEPEST]);
    }
    if (stackCount == positions.length) {
      positions = Arrays.copyOf(positions, 2 * stackCount);
      depths = Arrays.copyOf(depths, 2 * stackCount);
    }
    positions[stackCount] = position;
    depths[stackCount] = (short) depth;
    for (int i = depth - 1; i >= 0; i--) {
      chunks.get(chunks.size() - 1)[position++ & Stacks.CHUNK_MASK] = path[i];
    }
    return stackCount++;
  }

  /**
   * Adds a row.
   *
   * @throws ArithmeticException if an amount is negative, or the sum of all amounts is too large
   */
  void addRow(int stack, int thread, long ofSamples, long ofNanos) {
    if ((ofSamples | ofNanos) < 0) {
      throw new ArithmeticException("a negative amount");
    }
    samples = Math.addExact(samples, ofSamples);
    nanos = Math.addExact(nanos, ofNanos);
    if (rowCount == rowStacks.length) {
      rowStacks = Arrays.copyOf(rowStacks, 2 * rowCount);
      rowThreads = Arrays.copyOf(rowThreads, 2 * rowCount);
      rowSamples = Arrays.copyOf(rowSamples, 2 * rowCount);
      rowNanos = Arrays.copyOf(rowNanos, 2 * rowCount);
    }
    rowStacks[rowCount] = stack;
    rowThreads[rowCount] = thread;
    rowSamples[rowCount] = ofSamples;
    rowNanos[rowCount++] = ofNanos;
  }

  int rowCount() {
    return rowCount;
  }

  /** Returns the profile, with the methods and threads that got numbers from this builder. */
  Profile profile() {
    return profile(
        methods.entrySet().stream()
            .map(method -> new ProfileMethod(method.getKey(), kinds.get(method.getValue())))
            .toList(),
        threads.keySet().stream().map(ProfileThread::java).toList());
  }

  /** Returns the profile, with methods and threads in the order of their numbers. */
  Profile profile(List<ProfileMethod> numberedMethods, List<ProfileThread> numberedThreads) {
    int[] frameMethods = new int[numberedMethods.size()];
    Arrays.setAll(frameMethods, i -> i);
    for (int i = 0; i < rowCount; i++) {
      Objects.checkIndex(rowThreads[i], numberedThreads.size());
    }
    return new Profile(
        Profile.EMPTY.info(),
        numberedMethods,
        new Frames(frameMethods, new int[frameMethods.length], frameMethods.length),
        numberedThreads,
        new Stacks(chunks.toArray(int[][]::new), positions, depths, stackCount),
        new Rows(rowStacks, rowThreads, rowSamples, rowNanos, rowCount),
        new SampleTimes(List.of(), 0));
  }
}
