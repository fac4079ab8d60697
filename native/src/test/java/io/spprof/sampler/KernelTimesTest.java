package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class KernelTimesTest {

  private static final KernelTimes KNOWN = new KernelTimes(1, 2, 3, 4);

  @Test
  void shouldAddAndSubtractWhatIsKnown() {
    assertEquals(new KernelTimes(11, 22, 33, 44), KNOWN.plus(new KernelTimes(10, 20, 30, 40)));
    assertEquals(KNOWN, new KernelTimes(11, 22, 33, 44).minus(new KernelTimes(10, 20, 30, 40)));
    assertEquals(new KernelTimes(1, 2, 3, -1), KNOWN.withThrottled(-1));
  }

  @Test
  void shouldTakeWhatIsNotKnownForNothing() {
    assertEquals(KNOWN, KernelTimes.NONE.plus(KNOWN));
    assertEquals(KNOWN, KNOWN.plus(KernelTimes.NONE));
    assertEquals(KNOWN, KNOWN.minus(KernelTimes.NONE));
    assertEquals(KernelTimes.NONE, KernelTimes.NONE.plus(KernelTimes.NONE));
    assertEquals(new KernelTimes(-1, -2, -1, -1), KernelTimes.NONE.minus(KNOWN));
  }
}
