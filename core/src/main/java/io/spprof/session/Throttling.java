package io.spprof.session;

import io.spprof.sampler.KernelTimes;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Counts how long CPU quotas throttle the process in a session. The kernel's counts are in files.
 * Only the session's thread reads them, so the start of a session does not wait for files. Any
 * thread may read the result, which never decreases.
 */
final class Throttling {

  private final Supplier<LongSupplier> finder;
  private LongSupplier reader; // null before the first look; of the session's thread
  private long last; // the reading of the last look; of the session's thread
  private volatile long nanos = KernelTimes.NOT_KNOWN;

  /**
   * Creates a count that begins with the first look.
   *
   * @param finder finds what reads the kernel's figure, in nanoseconds or {@link
   *     KernelTimes#NOT_KNOWN}; called at the first look
   */
  Throttling(Supplier<LongSupplier> finder) {
    this.finder = finder;
  }

  /** Reads the kernel's figure again. */
  void look() {
    if (reader == null) {
      LongSupplier found = finder.get();
      last = found.getAsLong();
      nanos = last == KernelTimes.NOT_KNOWN ? last : 0;
      reader = found; // Only now: if the first reading fails, the next one is the first.
    } else {
      long now = reader.getAsLong();
      if (now != KernelTimes.NOT_KNOWN) {
        long growth = last == KernelTimes.NOT_KNOWN ? 0 : Math.max(0, now - last);
        nanos = Math.max(0, nanos) + growth;
        last = now;
      }
    }
  }

  /**
   * Returns the count of the last look: nanoseconds, or {@link KernelTimes#NOT_KNOWN} as long as no
   * look could read the figure.
   */
  long nanos() {
    return nanos;
  }
}
