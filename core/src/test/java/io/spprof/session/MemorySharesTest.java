package io.spprof.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import org.junit.jupiter.api.Test;

class MemorySharesTest {

  private static final long MIB = 1 << 20;

  private static MemoryShares of(String options, long heapMib) {
    return MemoryShares.of(ProfilerConfig.parse(options), heapMib * MIB);
  }

  @Test
  void shouldGiveAllWhereTheHeapIsLarge() {
    for (String memory : new String[] {"memory=1m", "memory=32m", "memory=1g"}) {
      MemoryShares shares = of(memory, 8192);
      assertEquals(ProfilerConfig.parse(memory).memoryBytes(), shares.limitBytes());
      assertEquals("", shares.problem());
    }
  }

  @Test
  void shouldGiveTheTablesAnEighthOfASmallHeap() {
    MemoryShares shares = of("memory=1g", 64);
    assertEquals(8 * MIB, shares.tablesBytes());
    assertEquals(of("memory=1g", 8192).sampler(), shares.sampler(), "which is not on the heap");
    assertEquals(shares.sampler().usedBytes() + 8 * MIB, shares.limitBytes());
    assertTrue(
        shares.problem().startsWith("the heap of 64 MiB is small for the tables: they get 8.0 MiB"),
        shares.problem());
    assertEquals(3 * MIB, of("", 24).tablesBytes());
  }

  @Test
  void shouldGiveTheTablesWhatTheyNeedInTheSmallestHeap() {
    assertEquals(512 << 10, of("memory=4m", 2).tablesBytes());
  }
}
