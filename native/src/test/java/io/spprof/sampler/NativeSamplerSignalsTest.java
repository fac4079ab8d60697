package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the sampler with real timers and real signals in this JVM. */
@SuppressWarnings("try") // busy threads need only be there
final class NativeSamplerSignalsTest {

  private static final SamplerConfig CONFIG = config(Engine.CTIMER);

  private final NativeSampler sampler = new NativeSampler();
  private boolean sampling;

  private static SamplerConfig config(Engine engine) {
    return new SamplerConfig(engine, Walker.AGCT, NativeFrames.NONE, 1_000_000, 64, 4 << 20);
  }

  @AfterEach
  void leaveNothingBehind() throws SamplerException {
    if (sampling) {
      sampler.stop();
    }
    sampler.release();
  }

  /** Runs a session until its records are {@code enough}. Returns all of its records. */
  private RecordedSamples session(SamplerConfig config, Predicate<RecordedSamples> enough)
      throws SamplerException {
    sampler.load();
    SamplerCounters before = sampler.counters();
    SampleRing ring = sampler.start(config);
    sampling = true;
    RecordedSamples seen = new RecordedSamples();
    BusyThreads.await(
        () -> {
          sampler.readNames();
          ring.read(seen);
          return enough.test(seen);
        },
        "enough samples");
    assertEquals("", sampler.stop());
    sampling = false;
    while (ring.read(seen) > 0) {
      // reads up to the last record
    }
    sampler.release();
    SamplerCounters counted = sampler.counters().since(before);
    assertConserved(counted);
    assertEquals(counted.committed(), seen.samples.size(), "what was committed can be read");
    return seen;
  }

  /** A failed measurement must not keep the next session from measuring. */
  @Test
  void shouldAssumeTheCostOfASignalUntilItIsMeasured() throws Exception {
    assertEquals(NativeSampler.ASSUMED_SIGNAL_COST_NANOS, sampler.signalCostNanos());
    sampler.load();
    sampler.measureSignalCost(); // fails: no session is sampling
    assertEquals(NativeSampler.ASSUMED_SIGNAL_COST_NANOS, sampler.signalCostNanos());

    session(CONFIG, any -> costIsMeasured());
    assertTrue(costIsMeasured());
    long measured = sampler.signalCostNanos();
    assertTrue(measured > 0 && measured <= 100_000, measured + " ns");
  }

  /** Measures again if the cost happens to be the assumed one. */
  private boolean costIsMeasured() {
    sampler.measureSignalCost();
    return sampler.signalCostNanos() != NativeSampler.ASSUMED_SIGNAL_COST_NANOS;
  }

  private static long full(SamplerCounters counted) {
    return counted.dropped().of(DropReason.BUFFER_FULL);
  }

