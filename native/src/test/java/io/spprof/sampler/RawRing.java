package io.spprof.sampler;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The block of a ring, into which tests write records at chosen positions, byte by byte. */
final class RawRing {

  /** Bytes of a frame that names its method by the JVM's id. */
  static final int FRAME_BYTES = SampleLayout.FRAME_WORDS * Long.BYTES;

  private static final long WORD_BCI_UNKNOWN =
      (long) SampleLayout.WORD_ID_FRAME << SampleLayout.WORD_KIND_SHIFT
          | SampleLayout.BCI_BIAS - 1L << SampleLayout.WORD_SHIFT;

  final ByteBuffer block;
  private final int capacity;

  RawRing(int capacity) {
    this.capacity = capacity;
    this.block =
        ByteBuffer.allocateDirect(SampleLayout.DATA + capacity).order(ByteOrder.nativeOrder());
  }

  SampleRing reader() {
    return new SampleRing(block);
  }

  void head(long bytes) {
    block.putLong(SampleLayout.HEAD, bytes);
  }

  long head() {
    return block.getLong(SampleLayout.HEAD);
  }

  void tail(long bytes) {
    block.putLong(SampleLayout.TAIL, bytes);
  }

  /**
   * Writes all of a record except its length. The length makes the record visible to the reader.
   */
  void fill(long position, int type, int walk, int flags, int thread, int size, long cpuNanos) {
    int at = at(position);
    block.put(at + SampleLayout.TYPE, (byte) type);
    block.put(at + SampleLayout.FLAGS, (byte) flags);
    block.putShort(at + SampleLayout.WALK, (short) walk);
    block.putInt(at + SampleLayout.THREAD, thread);
    block.putInt(at + SampleLayout.WORDS, size); // or NAME_BYTES
    block.putLong(at + SampleLayout.CPU_NANOS, cpuNanos);
  }

  void publish(long position, int length) {
    block.putInt(at(position) + SampleLayout.LENGTH, length);
  }

  /** Writes a complete sample. Returns the position of the next record. */
  long sample(long position, int thread, long cpuNanos, long... methods) {
    fill(
        position,
        SampleLayout.TYPE_SAMPLE,
        methods.length == 0 ? SampleLayout.WALK_NATIVE_THREAD : SampleLayout.WALK_OK,
        0,
        thread,
        2 * methods.length,
        cpuNanos);
    for (int i = 0; i < methods.length; i++) {
      int frame = at(position) + SampleLayout.HEADER_SIZE + i * FRAME_BYTES;
      block.putLong(frame, WORD_BCI_UNKNOWN);
      block.putLong(frame + Long.BYTES, methods[i]);
    }
    int length = SampleLayout.HEADER_SIZE + methods.length * FRAME_BYTES;
    publish(position, length);
    return position + length;
  }

  /** Writes a complete record of a thread's name. Returns the position of the next record. */
  long name(long position, int thread, byte... name) {
    fill(position, SampleLayout.TYPE_THREAD, 0, 0, thread, name.length, 0);
    block.put(at(position) + SampleLayout.HEADER_SIZE, name);
    int align = SampleLayout.RECORD_ALIGN;
    int length = (SampleLayout.HEADER_SIZE + name.length + align - 1) / align * align;
    publish(position, length);
    return position + length;
  }

  long forget(long position) {
    fill(position, SampleLayout.TYPE_FORGET, 0, 0, 0, 0, 0);
    publish(position, SampleLayout.HEADER_SIZE);
    return position + SampleLayout.HEADER_SIZE;
  }

  /** Pads the rest of the ring up to its end as ring.c does: only type and length are set. */
  long padding(long position) {
    int length = capacity - (int) (position & capacity - 1);
    block.put(at(position) + SampleLayout.TYPE, (byte) SampleLayout.TYPE_PADDING);
    publish(position, length);
    return position + length;
  }

  boolean allZero() {
    for (int i = SampleLayout.DATA; i < block.capacity(); i++) {
      if (block.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private int at(long position) {
    return SampleLayout.DATA + (int) (position & capacity - 1);
  }
}
