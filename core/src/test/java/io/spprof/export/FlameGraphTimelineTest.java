package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.profile.SampleTimes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The timeline in the data of a flame graph's page. */
class FlameGraphTimelineTest {

  private static final long MS = 1_000_000;

  @Test
  void shouldAddUpToTheProfileExactly() throws IOException {
    // Two threads share a name, and two methods, so rows of the profile are merged.
    Profile profile =
        ProfileText.unsharedLines(
                "main;a.A.a;b.B.b 500 1234567ms", "w;a.A.a 700", "main;a.A.a;b.B.b 300")
            .build();

    PageData page = page(profile);

    assertEquals(sum(page, false), page.after().samples());
    assertEquals(sum(page, true), page.after().cpuNanos());
    // 15 s of samples, in a session of 60 s
    assertEquals(120, number(page, "slots"));
    assertEquals(500 * MS, number(page, "slotNanos"));
    assertEquals(30, page.slots().size());
    assertEquals(Map.of("main;a.A.a;b.B.b", 50L), page.slots().get(3).samples());
  }

  @Test
  void shouldPutEachSampleIntoItsSlot() throws IOException {
    // The second sample came before the first, and two are just outside of the 60 s.
    PageData page =
        page(
            ProfileText.lines("t;a.A.a 4 9ms", "t;b.B.b 1 1ms")
                .times(
                    times(
                        0,
                        new long[] {1_001, 999, -3, 60_020, 1_400},
                        new int[] {0, 0, 0, 0, 1},
                        new long[] {2 * MS, 3 * MS, MS, 3 * MS, MS}))
                .build());

    assertEquals(Map.of("t;a.A.a", 2L * MS, "t;b.B.b", MS), page.slots().get(2).cpuNanos());
    assertEquals(Map.of("t;a.A.a", 3L * MS), page.slots().get(1).cpuNanos());
    assertEquals(Map.of("t;a.A.a", MS), page.slots().get(0).cpuNanos());
    assertEquals(Map.of("t;a.A.a", 3L * MS), page.slots().get(119).cpuNanos());
    assertEquals(4, page.slots().size());
  }

  @Test
  void shouldLeaveOutSamplesWithoutTimes() throws IOException {
    PageData page =
        page(
            ProfileText.lines("t;a.A.a 10")
                .times(times(9, new long[] {30_000}, new int[] {0}, new long[] {10 * MS}))
                .build());

    assertEquals(Map.of("t;a.A.a", 10L), page.after().samples());
    assertEquals(Map.of("t;a.A.a", 1L), page.slots().get(60).samples());
    assertEquals(1, page.slots().size());
  }

  @Test
  void shouldHaveNoTimelineWithoutTimes() throws IOException {
    Profile profile = ProfileText.lines("t;a.A.a 10").times(new SampleTimes(List.of(), 10)).build();

    PageData page = page(profile);

    assertFalse(page.head().containsKey("slots"), page.head()::toString);
    assertTrue(page.slots().isEmpty());
    assertEquals(10, page.after().totalSamples());
  }

  @Test
  void shouldHaveNoTimelineInADifference() throws IOException {
    Profile profile = ProfileText.lines("t;a.A.a 10").build();
    StringBuilder out = new StringBuilder();
    FlameGraphDifference.write(profile, profile, out);

    assertFalse(PageData.of(out.toString()).head().containsKey("slots"));
  }

  @Test
  void shouldTakeWiderSlotsWhereRowsAreMany() throws IOException {
    // Each of 600 rows has a sample in each of 100 slots of 0.5 s. So there would be 60,000
    // entries.
    int rows = 600;
    int moments = 100;
    ProfileText text = ProfileText.lines();
    for (int row = 0; row < rows; row++) {
      text.row("t", List.of("a.A.a" + row), moments, moments * MS);
    }
    long[] millis = new long[rows * moments];
    int[] rowOf = new int[millis.length];
    long[] nanos = new long[millis.length];
    for (int i = 0; i < millis.length; i++) {
      millis[i] = i / rows * 500L;
      rowOf[i] = i % rows;
      nanos[i] = MS;
    }
    Profile profile = text.times(times(0, millis, rowOf, nanos)).build();

    PageData page = page(profile);

    assertEquals(1000 * MS, number(page, "slotNanos"));
    assertEquals(60, number(page, "slots"));
    assertEquals(sum(page, false), page.after().samples());
    assertEquals(sum(page, true), page.after().cpuNanos());
  }

  /** In a slot of 0.1 s, one sample of an interval of 1 s would be ten CPUs. */
  @Test
  void shouldHaveSlotsOfTenIntervals() throws IOException {
    ProfileText text = ProfileText.lines("t;a.A.a 10");

    assertEquals(500 * MS, number(page(text.longestInterval(50 * MS).build()), "slotNanos"));
    assertEquals(1000 * MS, number(page(text.longestInterval(51 * MS).build()), "slotNanos"));
    PageData page = page(text.longestInterval(1000 * MS).build());
    assertEquals(10_000 * MS, number(page, "slotNanos"));
    assertEquals(6, number(page, "slots"));
    assertEquals(10, page.slots().get(0).totalSamples());
    // Two slots of 30 s are too few.
    assertFalse(page(text.longestInterval(2001 * MS).build()).head().containsKey("slots"));
  }

  @Test
  void shouldStaySmall() throws IOException {
    // A minute of 100 samples a second, which come back to each of 300 rows at the worst moments.
    int count = 6000;
    long[] millis = new long[count];
    int[] rowOf = new int[count];
    long[] nanos = new long[count];
    for (int i = 0; i < count; i++) {
      millis[i] = i * 10L;
      rowOf[i] = i * 7 % 300;
      nanos[i] = 10 * MS;
    }
    long with = html(rows300().times(times(0, millis, rowOf, nanos)).build()).length();
    long without = html(rows300().times(new SampleTimes(List.of(), count)).build()).length();

    assertTrue(with - without < 4 * count + 1000, () -> (with - without) + " characters");
  }

  private static ProfileText rows300() {
    ProfileText text = ProfileText.lines();
    for (int row = 0; row < 300; row++) {
      text.row("t", List.of("a.A.a" + row), 20, 200 * MS);
    }
    return text;
  }

  private static Map<String, Long> sum(PageData page, boolean isTime) {
    Map<String, Long> sum = new TreeMap<>();
    page.slots()
        .values()
        .forEach(
            slot ->
                (isTime ? slot.cpuNanos() : slot.samples())
                    .forEach((row, amount) -> sum.merge(row, amount, Long::sum)));
    return sum;
  }

  private static SampleTimes times(long forgotten, long[] millis, int[] rows, long[] nanos) {
    int[] micros = new int[millis.length];
    for (int i = 0; i < micros.length; i++) {
      micros[i] = (int) (millis[i] * 1000);
    }
    return new SampleTimes(
        List.of(new SampleTimes.Chunk(0, micros, rows, nanos, rows.length)), forgotten);
  }

  private static long number(PageData page, String key) {
    return ((Number) page.head().get(key)).longValue();
  }

  private static PageData page(Profile profile) throws IOException {
    return PageData.of(html(profile));
  }

  private static String html(Profile profile) throws IOException {
    StringBuilder out = new StringBuilder();
    FlameGraphExporter.write(profile, out);
    return out.toString();
  }
}
