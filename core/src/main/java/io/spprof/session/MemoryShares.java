package io.spprof.session;

import io.spprof.config.ProfilerConfig;
import io.spprof.sampler.SamplerConfig;
import java.util.Locale;

/**
 * How a session's memory is divided. Half is for what arrives: the ring, the walk buffers and the
 * walker's tables, all outside of the heap. The rest is for what is kept, in tables on the heap.
 * These never get more than an eighth of the heap. An export needs up to five times what the rows
 * in the tables take, and the application needs the rest.
 *
 * @param sampler the part outside of the heap
 * @param tablesBytes bound of the tables, bytes
 * @param wantedBytes what the tables would have got of a large heap, bytes
 * @param heapBytes the heap's greatest size, bytes
 */
record MemoryShares(SamplerConfig sampler, long tablesBytes, long wantedBytes, long heapBytes) {

  private static final int HEAP_SHARE = 8;

  /** The tables need this much to work, bytes; every heap has room for it. */
  private static final long LEAST_TABLES = 512L << 10;

  /** The shares of a session in this JVM. */
  static MemoryShares of(ProfilerConfig config) {
    return of(config, Runtime.getRuntime().maxMemory());
  }

  /** A seam for tests. */
  static MemoryShares of(ProfilerConfig config, long heapBytes) {
    SamplerConfig sampler =
        new SamplerConfig(
            config.engine(),
            config.walker(),
            config.intervalNanos(),
            config.depth(),
            config.memoryBytes() / 2);
    long wanted = config.memoryBytes() - sampler.usedBytes();
    long most = Math.max(LEAST_TABLES, heapBytes / HEAP_SHARE);
    return new MemoryShares(sampler, Math.min(wanted, most), wanted, heapBytes);
  }

  /** Bound of all that is held for samples, bytes. */
  long limitBytes() {
    return sampler.usedBytes() + tablesBytes;
  }

  /** What keeps the tables smaller than was asked for, for the user; "" if nothing does. */
  String problem() {
    return tablesBytes == wantedBytes
        ? ""
        : String.format(
            Locale.ROOT,
            "the heap of %d MiB is small for the tables: they get %.1f MiB, an eighth of it, and not"
                + " %.1f; a larger -Xmx keeps more, a smaller memory asks for less",
            heapBytes >> 20,
            (double) tablesBytes / (1 << 20),
            (double) wantedBytes / (1 << 20));
  }
}
