package io.spprof.export;

/**
 * Writes messages of protocol buffers, as far as the format of pprof needs them.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Encoding</a>
 */
final class Protobuf {

  private static final int VARINT = 0;
  private static final int LENGTH = 2;

  private final Bytes bytes = new Bytes();

  /** Writes a number that is not negative. A 0 is the default and is not written. */
  Protobuf number(int field, long value) {
    if (value != 0) {
      bytes.varint((long) field << 3 | VARINT);
      bytes.varint(value);
    }
    return this;
  }

  /** Writes a number even if it is 0, for repeated fields. */
  Protobuf always(int field, long value) {
    bytes.varint((long) field << 3 | VARINT);
    bytes.varint(value);
    return this;
  }

  /** Writes an embedded message or packed numbers, and clears {@code message} for reuse. */
  Protobuf message(int field, Protobuf message) {
    bytes.varint((long) field << 3 | LENGTH);
    bytes.varint(message.bytes.size());
    bytes.write(message.bytes);
    message.bytes.clear();
    return this;
  }

  /** Writes a string, even an empty one. */
  Protobuf string(int field, String value) {
    Bytes text = new Bytes(value);
    bytes.varint((long) field << 3 | LENGTH);
    bytes.varint(text.size());
    bytes.write(text);
    return this;
  }

  /** Writes one of several packed numbers, without field number and tag. */
  void packed(long value) {
    bytes.varint(value);
  }

  /** The bytes written so far, which the caller may take. */
  Bytes bytes() {
    return bytes;
  }
}
