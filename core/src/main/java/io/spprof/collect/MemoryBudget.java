package io.spprof.collect;

/**
 * The bytes that a session's tables may take. Whoever wants to grow asks first; a refusal means
 * that the table stays as it is and the caller drops and counts. Written by the collector's thread,
 * read by any.
 */
public final class MemoryBudget {

  private final long limit;
  private volatile long used;

  /**
   * A budget with nothing taken.
   *
   * @param limitBytes its bound, bytes
   */
  public MemoryBudget(long limitBytes) {
    this.limit = limitBytes;
  }

  /**
   * Takes bytes if there are so many left.
   *
   * @param bytes how many, 0 or more
   * @return whether they were taken
   */
  public boolean take(long bytes) {
    if (used + bytes > limit) {
      return false;
    }
    set(used + bytes);
    return true;
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
