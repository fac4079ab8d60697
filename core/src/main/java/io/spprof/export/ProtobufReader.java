package io.spprof.export;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * Reads the fields of a message in the encoding of protocol buffers, as far as the format of pprof
 * needs it. A message that breaks the encoding, or ends too early, is an IndexOutOfBoundsException
 * or an ArithmeticException.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Encoding</a>
 */
final class ProtobufReader {

  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED_32 = 5;

  private final byte[] bytes;
  private final int end;
  private int at; // where the next field begins
  private int field;
  private int type;
  private long number; // of a field with a number
  private int start; // of the content of a field with a length

  ProtobufReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private ProtobufReader(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /**
   * Goes to the next field.
   *
   * @return false at the end of the message
   */
  boolean next() {
    if (at == end) {
      return false;
    }
    long tag = varint();
    field = Math.toIntExact(tag >>> 3);
    type = (int) tag & 7;
    switch (type) {
      case VARINT -> number = varint();
      case LENGTH -> skip(varint());
      case FIXED_64 -> skip(Long.BYTES);
      case FIXED_32 -> skip(Integer.BYTES);
      default -> throw new IndexOutOfBoundsException("type of field: " + type);
    }
    return true;
  }

  /** Returns the number of the field. */
  int field() {
    return field;
  }

  /** Returns the number in the field. */
  long number() {
    require(VARINT);
    return number;
  }

  /** Returns the message in the field. */
  ProtobufReader message() {
    require(LENGTH);
    return new ProtobufReader(bytes, start, at);
  }

  /** Returns the text in the field. */
  String string() {
    require(LENGTH);
    return new String(bytes, start, at - start, StandardCharsets.UTF_8);
  }

  /** Hands out the numbers in a repeated field: one, or several that are packed. */
  void numbers(LongConsumer consumer) {
    if (type == VARINT) {
      consumer.accept(number);
    } else {
      ProtobufReader packed = message();
      while (packed.at < packed.end) {
        consumer.accept(packed.varint());
      }
    }
  }

  private void require(int wanted) {
    Objects.checkIndex(type == wanted ? 0 : 1, 1);
  }

  private void skip(long length) {
    start = at;
    at += (int) Objects.checkIndex(length, end - at + 1L);
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte b = bytes[Objects.checkIndex(at++, end)];
      value |= (b & 0x7FL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new ArithmeticException("a number of more than 64 bits");
  }
}
