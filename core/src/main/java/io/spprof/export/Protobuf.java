package io.spprof.export;

/**
 * Messages of protocol buffers, as far as pprof needs them.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Encoding</a>
 */
final class Protobuf {

  private static final int VARINT = 0;
  private static final int LENGTH = 2;

  private final Bytes bytes = new Bytes();

  /** A number that is not negative; 0 is the default and not written. */
  Protobuf number(int field, long value) {
    if (value != 0) {
      bytes.varint((long) field << 3 | VARINT);
      bytes.varint(value);
    }
    return this;
  }

  /** A number, even 0: for repeated fields. */
  Protobuf always(int field, long value) {
    bytes.varint((long) field << 3 | VARINT);
    bytes.varint(value);
    return this;
  }

  /** A message, or numbers that are packed, which is cleared for the next. */
  Protobuf message(int field, Protobuf message) {
    bytes.varint((long) field << 3 | LENGTH);
    bytes.varint(message.bytes.size());
    bytes.write(message.bytes);
    message.bytes.clear();
    return this;
  }

  /** A string, even an empty one. */
  Protobuf string(int field, String value) {
    Bytes text = new Bytes(value);
    bytes.varint((long) field << 3 | LENGTH);
    bytes.varint(text.size());
    bytes.write(text);
    return this;
  }

  /** One of packed numbers: no field, no tag. */
  void packed(long value) {
    bytes.varint(value);
  }

  /** What was written, to be taken. */
  Bytes bytes() {
    return bytes;
  }
}
