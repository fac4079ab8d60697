package io.spprof.sampler;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A ring with one record of each type, which no signal handler has written. */
public final class ExampleRecords {

  private static final int CAPACITY = 4096;
  private static final int THREAD = 1;
  private static final int METHOD = 1;
  private static final int LIBRARY = 1;
  private static final int FUNCTION = 2;

  private final ByteBuffer block =
      ByteBuffer.allocateDirect(SampleLayout.DATA + CAPACITY).order(ByteOrder.nativeOrder());
  private int end = SampleLayout.DATA;

  private ExampleRecords() {}

  /**
   * Returns such a ring.
   *
   * @param library the path of the library to which the function belongs
   * @return a ring with a sample of a system call in a native function, which a compiled Java
   *     method has called
   */
  public static SampleRing ring(String library) {
    ExampleRecords records = new ExampleRecords();
    records.add(SampleLayout.TYPE_THREAD, THREAD, "thread", 1, 1);
    records.add(SampleLayout.TYPE_METHOD, METHOD, "a/Class.method", 0, 0);
    records.add(SampleLayout.TYPE_LIBRARY, LIBRARY, library, 0, 0);
    records.add(SampleLayout.TYPE_FUNCTION, FUNCTION, LIBRARY, 0, 0);
    records.add(SampleLayout.TYPE_TIMES, THREAD, 0, 0, 0);
    records.addSample();
    records.add(SampleLayout.TYPE_FORGET, 0, 0, 0, 0);
    records.block.putLong(SampleLayout.TAIL, records.end - SampleLayout.DATA);
    return new SampleRing(records.block);
  }

  private void add(int type, int number, String text, long third, long fourth) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    block.put(end + SampleLayout.HEADER_SIZE, bytes);
    add(type, number, bytes.length, third, fourth, bytes.length);
  }

  private void add(int type, int number, int second, long third, long fourth) {
    add(type, number, second, third, fourth, 0);
  }

  private void addSample() {
    long[] words = {
      word(SampleLayout.WORD_CALL, 0, 1),
      word(SampleLayout.WORD_FRAME, SampleLayout.BCI_BIAS, FUNCTION),
      word(SampleLayout.WORD_DEFINE, 1, 1),
      word(SampleLayout.WORD_FRAME, SampleLayout.BCI_BIAS, METHOD)
    };
    for (int i = 0; i < words.length; i++) {
      block.putLong(end + SampleLayout.HEADER_SIZE + i * Long.BYTES, words[i]);
    }
    block.put(
        end + SampleLayout.FLAGS,
        (byte) (SampleLayout.STATE_IN_NATIVE << SampleLayout.STATE_SHIFT));
    block.putShort(end + SampleLayout.WALK, (short) SampleLayout.WALK_OK);
    add(SampleLayout.TYPE_SAMPLE, THREAD, words.length, 0, 1, words.length * Long.BYTES);
  }

  private static long word(int kind, int middle, int number) {
    return (long) kind << SampleLayout.WORD_KIND_SHIFT
        | (long) middle << SampleLayout.WORD_SHIFT
        | number;
  }

  /** Completes the record whose payload has been written. */
  private void add(int type, int number, int second, long third, long fourth, int payload) {
    int align = SampleLayout.RECORD_ALIGN;
    int length = (SampleLayout.HEADER_SIZE + payload + align - 1) / align * align;
    block.put(end + SampleLayout.TYPE, (byte) type);
    block.putInt(end + SampleLayout.THREAD, number); // or METHOD, or LIBRARY
    block.putInt(end + SampleLayout.WORDS, second); // or NAME_BYTES, or IN_LIBRARY
    block.putLong(end + SampleLayout.TIME_NANOS, third); // or USER_NANOS, SYSTEM_ID, or ADDRESS
    block.putLong(end + SampleLayout.CPU_NANOS, fourth); // or what else SampleLayout has there
    block.putInt(end + SampleLayout.LENGTH, length);
    end += length;
  }
}
