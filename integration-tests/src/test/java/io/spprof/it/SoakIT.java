package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.Vitals.Figure;
import io.spprof.it.load.H2Churn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.h2.Driver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Does for an hour everything that users do with the profiler, on a live load. An ordinary build
 * does not run this test. {@code ./mvnw -q -Psoak -Dsoak=hour verify} runs it, and {@code
 * -Dsoak.minutes=60} sets its length. It prints a line a minute and writes {@code target/soak.md}.
 * It fails if a figure grew (see {@link Growth}), if the counters do not account for every signal,
 * or if the process differs after a stop from its state before the first session (see {@link
 * ProcessState}).
 */
@Tag("hour")
class SoakIT {

  private static final double MINUTES =
      Double.parseDouble(System.getProperty("soak.minutes", "60"));
  private static final double WARM_UP = 0.1;
  private static final int FEWEST_READINGS = 24;
  private static final String[] INTERVALS = {"100us", "1ms", "5ms", "10ms", "20ms"};

  @ParameterizedTest
  @ValueSource(strings = {"ctimer", "itimer"})
  void shouldNotGrowWithinAnHour(String engine) throws Exception {
    // The heap has its full size from the beginning, so that resident memory shows the memory
    // outside of it.
    try (TargetJvm target =
            TargetJvm.of(H2Churn.class, 2)
                .flags("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch")
                .classPathOf(Driver.class)
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      new Run(engine, target, bean).all();
    }
  }

  /** The hour-long run with one engine, that is, with one source of the sampling signals. */
  private static final class Run {
    private final String engine;
    private final TargetJvm target;
    private final BeanClient bean;
    private final ProcessState before;
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Vitals> readings = new ArrayList<>();
    private final List<Double> hours = new ArrayList<>();
    private final long begun = System.nanoTime();
    private long cycles;
    private long dumps;

    Run(String engine, TargetJvm target, BeanClient bean) throws Exception {
      this.engine = engine;
      this.target = target;
      this.bean = bean;
      this.before = ProcessState.before(target);
    }

    void all() throws Exception {
      double period = Math.min(1, MINUTES / FEWEST_READINGS);
      double next = period;
      while (minutes() < MINUTES) {
        switch (random.nextInt(8)) {
          case 0 -> longSession();
          case 1 -> endsByItself();
          default -> burst();
        }
        if (minutes() >= next) {
          next = minutes() + period;
          read();
        }
      }
      report();
    }

    private double minutes() {
      return (System.nanoTime() - begun) / 60e9;
    }

    /** Many short sessions, one after the other. */
    private void burst() throws Exception {
      for (int i = 0; i < 20; i++) {
        start(INTERVALS[random.nextInt(INTERVALS.length)], "");
        Thread.sleep(random.nextInt(20));
        stop();
      }
    }

    /** A session of some seconds that clients query while it runs. */
    private void longSession() throws Exception {
      String depth = ",depth=" + (8 << random.nextInt(8));
      start(INTERVALS[random.nextInt(3)], depth + ",memory=" + (1 << random.nextInt(7)) + "m");
      for (int i = random.nextInt(1, 5); i > 0; i--) {
        Thread.sleep(1_000);
        dump();
        Figures running = Figures.of(bean);
        assertTrue(running.inBuffer() >= 0, running::toString);
      }
      stop();
      dump();
    }

    private void dump() throws Exception {
      assertTrue(bean.query("report").contains("samples"), "a report");
      assertTrue(bean.query("flameGraph").contains("</html>"), "a flame graph");
      bean.collapsed();
      bean.all();
      dumps += 3;
    }

    private void endsByItself() throws Exception {
      start("5ms", ",duration=1s");
      Await.until("the session ends by itself", () -> bean.text("State").equals("IDLE"));
      ended();
    }

    private void start(String interval, String more) throws Exception {
      bean.startWith("engine=" + engine + ",interval=" + interval + more);
    }

    private void stop() throws Exception {
      bean.stop();
      ended();
    }

    private void ended() throws Exception {
      cycles++;
      assertEquals("", bean.text("LastError"));
      Figures.of(bean).assertExact();
      before.assertUnchanged("after session " + cycles);
    }

    private void read() throws Exception {
      Vitals now = Vitals.read(target, bean);
      if (minutes() > WARM_UP * MINUTES) {
        readings.add(now);
        hours.add(minutes() / 60);
      }
      System.out.printf(
          "%s %6.1f min: %d cycles, %d samples, %d drops, %s%n",
          engine,
          minutes(),
          cycles,
          bean.number("CollectedSamples"),
          bean.number("DroppedSamples"),
          now.line());
    }

    private void report() throws Exception {
      List<Growth> growths =
          Stream.of(Figure.values()).map(figure -> Growth.of(figure, readings, hours)).toList();
      StringBuilder text = new StringBuilder();
      text.append(
          String.format(
              "%.0f minutes, engine=%s, Java %s, Linux %s, %d CPUs: %d sessions, %d samples, %d"
                  + " signals dropped (all counted), %d dumps, %s transactions, %s classes loaded and"
                  + " unloaded, %s threads born and ended. The first tenth is warm-up and not in the"
                  + " table.%n%n",
              minutes(),
              engine,
              System.getProperty("java.version"),
              System.getProperty("os.version"),
              Runtime.getRuntime().availableProcessors(),
              cycles,
              bean.number("CollectedSamples"),
              bean.number("DroppedSamples"),
              dumps,
              target.ask("transactions"),
              target.ask("classes"),
              target.ask("threads")));
      text.append(Growth.head());
      growths.forEach(growth -> text.append(growth.row()));
      System.out.println(text);
      Files.writeString(file(), text);
      List<Growth> grew = growths.stream().filter(Growth::isTooMuch).toList();
      assertTrue(grew.isEmpty(), () -> "these grew beyond noise: " + grew + "\n" + text);
    }

    private Path file() {
      return TestPaths.output("soak-" + engine + ".md");
    }
  }
}
