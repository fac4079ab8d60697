package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.sampler.SampleRing;
import org.junit.jupiter.api.Test;

/** Tests which part of a pass's CPU time counts as caused by samples. */
final class PassCostTest {

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final Collector collector =
      new Collector(ring.reader(), sampler, 16, new MemoryBudget(1 << 20), 0, 0);
  private long cpuNanos;

  /** Makes a pass that takes some CPU time. */
  private Pass pass(long nanos) {
    sampler.onNamesRead = () -> cpuNanos += nanos;
    sampler.threadCpuNanos = () -> cpuNanos;
    Pass pass = collector.pass();
    assertEquals(nanos, pass.cpuNanos());
    return pass;
  }

  @Test
  void shouldChargeSamplesWithWhatAPassTakesMoreThanAnEmptyOne() {
    pass(50_000); // the first one links its code
    pass(3_000);
    ring.sample(1, 10, 8, 16);
    Pass pass = pass(9_000);
    assertEquals(6_000, pass.samplesCpuNanos());
    assertEquals(true, pass.hasSamples());
    assertEquals(9_000 + 53_000, collector.stats().ownCpuNanos());

    pass(70_000); // one slow pass
    ring.sample(1, 10, 8, 16);
    assertEquals(6_000, pass(9_000).samplesCpuNanos());
    ring.sample(1, 10, 8, 16);
    assertEquals(0, pass(2_000).samplesCpuNanos());
  }

  @Test
  void shouldChargeSamplesWithAWholePassUntilThereWereTwoEmptyOnes() {
    ring.sample(1, 10, 8, 16);
    assertEquals(9_000, pass(9_000).samplesCpuNanos());
    pass(3_000);
    ring.sample(1, 10, 8, 16);
    assertEquals(9_000, pass(9_000).samplesCpuNanos());
  }

  @Test
  void shouldChargeSamplesWithNothingOfAPassThatReadsTimesOnly() {
    ring.times(1, 5, 6);
    Pass pass = pass(9_000);
    assertEquals(SampleRing.TIMES_BYTES, pass.bytes());
    assertEquals(0, pass.samplesCpuNanos());
    assertEquals(false, pass.hasSamples());
  }

  @Test
  void shouldDivideAPassBetweenSamplesAndTimesByTheirBytes() {
    ring.sample(1, 10, 8, 16);
    int bytes = pass(1).bytes();
    ring.sample(1, 10, 8, 16);
    for (int thread = 0; thread < 3 * bytes / SampleRing.TIMES_BYTES; thread++) {
      ring.times(thread, 5, 6);
    }
    Pass pass = pass(8_000);
    assertEquals(4 * bytes, pass.bytes());
    assertEquals(2_000, pass.samplesCpuNanos());
    assertEquals(true, pass.hasSamples());
  }

  /** Names and symbols are looked up before the pass can know whether it may read. */
  @Test
  void shouldTakeNoPassForEmptyThatWaitsForAWriter() {
    for (int i = 0; i < 2; i++) {
      pass(3_000);
    }
    for (int i = 0; i < 2; i++) {
      ring.sample(1, 10, 8, 16);
      Runnable complete = ring.halfWay();
      assertEquals(0, pass(8_000).samplesCpuNanos());
      complete.run();
      assertEquals(5_000, pass(8_000).samplesCpuNanos());
    }
  }
}
