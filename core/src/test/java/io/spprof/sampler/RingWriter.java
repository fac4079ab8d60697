package io.spprof.sampler;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Writes records to a ring as ring.c does, for tests without signals. */
public final class RingWriter {

  /** The timestamp of the next records, ns. */
  public volatile long timeNanos;

  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** The results of walks. */
  public static final int OK = SampleLayout.WALK_OK;

  public static final int VIRTUAL = SampleLayout.WALK_VIRTUAL;
  public static final int BROKEN_STUB = SampleLayout.WALK_BROKEN_STUB;

  private final ByteBuffer block;
  private final int capacity;

  /** Creates an empty ring; {@code capacity} is a power of two. */
  public RingWriter(int capacity) {
    this.capacity = capacity;
    this.block =
        ByteBuffer.allocateDirect(SampleLayout.DATA + capacity).order(ByteOrder.nativeOrder());
  }

  public SampleRing reader() {
    return new SampleRing(block);
  }

  /**
   * Writes a sample whose stack was walked, of methods by their ids, leaf first; false if the ring
   * is full.
   */
  public boolean sample(int thread, long cpuNanos, long... methods) {
    return sample(thread, cpuNanos, SampleLayout.WALK_OK, 0, methods);
  }

  /** Writes a sample with the leaf end of a deeper stack; false if the ring is full. */
  public boolean truncated(int thread, long cpuNanos, long... methods) {
    return sample(thread, cpuNanos, SampleLayout.WALK_OK, SampleLayout.FLAG_TRUNCATED, methods);
  }

  /**
   * Writes a sample without frames. {@code walk} is an error code of AsyncGetCallTrace or of
   * spprof.
   */
  public boolean unwalked(int thread, long cpuNanos, int walk) {
    return sample(thread, cpuNanos, walk, 0);
  }

  /**
   * Writes a method's name, as the VM writes it, and its lines; false if the ring is full.
   *
   * @param lines pairs {@code byte code index << 16 | line number}
   */
  public synchronized boolean method(int number, String name, int... lines) {
    return text(SampleLayout.TYPE_METHOD, number, name, 0, lines.length, lines);
  }

