package io.spprof.collect;

import io.spprof.sampler.SampleRing;
import io.spprof.sampler.ThreadName;
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
final class ComingNames implements SampleRing.Ahead {

  private final NativeFunctions functions;
  private final Map<Integer, Queue<ThreadName>> names = new HashMap<>();
  private boolean waited;

  /**
   * @param functions receives the functions of native code and their libraries, which also are
   *     looked up ahead
   */
  ComingNames(NativeFunctions functions) {
    this.functions = functions;
  }

  /**
   * Reads the names that are in the ring, and looks up those of native functions.
   *
   * @param end the position at which the pass ends; functions after it are looked up in the next
   *     pass
   * @return false if a writer has not completed its record. More names may follow this record, so
   *     the samples must wait for the next pass. The method never returns false twice in a row,
   *     because a writer can be delayed for ever.
   */
  boolean read(SampleRing ring, long end) {
    names.clear();
    functions.beginAhead();
    waited = !ring.readAhead(this, end) && !waited;
    if (!waited) {
      functions.endAhead();
    }
    return !waited;
  }

  /**
   * Returns the name for a sample of a thread. Returns null if the thread's last name, which the
   * reader has passed, still applies.
   */
  ThreadName of(int thread) {
    Queue<ThreadName> coming = names.isEmpty() ? null : names.get(thread);
    return coming == null ? null : coming.peek();
  }

  /**
   * Removes the first name of a thread. Called when the reader of the samples reaches this name.
   */
  void passed(int thread) {
    Queue<ThreadName> coming = names.get(thread);
    if (coming != null) {
      coming.poll();
    }
  }

  @Override
  public void library(int library, String path, byte[] buildId, long base) {
    functions.libraryAhead(library, path, buildId, base);
  }

  @Override
  public void function(int library, long address) {
    functions.functionAhead(library, address);
  }

  @Override
  public void forget() {
    functions.forgetAhead();
  }

  @Override
  public void thread(int thread, ThreadName name) {
    names.computeIfAbsent(thread, key -> new ArrayDeque<>(2)).add(name);
  }
}
