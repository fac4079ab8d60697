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

  /** Gets each record. */
  public interface Visitor {
    /**
     * A sample.
     *
     * @param sample valid during the call only
     */
    void sample(SampleView sample);

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
  }

  /** Gets the names of threads ahead of the records. */
  public interface Names {
    /**
     * The same as {@link Visitor#thread}.
     *
     * @param thread serial number of the thread within the session
     * @param name not null
     */
    void thread(int thread, String name);
  }

  private final ByteBuffer block;
  private final int capacity;
  private final SampleView sample;

  /**
   * A reader over a block as ring.h lays it out.
   *
   * @param block the whole block, a direct buffer; its data a power of two of bytes
   */
  public SampleRing(ByteBuffer block) {
    this.block = block.duplicate().order(ByteOrder.nativeOrder());
    this.capacity = block.capacity() - SampleLayout.DATA;
    this.sample = new SampleView(this.block);
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
   * Reads all names of threads that are in the ring, in their order, and takes nothing out.
   *
   * @param names gets them
   * @return false if a writer is half-way, so that there may be names behind it
   */
  public boolean namesAhead(Names names) {
    long end = end();
    long position = (long) LONG.get(block, SampleLayout.HEAD);
    while (position < end) {
      int at = at(position);
      int length = length(position);
      if (length == 0) {
        return false;
      }
      if (block.get(at + SampleLayout.TYPE) == SampleLayout.TYPE_THREAD) {
        names.thread(block.getInt(at + SampleLayout.THREAD), name(at));
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

  private void visit(int at, Visitor visitor) {
    switch (block.get(at + SampleLayout.TYPE)) {
      case SampleLayout.TYPE_SAMPLE -> visitor.sample(sample.moveTo(at));
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
