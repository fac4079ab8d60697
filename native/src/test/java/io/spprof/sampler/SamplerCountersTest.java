package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SamplerCountersTest {

  private static SamplerCounters timed(long nanos, long signals) {
    return new SamplerCounters(
        0, Drops.NONE, 0, 0, 0, nanos, nanos / 2, 0, 0, 0, 0, KernelTimes.NONE, signals);
  }

  private static KernelTimes kernel(long user, long wait) {
    return new KernelTimes(user, 3 * user, wait, -1);
  }

  private static Drops late(long signals) {
    return Drops.NONE.plus(DropReason.LATE, signals);
  }

  @Test
  void shouldReadEachCounterFromItsPlace() {
    ByteBuffer block =
        ByteBuffer.allocateDirect(SampleLayout.COUNTERS_SIZE).order(ByteOrder.nativeOrder());
    for (int offset = 0; offset < SampleLayout.COUNTERS_SIZE; offset += Long.BYTES) {
      block.putLong(offset, 100 + offset / Long.BYTES);
    }
    long[] dropped = new long[DropReason.values().length]; // 0 for the reasons of the collector
    for (int i = 0; i < DropReason.OF_HANDLERS; i++) {
      dropped[i] = 115 + i;
    }

    assertEquals(
        new SamplerCounters(
            101,
            Drops.of(dropped),
            102,
            103,
            104,
            105,
            106,
            107,
            108,
            109,
            110,
            new KernelTimes(111, 112, 113, -1),
            100),
        SamplerCounters.read(block));
  }

  @Test
  void shouldSubtractCountersAndKeepGauges() {
    SamplerCounters earlier =
        new SamplerCounters(1, late(4), 6, 7, 8, 9, 5, 40, 70, 60, 3, kernel(2, -1), 12);
    SamplerCounters later =
        new SamplerCounters(11, late(17), 21, 23, 25, 27, 8, 45, 77, 4, 2, kernel(9, 30), 33);

    assertEquals(
        new SamplerCounters(10, late(13), 15, 16, 17, 18, 3, 5, 7, 4, 2, kernel(7, 30), 21),
        later.since(earlier));
  }

  @Test
  void shouldCountSignalsWithAnOutcomeOnlyWhenSettled() {
    SamplerCounters counters =
        new SamplerCounters(1, late(4), 6, 7, 8, 9, 5, 16, 11, 0, 0, KernelTimes.NONE, 12);

    assertEquals(
        new SamplerCounters(1, late(4), 6, 7, 8, 9, 5, 16, 11, 0, 0, KernelTimes.NONE, 5),
        counters.settled());
  }

  @Test
  void shouldBeZeroSinceItself() {
    SamplerCounters counters =
        new SamplerCounters(1, late(4), 6, 7, 8, 9, 5, 16, 11, 0, 0, KernelTimes.NONE, 12);

    assertEquals(SamplerCounters.ZERO, counters.since(counters));
  }

  @Test
  void shouldScaleTheMeasuredHandlersToAll() {
    assertEquals(0, SamplerCounters.ZERO.handlerCpuNanos());
    assertEquals(8 * 50_000, timed(50_000, 80).handlerCpuNanos());
    assertEquals(8 * 25_000, timed(50_000, 80).walkNanos());
  }

  /**
   * A counter of the bean shows this value. A monitor computes differences of the counter, so it
   * must never decrease.
   */
  @Test
  void shouldNeverTakeHandlerTimeBack() {
    Random random = new Random(1);
    long nanos = 0;
    long before = 0;
    for (long signals = 1; signals < 10_000; signals++) {
      if (signals % 8 == 0) {
        nanos += random.nextInt(signals < 100 ? 500_000 : 5_000); // cold caches at first
      }
      long now = timed(nanos, signals).handlerCpuNanos();
      assertTrue(now >= before, "from " + before + " to " + now + " at signal " + signals);
      before = now;
    }
  }
}
