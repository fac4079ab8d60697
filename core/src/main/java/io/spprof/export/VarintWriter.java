package io.spprof.export;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;

/**
 * Writes numbers as LEB128, and the resulting bytes as Base64. LEB128 is compact: a byte has seven
 * bits of a number, the lowest bits first, and its top bit is set if another byte follows. Most
 * numbers of a profile take one or two bytes.
 *
 * @see <a href="https://dwarfstd.org/doc/DWARF5.pdf">LEB128: DWARF 5, section 7.6</a>
 */
final class VarintWriter implements AutoCloseable {

  private final OutputStream base64;
  private final byte[] buffer = new byte[3 << 10];
  private int used;

  /**
   * Creates a writer.
   *
   * @param out receives the Base64 characters, not null; never closed
   */
  VarintWriter(Appendable out) {
    base64 = Base64.getEncoder().wrap(new AsciiStream(out));
  }

  /** Writes a number that is not negative. */
  void write(long value) throws IOException {
    if (used > buffer.length - 10) {
      flush();
    }
    long rest = value;
    while (rest > 0x7F) {
      buffer[used++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[used++] = (byte) rest;
  }

  /** Writes the numbers that are still in the buffer, and the padding of Base64. */
  @Override
  public void close() throws IOException {
    flush();
    base64.close();
  }

  private void flush() throws IOException {
    base64.write(buffer, 0, used);
    used = 0;
  }

  /** Converts ASCII bytes to characters. */
  private static final class AsciiStream extends OutputStream {
    private final Appendable out;

    AsciiStream(Appendable out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.append((char) b);
    }

    @Override
    @SuppressWarnings("deprecation") // The bytes are ASCII, and this constructor needs no decoder.
    public void write(byte[] bytes, int start, int length) throws IOException {
      out.append(new String(bytes, 0, start, length));
    }
  }
}
