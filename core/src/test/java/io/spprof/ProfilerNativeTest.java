package io.spprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.config.ProfilerConfig;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests the profiler with the native library in this JVM, from real timers and signals to the
 * profile.
 */
@Timeout(300)
final class ProfilerNativeTest {

  private static final long STEP_NANOS = 20_000_000;

  private final Profiler profiler = new Profiler();

  private static volatile long sink;

  @AfterEach
  void shouldLeaveNoThread() {
    profiler.close();
    assertFalse(WaitFor.collectorAlive());
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void seventy(long untilCpuNanos) {
    while (cpuNanos() < untilCpuNanos) {
      for (int i = 0; i < 5000; i++) {
        sink++;
      }
    }
  }

  private static void thirty(long untilCpuNanos) {
    while (cpuNanos() < untilCpuNanos) {
      for (int i = 0; i < 5000; i++) {
        sink--;
      }
    }
  }

  /** The CPU time that the profile attributes to the methods of this class, with their callees. */
  private static Map<String, Long> nanosByMethod(Profile profile) {
    Map<String, Long> nanos = new HashMap<>();
    String prefix = ProfilerNativeTest.class.getName() + ".";
    for (int row = 0; row < profile.rowCount(); row++) {
      int stack = profile.stack(row);
      for (int i = 0; i < profile.depth(stack); i++) {
        String name = profile.frameName(profile.frame(stack, i));
        if (name.equals(prefix + "seventy") || name.equals(prefix + "thirty")) {
          nanos.merge(name.substring(prefix.length()), profile.cpuNanos(row), Long::sum);
          break;
        }
      }
    }
    return nanos;
  }

  private static long threadNanos(Profile profile, String thread) {
    long nanos = 0;
    for (int row = 0; row < profile.rowCount(); row++) {
      boolean its = profile.threads().get(profile.thread(row)).name().equals(thread);
      nanos += its ? profile.cpuNanos(row) : 0;
    }
    return nanos;
  }

  private void assertConserved() {
    ProfilerStats stats = profiler.stats();
    assertEquals(
        stats.counters().signals(),
        stats.counters().collectedSamples() + stats.counters().dropped().total());
    assertEquals(0, stats.counters().dropped().of(DropReason.FOREIGN));
    assertEquals(0, stats.counters().dropped().of(DropReason.COLLECTOR_ERROR));
    assertEquals(0, stats.gauges().threadsSampled());
  }

  @Test
  void shouldSplitCpuTimeAsTheProgramDid() throws InterruptedException {
    AtomicLong used = new AtomicLong();
    profiler.start(ProfilerConfig.parse("interval=1ms"));
    Thread worker =
        new Thread(
            () -> {
              long now = cpuNanos();
              // at least 4 s of CPU time, in steps whose lengths are not in phase with a timer
              for (long i = 0;
                  i < 200 || profiler.stats().counters().collectedSamples() < 2500;
                  i++) {
                long step = STEP_NANOS + i * 7919;
                seventy(now + step * 7 / 10);
                thirty(now + step);
                now += step;
              }
              used.set(cpuNanos());
            },
            "seventy-thirty");
    worker.start();
    worker.join();
    profiler.stop();

    Profile profile = profiler.profile();
    Map<String, Long> nanos = nanosByMethod(profile);
    double both = nanos.get("seventy") + nanos.get("thirty");
    // Two thousand samples and more. On a busy machine they are independent, with a standard
    // deviation of a point, or somewhat more if their weights differ.
    assertEquals(70, 100 * nanos.get("seventy") / both, 5);
    double ofThread = threadNanos(profile, worker.getName());
    assertEquals(1, ofThread / used.get(), 0.05, "what has no stack counts, too");
    assertConserved();
    assertEquals(profiler.stats().session().collected(), profile.totalSamples());
    assertEquals(profiler.stats().counters().sampledCpuNanos(), profile.totalCpuNanos());
  }

  @Test
  void shouldLoseNoSignalFromSessionToSession() {
    for (int i = 1; i <= 20; i++) {
      profiler.start(ProfilerConfig.parse("interval=1ms,memory=1m,depth=2048"));
      long signals = profiler.stats().counters().signals();
      do {
        seventy(cpuNanos() + STEP_NANOS); // several ticks of the kernel
      } while (profiler.stats().counters().signals() == signals);
      SessionStats session = profiler.stop();
      assertTrue(session.collected() > 0);
      assertEquals(i, session.id());
      assertConserved();
    }
  }

  @Test
  void shouldKeepItsOwnThreadOutOfTheProfile() {
    profiler.start(ProfilerConfig.parse("interval=1ms"));
    seventy(cpuNanos() + 10 * STEP_NANOS);
    profiler.stop();

    Profile profile = profiler.profile();
    assertTrue(profile.threads().size() > 0);
    for (int row = 0; row < profile.rowCount(); row++) {
      assertFalse(profile.threads().get(profile.thread(row)).name().contains("spprof"));
    }
  }
}
