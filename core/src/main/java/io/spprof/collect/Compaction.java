package io.spprof.collect;

/**
 * Removes entries of the tables that no window refers to any more. Stacks are removed after windows
 * were dropped. Methods, frames and threads are removed, too, when the walker's numbers begin anew.
 * The entries that stay get new numbers.
 *
 * <p>Used under the collector's lock. Profiles that were handed out before keep their arrays. A
 * compaction prepares everything before it changes anything: if the heap has no room, the tables
 * stay as they were.
 */
final class Compaction {

  /** After so many dropped windows a compaction is worth its time. */
  private static final int ENOUGH = 4;

  private final MethodTable methods;
  private final FrameTable frames;
  private final ThreadTable threads;
  private final StackTable stacks;
  private final Windows windows;
  private int goneBefore; // windows, at the last compaction

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

  /** Some windows may have gone. */
  void windowsRolled() {
    compact(ENOUGH);
  }

  /**
   * Makes room for a new stack where growing has none: the oldest windows go, and what only they
   * had.
   *
   * @return false if there was none to be had
   */
  boolean makeRoom() {
    int wanted = goneBefore + ENOUGH;
    while (windows.gone() < wanted && windows.dropOldest()) {
      // one after the other
    }
    return compact(1);
  }

  /** Forgets stacks that windows which went have left behind; false if too few went. */
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
   * Forgets methods, frames, stacks and threads that no window has. Only while the walker's numbers
   * mean nothing: they stand for methods and frames, too. The hottest methods stay.
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
    for (int method : methods.hottest(MethodTable.HOTTEST)) {
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
    // Nothing is allocated from here on.
    ofMethods.run();
    ofFrames.run();
    ofThreads.run();
    ofWindows.run();
    stacks.become(some);
    goneBefore = windows.gone();
  }
}
