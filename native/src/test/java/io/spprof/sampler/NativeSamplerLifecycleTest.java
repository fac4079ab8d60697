package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests the sampler's calls in the right order and in wrong ones. */
final class NativeSamplerLifecycleTest {

  private static final SamplerConfig CONFIG =
      new SamplerConfig(Engine.CTIMER, Walker.AGCT, NativeFrames.NONE, 10_000_000, 64, 1 << 20);

  private final NativeSampler sampler = new NativeSampler();
  private boolean sampling;

  private SampleRing start() throws SamplerException {
    SampleRing ring = sampler.start(CONFIG);
    sampling = true;
    return ring;
  }

  private String stop() throws SamplerException {
    sampling = false;
    return sampler.stop();
  }

  @AfterEach
  void leaveNothingBehind() throws SamplerException {
    if (sampling) {
      sampler.stop();
    }
    sampler.release();
  }

  private static void assertSays(String part, Exception refused) {
    assertTrue(refused.getMessage().contains(part), refused.getMessage());
  }

  @Test
  void shouldStartStopAndReleaseAgainAndAgain() throws SamplerException {
    for (int i = 0; i < 3; i++) {
      assertEquals(CONFIG.ringBytes(), start().capacity());
      assertTrue(sampler.counters().threadsSampled() > 1);
      assertEquals("", sampler.threadProblem());
      assertEquals("", stop());
      assertEquals(0, sampler.counters().threadsSampled());
      sampler.release();
    }
  }

  @Test
  void shouldRefuseStartWhileRunningAndLeaveTheSessionAlone() throws SamplerException {
    start();
    int threads = sampler.counters().threadsSampled();

    assertSays(
        "stop and release that profiler object",
        assertThrows(SamplerException.class, () -> start()));
    assertSays(
        "another profiler object",
        assertThrows(SamplerException.class, () -> new NativeSampler().start(CONFIG)));

    assertEquals(threads, sampler.counters().threadsSampled());
    assertEquals("", stop());
  }

  @Test
  void shouldRefuseStartBeforeTheLastSessionIsReleased() throws SamplerException {
    start();
    stop();

    assertSays("release", assertThrows(SamplerException.class, () -> sampler.start(CONFIG)));

    sampler.release();
    start();
  }

  @Test
  void shouldRefuseStopWithoutASession() throws SamplerException {
    assertSays("call start first", assertThrows(SamplerException.class, sampler::stop));
    sampler.load();
    assertSays("call start first", assertThrows(SamplerException.class, sampler::stop));
  }

  @Test
  void shouldRefuseASecondStop() throws SamplerException {
    start();
    stop();

    assertSays("call start first", assertThrows(SamplerException.class, sampler::stop));
  }

  @Test
  void shouldRefuseToReleaseWhileSampling() throws SamplerException {
    SampleRing ring = start();

    assertSays(
        "call stop first", assertThrows(IllegalStateException.class, () -> sampler.release()));

    assertDoesNotThrow(() -> ring.read(new RecordedSamples()));
    stop();
    sampler.release();
    assertDoesNotThrow(() -> sampler.release(), "a second release does nothing");
  }

  @Test
  void shouldLetTheRingBeReadBetweenStopAndRelease() throws SamplerException {
    SampleRing ring = start();
    long until = sampler.currentThreadCpuNanos() + 100_000_000;
    while (sampler.currentThreadCpuNanos() < until) {
      Thread.onSpinWait(); // only names of sampled threads are read
    }
    stop();

    RecordedSamples seen = new RecordedSamples();
    ring.read(seen);

    assertTrue(seen.names.containsValue(Thread.currentThread().getName()), seen.names.toString());
  }

  @Test
  void shouldAnswerWithNothingBeforeTheFirstLoad() throws SamplerException {
    NativeSampler fresh = new NativeSampler();

    assertEquals("", fresh.unavailable());
    assertEquals(SamplerCounters.ZERO, fresh.counters());
    assertEquals("", fresh.threadProblem());
    assertNull(fresh.methodName(1));
    assertEquals(0, fresh.currentThreadCpuNanos());
    assertDoesNotThrow(() -> fresh.sweep());
    assertDoesNotThrow(() -> fresh.excludeCurrentThread(true));
    assertDoesNotThrow(fresh::release);
  }

  @Test
  void shouldReadItsThreadsCpuClock() throws SamplerException {
    sampler.load();
    long before = sampler.currentThreadCpuNanos();

    BusyThreads.await(() -> sampler.currentThreadCpuNanos() > before, "the thread's CPU clock");
  }
}
