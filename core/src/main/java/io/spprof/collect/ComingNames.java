package io.spprof.collect;

import io.spprof.sampler.SampleRing;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Finds the name of a thread for samples that stand before this name in the ring. In the ring, a
 * thread's name comes after the samples to which it applies. A pass (one reading of the ring)
 * therefore reads all names first, and then the samples. The right name for a sample is the first
 * name of its thread that the reader of the samples has not reached yet.
 *
 * <p>Used under the lock of {@link Collector}.
 */
final class ComingNames implements SampleRing.Names {

  private final Map<Integer, Queue<String>> names = new HashMap<>();
  private boolean waited;

  /**
   * Reads the names that are in the ring.
   *
   * @return false if a writer has not completed its record. More names may follow this record, so
   *     the samples must wait for the next pass. The method never returns false twice in a row,
   *     because a writer can be delayed for ever.
   */
  boolean read(SampleRing ring) {
    names.clear();
    waited = !ring.namesAhead(this) && !waited;
    return !waited;
  }

  /**
   * Returns the name for a sample of a thread. Returns null if the thread's last name, which the
   * reader has passed, still applies.
   */
  String of(int thread) {
    Queue<String> coming = names.isEmpty() ? null : names.get(thread);
    return coming == null ? null : coming.peek();
  }

  /**
   * Removes the first name of a thread. Called when the reader of the samples reaches this name.
   */
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
