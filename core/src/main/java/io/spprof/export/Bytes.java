package io.spprof.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes on their way out: a buffer that is written at its end and taken from at its beginning. Text
 * is encoded in UTF-8. Nothing here throws an IOException.
 */
final class Bytes extends OutputStream implements Appendable {

  private byte[] bytes = new byte[1 << 13];
  private int start;
  private int end;

  Bytes() {}

  /** A text's. */
  Bytes(String text) {
    append(text);
  }

  /** How many there are. */
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

  /** Appends all of another's. */
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

  /** Half a surrogate pair becomes a question mark: callers append whole names. */
  @Override
  public Bytes append(char c) {
    return c < 0x80 ? appendAscii(c) : append(String.valueOf(c));
  }

  private Bytes appendAscii(char c) {
    write(c);
    return this;
  }

  /**
   * A number in base 128: seven bits a byte, the lowest first, the top bit says that more follow.
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
   * Takes bytes from the beginning.
   *
   * @param most how many at most
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

  /** Hands all of them on, and forgets them. */
  void moveTo(OutputStream out) throws IOException {
    out.write(bytes, start, size());
    clear();
  }

  /** Forgets all of them. */
  void clear() {
    start = 0;
    end = 0;
  }

  /** A number as so many bytes, the highest first. */
  void fixed(long value, int size) {
    room(size);
    end += size;
    fixedAt(size() - size, value, size);
  }

  /** The same over bytes that are there. */
  void fixedAt(int offset, long value, int size) {
    for (int i = 0; i < size; i++) {
      // Of more than 8 bytes the first are 0.
      int shift = 8 * (size - 1 - i);
      bytes[start + offset + i] = shift < Long.SIZE ? (byte) (value >>> shift) : 0;
    }
  }

  /** A number below 2^28 in base 128, of four digits, over bytes that are there. */
  void varintAt(int offset, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[start + offset + i] = (byte) (value >>> 7 * i & 0x7f | (i < 3 ? 0x80 : 0));
    }
  }

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
