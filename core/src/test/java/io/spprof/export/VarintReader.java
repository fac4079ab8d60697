package io.spprof.export;

import java.util.Base64;

/** Reads what {@link VarintWriter} wrote. */
final class VarintReader {

  private final byte[] bytes;
  private int at;

  VarintReader(String base64) {
    bytes = Base64.getDecoder().decode(base64);
  }

  long next() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = bytes[at++];
      value |= (b & 0x7FL) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  int remaining() {
    return bytes.length - at;
  }
}
