package io.spprof.sampler;

import java.nio.ByteBuffer;

/**
 * A sample in the ring. The ring's reader has one view and moves it from sample to sample, so its
 * answers are valid only while {@link SampleRing.Visitor#sample} runs. One thread at a time.
 */
public final class SampleView {

  private final ByteBuffer block;
  private int at;

  SampleView(ByteBuffer block) {
    this.block = block;
  }

  SampleView moveTo(int record) {
    at = record;
    return this;
  }

  /**
   * The sampled thread.
   *
   * @return serial number of the thread within the session
   */
  public int thread() {
    return block.getInt(at + SampleLayout.THREAD);
  }

  /**
   * The length of the stack in words.
   *
   * @return 0 if no frame was found
   */
  public int words() {
    return block.getInt(at + SampleLayout.WORDS);
  }

  /**
   * A word of the stack.
   *
   * @param index 0 for the first, which is at the leaf, to {@link #words()} - 1
   * @return for {@link StackWord}
   */
  public long word(int index) {
    return block.getLong(at + SampleLayout.HEADER_SIZE + index * Long.BYTES);
  }

  /**
   * How the walk ended.
   *
   * @return not null
   */
  public WalkResult walk() {
    return WalkResult.of(block.getShort(at + SampleLayout.WALK));
  }

  /**
   * Whether the stack goes on above its last frame.
   *
   * @return true if it was deeper than the session keeps
   */
  public boolean truncated() {
    return (flags() & SampleLayout.FLAG_TRUNCATED) != 0;
  }

  /**
   * What the thread was doing.
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
   * When the signal came.
   *
   * @return ns, as {@link Sampler#timeNanos()} has it
   */
  public long timeNanos() {
    return block.getLong(at + SampleLayout.TIME_NANOS);
  }

  /**
   * The CPU time that the sample stands for.
   *
   * @return ns, 0 or more
   */
  public long cpuNanos() {
    return block.getLong(at + SampleLayout.CPU_NANOS);
  }
}
