package io.spprof.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A queue of bytes for exporters: an exporter appends bytes at the end, and a reader takes bytes
 * from the beginning. Text is encoded in UTF-8. Only {@link #moveTo} can throw an IOException,
 * which then comes from the target stream. Not thread-safe.
 */
final class Bytes extends OutputStream implements Appendable {

  private byte[] bytes = new byte[1 << 13];
  private int start;
  private int end;

  Bytes() {}

  /** Creates a queue that holds a text in UTF-8. */
  Bytes(String text) {
    append(text);
  }

  /** Returns the number of bytes in the queue. */
  int size() {
    return end - start;
  }

  @Override
  public void write(int value) {
    room(1);
    bytes[end++] = (byte) value;
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    room(length);
    System.arraycopy(from, offset, bytes, end, length);
    end += length;
  }

  /** Appends all bytes of another queue. The other queue keeps its bytes. */
  void write(Bytes from) {
    write(from.bytes, from.start, from.size());
  }

  @Override
  public Bytes append(CharSequence text) {
    return append(text, 0, text.length());
  }

  @Override
  public Bytes append(CharSequence text, int from, int to) {
    room(to - from);
    int i = from;
    for (; i < to && text.charAt(i) < 0x80; i++) {
      bytes[end++] = (byte) text.charAt(i);
    }
    if (i < to) {
      byte[] rest = text.subSequence(i, to).toString().getBytes(StandardCharsets.UTF_8);
      write(rest, 0, rest.length);
    }
    return this;
  }

  /**
   * Appends one character. A caller that has a whole text must append it as a whole, because half a
   * surrogate pair becomes a question mark.
   */
  @Override
  public Bytes append(char c) {
    return c < 0x80 ? appendAscii(c) : append(String.valueOf(c));
  }

  private Bytes appendAscii(char c) {
    write(c);
    return this;
  }

  /**
   * Appends a number in base 128: each byte has seven bits of the number, the lowest bits first.
   * The top bit of a byte is set if another byte follows.
   */
  void varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[end++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[end++] = (byte) rest;
  }

  /**
   * Removes bytes from the beginning of the queue and returns them.
   *
   * @param most the maximum number of bytes to remove
   */
  byte[] take(int most) {
    int length = Math.min(most, size());
    byte[] taken = Arrays.copyOfRange(bytes, start, start + length);
    start += length;
    if (start == end) {
      clear();
    }
    return taken;
  }

  /** Writes all bytes to a stream and removes them from the queue. */
  void moveTo(OutputStream out) throws IOException {
    out.write(bytes, start, size());
    clear();
  }

  /** Removes all bytes. */
  void clear() {
    start = 0;
    end = 0;
  }

  /** Appends a number in {@code size} bytes, the highest byte first. */
  void fixed(long value, int size) {
    room(size);
    end += size;
    fixedAt(size() - size, value, size);
  }

  /**
   * Overwrites the bytes at {@code offset} with a number, in the format of {@link #fixed}. For a
   * number that is known only later, such as the size of a chunk.
   */
  void fixedAt(int offset, long value, int size) {
    for (int i = 0; i < size; i++) {
      // With more than 8 bytes, the first bytes are 0.
      int shift = 8 * (size - 1 - i);
      bytes[start + offset + i] = shift < Long.SIZE ? (byte) (value >>> shift) : 0;
    }
  }

  /** Overwrites the four bytes at {@code offset} with a number below 2^28 in base 128. */
  void varintAt(int offset, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[start + offset + i] = (byte) (value >>> 7 * i & 0x7f | (i < 3 ? 0x80 : 0));
    }
  }

  /**
   * Makes room for more bytes at the end, by moving the bytes to the beginning of the array or into
   * a larger array.
   */
  private void room(int more) {
    if (end + more <= bytes.length) {
      return;
    }
    if (start > 0 && size() + more <= bytes.length) {
      System.arraycopy(bytes, start, bytes, 0, size());
    } else {
      byte[] grown = new byte[Math.max(2 * bytes.length, Math.addExact(size(), more))];
      System.arraycopy(bytes, start, grown, 0, size());
      bytes = grown;
    }
    end -= start;
    start = 0;
  }
}
