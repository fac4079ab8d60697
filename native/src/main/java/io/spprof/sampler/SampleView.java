package io.spprof.sampler;

import java.nio.ByteBuffer;

/**
 * Gives access to one sample in the ring without copying it. The reader of the ring has one view,
 * and moves it from sample to sample. Read the view only during {@link SampleRing.Visitor#sample},
 * and do not keep it: afterwards it shows another sample. Used by one thread at a time.
 */
public final class SampleView {

  private final ByteBuffer block;
  private int at;
  private WalkResult walk;

  SampleView(ByteBuffer block) {
    this.block = block;
  }

  SampleView moveTo(int record) {
    at = record;
    walk = WalkResult.of(block.getShort(at + SampleLayout.WALK));
    return this;
  }

  /**
   * Returns the sampled thread.
   *
   * @return the thread's serial number within the session
   */
  public int thread() {
    return block.getInt(at + SampleLayout.THREAD);
  }

  /**
   * Returns the length of the stack in stack words (see {@link StackWord}).
   *
   * @return words; 0 if no frame was found
   */
  public int words() {
    return block.getInt(at + SampleLayout.WORDS);
  }

  /**
   * Returns a word of the stack.
   *
   * @param index from 0 for the first word, at the leaf, to {@link #words()} - 1
   * @return a word to be decoded by {@link StackWord}
   */
  public long word(int index) {
    return block.getLong(at + SampleLayout.HEADER_SIZE + index * Long.BYTES);
  }

  /**
   * Returns how the walk of the stack ended.
   *
   * @return not null
   */
  public WalkResult walk() {
    return walk;
  }

  /**
   * Returns whether the stack continues beyond its last frame, towards the root.
   *
   * @return true if the stack was deeper than the session keeps
   */
  public boolean truncated() {
    return (flags() & SampleLayout.FLAG_TRUNCATED) != 0;
  }

  /**
   * Returns what the thread was doing.
   *
   * @return not null
   */
  public ThreadState threadState() {
    return ThreadState.of(flags());
  }

  private int flags() {
    return block.get(at + SampleLayout.FLAGS);
  }

  /**
   * Returns the time at which the signal arrived.
   *
   * @return ns, by the clock of {@link Sampler#timeNanos()}
   */
  public long timeNanos() {
    return block.getLong(at + SampleLayout.TIME_NANOS);
  }

  /**
   * Returns the CPU time that the sample stands for.
   *
   * @return ns, 0 or more
   */
  public long cpuNanos() {
    return block.getLong(at + SampleLayout.CPU_NANOS);
  }
}
