package io.spprof.export;

import io.spprof.profile.FrameKind;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A profile whose rows are merged by their text, so that an export shows equal texts only once.
 * Rows with different numbers can have the same text, because two threads may share a name, and so
 * may two methods (for instance of a class that two class loaders loaded). Immutable. Holds a few
 * ints for each row and each stack of the profile, and no stack as text.
 *
 * <p>The rows are in the order of a depth-first walk from the root through the tree of all stacks.
 * The children of a frame are ordered by name, and the frame's own time comes after its children.
 * Threads are numbered by CPU time, the most first. Names of frames are numbered in alphabetical
 * order.
 */
final class FoldedProfile {

  private final Profile profile;
  private final String[] methodNames;
  private final FrameKind[] nameKinds;
  private final int[] methodToName;
  private final String[] threadNames;
  private final long[] threadSamples;
  private final long[] threadNanos;
  private final int threadCount; // number of threads with samples
  private final int rowCount;
  private final int[] foldedRows; // the merged row of each row of the profile
  private final int[] rowStacks;
  private final int[] rowThreads;
  private final long[] rowSamples;
  private final long[] rowNanos;

  FoldedProfile(Profile profile) {
    this.profile = profile;
    String[] methods = cleaned(profile.methods(), ProfileMethod::name);
    methodNames = distinct(methods);
    methodToName = positions(methods, methodNames);
    nameKinds = kinds();

    String[] threads = cleaned(profile.threads(), ProfileThread::name);
    String[] distinctThreads = distinct(threads);
    int[] threadToName = positions(threads, distinctThreads);
    int[] threadRanks = ranksByTime(threadToName, distinctThreads.length);
    threadNames = new String[distinctThreads.length];
    for (int name = 0; name < distinctThreads.length; name++) {
      threadNames[threadRanks[name]] = distinctThreads[name];
    }
    threadSamples = new long[threadNames.length];
    threadNanos = new long[threadNames.length];

    int[] stackRanks = stackRanks();
    int[] order = identity(profile.rowCount());
    IntSort.Order byText =
        (a, b) -> {
          int byStack = Integer.compare(stackRanks[profile.stack(a)], stackRanks[profile.stack(b)]);
          return byStack != 0
              ? byStack
              : Integer.compare(
                  threadRanks[threadToName[profile.thread(a)]],
                  threadRanks[threadToName[profile.thread(b)]]);
        };
    IntSort.sort(order, byText);

    rowStacks = new int[order.length];
    rowThreads = new int[order.length];
    rowSamples = new long[order.length];
    rowNanos = new long[order.length];
    foldedRows = new int[order.length];
    int last = -1;
    for (int i = 0; i < order.length; i++) {
      int row = order[i];
      if (i == 0 || byText.compare(order[i - 1], row) != 0) {
        last++;
        rowStacks[last] = profile.stack(row);
        rowThreads[last] = threadRanks[threadToName[profile.thread(row)]];
      }
      foldedRows[row] = last;
      rowSamples[last] += profile.samples(row);
      rowNanos[last] += profile.cpuNanos(row);
      threadSamples[rowThreads[last]] += profile.samples(row);
      threadNanos[rowThreads[last]] += profile.cpuNanos(row);
    }
    rowCount = last + 1;
    int busy = threadNames.length;
    while (busy > 0 && threadSamples[busy - 1] == 0) {
      busy--; // Threads are numbered by time, so threads without samples come last.
    }
    threadCount = busy;
  }

  /** Returns the number of rows after merging. */
  int rowCount() {
    return rowCount;
  }

  /** Returns the merged row that contains a row of the profile. */
  int foldedRow(int profileRow) {
    return foldedRows[profileRow];
  }

  int thread(int row) {
    return rowThreads[row];
  }

  long samples(int row) {
    return rowSamples[row];
  }

  /** Returns the CPU time of a row in nanoseconds. */
  long cpuNanos(int row) {
    return rowNanos[row];
  }

  /** Returns the number of frames in the stack of a row. */
  int depth(int row) {
    return profile.depth(rowStacks[row]);
  }

