package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the names of threads. The JVM's names are in modified UTF-8; native names can be any bytes.
 */
final class ThreadNameRecordTest {

  private final RawRing raw = new RawRing(4096);
  private final SampleRing ring = raw.reader();
  private final RecordedSamples seen = new RecordedSamples();

  private String read(byte... name) {
    raw.tail(raw.name(0, 3, name));
    ring.read(seen);
    assertTrue(raw.allZero());
    return seen.names.get(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "main", "Grüße", "线程-1", "worker 🔥", "a\u0000b", "x;y\tz"})
  void shouldReadModifiedUtf8(String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new DataOutputStream(bytes).writeUTF(name);
    byte[] withLength = bytes.toByteArray();

    assertEquals(name, read(Arrays.copyOfRange(withLength, 2, withLength.length)));
  }

  @Test
  void shouldReadALongName() {
    String name = "n".repeat(256); // SPPROF_MAX_NAME

    assertEquals(name, read(name.getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void shouldShowBrokenBytesOneByOne() {
    assertEquals("ab\u00c3", read((byte) 'a', (byte) 'b', (byte) 0xC3)); // a part of a character
  }

  @Test
  void shouldShowStandardUtf8OfANativeThreadOneByOne() {
    byte[] fire = "🔥".getBytes(StandardCharsets.UTF_8); // four bytes: not modified UTF-8

    assertEquals(new String(fire, StandardCharsets.ISO_8859_1), read(fire));
  }

  @Test
  void shouldReadTheNumbersOfTheThread() {
    long end = raw.name(0, 3, (byte) 'x');
    raw.block.putLong(SampleLayout.DATA + SampleLayout.SYSTEM_ID, 4_194_304);
    raw.block.putLong(SampleLayout.DATA + SampleLayout.JAVA_ID, 1L << 40);
    raw.tail(end);

    ring.read(seen);

    assertEquals(new ThreadName("x", 4_194_304, 1L << 40), seen.threads.get(3));
  }

  @Test
  void shouldReadSamplesBehindAName() {
    long end = raw.name(0, 1, (byte) 'x');
    raw.tail(raw.sample(end, 1, 10, 0x11));

    ring.read(seen);

    assertEquals(1, seen.of("x").size());
  }
}
