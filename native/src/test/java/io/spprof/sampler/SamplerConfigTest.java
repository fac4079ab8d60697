package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SamplerConfigTest {

  private static final int SMALLEST = 512 << 10;

  @ParameterizedTest
  @CsvSource({
    // Half of memory=1m, 32m and 1g, which is for the ring and the walk buffers; and odd sizes.
    "1, 524288",
    "512, 524288",
    "2048, 524288",
    "1, 16777216",
    "2048, 16777216",
    "1, 536870912",
    "2048, 536870912",
    "2048, 1023777",
    "17, 999999"
  })
  void shouldStayWithinItsMemory(int depth, long memory) {
    for (NativeFrames frames : NativeFrames.values()) {
      SamplerConfig config =
          new SamplerConfig(Engine.CTIMER, Walker.AGCT, frames, 1_000_000, depth, memory);

      assertTrue(config.usedBytes() <= memory, config + " takes " + config.usedBytes());
      assertTrue(config.usedBytes() > memory / 3, config + " takes only " + config.usedBytes());
      assertUsable(config);
    }
  }

  @Test
  void shouldKeepFourBuffersInTheSmallestMemory() {
    SamplerConfig config =
        new SamplerConfig(Engine.CTIMER, Walker.AGCT, NativeFrames.NONE, 1_000_000, 2048, SMALLEST);

    assertTrue(config.walkBuffers() >= 4);
    assertTrue(config.usedBytes() <= SMALLEST);
    assertUsable(config);
  }

  private static void assertUsable(SamplerConfig config) {
    boolean none = config.nativeFrames() == NativeFrames.NONE;
    assertEquals(none ? 0 : 1, Integer.bitCount(config.knownFrames()), "known_frames.c");
    assertEquals(1, Long.bitCount(config.ringBytes()), "ring.c wants a power of two");
    assertEquals(1, Integer.bitCount(config.locations()), "table.c wants a power of two");
    assertEquals(1, Integer.bitCount(config.methods()), "table.c wants a power of two");
    assertTrue(config.ringBytes() <= Integer.MAX_VALUE, "a direct buffer is no bigger");
    assertTrue(config.walkBuffers() >= 4 && config.walkBuffers() <= 64);
    long biggest =
        SampleLayout.HEADER_SIZE + (config.depth() + 1L) * SampleLayout.FRAME_WORDS * Long.BYTES;
    assertTrue(config.ringBytes() >= 3 * biggest, "room for three of the biggest records");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 512, 1048576, 'interval of 0 ns'",
    "-1, 512, 1048576, 'interval of -1 ns'",
    "1000, 0, 1048576, 'depth of 0'",
    "1000, 2049, 1048576, 'depth of 2049'",
    "1000, 512, 524287, '524287 bytes'",
    "1000, 512, 1099511627776, '1099511627776 bytes'"
  })
  void shouldRefuseWhatTheNativeSideCannotUse(long interval, int depth, long memory, String named) {
    Exception refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new SamplerConfig(
                    Engine.CTIMER, Walker.AGCT, NativeFrames.NONE, interval, depth, memory));

    assertTrue(refused.getMessage().contains(named), refused.getMessage());
    assertTrue(refused.getMessage().contains("valid: "), refused.getMessage());
  }
}
