package io.spprof.session;

import io.spprof.config.ProfilerConfig;
import io.spprof.sampler.SamplerConfig;
import java.util.Locale;

/**
 * Divides the memory that the option {@code memory} allows for a session. Half of it is for
 * arriving data, outside of the heap: the ring, the walk buffers and the native walker's own
 * memory. The rest is for kept data, in the collector's tables on the heap. These tables never get
 * more than an eighth of the heap's maximum size, because an export needs up to five times the
 * memory of their rows in addition, and the application needs the rest. What this limit takes from
 * the tables stays unused.
 *
 * @param sampler the sizes of the part outside of the heap, with the sampler's other settings
 * @param tablesBytes the bound of the tables on the heap, in bytes
 * @param wantedBytes the bound that they would have on a large heap, in bytes
 * @param heapBytes the maximum size of the heap, in bytes
 */
public record MemoryShares(
    SamplerConfig sampler, long tablesBytes, long wantedBytes, long heapBytes) {

  private static final int HEAP_SHARE = 8;

  /** The fewest bytes with which the tables work. Every heap has room for them. */
  private static final long LEAST_TABLES = 512L << 10;

  /**
   * Returns the shares of a session in this JVM.
   *
   * @param config the session's options, not null
   * @return the shares, not null
   */
  public static MemoryShares of(ProfilerConfig config) {
    return of(config, Runtime.getRuntime().maxMemory());
  }

  /** Returns the shares of a session on a heap of a given size. Called directly by tests. */
  static MemoryShares of(ProfilerConfig config, long heapBytes) {
    SamplerConfig sampler =
        new SamplerConfig(
            config.engine(),
            config.walker(),
            config.nativeFrames(),
            config.intervalNanos(),
            config.depth(),
            config.memoryBytes() / 2);
    long wanted = config.memoryBytes() - sampler.usedBytes();
    long most = Math.max(LEAST_TABLES, heapBytes / HEAP_SHARE);
    return new MemoryShares(sampler, Math.min(wanted, most), wanted, heapBytes);
  }

  /**
   * Returns the bound of all memory that is held for samples, outside of the heap and on it.
   *
   * @return bytes
   */
  public long limitBytes() {
    return sampler.usedBytes() + tablesBytes;
  }

  /**
   * Returns why the tables are smaller than the user asked for, as a message; "" if they are not.
   */
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
