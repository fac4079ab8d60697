package io.spprof.symbol.elf;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of an ELF file, read from a position. Numbers are read in the byte order of the file.
 * Used by one thread at a time.
 *
 * <p>A file is read through {@link RandomAccessFile}: an interrupt of the reading thread does not
 * close it, as it would close a channel. Small reads come from a window of the file.
 */
final class Source implements Closeable {

  /** The most bytes that one call reads. */
  static final int MOST = 64 << 10;

  private static final int WINDOW = 4096;

  private final RandomAccessFile file; // null for an image
  private final ByteBuffer image; // null for a file
  private final long length;
  private final byte[] window = new byte[WINDOW];
  private long windowAt = -1;
  private int windowLength;
  private final byte[] number = new byte[Long.BYTES];
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
  private ByteBuffer numbers = ByteBuffer.wrap(number).order(order);

  /** Reads a file. The source closes it. */
  Source(RandomAccessFile file) throws IOException {
    this.file = file;
    this.image = null;
    this.length = file.length();
  }

  /** Reads an image in memory. Reads all of the buffer, whatever its position and limit. */
  Source(ByteBuffer image) {
    this.file = null;
    this.image = image.duplicate().clear();
    this.length = this.image.capacity();
  }

  void order(ByteOrder order) {
    this.order = order;
    numbers = ByteBuffer.wrap(number).order(order);
  }

  /** Returns the length at the time of opening. */
  long length() {
    return length;
  }

  /** Returns whether the bytes are within the file. */
  boolean contains(long at, long bytes) {
    return at >= 0 && bytes >= 0 && at <= length && bytes <= length - at;
  }

  /**
   * Reads a piece of the file.
   *
   * @param bytes at most {@link #MOST}
   * @return the piece, in the byte order of the file
   * @throws ElfException if the file does not have these bytes
   */
  ByteBuffer read(long at, int bytes) throws IOException {
    if (bytes > MOST || !contains(at, bytes)) {
      throw new ElfException("no " + bytes + " bytes at " + at);
    }
    byte[] piece = new byte[bytes];
    copy(at, piece, bytes);
    return ByteBuffer.wrap(piece).order(order);
  }

  private void copy(long at, byte[] into, int bytes) throws IOException {
    if (image != null) {
      image.get((int) at, into, 0, bytes);
      return;
    }
    file.seek(at);
    file.readFully(into, 0, bytes);
  }

  int unsignedByte(long at) throws IOException {
    small(at, 1);
    return number[0] & 0xff;
  }

  int unsignedShort(long at) throws IOException {
    small(at, Short.BYTES);
    return numbers.getShort(0) & 0xffff;
  }

  int signedInt(long at) throws IOException {
    small(at, Integer.BYTES);
    return numbers.getInt(0);
  }

  long unsignedInt(long at) throws IOException {
    return Integer.toUnsignedLong(signedInt(at));
  }

  long signedLong(long at) throws IOException {
    small(at, Long.BYTES);
    return numbers.getLong(0);
  }

  /** Reads a number's bytes through the window. */
  private void small(long at, int bytes) throws IOException {
    if (!contains(at, bytes)) {
      throw new ElfException("no " + bytes + " bytes at " + at);
    }
    if (windowAt < 0 || at < windowAt || at + bytes > windowAt + windowLength) {
      windowAt = -1; // a read that fails leaves no window
      int wanted = (int) Math.min(WINDOW, length - at);
      copy(at, window, wanted);
      windowAt = at;
      windowLength = wanted;
    }
    System.arraycopy(window, (int) (at - windowAt), number, 0, bytes);
  }

  @Override
  public void close() {
    if (file == null) {
      return;
    }
    try {
      file.close();
    } catch (IOException e) {
      // the file was only read
    }
  }
}
