package io.spprof.collect;

import io.spprof.sampler.SampleRing;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Names of threads, read ahead of the samples. The ring contains a thread's name behind the samples
 * that the name is for. So a pass reads all names first. Then the name of a sample is the first
 * name of its thread that the reader has not passed yet.
 *
 * <p>Used by the collector's thread only, or under its lock.
 */
final class ComingNames implements SampleRing.Names {

  private final Map<Integer, Queue<String>> names = new HashMap<>();
  private boolean waited;

  /**
   * Reads the names ahead.
   *
   * @return false if a writer is half-way: there may be names behind it, so the samples are to wait
   *     for the next pass. Never false twice in a row, because a writer can be held up for good.
   */
  boolean read(SampleRing ring) {
    names.clear();
    waited = !ring.namesAhead(this) && !waited;
    return !waited;
  }

  /** The name of a sample of this thread; null if it is the one that was passed last. */
  String of(int thread) {
    Queue<String> coming = names.isEmpty() ? null : names.get(thread);
    return coming == null ? null : coming.peek();
  }

  /** The reader is behind the first of this thread's names. */
  void passed(int thread) {
    Queue<String> coming = names.get(thread);
    if (coming != null) {
      coming.poll();
    }
  }

  @Override
  public void thread(int thread, String name) {
    names.computeIfAbsent(thread, key -> new ArrayDeque<>(2)).add(name);
  }
}
