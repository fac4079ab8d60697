package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Spawner;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The processes that a target starts are not affected by the profiler. */
@Timeout( // only against a hang: a single wait may take a quarter of an hour
    value = 3600,
    threadMode = ThreadMode.SEPARATE_THREAD) // a client of a JVM that hangs would hang, too
@Tag("system")
class ChildProcessIT {

  private static final String SHORTEST = "interval=100us,engine=";
  private static final String SIGXCPU = Integer.toString(128 + 24);
  private static final int STORM = 200;
  private static final int STOPS = Integer.getInteger("spprof.it.stops", 150);

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldGiveChildrenTheSignalsAndTimersThatTheyHaveUnsampled(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(Spawner.class, STORM).start();
        BeanClient bean = BeanClient.connect(target)) {
      awaitChildren(target);
      Map<String, Long> unsampled = births(target);
      assertEquals(1, unsampled.size(), unsampled.toString());
      for (int session = 0; session < 10; session++) {
        bean.startWith(SHORTEST + engine);
        assertBornAs(unsampled, target);
        bean.stop();
        assertBornAs(unsampled, target);
      }
    }
  }

  /**
   * Starts children during starts and stops. One exception is known: a stop ignores the signal for
   * some microseconds, and a child that is started at that moment ignores it for its whole life.
   */
  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldGiveTheSameToChildrenThatAreStartedDuringAStartOrAStop(String engine)
      throws Exception {
    try (TargetJvm target = TargetJvm.of(Spawner.class, STORM).start();
        BeanClient bean = BeanClient.connect(target)) {
      awaitChildren(target);
      String unsampled = births(target).keySet().iterator().next();
      for (int session = 0; session < STOPS; session++) {
        bean.startWith(SHORTEST + engine);
        bean.stop();
      }
      awaitChildren(target); // and those that were being started
      Map<String, Long> births = births(target);
      Measured.print("%s: %d stops, children %s", engine, STOPS, births);
      births.remove(unsampled);
      births.remove(ignoringSigprof(unsampled));
      assertEquals(Map.of(), births, "started with other signals or timers than " + unsampled);
      assertTrue(
          births(target).getOrDefault(ignoringSigprof(unsampled), 0L) <= children(target) / 10,
          births(target)::toString);
    }
  }

  private static String ignoringSigprof(String birth) {
    String ignored = birth.replaceFirst(".*SigIgn:(\\w+),.*", "$1");
    long more = Long.parseUnsignedLong(ignored, 16) | 1L << (Proc.SIGPROF - 1);
    return birth.replace("SigIgn:" + ignored, String.format("SigIgn:%016x", more));
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldNotKillAChildThatUsesCpuTime(String engine) throws Exception {
    try (TargetJvm target = TargetJvm.of(Spawner.class, STORM).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith(SHORTEST + engine);
      assertEquals(SIGXCPU, target.ask("burn"));
      bean.stop();
    }
  }

  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldStartManyChildren(String engine) throws Exception {
    storm(engine, STORM, TargetJvm.of(Spawner.class, STORM));
  }

  /** A real fork copies the page tables, which takes longer with more memory. */
  @ParameterizedTest
  @MethodSource("io.spprof.it.Engines#all")
  void shouldStartManyChildrenWithMuchMemoryToCopy(String engine) throws Exception {
    storm(
        engine,
        STORM / 10,
        TargetJvm.of(Spawner.class, STORM / 10)
            .flags("-Djdk.lang.Process.launchMechanism=FORK", "-Xms128m", "-XX:+AlwaysPreTouch"));
  }

  private static void storm(String engine, int size, TargetJvm.Builder builder) throws Exception {
    String all = size + " of " + size;
    try (TargetJvm target = builder.start();
        BeanClient bean = BeanClient.connect(target)) {
      long begun = System.nanoTime();
      assertEquals(all, target.ask("storm"));
      long unsampled = System.nanoTime() - begun;
      bean.startWith(SHORTEST + engine);
      begun = System.nanoTime();
      assertEquals(all, target.ask("storm"));
      Measured.print(
          "%s: %d children took %d ms, sampled %d ms",
          engine, size, unsampled / 1_000_000, (System.nanoTime() - begun) / 1_000_000);
      assertTrue(bean.number("Signals") > 0);
      bean.stop();
      Figures.of(bean).assertExact();
    }
  }

  private static void assertBornAs(Map<String, Long> unsampled, TargetJvm target) throws Exception {
    awaitChildren(target); // and those that were being started
    Map<String, Long> before = births(target);
    awaitChildren(target);
    Map<String, Long> after = births(target);
    String usual = unsampled.keySet().iterator().next();
    after.put(usual, before.get(usual));
    assertEquals(before, after, "children were started with other signals or timers than " + usual);
  }

  /**
   * Waits until each thread that starts children has finished two more. The first of them may have
   * been started before, the second was not.
   */
  private static void awaitChildren(TargetJvm target) throws Exception {
    List<Long> before = finished(target);
    Await.until(
        "children come and go",
        () -> {
          List<Long> now = finished(target);
          return IntStream.range(0, now.size()).allMatch(i -> now.get(i) >= before.get(i) + 2);
        });
  }

  /** How many children each thread that starts children has finished. */
  private static List<Long> finished(TargetJvm target) throws Exception {
    return Stream.of(target.ask("finished").split(" ")).map(Long::valueOf).toList();
  }

  private static long children(TargetJvm target) throws Exception {
    return births(target).values().stream().mapToLong(Long::longValue).sum();
  }

  private static Map<String, Long> births(TargetJvm target) throws Exception {
    Map<String, Long> births = new TreeMap<>();
    String answer = target.ask("births");
    for (String birth : answer.isEmpty() ? new String[0] : answer.split(" ")) {
      String[] parts = birth.split("\\*");
      births.put(parts[1], Long.valueOf(parts[0]));
    }
    return births;
  }
}
