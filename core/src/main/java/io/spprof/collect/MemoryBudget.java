package io.spprof.collect;

/**
 * The bytes that a session's tables may take. A table asks before it grows. After a refusal the
 * table stays as it is, and the caller drops the sample and counts the drop. Written by the
 * collector's thread only, or under its lock; {@code used} is volatile, so any thread may read it.
 */
public final class MemoryBudget {

  /** Holds bytes that can be given up. */
  interface Reclaimer {
    /** How many that are, at most. */
    long reclaimable();

    /** Gives some of them back; false if there are none. Must not take any. */
    boolean reclaim();
  }

  private final long limit;
  private volatile long used;
  private Reclaimer reclaimer; // the collector's thread's

  /**
   * A budget with nothing taken.
   *
   * @param limitBytes its bound, bytes
   */
  public MemoryBudget(long limitBytes) {
    this.limit = limitBytes;
  }

  /**
   * Sets the holder of bytes that is asked before a refusal.
   *
   * @param reclaimer null for nobody
   */
  void setReclaimer(Reclaimer reclaimer) {
    this.reclaimer = reclaimer;
  }

  /**
   * Takes bytes if there are so many left, or can be given up elsewhere.
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
   * Takes bytes if there are so many left.
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
   * Takes bytes that are held already, whether or not so many are left.
   *
   * @param bytes how many, 0 or more
   */
  public void takeAnyway(long bytes) {
    set(used + bytes);
  }

  /**
   * Takes what an array of twice the size needs. Both arrays exist while one is copied; afterwards
   * the old half is given back.
   *
   * @param bytes of the new one; less than 0 if it would be too long
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
   * The bound.
   *
   * @return bytes
   */
  public long limit() {
    return limit;
  }

  /**
   * Bytes that are taken.
   *
   * @return 0 to the limit, or a few KiB above it
   */
  public long used() {
    return used;
  }
}
