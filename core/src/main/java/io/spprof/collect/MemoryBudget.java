package io.spprof.collect;

/**
 * The bytes that a session's tables may take. A table asks before it grows. After a refusal the
 * table stays as it is, and the caller drops the sample and counts the drop. Written by the
 * collector's thread only, or under its lock; {@code used} is volatile, so any thread may read it.
 */
public final class MemoryBudget {

  /** A holder of bytes that can free some of them. */
  interface Reclaimer {
    /** Returns the most bytes that can be freed. */
    long reclaimable();

    /** Frees some bytes; returns false if there are none to free. Must not take any bytes. */
    boolean reclaim();
  }

  private final long limit;
  private volatile long used;
  private Reclaimer reclaimer; // used by the collector's thread only

  /**
   * Creates a budget of which nothing is taken.
   *
   * @param limitBytes the bound, bytes
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
   * Takes bytes if that many are left, or can be freed by the reclaimer.
   *
   * @param bytes how many, 0 or more
   * @return whether they were taken
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
   * Takes bytes if that many are left. The reclaimer is not asked.
   *
   * @param bytes how many, 0 or more
   * @return whether they were taken
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
   * Takes bytes that are in use already, even if that many are not left.
   *
   * @param bytes how many, 0 or more
   */
  public void takeAnyway(long bytes) {
    set(used + bytes);
  }

  /**
   * Takes the bytes for an array of twice the size. Both arrays exist while one is copied into the
   * other. Afterwards the bytes of the old array, half of {@code bytes}, are given back.
   *
   * @param bytes size of the new array; less than 0 if the array would be too long
   * @return whether they were taken
   */
  boolean takeForGrowth(long bytes) {
    if (bytes < 0 || !take(bytes)) {
      return false;
    }
    giveBack(bytes / 2);
    return true;
  }

  /**
   * Gives bytes back.
   *
   * @param bytes how many, of those taken
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
