package io.spprof.export;

/**
 * Writes messages in the encoding of protocol buffers, as far as the format of pprof needs it.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Encoding</a>
 */
final class Protobuf {

  private static final int VARINT = 0;
  private static final int LENGTH = 2;

  private final Bytes bytes = new Bytes();

  /**
   * Writes a field with a number that is not negative. Writes nothing for 0, which is the default.
   */
  Protobuf number(int field, long value) {
    if (value != 0) {
      bytes.varint((long) field << 3 | VARINT);
      bytes.varint(value);
    }
    return this;
  }

  /** Writes a field with a number even if the number is 0. For repeated fields. */
  Protobuf always(int field, long value) {
    bytes.varint((long) field << 3 | VARINT);
    bytes.varint(value);
    return this;
  }

  /**
   * Writes a field with an embedded message or with packed numbers. Then clears {@code message} for
   * reuse.
   */
  Protobuf message(int field, Protobuf message) {
    bytes.varint((long) field << 3 | LENGTH);
    bytes.varint(message.bytes.size());
    bytes.write(message.bytes);
    message.bytes.clear();
    return this;
  }

  /** Writes a field with a string, even if the string is empty. */
  Protobuf string(int field, String value) {
    Bytes text = new Bytes(value);
    bytes.varint((long) field << 3 | LENGTH);
    bytes.varint(text.size());
    bytes.write(text);
    return this;
  }

  /** Writes one of several packed numbers. It has no field number and no tag. */
  void packed(long value) {
    bytes.varint(value);
  }

  /** Returns the bytes written so far, which the caller may take. */
  Bytes bytes() {
    return bytes;
  }
}
