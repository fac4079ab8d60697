package io.spprof.sampler;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The reader's end of the native ring (ring.h tells how it works). One thread at a time may read;
 * the handlers go on writing meanwhile. Not to be used after {@link Sampler#release()}: the block
 * is gone.
 */
public final class SampleRing {

  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final byte[] ZEROS = new byte[4096];

  /** Told each record; the ring's contents at {@code frames} are valid during the call only. */
  public interface Visitor {
    /**
     * A sample.
     *
     * @param ring where the frames can be read
     * @param frames handle of the frames, for {@link SampleRing#method}
     * @param count number of frames, leaf first; 0 if the stack was not walked
     * @param thread serial number of the thread within the session
     * @param walk how the walk ended
     * @param truncated whether the stack goes on above the last frame
     * @param timeNanos when the signal came, as {@link Sampler#timeNanos()} has it
     * @param cpuNanos CPU time that the sample stands for, ns
     */
    void sample(
        SampleRing ring,
        int frames,
        int count,
        int thread,
        WalkResult walk,
        boolean truncated,
        long timeNanos,
        long cpuNanos);

    /**
     * A sample whose stack is written in words (sample.h).
     *
     * @param ring where the words can be read
     * @param words handle of the words, for {@link SampleRing#word}
     * @param count number of words, leaf first; 0 if nothing could be read
     * @param thread serial number of the thread within the session
     * @param walk how the walk ended
     * @param truncated whether the stack goes on above the last frame
     * @param timeNanos when the signal came, as {@link Sampler#timeNanos()} has it
     * @param cpuNanos CPU time that the sample stands for, ns
     */
    void sampleInWords(
        SampleRing ring,
        int words,
        int count,
        int thread,
        WalkResult walk,
        boolean truncated,
        long timeNanos,
        long cpuNanos);

    /**
     * A method, before the first word that names it.
     *
     * @param number its number, 1 or more until {@link #forget()}; less than 0: of the next sample
     *     of this handler only
     * @param name {@code java.util.HashMap.get}
     * @param lines pairs {@code byte code index << 16 | line number}; empty if there are none
     */
    void method(int number, String name, int[] lines);

    /**
     * Numbers of methods and of locations begin anew; what was told of them holds no longer. Names
     * of threads are told again when they are next sampled.
     */
    void forget();

    /**
     * The name that a thread had when the samples before were taken, back to its last one; and, as
     * long as no other follows, the name of those behind.
     *
     * @param thread serial number of the thread within the session
     * @param name not null
     */
    void thread(int thread, String name);

    /**
     * The same, told by {@link SampleRing#namesAhead} before any record is visited.
     *
     * @param thread serial number of the thread within the session
     * @param name not null
     */
    default void threadAhead(int thread, String name) {}
  }

  private final ByteBuffer block;
  private final int capacity;

  /**
   * A reader over a block as ring.h lays it out.
   *
   * @param block the whole block, a direct buffer; its data a power of two of bytes
   */
  public SampleRing(ByteBuffer block) {
    this.block = block.duplicate().order(ByteOrder.nativeOrder());
    this.capacity = block.capacity() - SampleLayout.DATA;
  }

  /**
   * Bytes of data that the ring can hold.
   *
   * @return a power of two
   */
  public int capacity() {
    return capacity;
  }

  /**
   * Whether there is nothing to read. Called by whoever reads.
   *
   * @return true unless a complete record is next
   */
  public boolean isEmpty() {
    long head = (long) LONG.get(block, SampleLayout.HEAD);
    return length(head) == 0;
  }

  /**
   * The position behind the last record that a writer has begun. Called by whoever reads.
   *
   * @return for {@link #drain(Visitor, long)}
   */
  public long end() {
    // Acquire, with the writers' release (ring.c): what is before it has marked its thread.
    return (long) LONG.getAcquire(block, SampleLayout.TAIL);
  }

  /**
   * Tells the visitor all names of threads that are in the ring, in their order.
   *
   * @param visitor its {@link Visitor#threadAhead}
   * @return false if a writer is half-way, so that there may be names behind it
   */
  public boolean namesAhead(Visitor visitor) {
    long end = end();
    long position = (long) LONG.get(block, SampleLayout.HEAD);
    while (position < end) {
      int at = at(position);
      int length = length(position);
      if (length == 0) {
        return false;
      }
      if (block.get(at + SampleLayout.TYPE) == SampleLayout.TYPE_THREAD) {
        visitor.threadAhead(block.getInt(at + SampleLayout.THREAD), name(at));
      }
      position += length;
    }
    return true;
  }

  private String name(int at) {
    return modifiedUtf8(at + SampleLayout.HEADER_SIZE, block.getInt(at + SampleLayout.NAME_BYTES));
  }

  private int at(long head) {
    return SampleLayout.DATA + (int) (head & (capacity - 1));
  }

  /** Acquire, with the writer's release of the length (ring.c): the record is complete. */
  private int length(long head) {
    return (int) INT.getAcquire(block, at(head) + SampleLayout.LENGTH);
  }

  /**
   * Reads records until there are none, or until about a ring's worth was read. What the visitor
   * throws goes on to the caller; the record at which it did counts as read.
   *
   * @param visitor told each record
   * @return bytes read
   */
  public int drain(Visitor visitor) {
    return drain(visitor, Long.MAX_VALUE);
  }

  /**
   * The same, but no record from a position on.
   *
   * @param visitor told each record
   * @param end a result of {@link #end()}
   * @return bytes read
   */
  public int drain(Visitor visitor, long end) {
    long start = (long) LONG.get(block, SampleLayout.HEAD);
    long head = start;
    while (head < end && head - start < capacity) {
      int at = at(head);
      int length = length(head);
      if (length == 0) {
        break;
      }
      try {
        visit(at, visitor);
      } finally {
        clear(at, length);
        head += length;
        // Release, with the writer's acquire of the head: it finds zeros.
        LONG.setRelease(block, SampleLayout.HEAD, head);
      }
    }
    return (int) (head - start);
  }

  /**
   * A frame's method.
   *
   * @param frames the handle that the visitor was given
   * @param index 0 for the leaf
   * @return the JVM's id of the method; 0 if it had none
   */
  public long method(int frames, int index) {
    return block.getLong(frames + index * SampleLayout.FRAME_SIZE + SampleLayout.FRAME_METHOD);
  }

  /**
   * The byte code that a frame is at.
   *
   * @param frames the handle that the visitor was given
   * @param index 0 for the leaf
   * @return its index; negative if it is not known or the method is native
   */
  public int bci(int frames, int index) {
    return block.getInt(frames + index * SampleLayout.FRAME_SIZE + SampleLayout.FRAME_BCI);
  }

  /**
   * The state of a sample's thread.
   *
   * @param stack the handle that the visitor was given, of frames or of words
   * @return not null
   */
  public ThreadState threadState(int stack) {
    return ThreadState.of(block.get(stack - SampleLayout.HEADER_SIZE + SampleLayout.FLAGS));
  }

  /**
   * A word of a stack.
   *
   * @param words the handle that the visitor was given
   * @param index 0 for the first
   * @return for {@link StackWord}
   */
  public long word(int words, int index) {
    return block.getLong(words + index * Long.BYTES);
  }

  private void visit(int at, Visitor visitor) {
    switch (block.get(at + SampleLayout.TYPE)) {
      case SampleLayout.TYPE_SAMPLE -> sample(at, visitor);
      case SampleLayout.TYPE_THREAD ->
          visitor.thread(block.getInt(at + SampleLayout.THREAD), name(at));
      case SampleLayout.TYPE_FORGET -> visitor.forget();
      case SampleLayout.TYPE_METHOD ->
          visitor.method(block.getInt(at + SampleLayout.METHOD), methodName(at), lines(at));
      default -> {
        // padding
      }
    }
  }

  private void sample(int at, Visitor visitor) {
    int payload = at + SampleLayout.HEADER_SIZE;
    int count = block.getInt(at + SampleLayout.COUNT);
    int thread = block.getInt(at + SampleLayout.THREAD);
    WalkResult walk = WalkResult.of(block.getShort(at + SampleLayout.WALK));
    byte flags = block.get(at + SampleLayout.FLAGS);
    boolean truncated = (flags & SampleLayout.FLAG_TRUNCATED) != 0;
    long timeNanos = block.getLong(at + SampleLayout.TIME_NANOS);
    long cpuNanos = block.getLong(at + SampleLayout.CPU_NANOS);
    if ((flags & SampleLayout.FLAG_WORDS) != 0) {
      visitor.sampleInWords(this, payload, count, thread, walk, truncated, timeNanos, cpuNanos);
    } else {
      visitor.sample(this, payload, count, thread, walk, truncated, timeNanos, cpuNanos);
    }
  }

  /** {@code java/util/HashMap.get}, and for a hidden class a plus where getName has a slash. */
  private String methodName(int at) {
    String name = name(at).replace('/', '.');
    int hidden = name.lastIndexOf("+0x");
    return hidden < 0 ? name : name.substring(0, hidden) + '/' + name.substring(hidden + 1);
  }

  /** They stand behind the name, at a multiple of 4 bytes (sample.h). */
  private int[] lines(int at) {
    int[] lines = new int[(int) block.getLong(at + SampleLayout.LINE_COUNT)];
    int first =
        at + SampleLayout.HEADER_SIZE + (block.getInt(at + SampleLayout.NAME_BYTES) + 3 & ~3);
    for (int i = 0; i < lines.length; i++) {
      lines[i] = block.getInt(first + i * Integer.BYTES);
    }
    return lines;
  }

  /** As JVMTI and JNI write it, and as DataInput reads it. */
  private String modifiedUtf8(int at, int count) {
    byte[] bytes = new byte[count + 2];
    bytes[0] = (byte) (count >> 8);
    bytes[1] = (byte) count;
    block.get(at, bytes, 2, count);
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return in.readUTF();
    } catch (IOException notUtf8) {
      // A native thread's name is whatever bytes somebody gave it.
      return new String(bytes, 2, count, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
  }

  private void clear(int at, int length) {
    for (int done = 0; done < length; done += ZEROS.length) {
      block.put(at + done, ZEROS, 0, Math.min(ZEROS.length, length - done));
    }
  }
}
