package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Category;
import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Frames;
import io.spprof.profile.Rows;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WindowsTest {

  private static final long PLENTY = 1L << 30;
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 77 * SECOND;

  private record Key(int stack, int thread) {}

  private record Sums(long samples, long nanos) {
    static Sums plus(Sums a, Sums b) {
      return new Sums(a.samples + b.samples, a.nanos + b.nanos);
    }
  }

  private final Random random = new Random(11);
  private final Map<Key, Sums> model = new HashMap<>();
  private long now;
  private long signals;

  private WindowFigures figures() {
    return new WindowFigures(
        signals,
        Drops.NONE.plus(DropReason.BUFFER_FULL, signals / 3),
        signals / 7,
        2 * signals,
        signals / 2,
        5 * signals,
        new KernelTimes(3 * signals, signals / 5, 4 * signals, signals / 4),
        1000,
        1000);
  }

  /** Adds some samples and lets a second pass. */
  private void second(Windows windows, int samples, int stacks) {
    for (int i = 0; i < samples; i++) {
      int stack = random.nextInt(stacks);
      int thread = random.nextInt(3);
      long nanos = 1 + random.nextInt(1000);
      int row = windows.add(stack, thread, nanos);
      assertTrue(row >= 0, "there is room for a few rows always");
      windows.addTime(START + now + i, row, nanos, ThreadState.IN_JAVA);
      windows.addCategory(Category.values()[stack % 8], nanos);
      model.merge(new Key(stack, thread), new Sums(1, nanos), Sums::plus);
      signals++;
    }
    now += SECOND;
  }

  private static Map<Key, Sums> read(List<Window> windows) {
    Map<Key, Sums> read = new HashMap<>();
    for (Window window : windows) {
      Rows rows = window.rows();
      for (int i = 0; i < rows.count(); i++) {
        read.merge(
            new Key(rows.stacks()[i], rows.threads()[i]),
            new Sums(rows.samples()[i], rows.cpuNanos()[i]),
            Sums::plus);
      }
      assertEquals(window.cpuNanos(), window.categories().total());
      assertEquals(window.samples(), window.times().count() + window.times().forgotten());
    }
    return read;
  }

  private List<Window> all(Windows windows) {
    return windows.between(Long.MIN_VALUE, Long.MAX_VALUE, now, figures());
  }

  private Windows filled(MemoryBudget budget, int seconds, int samples, int stacks) {
    Windows windows = new Windows(budget, budget.limit() / 2, START);
    for (int i = 0; i < seconds; i++) {
      second(windows, samples, stacks);
      windows.roll(now, figures(), Long.MAX_VALUE / 2);
    }
    return windows;
  }

  /** 20 windows of 3,000 rows, most of them in one window only. */
  @Test
  void shouldAddUpOnlyWhatTheHeapHasRoomFor() {
    Windows windows = filled(new MemoryBudget(PLENTY), 20, 3000, 20_000);
    List<Window> all = all(windows);
    assertNull(Window.of(all, new MemoryBudget(1 << 20)));
    assertEquals(read(all), read(List.of(Window.of(all, new MemoryBudget(16 << 20)))));
    Slice slice = new Slice(List.of(), Frames.NONE, List.of(), null, all);
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> slice.merge(() -> 1 << 20, sum -> Snapshots.NO_INFO));
    assertTrue(e.getMessage().contains("add up 21 windows"), e.getMessage());
    assertTrue(e.getMessage().contains("choose a shorter range"), e.getMessage());
  }

  @Test
  void shouldAddUpToTheSumOfAnyRangesWindows() {
    Windows windows = filled(new MemoryBudget(PLENTY), 500, 40, 60);
    second(windows, 40, 60);
    List<Window> all = all(windows);
    assertEquals(501, all.size());
    assertEquals(model, read(all));

    for (int i = 0; i < 100; i++) {
      long from = (long) (random.nextDouble() * now);
      long to = from + 1 + (long) (random.nextDouble() * (now - from));
      List<Window> range = windows.between(from, to, now, figures());
      Window sum = Window.of(range);

      assertEquals(read(range), read(List.of(sum)));
      CategoryTimes categories = CategoryTimes.NONE;
      WindowFigures figures = WindowFigures.ZERO;
      for (Window window : range) {
        figures = figures.plus(window.figures());
        categories = categories.plus(window.categories());
      }
      assertEquals(figures, sum.figures());
      assertEquals(categories, sum.categories());
      assertTrue(sum.fromNanos() <= from + 50_000_000 && from < sum.fromNanos() + SECOND);
    }
    assertEquals(figures(), Window.of(all).figures());
  }

  @Test
  void shouldKeepTheShortestAndTheLongestIntervalOfWhatIsMerged() {
    WindowFigures first = new WindowFigures(10, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, 20, 30);
    WindowFigures second = new WindowFigures(15, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, 10, 25);

    assertEquals(
        new WindowFigures(5, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, 10, 25),
        second.minus(first),
        "what a window began with is no part of it");
    assertEquals(
        new WindowFigures(25, Drops.NONE, 0, 0, 0, 0, KernelTimes.NONE, 10, 30),
        WindowFigures.ZERO.plus(first).plus(second));
  }

  @Test
  void shouldNotShareAWindowBetweenRangesThatMeet() {
    Windows windows = filled(new MemoryBudget(PLENTY), 30, 10, 20);

    for (int i = 0; i < 200; i++) {
      long border = (1 + random.nextInt(28)) * SECOND + random.nextInt(40_000_000) - 20_000_000;
      List<Window> before = windows.between(0, border, now + 1, figures());
      List<Window> after = windows.between(border, Long.MAX_VALUE, now, figures());
      List<Window> both = new ArrayList<>(before);
      both.addAll(after);

      assertEquals(model, read(both), "border at " + border);
    }
  }

  @Test
  void shouldTakeTheOneWindowThatARangeIsIn() {
    Windows windows = filled(new MemoryBudget(PLENTY), 5, 10, 20);

    List<Window> range = windows.between(SECOND * 5 / 4, SECOND * 3 / 2, now, figures());

    assertEquals(1, range.size());
    assertEquals(SECOND, range.get(0).fromNanos());
    assertTrue(windows.between(now + SECOND, now + 2 * SECOND, now, figures()).isEmpty());
  }

  @Test
  void shouldLoseNoTotalsWhileWindowsMerge() {
    MemoryBudget budget = new MemoryBudget(1 << 20);
    Windows windows = filled(budget, 3000, 40, 60);

    List<Window> all = all(windows);
    assertEquals(model, read(all));
    assertEquals(figures(), Window.of(all).figures());
    assertEquals(0, windows.gone());
    assertTrue(all.size() < 1500, "windows: " + all.size());
    assertTrue(budget.used() <= budget.limit(), budget.used() + " of " + budget.limit());
    // Older windows are longer, to within a factor of two.
    Extent extent = windows.extent();
    assertEquals(SECOND, extent.finestNanos());
    assertTrue(extent.coarsestNanos() > 4 * SECOND, extent.toString());
    assertTrue(all.get(0).nanos() >= all.get(all.size() - 2).nanos());
    for (int i = 1; i < all.size(); i++) {
      assertEquals(all.get(i - 1).toNanos(), all.get(i).fromNanos());
    }
  }

  @Test
  void shouldDropTheOldestWhenEvenMergedOnesHaveNoRoom() {
    MemoryBudget budget = new MemoryBudget(1 << 20);
    Windows windows = new Windows(budget, budget.limit() / 2, START);
    Map<Integer, Long> samplesUpTo = new HashMap<>();
    for (int i = 0; i < 400; i++) {
      samplesUpTo.put(i, signals);
      // Each stack occurs once, so merging saves nothing.
      for (int sample = 0; sample < 500; sample++) {
        assertTrue(windows.add((int) signals, 0, 1) >= 0);
        signals++;
      }
      now += SECOND;
      windows.roll(now, figures(), Long.MAX_VALUE / 2);
      assertTrue(budget.used() <= budget.limit(), budget.used() + " of " + budget.limit());
    }

    assertTrue(windows.gone() > 0);
    List<Window> all = all(windows);
    int since = (int) (windows.extent().sinceNanos() / SECOND);
    long kept = all.stream().mapToLong(Window::samples).sum();
    assertEquals(signals - samplesUpTo.get(since), kept);
    assertEquals(all.size(), windows.extent().windows());
  }

  @Test
  void shouldForgetWhatIsOlderThanTheRetention() {
    Windows windows = new Windows(new MemoryBudget(PLENTY), PLENTY / 2, START);
    for (int i = 0; i < 100; i++) {
      second(windows, 5, 20);
      windows.roll(now, figures(), 60 * SECOND);
    }

    assertEquals(39 * SECOND, windows.extent().sinceNanos());
    assertEquals(62, windows.extent().windows());
  }

  @Test
  void shouldGiveEverythingBackThatGoes() {
    MemoryBudget budget = new MemoryBudget(PLENTY);
    Windows windows = filled(budget, 200, 100, 60);
    assertTrue(budget.used() > 200 * 100 * 16);

    while (windows.reclaim()) {
      assertFalse(budget.used() < 0);
    }

    assertEquals(RowTable.FIRST_BYTES, budget.used());
  }

  @Test
  void shouldKeepTheTimesOfTheLastOnes() {
    MemoryBudget budget = new MemoryBudget(3 << 20);
    Windows windows = filled(budget, 300, 500, 60);

    Window sum = Window.of(all(windows));

    assertTrue(sum.times().count() > 500, "times: " + sum.times().count());
    assertTrue(sum.times().forgotten() > 0);
    long[] last = {0};
    Map<Key, Long> read = new HashMap<>();
    for (int chunk = 0; chunk < sum.times().chunkCount(); chunk++) {
      sum.times()
          .forEach(
              chunk,
              (nanos, row, cpu, state) -> {
                assertTrue(nanos >= last[0]);
                assertEquals(ThreadState.IN_JAVA, state);
                last[0] = nanos;
                read.merge(
                    new Key(sum.rows().stacks()[row], sum.rows().threads()[row]), 1L, Long::sum);
              });
    }
    read.forEach((key, samples) -> assertTrue(samples <= model.get(key).samples(), key.toString()));
    assertEquals(sum.times().count(), read.values().stream().mapToLong(n -> n).sum());
  }

  @Test
  void shouldGiveAllItsStacksNewNumbers() {
    Windows windows = filled(new MemoryBudget(PLENTY), 20, 30, 60);
    second(windows, 30, 60);
    int[] numbers = new int[60];
    for (int i = 0; i < 60; i++) {
      numbers[i] = 1000 - i;
    }

    windows.renumbering(numbers, null).run();
    second(windows, 0, 60);

    Map<Key, Sums> expected = new HashMap<>();
    model.forEach((key, sums) -> expected.put(new Key(1000 - key.stack(), key.thread()), sums));
    assertEquals(expected, read(all(windows)));
    windows.addTime(START + now, windows.add(1000, 0, 5), 5, ThreadState.IN_JAVA);
    windows.addCategory(Category.JAVA, 5);
    assertEquals(
        Sums.plus(expected.getOrDefault(new Key(1000, 0), new Sums(0, 0)), new Sums(1, 5)),
        read(all(windows)).get(new Key(1000, 0)));
  }
}