  private static void assertConserved(SamplerCounters counted) {
    assertEquals(
        counted.signals(), counted.committed() + counted.dropped().total(), counted.toString());
    assertEquals(0, counted.dropped().of(DropReason.FOREIGN));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void shouldLoseNoSignalInAHundredSessions(Engine engine) throws Exception {
    try (BusyThreads busy = new BusyThreads(4)) {
      for (int i = 0; i < 100; i++) {
        RecordedSamples seen = session(config(engine), any -> !any.samples.isEmpty());
        assertTrue(seen.samples.stream().allMatch(s -> s.cpuNanos() >= 0));
        // A thread's own timer expires every interval, so weights are multiples of it. The clock of
        // the process gives any value.
        assertTrue(
            engine == Engine.ITIMER
                || seen.samples.stream().allMatch(s -> s.cpuNanos() % 1_000_000 == 0));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void shouldCountWhatAFullRingRefuses(Engine engine) throws Exception {
    sampler.load();
    SamplerCounters before = sampler.counters();
    // A ring that nobody reads, and stacks that are deep: a few hundred samples fill it.
    SampleRing ring =
        sampler.start(
            new SamplerConfig(engine, Walker.AGCT, NativeFrames.NONE, 100_000, 2048, 512 << 10));
    sampling = true;
    try (BusyThreads busy = new BusyThreads(8, () -> {}, 200)) {
      BusyThreads.await(() -> full(sampler.counters().since(before)) > 10, "drops");
    }
    sampler.stop();
    sampling = false;
    RecordedSamples seen = new RecordedSamples();
    ring.read(seen);

    SamplerCounters counted = sampler.counters().since(before);
    assertConserved(counted);
    assertEquals(counted.committed(), seen.samples.size());
    assertTrue(engine == Engine.ITIMER || counted.droppedCpuNanos() >= full(counted) * 100_000);
    assertTrue(counted.droppedCpuNanos() > 0);
  }

  @Test
  void shouldKeepOutAThreadThatAsksForItAndLetItInAgain() throws Exception {
    sampler.load();
    try (BusyThreads hidden = new BusyThreads(1, () -> sampler.excludeCurrentThread(true))) {
      try (BusyThreads seen = new BusyThreads(1)) {
        // Both threads have the same name. Only one of them is sampled.
        List<Integer> serials =
            busySamples(session(CONFIG, walked(20))).stream()
                .map(s -> s.thread())
                .distinct()
                .toList();
        assertEquals(1, serials.size());
      }
    }
    Runnable inAndOut =
        () -> {
          sampler.excludeCurrentThread(true);
          sampler.excludeCurrentThread(false);
        };
    try (BusyThreads shown = new BusyThreads(1, inAndOut)) {
      session(CONFIG, walked(1));
    }
  }

  /** With a timer of the process, the sampler learns of such a thread from its ThreadStart only. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void shouldWalkAThreadThatStartedWithinTheSession(Engine engine) throws Exception {
    sampler.load();
    SampleRing ring = sampler.start(config(engine));
    sampling = true;
    RecordedSamples seen = new RecordedSamples();
    try (BusyThreads busy = new BusyThreads(1)) {
      BusyThreads.await(
          () -> {
            sampler.readNames();
            ring.read(seen);
            return busySamples(seen).stream().anyMatch(s -> s.walk() == WalkResult.OK);
          },
          "a stack of the thread");
    }
  }

  /** True for a session that has so many stacks of the busy thread, whoever else runs. */
  private static Predicate<RecordedSamples> walked(int atLeast) {
    return seen ->
        busySamples(seen).stream().filter(s -> s.walk() == WalkResult.OK).count() >= atLeast;
  }

  private static List<RecordedSamples.Sample> busySamples(RecordedSamples seen) {
    return seen.of(BusyThreads.NAME + 0);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void shouldNameTheMethodsOfAStack(Engine engine) throws Exception {
    try (BusyThreads busy = new BusyThreads(1)) {
      List<String> stack =
          busySamples(session(config(engine), walked(20))).stream()
              .filter(s -> s.walk() == WalkResult.OK)
              .map(s -> s.methods().stream().map(sampler::methodName).toList())
              .filter(names -> names.contains(BusyThreads.class.getName() + ".spin"))
              .findFirst()
              .orElseThrow();

      assertEquals("java.lang.Thread.run", stack.get(stack.size() - 1));
    }
    assertNull(sampler.methodName(0), "no method has the id 0");
  }

  /** The timer of a process does not need the system's number of a thread. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
  void shouldShowTheNumbersOfAThread(Engine engine) throws Exception {
    String name = BusyThreads.NAME + 0;
    try (BusyThreads busy = new BusyThreads(1)) {
      ThreadName seen =
          session(config(engine), walked(20)).threads.values().stream()
              .filter(thread -> thread.text().equals(name))
              .findFirst()
              .orElseThrow();

      List<Long> ids =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals(name))
              .map(Thread::getId)
              .toList();
      assertEquals(List.of(seen.javaId()), ids);
      if (engine == Engine.CTIMER) {
        Path file = Path.of("/proc/self/task/" + seen.systemId() + "/comm");
        assertEquals(name, Files.readString(file).strip());
      } else {
        assertEquals(0, seen.systemId());
      }
    }
  }

  @Test
  void shouldKeepTheLeafEndOfADeepStack() throws Exception {
    try (BusyThreads busy = new BusyThreads(1)) {
      RecordedSamples seen =
          session(
              new SamplerConfig(
                  Engine.CTIMER, Walker.AGCT, NativeFrames.NONE, 1_000_000, 1, 1 << 20),
              walked(20));

      List<RecordedSamples.Sample> walked =
          busySamples(seen).stream().filter(s -> s.walk() == WalkResult.OK).toList();
      assertTrue(!walked.isEmpty());
      assertTrue(walked.stream().allMatch(s -> s.methods().size() == 1));
      assertTrue(walked.stream().allMatch(RecordedSamples.Sample::truncated));
    }
  }
}
