package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Concatenates two profiles into one, so that {@link FoldedProfile} can merge rows of both that
 * have the same text. The second profile's methods, frames, threads, stacks and rows are numbered
 * after the first's. Stacks without a row are left out, because a profile of part of a session
 * contains the stacks of the whole session.
 */
final class JoinedProfile {

  private static final int CHUNK_SIZE = 1 << Profile.Stacks.CHUNK_BITS;

  private final List<String> methodNames = new ArrayList<>();
  private final List<String> threadNames = new ArrayList<>();
  private final int[] frameMethods;
  private final int[] frameLines;
  private int frameCount;
  private final List<int[]> chunks = new ArrayList<>();
  private int position; // the index of the next stack
  private final int[] positions;
  private final short[] depths;
  private int stackCount;
  private final int[] rowStacks;
  private final int[] rowThreads;
  private final long[] rowSamples;
  private final long[] rowNanos;
  private int rowCount;

  private JoinedProfile(Profile first, Profile second) {
    frameMethods = new int[first.frameCount() + second.frameCount()];
    frameLines = new int[frameMethods.length];
    positions = new int[first.stackCount() + second.stackCount()];
    depths = new short[positions.length];
    rowStacks = new int[first.rowCount() + second.rowCount()];
    rowThreads = new int[rowStacks.length];
    rowSamples = new long[rowStacks.length];
    rowNanos = new long[rowStacks.length];
    add(first);
    add(second);
  }

  /**
   * Joins two profiles, which are not changed. Memory: 4 bytes for each frame of each stack, 24 for
   * each row.
   *
   * @param first gives rows 0 to {@code first.rowCount()} − 1, not null
   * @param second gives the rows after that, and the session's figures; not null
   * @return the joined profile, without the times of samples
   */
  static Profile of(Profile first, Profile second) {
    JoinedProfile both = new JoinedProfile(first, second);
    return new Profile(
        second.info(),
        both.methodNames,
        new Profile.Frames(both.frameMethods, both.frameLines, both.frameCount),
        both.threadNames,
        new Profile.Stacks(
            both.chunks.toArray(int[][]::new), both.positions, both.depths, both.stackCount),
        new Profile.Rows(
            both.rowStacks, both.rowThreads, both.rowSamples, both.rowNanos, both.rowCount),
        new SampleTimes(List.of(), 0));
  }

  private void add(Profile profile) {
    int firstMethod = methodNames.size();
    for (int method = 0; method < profile.methodCount(); method++) {
      methodNames.add(profile.methodName(method));
    }
    int firstThread = threadNames.size();
    for (int thread = 0; thread < profile.threadCount(); thread++) {
      threadNames.add(profile.threadName(thread));
    }
    int firstFrame = frameCount;
    for (int frame = 0; frame < profile.frameCount(); frame++) {
      frameMethods[frameCount] = firstMethod + profile.frameMethod(frame);
      frameLines[frameCount++] = profile.frameLine(frame);
    }
    int[] stackNumbers = new int[profile.stackCount()];
    Arrays.fill(stackNumbers, -1);
    for (int row = 0; row < profile.rowCount(); row++) {
      int stack = profile.stack(row);
      if (stackNumbers[stack] < 0) {
        stackNumbers[stack] = addStack(profile, stack, firstFrame);
      }
      rowStacks[rowCount] = stackNumbers[stack];
      rowThreads[rowCount] = firstThread + profile.thread(row);
      rowSamples[rowCount] = profile.samples(row);
      rowNanos[rowCount++] = profile.cpuNanos(row);
    }
  }

  private int addStack(Profile profile, int stack, int firstFrame) {
    int depth = profile.depth(stack);
    int room = chunks.size() * CHUNK_SIZE - position;
    if (room < depth) {
      position += room;
      chunks.add(new int[CHUNK_SIZE]);
    }
    int[] chunk = chunks.get(chunks.size() - 1);
    positions[stackCount] = position;
    depths[stackCount] = (short) depth;
    for (int i = 0; i < depth; i++) {
      chunk[position++ & Profile.Stacks.CHUNK_MASK] = firstFrame + profile.frame(stack, i);
    }
    return stackCount++;
  }
}