  /** Writes a library with native code; false if the ring is full. */
  public synchronized boolean library(int number, String path, long base, byte... buildId) {
    int at = reserve(buildId.length + path.length());
    if (at < 0) {
      return false;
    }
    header(at, SampleLayout.TYPE_LIBRARY, number, path.length());
    block.putLong(at + SampleLayout.ADDRESS, base);
    block.putLong(at + SampleLayout.ID_BYTES, buildId.length);
    block.put(at + SampleLayout.HEADER_SIZE, buildId);
    block.put(
        at + SampleLayout.HEADER_SIZE + buildId.length,
        path.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    publish(at, size(buildId.length + path.length()));
    return true;
  }

  /** Writes a function of native code; false if the ring is full. */
  public synchronized boolean function(int number, int library, long address) {
    int at = reserve(0);
    if (at < 0) {
      return false;
    }
    header(at, SampleLayout.TYPE_FUNCTION, number, library);
    block.putLong(at + SampleLayout.ADDRESS, address);
    publish(at, size(0));
    return true;
  }

  /** Invalidates all numbers of methods and locations written so far; false if the ring is full. */
  public synchronized boolean forget() {
    int at = reserve(0);
    if (at < 0) {
      return false;
    }
    header(at, SampleLayout.TYPE_FORGET, 0, 0);
    publish(at, size(0));
    return true;
  }

  /** The number of a method that does not fit into the walker's table. */
  public static int transientNumber(int count) {
    return count | SampleLayout.TRANSIENT;
  }

  /**
   * Writes a sample whose stack consists of words from {@link #frame}, {@link #location}, {@link
   * #define}, {@link #brokenAt} and {@link #call}.
   */
  public boolean words(int thread, long cpuNanos, int walk, long... words) {
    return words(ThreadState.UNKNOWN, thread, cpuNanos, walk, words);
  }

  /** Writes such a sample of a thread in a known state, one of the first four of the enum. */
  public boolean words(ThreadState state, int thread, long cpuNanos, int walk, long... words) {
    int bits = state == ThreadState.UNKNOWN ? 0 : state.ordinal() + 1;
    return record(thread, cpuNanos, walk, bits << SampleLayout.STATE_SHIFT, words);
  }

  /** A word for a frame of a method, by its number. */
  public static long frame(int method, int bci) {
    return word(SampleLayout.WORD_FRAME, bci + SampleLayout.BCI_BIAS, method);
  }

  /** A word for a location that was defined. */
  public static long location(int number) {
    return word(SampleLayout.WORD_LOCATION, 0, number);
  }

  /** A word that defines a location by the next {@code count} frames. */
  public static long define(int number, int count) {
    return word(SampleLayout.WORD_DEFINE, count, number);
  }

  /** A word for the code at which a walk failed, by the number of its name. */
  public static long brokenAt(int number) {
    return word(SampleLayout.WORD_BROKEN_AT, 0, number);
  }

  /** A word for the system call in which the thread was; -1 if its number is not known. */
  public static long call(int number) {
    return word(SampleLayout.WORD_CALL, 0, number + 1);
  }

  private static long word(int kind, int middle, int number) {
    return (long) kind << SampleLayout.WORD_KIND_SHIFT
        | (long) middle << SampleLayout.WORD_SHIFT
        | number & 0xffffffffL;
  }

  /** Writes a sample of a thread without a Java stack. */
  public boolean nativeThread(int thread, long cpuNanos) {
    return sample(thread, cpuNanos, SampleLayout.WALK_NATIVE_THREAD, SampleLayout.FLAG_NATIVE);
  }

  /** Writes a thread's name; false if the ring is full. */
  public synchronized boolean name(int thread, String name) {
    return name(thread, ThreadName.of(name));
  }

  /** Writes a thread's name and numbers; false if the ring is full. */
  public synchronized boolean name(int thread, ThreadName name) {
    return text(
        SampleLayout.TYPE_THREAD, thread, name.text(), name.systemId(), name.javaId(), new int[0]);
  }

  /** Writes CPU time of a thread by the kernel's account; false if the ring is full. */
  public synchronized boolean times(int thread, long userNanos, long systemNanos) {
    int at = reserve(0);
    if (at < 0) {
      return false;
    }
    header(at, SampleLayout.TYPE_TIMES, thread, 0);
    block.putLong(at + SampleLayout.USER_NANOS, userNanos);
    block.putLong(at + SampleLayout.SYSTEM_NANOS, systemNanos);
    publish(at, size(0));
    return true;
  }

  /** Begins an empty record, which the result completes. */
  public synchronized Runnable halfWay() {
    int at = reserve(0);
    header(at, SampleLayout.TYPE_PADDING, 0, 0);
    return () -> publish(at, size(0));
  }

  private boolean text(int type, int number, String text, long third, long fourth, int[] lines) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] payload = Arrays.copyOfRange(bytes.toByteArray(), 2, bytes.size());
    int linesAt = payload.length + 3 & ~3;
    int bytesInAll = lines.length == 0 ? payload.length : linesAt + lines.length * Integer.BYTES;
    int at = reserve(bytesInAll);
    if (at < 0) {
      return false;
    }
    header(at, type, number, payload.length);
    block.putLong(at + SampleLayout.SYSTEM_ID, third);
    block.putLong(at + SampleLayout.JAVA_ID, fourth); // or LINE_COUNT
    block.put(at + SampleLayout.HEADER_SIZE, payload);
    for (int i = 0; i < lines.length; i++) {
      block.putInt(at + SampleLayout.HEADER_SIZE + linesAt + i * Integer.BYTES, lines[i]);
    }
    publish(at, size(bytesInAll));
    return true;
  }

  private boolean sample(int thread, long cpuNanos, int walk, int flags, long... methods) {
    long[] words = new long[methods.length * SampleLayout.FRAME_WORDS];
    for (int i = 0; i < methods.length; i++) {
      words[SampleLayout.FRAME_WORDS * i] =
          word(SampleLayout.WORD_ID_FRAME, SampleLayout.BCI_BIAS, 0);
      words[SampleLayout.FRAME_WORDS * i + 1] = methods[i];
    }
    return record(thread, cpuNanos, walk, flags, words);
  }

  private synchronized boolean record(
      int thread, long cpuNanos, int walk, int flags, long... words) {
    int payload = words.length * Long.BYTES;
    int at = reserve(payload);
    if (at < 0) {
      return false;
    }
    header(at, SampleLayout.TYPE_SAMPLE, thread, words.length);
    block.put(at + SampleLayout.FLAGS, (byte) flags);
    block.putShort(at + SampleLayout.WALK, (short) walk);
    block.putLong(at + SampleLayout.CPU_NANOS, cpuNanos);
    for (int i = 0; i < words.length; i++) {
      block.putLong(at + SampleLayout.HEADER_SIZE + i * Long.BYTES, words[i]);
    }
    publish(at, size(payload));
    return true;
  }

  private void header(int at, int type, int number, int size) {
    block.put(at + SampleLayout.TYPE, (byte) type);
    block.putInt(at + SampleLayout.THREAD, number); // or METHOD
    block.putInt(at + SampleLayout.WORDS, size); // or NAME_BYTES;
    block.putLong(at + SampleLayout.TIME_NANOS, timeNanos);
  }

  private static int size(int payload) {
    int align = SampleLayout.RECORD_ALIGN;
    return (SampleLayout.HEADER_SIZE + payload + align - 1) / align * align;
  }

  private int reserve(int payload) {
    int size = size(payload);
    long tail = (long) LONG.get(block, SampleLayout.TAIL);
    long head = (long) LONG.getAcquire(block, SampleLayout.HEAD);
    int position = (int) (tail & capacity - 1);
    int padding = position + size > capacity ? capacity - position : 0;
    if (tail + padding + size - head > capacity) {
      return -1;
    }
    LONG.setRelease(block, SampleLayout.TAIL, tail + padding + size);
    if (padding > 0) {
      block.put(SampleLayout.DATA + position + SampleLayout.TYPE, (byte) SampleLayout.TYPE_PADDING);
      publish(SampleLayout.DATA + position, padding);
      position = 0;
    }
    return SampleLayout.DATA + position;
  }

  private void publish(int at, int size) {
    INT.setRelease(block, at + SampleLayout.LENGTH, size);
  }
}
