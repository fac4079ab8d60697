package io.spprof.collect;

import io.spprof.sampler.SampleRing;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * The names of threads that are ahead of the reader in the ring. The ring contains a thread's name
 * behind the samples to which the name applies. Therefore a pass, which is one reading of the ring,
 * first reads all names. The name for a sample is then the first name of its thread that the reader
 * has not passed yet.
 *
 * <p>Used by the collector's thread only, or under its lock.
 */
final class ComingNames implements SampleRing.Names {

  private final Map<Integer, Queue<String>> names = new HashMap<>();
  private boolean waited;

  /**
   * Reads the names ahead.
   *
   * @return false if a writer has not completed its record. More names may follow that record, so
   *     the samples have to wait for the next pass. Never false twice in a row, because a writer
   *     can be delayed for ever.
   */
  boolean read(SampleRing ring) {
    names.clear();
    waited = !ring.namesAhead(this) && !waited;
    return !waited;
  }

  /**
   * Returns the name for a sample of a thread; null if the name that the reader passed last
   * applies.
   */
  String of(int thread) {
    Queue<String> coming = names.isEmpty() ? null : names.get(thread);
    return coming == null ? null : coming.peek();
  }

  /** Removes the first name of a thread, because the reader has passed it. */
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