  /**
   * Returns the name of a frame in the stack of a row.
   *
   * @param row 0 to {@link #rowCount()} − 1
   * @param fromRoot 0 for the root, {@code depth − 1} for the leaf
   * @return the number of the frame's name
   */
  int frame(int row, int fromRoot) {
    return nameFromRoot(rowStacks[row], fromRoot);
  }

  /** Returns how many frames, counted from the root, the stacks of two rows share. */
  int commonDepth(int rowA, int rowB) {
    int a = rowStacks[rowA];
    int b = rowStacks[rowB];
    return a == b ? profile.depth(a) : commonFrames(a, b);
  }

  /** Returns whether the stacks of two rows have the same text. */
  boolean isSameStack(int rowA, int rowB) {
    int depth = depth(rowA);
    return depth == depth(rowB) && commonDepth(rowA, rowB) == depth;
  }

  int frameNameCount() {
    return methodNames.length;
  }

  String frameName(int name) {
    return methodNames[name];
  }

  /** Returns the kind of a frame's name. If several kinds share a name, any of them. */
  FrameKind frameKind(int name) {
    return nameKinds[name];
  }

  int threadCount() {
    return threadCount;
  }

  String threadName(int thread) {
    return threadNames[thread];
  }

  long threadSamples(int thread) {
    return threadSamples[thread];
  }

  /** Returns the CPU time of a thread in nanoseconds. */
  long threadNanos(int thread) {
    return threadNanos[thread];
  }

  private int nameFromRoot(int stack, int fromRoot) {
    int frame = profile.frame(stack, profile.depth(stack) - 1 - fromRoot);
    return methodToName[profile.frameMethod(frame)];
  }

  private int commonFrames(int a, int b) {
    int shorter = Math.min(profile.depth(a), profile.depth(b));
    int common = 0;
    while (common < shorter && nameFromRoot(a, common) == nameFromRoot(b, common)) {
      common++;
    }
    return common;
  }

  /**
   * Returns the rank of each stack in the depth-first walk. Stacks with the same text have the same
   * rank.
   */
  private int[] stackRanks() {
    int[] order = identity(profile.stackCount());
    IntSort.sort(order, this::compareStacks);
    int[] ranks = new int[order.length];
    int rank = 0;
    for (int i = 0; i < order.length; i++) {
      if (i > 0 && compareStacks(order[i - 1], order[i]) != 0) {
        rank++;
      }
      ranks[order[i]] = rank;
    }
    return ranks;
  }

  private int compareStacks(int a, int b) {
    int common = commonFrames(a, b);
    int depthA = profile.depth(a);
    int depthB = profile.depth(b);
    if (common == depthA || common == depthB) {
      return Integer.compare(depthB, depthA);
    }
    return Integer.compare(nameFromRoot(a, common), nameFromRoot(b, common));
  }

  /** Returns the rank of each thread name by CPU time; rank 0 has the most. */
  private int[] ranksByTime(int[] threadToName, int names) {
    long[] nanos = new long[names];
    for (int row = 0; row < profile.rowCount(); row++) {
      nanos[threadToName[profile.thread(row)]] += profile.cpuNanos(row);
    }
    int[] order = identity(names);
    IntSort.sort(order, (a, b) -> Long.compare(nanos[b], nanos[a]));
    int[] ranks = new int[names];
    for (int i = 0; i < names; i++) {
      ranks[order[i]] = i;
    }
    return ranks;
  }

  private FrameKind[] kinds() {
    FrameKind[] kinds = new FrameKind[methodNames.length];
    for (int method = 0; method < methodToName.length; method++) {
      kinds[methodToName[method]] = profile.methods().get(method).kind();
    }
    return kinds;
  }

  private static int[] identity(int count) {
    int[] values = new int[count];
    Arrays.setAll(values, i -> i);
    return values;
  }

  private static <T> String[] cleaned(List<T> named, Function<T, String> name) {
    return named.stream().map(name).map(Names::clean).toArray(String[]::new);
  }

  private static String[] distinct(String[] names) {
    return Arrays.stream(names).distinct().sorted().toArray(String[]::new);
  }

  private static int[] positions(String[] names, String[] sorted) {
    int[] positions = new int[names.length];
    Arrays.setAll(positions, i -> Arrays.binarySearch(sorted, names[i]));
    return positions;
  }
}
