package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.ArrayType;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import org.junit.jupiter.api.Test;

class TopPageTest {

  private static final String OPTIONS =
      "interval=10ms,memory=32m,depth=512,engine=auto,walker=auto,native=all,budget=1%";

  private static final String LONG =
      "org.springframework.data.jpa.repository.support.SimpleJpaRepository.findAll";

  private static final Terminal.Size WIDE = new Terminal.Size(200, 50);

  @Test
  void shouldFitIntoEightyColumns() throws Exception {
    assertEquals(
        List.of(
            "4711: RUNNING, interval=10ms,memory=32m,depth=512,engine=auto,walker=auto,",
            "  native=all,budget=1%",
            "100 samples/s, 2 dropped/s, 1.50 CPUs busy, 34 threads",
            "overhead in the last 10 s: 100.25 % measured, 0.35 % by the model (of one CPU)",
            "1,000 samples in 10 s:",
            "  self %  total %     samples  method",
            "   40.00    90.00         400  org.springframework….SimpleJpaRepository.findAll",
            "    4.00     4.50          40  java.util.HashMap.get"),
        page(Terminal.Size.USUAL, LONG, "java.util.HashMap.get"));
  }

  @Test
  void shouldShowWholeNamesInAWideWindowAndInAPipe() throws Exception {
    for (Terminal.Size size : List.of(WIDE, Terminal.Size.ENDLESS)) {
      List<String> lines = page(size, LONG, LONG.repeat(2));
      assertEquals("4711: RUNNING, " + OPTIONS, lines.get(0));
      assertTrue(lines.get(5).endsWith("  " + LONG), lines.get(5));
      assertTrue(lines.get(6).endsWith("  " + LONG.repeat(2)), lines.get(6));
    }
  }

  @Test
  void shouldNotBeWiderThanTheWindow() throws Exception {
    for (int columns = 79; columns <= 200; columns++) {
      for (String line : page(new Terminal.Size(columns, 24), LONG, LONG.repeat(5))) {
        assertTrue(line.length() <= columns, columns + ": " + line);
      }
    }
  }

  @Test
  void shouldNotBeHigherThanTheWindow() throws Exception {
    String[] twenty = Arrays.copyOf(new String[] {"a.b"}, 20);
    Arrays.fill(twenty, "a.b");
    assertEquals(25, page(WIDE, twenty).size());
    assertEquals(23, page(new Terminal.Size(200, 24), twenty).size());
    assertEquals(6, page(new Terminal.Size(200, 1), twenty).size(), "one method at least");
    assertEquals(25, page(new Terminal.Size(200, 24).withoutEnd(), twenty).size());
  }

  @Test
  void shouldSayThatTheMethodsAreOfAnEarlierSession() throws Exception {
    Map<String, Object> values = new HashMap<>(values(200, 4, 3_000_000_000L));
    values.put("State", "IDLE");
    TopPage.Reading idle = new TopPage.Reading(2_000_000_000L, values, list("a.b"));
    String hint = "no session runs; start TARGET begins one. The last session:";
    List<String> lines = TopPage.of("4711", idle, later(idle), 20, WIDE).lines().toList();
    assertEquals(List.of(hint, "1,000 samples in 10 s:"), lines.subList(3, 5));
    assertFalse(page(WIDE, "a.b").contains(hint));
  }

  @Test
  void shouldSayWhyThereIsNoMethod() throws Exception {
    Map<String, Object> values = new HashMap<>(values(0, 0, 0));
    TopPage.Reading running = new TopPage.Reading(0, values, listUntil(0));
    assertTrue(TopPage.of("4711", running, later(running), 20, WIDE).endsWith("no samples yet\n"));
    values.put("State", "IDLE");
    assertTrue(
        TopPage.of("4711", running, later(running), 20, WIDE)
            .endsWith("no samples; start TARGET begins a session\n"));
  }

  private static TopPage.Reading later(TopPage.Reading reading) {
    return new TopPage.Reading(reading.nanos() + 1_000_000_000L, reading.values(), reading.hot());
  }

  @Test
  void shouldNotPrintControlCharacters() throws Exception {
    List<String> lines = page(WIDE, "a.b\u001b[2J");
    assertTrue(lines.get(5).endsWith("  a.b [2J"), lines.get(5));
  }

  private static List<String> page(Terminal.Size size, String... methods) throws Exception {
    TopPage.Reading before = new TopPage.Reading(0, values(0, 0, 0), list());
    TopPage.Reading now =
        new TopPage.Reading(2_000_000_000L, values(200, 4, 3_000_000_000L), list(methods));
    return TopPage.of("4711", before, now, 20, size).lines().toList();
  }

  private static Map<String, Object> values(long collected, long dropped, long cpuNanos) {
    return Map.of(
        "State",
        "RUNNING",
        "Options",
        OPTIONS,
        "CollectedSamples",
        collected,
        "DroppedSamples",
        dropped,
        "SampledCpuTimeNanos",
        cpuNanos,
        "MeasuredOverheadPercent",
        100.25,
        "OverheadPercent",
        0.35,
        "ThreadsSampled",
        34);
  }

  /** Makes a list of hot methods, each with a tenth of the shares of the one before it. */
  private static CompositeData list(String... names) throws Exception {
    return listUntil(15_000L, names);
  }

  private static CompositeData listUntil(long toMillis, String... names) throws Exception {
    CompositeType method =
        type(
            new String[] {"method", "samples", "selfPercent", "totalPercent"},
            SimpleType.STRING,
            SimpleType.LONG,
            SimpleType.DOUBLE,
            SimpleType.DOUBLE);
    CompositeData[] methods = new CompositeData[names.length];
    double share = 1;
    for (int i = 0; i < names.length; i++) {
      Map<String, Object> values =
          Map.of(
              "method",
              names[i],
              "samples",
              (long) (400 * share),
              "selfPercent",
              40 * share,
              "totalPercent",
              i == 0 ? 90.0 : 45 * share);
      methods[i] = new CompositeDataSupport(method, values);
      share /= 10;
    }
    return new CompositeDataSupport(
        type(
            new String[] {"fromMillis", "methods", "samples", "toMillis"},
            SimpleType.LONG,
            new ArrayType<CompositeData[]>(1, method),
            SimpleType.LONG,
            SimpleType.LONG),
        Map.of("fromMillis", 5_000L, "methods", methods, "samples", 1_000L, "toMillis", toMillis));
  }

  private static CompositeType type(String[] names, OpenType<?>... types) throws Exception {
    return new CompositeType("type", "type", names, names, types);
  }
}
