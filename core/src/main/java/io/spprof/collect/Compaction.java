package io.spprof.collect;

/**
 * Removes entries of the tables that no window of time refers to any more. Stacks are removed after
 * windows were dropped. Methods, frames and threads are removed only when the native stack walker
 * restarts its numbering of methods and locations (addresses in compiled code). Until then, a new
 * sample may contain an old number, which refers to a method or a frame in these tables. The
 * entries that stay get new numbers.
 *
 * <p>Used under the lock of {@link Collector}. Profiles that were returned before keep their own
 * arrays. A compaction prepares everything before it changes anything. If the heap has no room for
 * the preparation, the tables stay as they were.
 */
final class Compaction {

  /** The number of dropped windows after which a compaction is worth its time. */
  private static final int ENOUGH = 4;

  private final MethodTable methods;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final Windows windows;
  private int goneBefore; // number of dropped windows at the last compaction

  Compaction(
      MethodTable methods,
      FrameTable frames,
      ThreadTable threads,
      StackTable stacks,
      Windows windows) {
    this.methods = methods;
    this.frames = frames;
    this.threads = threads;
    this.stacks = stacks;
    this.windows = windows;
  }

  /** Called after a window was closed, because closing can drop older windows. */
  void windowsRolled() {
    compact(ENOUGH);
  }

  /**
   * Makes room for a new stack when the tables cannot grow. Drops the oldest windows, and the
   * stacks that only these windows contain.
   *
   * @return false if no room could be made
   */
  boolean makeRoom() {
    int wanted = goneBefore + ENOUGH;
    while (windows.gone() < wanted && windows.dropOldest()) {
      // The condition drops one window after the other.
    }
    return compact(1);
  }

  /**
   * Removes the stacks that only dropped windows contain. Does nothing if fewer than {@code least}
   * windows were dropped since the last compaction.
   *
   * @return whether stacks were removed
   */
  private boolean compact(int least) {
    if (windows.gone() < goneBefore + least) {
      return false;
    }
    int[] numbers = new int[stacks.stackCount()];
    StackTable used = stacks.some(windows.stacksInUse(stacks.stackCount()), null, numbers);
    Runnable renumbering = windows.renumbering(numbers, null);
    renumbering.run();
    stacks.become(used);
    goneBefore = windows.gone();
    return true;
  }

  /**
   * Removes methods, frames, stacks and threads that no window contains. The hottest methods stay.
   * Must be called only after the walker has restarted its numbering, because its old numbers refer
   * to entries that this method removes or renumbers.
   */
  void forgetNames() {
    boolean[] keptStacks = windows.stacksInUse(stacks.stackCount());
    boolean[] keptFrames = stacks.framesOf(keptStacks, frames.count());
    boolean[] keptMethods = new boolean[methods.size()];
    for (int frame = 0; frame < keptFrames.length; frame++) {
      if (keptFrames[frame]) {
        keptMethods[frames.method(frame)] = true;
      }
    }
    for (int method : methods.sums().hottest(methods.size(), MethodSums.HOTTEST)) {
      keptMethods[method] = true;
    }
    int[] methodNumbers = new int[keptMethods.length];
    int[] frameNumbers = new int[keptFrames.length];
    int[] stackNumbers = new int[keptStacks.length];
    Runnable ofMethods = methods.keeping(keptMethods, methodNumbers);
    Runnable ofFrames = frames.keeping(keptFrames, methodNumbers, frameNumbers);
    StackTable some = stacks.some(keptStacks, frameNumbers, stackNumbers);
    int[] threadNumbers = new int[threads.size()];
    Runnable ofThreads = threads.keeping(windows.threadsInUse(threads.size()), threadNumbers);
    Runnable ofWindows = windows.renumbering(stackNumbers, threadNumbers);
    // No code below this line allocates memory.
    ofMethods.run();
    ofFrames.run();
    ofThreads.run();
    ofWindows.run();
    stacks.become(some);
    goneBefore = windows.gone();
  }
}
