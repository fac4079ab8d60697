package io.spprof.export;

import io.spprof.profile.Frames;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Concatenates two profiles into one, so that {@link FoldedProfile} can merge the rows of both by
 * their text. The methods, frames, threads, stacks and rows of the second profile get the numbers
 * after those of the first profile. A stack without a row is left out: a profile of a part of a
 * session contains the stacks of the whole session.
 */
final class JoinedProfile {

  private static final int CHUNK_SIZE = 1 << Stacks.CHUNK_BITS;

  private final List<ProfileMethod> methods = new ArrayList<>();
  private final List<ProfileThread> threads = new ArrayList<>();
  private final int[] frameMethods;
  private final int[] frameLines;
  private int frameCount;
  private final List<int[]> chunks = new ArrayList<>();
  private int position; // the index at which the frames of the next stack begin
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
   * Joins two profiles. Does not change them. Needs 4 bytes of memory for each frame of each stack,
   * and 24 bytes for each row.
   *
   * @param first the profile whose rows become rows 0 to {@code first.rowCount()} − 1, not null
   * @param second the profile that gives the rows after these, and the session's figures; not null
   * @return the joined profile, without the times of samples
   */
  static Profile of(Profile first, Profile second) {
    JoinedProfile both = new JoinedProfile(first, second);
    return new Profile(
        second.info(),
        both.methods,
        new Frames(both.frameMethods, both.frameLines, both.frameCount),
        both.threads,
        new Stacks(both.chunks.toArray(int[][]::new), both.positions, both.depths, both.stackCount),
        new Rows(both.rowStacks, both.rowThreads, both.rowSamples, both.rowNanos, both.rowCount),
        new SampleTimes(List.of(), 0));
  }

  private void add(Profile profile) {
    int firstMethod = methods.size();
    methods.addAll(profile.methods());
    int firstThread = threads.size();
    threads.addAll(profile.threads());
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

  /** Appends a stack of a profile, in a chunk that holds the whole stack. */
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
      chunk[position++ & Stacks.CHUNK_MASK] = firstFrame + profile.frame(stack, i);
    }
    return stackCount++;
  }
}
