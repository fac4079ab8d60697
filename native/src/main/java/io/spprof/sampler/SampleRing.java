package io.spprof.sampler;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The reading end of the native ring buffer. Signal handlers write samples into the ring, and the
 * profiler's collector reads them through this class. An entry of the ring is called a record
 * (sample.h): a sample, or what samples refer to, as the name of a method or of a thread. ring.h
 * explains the algorithm. Only one thread may read at a time; handlers write meanwhile. After
 * {@link Sampler#release()} the ring must not be used, because its memory is freed.
 */
public final class SampleRing {

  /** The length of a record that {@link Visitor#times} receives, in bytes. */
  public static final int TIMES_BYTES = SampleLayout.HEADER_SIZE;

  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final byte[] ZEROS = new byte[4096];

  /** Receives each record of the ring, in the order of the ring. */
  public interface Visitor {
    /**
     * Receives a sample.
     *
     * @param sample the sample, valid during the call only
     */
    void sample(SampleView sample);

    /**
     * Receives a method; or a name in brackets, which stands for something else: native code
     * without a library, a system call, or the code at which a walk failed. This call precedes the
     * first sample with a stack word that contains the number.
     *
     * @param number the method's number. A number of 1 or more is valid until {@link #forget()}. A
     *     number less than 0 is valid for the next sample of the same handler only
     * @param name the class and the method, for instance {@code java.util.HashMap.get}
     * @param lines pairs {@code byte code index << 16 | line number}; empty if there are none
     */
    void method(int number, String name, int[] lines);

    /**
     * Receives a library with native code. This call precedes the first function with the number.
     *
     * @param library the library's number, valid until {@link #forget()}
     * @param path the path under which it was loaded; empty for the process's own program, and
     *     {@code [vdso]} for the kernel's code
     * @param buildId the build id of its file; empty if it has none
     * @param base what is added to an address in the file to get the address in memory
     */
    void library(int library, String path, byte[] buildId, long base);

    /**
     * Receives a function of native code. This call precedes the first sample with a stack word
     * that contains the number.
     *
     * @param number a number of the same series as a method's, with the same validity
     * @param library the number of its library
     * @param address its first instruction, as an address in the library's file; or, if the file
     *     does not say where the function begins, one of its instructions
     */
    void function(int number, int library, long address);

    /**
     * Reports that all numbers of methods, libraries and locations become invalid. The walker then
     * restarts its numbering. (A location is an address in compiled code.) The names of threads are
     * reported again when the threads are next sampled.
     */
    void forget();

    /**
     * Receives the name of a thread. The name applies to the thread's earlier samples, back to its
     * previous name. It also applies to the thread's later samples, until its next name.
     *
     * @param thread the thread's serial number within the session
     * @param name the name with the thread's numbers, not null
     */
    void thread(int thread, ThreadName name);

    /**
     * Receives CPU time of a thread by the kernel's account, which no earlier call for this thread
     * contains.
     *
     * @param thread the thread's serial number within the session
     * @param userNanos in user code, ns
     * @param systemNanos in the kernel, ns
     */
    void times(int thread, long userNanos, long systemNanos);
  }

  /** Receives some records before all records are read, in the order of the ring. */
  public interface Ahead {
    /**
     * Receives the name of a thread, with the meaning of {@link Visitor#thread}.
     *
     * @param thread the thread's serial number within the session
     * @param name not null
     */
    void thread(int thread, ThreadName name);

    /**
     * Receives a library, with the meaning of {@link Visitor#library}.
     *
     * @param library the library's number
     * @param path its path
     * @param buildId its build id
     * @param base the difference of addresses in memory and in its file
     */
    void library(int library, String path, byte[] buildId, long base);

    /**
     * Receives a function of native code, with the meaning of {@link Visitor#function}.
     *
     * @param library the number of its library
     * @param address its address in the library's file
     */
    void function(int library, long address);

    /** Reports that all numbers become invalid, as {@link Visitor#forget} does. */
    void forget();
  }

  private final ByteBuffer block;
  private final int capacity;
  private final SampleView sample;

  // The length of a record that was read and is still in the ring; 0 otherwise. So a record is read
  // once, even if an OutOfMemoryError prevents its removal: the next reading removes it.
  private int readLength;

  /**
   * Creates a reader of a block with the layout of ring.h.
   *
   * @param block the whole block, a direct buffer; the size of its data is a power of two, in bytes
   */
  public SampleRing(ByteBuffer block) {
    this.block = block.duplicate().order(ByteOrder.nativeOrder());
    this.capacity = block.capacity() - SampleLayout.DATA;
    this.sample = new SampleView(this.block);
  }

  /**
   * Returns the size of the ring's data.
   *
   * @return bytes, a power of two
   */
  public int capacity() {
    return capacity;
  }

  /**
   * Returns whether there is nothing to read. Called by the reading thread.
   *
   * @return true unless the next record is complete
   */
  public boolean isEmpty() {
    return length((long) LONG.get(block, SampleLayout.HEAD) + readLength) == 0;
  }

  /**
   * Returns the position after the last record that a writer has begun. Called by the reading
   * thread.
   *
   * @return a position for {@link #read(Visitor, long)}
   */
  public long end() {
    // This acquire pairs with the writers' release (ring.c). It guarantees that each writer of a
    // record before this position has marked its thread as sampled (thread_name.h).
    return (long) LONG.getAcquire(block, SampleLayout.TAIL);
  }

  /**
   * Reads the records of the ring of which {@link Ahead} receives something. Removes nothing from
   * the ring. Reads the names of threads up to the present end of the ring: a name applies to
   * earlier samples.
   *
   * @param ahead receives the records
   * @param definitionsEnd a result of {@link #end()}; libraries, functions and resets that begin at
   *     or after this position are left out
   * @return false if the reading ended at an incomplete record, so that more may follow it
   */
  public boolean readAhead(Ahead ahead, long definitionsEnd) {
    removeRead();
    long end = end();
    long position = (long) LONG.get(block, SampleLayout.HEAD);
    while (position < end) {
      int length = length(position);
      if (length == 0) {
        return false;
      }
      int at = at(position);
      if (block.get(at + SampleLayout.TYPE) == SampleLayout.TYPE_THREAD) {
        ahead.thread(number(at), threadName(at));
      } else if (position < definitionsEnd) {
        visitDefinition(at, ahead);
      }
      position += length;
    }
    return true;
  }

  private void visitDefinition(int at, Ahead ahead) {
    switch (block.get(at + SampleLayout.TYPE)) {
      case SampleLayout.TYPE_LIBRARY ->
          ahead.library(
              number(at), path(at), buildId(at), block.getLong(at + SampleLayout.ADDRESS));
      case SampleLayout.TYPE_FUNCTION ->
          ahead.function(
              block.getInt(at + SampleLayout.IN_LIBRARY), block.getLong(at + SampleLayout.ADDRESS));
      case SampleLayout.TYPE_FORGET -> ahead.forget();
      default -> {
        // samples, methods and padding
      }
    }
  }

  /** Returns the number of the thread, the method or the library that a record is about. */
  private int number(int at) {
    return block.getInt(at + SampleLayout.THREAD);
  }

  private ThreadName threadName(int at) {
    return new ThreadName(
        name(at),
        block.getLong(at + SampleLayout.SYSTEM_ID),
        block.getLong(at + SampleLayout.JAVA_ID));
  }

  private String name(int at) {
    return modifiedUtf8(at + SampleLayout.HEADER_SIZE, block.getInt(at + SampleLayout.NAME_BYTES));
  }

  private int at(long head) {
    return SampleLayout.DATA + (int) (head & (capacity - 1));
  }

  /**
   * Returns the length of a record; 0 if the record is not complete. The acquire in this method
   * pairs with the writer's release of the length (ring.c): if the length is not 0, the whole
   * record is visible.
   */
  private int length(long head) {
    return (int) INT.getAcquire(block, at(head) + SampleLayout.LENGTH);
  }

  /**
   * Reads records and removes them from the ring. Ends when there are no records, or when about as
   * many bytes were read as the ring holds. An exception of the visitor is passed on to the caller;
   * the record that caused the exception counts as read.
   *
   * @param visitor receives each record
   * @return the number of bytes read
   */
  public int read(Visitor visitor) {
    return read(visitor, Long.MAX_VALUE);
  }

  /**
   * Reads records like {@link #read(Visitor)}, but no record that begins at or after a position.
   *
   * @param visitor receives each record
   * @param end a result of {@link #end()}
   * @return the number of bytes read
   */
  public int read(Visitor visitor, long end) {
    removeRead();
    long start = (long) LONG.get(block, SampleLayout.HEAD);
    long head = start;
    while (head < end && head - start < capacity) {
      int at = at(head);
      int length = length(head);
      if (length == 0) {
        break;
      }
      readLength = length;
      head += length;
      try {
        visit(at, visitor);
      } finally {
        removeRead();
      }
    }
    return (int) (head - start);
  }

  /** Removes the record that was read from the ring, if it is still there. */
  private void removeRead() {
    if (readLength > 0) {
      long head = (long) LONG.get(block, SampleLayout.HEAD);
      clear(at(head), readLength);
      // This release pairs with the writer's acquire of the head: a writer that sees the new head
      // finds zeros behind it.
      LONG.setRelease(block, SampleLayout.HEAD, head + readLength);
      readLength = 0;
    }
  }

  private void visit(int at, Visitor visitor) {
    switch (block.get(at + SampleLayout.TYPE)) {
      case SampleLayout.TYPE_SAMPLE -> visitor.sample(sample.moveTo(at));
      case SampleLayout.TYPE_THREAD -> visitor.thread(number(at), threadName(at));
      case SampleLayout.TYPE_TIMES ->
          visitor.times(
              number(at),
              block.getLong(at + SampleLayout.USER_NANOS),
              block.getLong(at + SampleLayout.SYSTEM_NANOS));
      case SampleLayout.TYPE_FORGET -> visitor.forget();
      case SampleLayout.TYPE_METHOD -> visitor.method(number(at), methodName(at), lines(at));
      case SampleLayout.TYPE_LIBRARY ->
          visitor.library(
              number(at), path(at), buildId(at), block.getLong(at + SampleLayout.ADDRESS));
      case SampleLayout.TYPE_FUNCTION ->
          visitor.function(
              number(at),
              block.getInt(at + SampleLayout.IN_LIBRARY),
              block.getLong(at + SampleLayout.ADDRESS));
      default -> {
        // padding
      }
    }
  }

  private byte[] buildId(int at) {
    byte[] id = new byte[(int) block.getLong(at + SampleLayout.ID_BYTES)];
    block.get(at + SampleLayout.HEADER_SIZE, id);
    return id;
  }

  /** Reads the path of a library, which follows its build id. A path can be any bytes. */
  private String path(int at) {
    byte[] path = new byte[block.getInt(at + SampleLayout.NAME_BYTES)];
    int id = (int) block.getLong(at + SampleLayout.ID_BYTES);
    block.get(at + SampleLayout.HEADER_SIZE + id, path);
    return new String(path, java.nio.charset.StandardCharsets.UTF_8);
  }

  /**
   * Reads the name of a method and converts it to the form {@code java.util.HashMap.get}. The
   * native side writes {@code java/util/HashMap.get}. In the name of a hidden class, it writes a
   * plus sign where {@code Class.getName} has a slash. A name in brackets belongs to no method and
   * stays as it is.
   */
  private String methodName(int at) {
    String text = name(at);
    if (text.startsWith("[") && text.endsWith("]")) {
      return text;
    }
    String name = text.replace('/', '.');
    int hidden = name.lastIndexOf("+0x");
    return hidden < 0 ? name : name.substring(0, hidden) + '/' + name.substring(hidden + 1);
  }

  /**
   * Reads the lines of a method. They follow the method's name, at a multiple of 4 bytes
   * (sample.h).
   */
  private int[] lines(int at) {
    int[] lines = new int[(int) block.getLong(at + SampleLayout.LINE_COUNT)];
    int first =
        at + SampleLayout.HEADER_SIZE + (block.getInt(at + SampleLayout.NAME_BYTES) + 3 & ~3);
    for (int i = 0; i < lines.length; i++) {
      lines[i] = block.getInt(first + i * Integer.BYTES);
    }
    return lines;
  }

  /**
   * Reads a text in modified UTF-8, which is the encoding of JVMTI and JNI. DataInput can read it.
   */
  private String modifiedUtf8(int at, int count) {
    byte[] bytes = new byte[count + 2];
    bytes[0] = (byte) (count >> 8);
    bytes[1] = (byte) count;
    block.get(at, bytes, 2, count);
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return in.readUTF();
    } catch (IOException notUtf8) {
      // The name of a native thread can be any bytes.
      return new String(bytes, 2, count, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
  }

  private void clear(int at, int length) {
    for (int done = 0; done < length; done += ZEROS.length) {
      block.put(at + done, ZEROS, 0, Math.min(ZEROS.length, length - done));
    }
  }
}
