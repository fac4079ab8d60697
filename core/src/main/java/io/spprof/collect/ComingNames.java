package io.spprof.collect;

import io.spprof.sampler.SampleRing;
import io.spprof.sampler.WalkResult;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * The names that stand in the ring behind the samples that they are for. They are read ahead,
 * before the samples are; then a sample's name is the first of its thread's that has not been
 * passed.
 *
 * <p>Used by the collector's thread only, or under its lock.
 */
final class ComingNames implements SampleRing.Visitor {

  private final Map<Integer, Queue<String>> names = new HashMap<>();
  private boolean waited;

  /**
   * Reads the names ahead.
   *
   * @return false if a writer is half-way, behind which there may be more: the samples are to wait
   *     for the next pass. Once only, as a writer may be held up there for good.
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
  public void threadAhead(int thread, String name) {
    names.computeIfAbsent(thread, key -> new ArrayDeque<>(2)).add(name);
  }

  @Override
  public void sample(
      SampleRing ring,
      int frames,
      int count,
      int thread,
      WalkResult walk,
      boolean truncated,
      long timeNanos,
      long cpuNanos) {}

  @Override
  public void sampleInWords(
      SampleRing ring,
      int words,
      int count,
      int thread,
      WalkResult walk,
      boolean truncated,
      long timeNanos,
      long cpuNanos) {}

  @Override
  public void method(int number, String name, int[] lines) {}

  @Override
  public void forget() {}

  @Override
  public void thread(int thread, String name) {}
}
