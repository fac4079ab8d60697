package io.spprof.collect;

/**
 * The memory that the tables of a session may use. A table asks for bytes before it grows. After a
 * refusal the table stays as it is, and its user decides what is lost: the whole sample, which is
 * counted as dropped, or only its name or its time. The budget is changed under the lock of {@link
 * Collector}, or by the only thread that uses this budget. Any thread may read {@code used}, which
 * is volatile.
 */
public final class MemoryBudget {

  /** Holds memory that it can free when another part of the session needs memory. */
  interface Reclaimer {
    /** Returns the maximum number of bytes that can be freed. */
    long reclaimable();

    /**
     * Frees some bytes. Must not take any bytes.
     *
     * @return false if there was nothing to free
     */
    boolean reclaim();
  }

  private final long limit;
  private volatile long used;
  private Reclaimer reclaimer; // used under the lock of Collector

  /**
   * Creates a budget of which nothing is taken yet.
   *
   * @param limitBytes the bound, in bytes
   */
  public MemoryBudget(long limitBytes) {
    this.limit = limitBytes;
  }

  /**
   * Sets the reclaimer that is asked to free bytes before a request is refused.
   *
   * @param reclaimer null for none
   */
  void setReclaimer(Reclaimer reclaimer) {
    this.reclaimer = reclaimer;
  }

  /**
   * Takes bytes. If not enough bytes are left, the reclaimer frees some first.
   *
   * @param bytes how many, 0 or more
   * @return whether the bytes were taken
   */
  public boolean take(long bytes) {
    if (!hasRoom(bytes) && (reclaimer == null || used + bytes - limit > reclaimer.reclaimable())) {
      return false;
    }
    while (!hasRoom(bytes)) {
      if (!reclaimer.reclaim()) {
        return false;
      }
    }
    set(used + bytes);
    return true;
  }

  /**
   * Takes bytes if enough are left. Does not ask the reclaimer.
   *
   * @param bytes how many, 0 or more
   * @return whether the bytes were taken
   */
  boolean takeIfFree(long bytes) {
    if (!hasRoom(bytes)) {
      return false;
    }
    set(used + bytes);
    return true;
  }

  private boolean hasRoom(long bytes) {
    return used + bytes <= limit;
  }

  /**
   * Takes bytes that are in use already, even if not enough bytes are left.
   *
   * @param bytes how many, 0 or more
   */
  public void takeAnyway(long bytes) {
    set(used + bytes);
  }

  /**
   * Replaces an array by a larger one. While the old array is copied into the new one, the bytes of
   * both are taken. Afterwards those of the old array are given back; or those of the new one if
   * the heap has no room for it. If a table has grown in part then, that part is not counted until
   * the table grows the next time.
   *
   * @param oldBytes the size of the old array
   * @param bytes the size of the new array; less than 0 if the array would be too long
   * @param copy makes the new array
   * @return false if the budget has no room, in which case nothing was copied
   */
  boolean grow(long oldBytes, long bytes, Runnable copy) {
    if (bytes < 0 || !take(bytes)) {
      return false;
    }
    boolean done = false;
    try {
      copy.run();
      done = true;
    } finally {
      giveBack(done ? oldBytes : bytes);
    }
    return true;
  }

  /**
   * Gives bytes back.
   *
   * @param bytes how many of the bytes taken before
   */
  public void giveBack(long bytes) {
    set(used - bytes);
  }

  private void set(long bytes) {
    used = bytes;
  }

  /**
   * Returns the bound.
   *
   * @return bytes
   */
  public long limit() {
    return limit;
  }

  /**
   * Returns the number of bytes that are taken.
   *
   * @return 0 to the limit, or a few KiB above it
   */
  public long used() {
    return used;
  }
}
