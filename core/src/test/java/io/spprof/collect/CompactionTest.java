package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.define;
import static io.spprof.sampler.RingWriter.frame;
import static io.spprof.sampler.RingWriter.location;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import io.spprof.symbol.JvmtiSymbolResolver;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Tests what the collector, the profiler's thread, discards from its tables, and how it works after
 * the stack walker has discarded the contents of its own tables.
 */
final class CompactionTest {

  private static final int OK = RingWriter.OK;

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final Collector collector =
      new Collector(ring.reader(), sampler, 16, new MemoryBudget(1 << 20), 0, 0);

  @Test
  void shouldAssignNewNumbersOnceTheWalkerForgot() {
    ring.method(1, "a/B.old", 0 << 16 | 10);
    ring.words(1, 10, OK, define(1, 1), frame(1, 0));
    ring.forget();
    ring.words(1, 10, OK, location(1)); // a location that no longer has a meaning
    ring.words(1, 10, OK, frame(1, 0));
    ring.method(1, "a/B.fresh", 0 << 16 | 20);
    ring.words(1, 10, OK, define(1, 1), frame(1, 0));
    ring.words(1, 10, OK, location(1));
    collector.doWork();

    assertEquals(
        Map.of(
            "[thread 1];a.B.old", 1L, "[thread 1];[other methods]", 2L, "[thread 1];a.B.fresh", 2L),
        folded(snapshot(collector)));
    assertEquals(0, collector.stats().dropped().of(DropReason.COLLECTOR_ERROR));
  }

  @Test
  void shouldGiveBackWhatNumbersTook() {
    MemoryBudget budget = new MemoryBudget(8 << 20);
    MethodNumbers numbers =
        new MethodNumbers(budget, new JvmtiSymbolResolver(sampler), new MethodTable(budget));
    LocationTable locations = new LocationTable(budget);
    long first = 0;
    for (int round = 0; round < 20; round++) {
      for (int i = 1; i <= 5000; i++) {
        numbers.named(i, "a.B.c" + i, new int[] {10, 5 << 16 | 11});
        numbers.number(8L * i);
        locations.define(i, new int[] {1, 2, 3}, 0, 3);
      }
      assertEquals(10_000, numbers.reported());
      long full = budget.used();
      numbers.forget();
      locations.forget();
      assertEquals(0, numbers.reported() + locations.definitions());
      assertTrue(budget.used() < full - 5000 * 50, full + " and then " + budget.used());
      first = round == 0 ? budget.used() : first;
      assertEquals(first, budget.used());
    }
  }

  private void writeSamples(int first, int count, String name, long cpuNanos) {
    for (int i = first; i < first + count; i++) {
      ring.method(i, name + i, 0 << 16 | i);
      ring.words(1, cpuNanos, OK, define(i, 2), frame(i, 0), frame(first, 0));
    }
    collector.doWork();
  }

  @Test
  void shouldForgetNamesThatNoWindowHasWithTheNumbers() {
    writeSamples(1, 50, "a/B.old", 1);
    collector.roll(1_000_000_000L, WindowFigures.ZERO, 500_000_000L);
    Slice past = collector.slice(0, Long.MAX_VALUE, 1_000_000_000L, WindowFigures.ZERO);
    writeSamples(51, 30, "a/B.kept", 100);
    Map<String, Long> kept = new TreeMap<>();
    for (int i = 51; i < 81; i++) {
      kept.put("[thread 1];a.B.kept51;a.B.kept" + i, 1L);
    }
    collector.roll(2_000_000_000L, WindowFigures.ZERO, 500_000_000L);
    writeSamples(81, 10, "a/B.open", 100);
    for (int i = 81; i < 91; i++) {
      kept.put("[thread 1];a.B.open81;a.B.open" + i, 1L);
    }
    assertEquals(90, snapshot(collector).methods().size());

    ring.forget();
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(kept, folded(profile));
    assertEquals(40, profile.methods().size());
    assertEquals(40, profile.frameCount());
    for (int frame = 0; frame < 40; frame++) {
      String name = profile.frameName(frame);
      assertEquals(name.replaceAll("[^0-9]", ""), "" + profile.frameLine(frame), name);
    }
    assertEquals(20, collector.hottest().methods().size());
    // With new numbers, for known and for new methods.
    writeSamples(1, 2, "a/B.open8", 100);
    writeSamples(3, 1, "a/B.fresh", 100);
    kept.put("[thread 1];a.B.open81;a.B.open81", 2L);
    kept.put("[thread 1];a.B.open81;a.B.open82", 2L);
    kept.put("[thread 1];a.B.fresh3;a.B.fresh3", 1L);
    assertEquals(kept, folded(snapshot(collector)));
    // A snapshot that was taken earlier is unchanged.
    Profile before = Snapshots.of(past);
    assertEquals(50, before.totalSamples());
    assertTrue(folded(before).containsKey("[thread 1];a.B.old1;a.B.old50"));
    assertEquals(0, collector.stats().dropped().of(DropReason.COLLECTOR_ERROR));
  }

  @Test
  void shouldForgetThreadsThatAreGoneAndInNoWindow() {
    ring.name(1, "idle");
    ring.name(2, "gone");
    ring.name(3, "gone, but in a window");
    ring.name(4, "busy");
    ring.method(1, "a/B.c");
    ring.words(2, 10, OK, frame(1, 0));
    collector.doWork();
    collector.roll(1_000_000_000L, WindowFigures.ZERO, 500_000_000L);
    ring.words(3, 10, OK, frame(1, 0));
    ring.words(4, 10, OK, frame(1, 0));
    ring.forget(); // all of these were reported since the session began
    ring.name(1, "idle");
    ring.name(4, "busy");
    collector.doWork();
    assertEquals(3, snapshot(collector).threads().size()); // The idle thread has no sample.
    collector.roll(2_000_000_000L, WindowFigures.ZERO, 500_000_000L);

    ring.forget();
    ring.name(1, "idle");
    ring.name(4, "busy");
    ring.method(1, "a/B.c");
    ring.words(1, 10, OK, frame(1, 0));
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(
        Map.of("idle;a.B.c", 1L, "busy;a.B.c", 1L, "gone, but in a window;a.B.c", 1L),
        folded(profile));
    assertEquals(3, profile.threads().size());
    assertEquals(0, collector.stats().dropped().of(DropReason.COLLECTOR_ERROR));
  }

  @Test
  void shouldReportThatTheWalkersTablesAreHalfFull() {
    for (int i = 1; i <= 300; i++) {
      ring.method(i, "a/B.c" + i);
      ring.words(1, 10, OK, define(i, 1), frame(i, 0));
      collector.doWork();
    }
    assertFalse(collector.walkerIsFull(1024, 1024));
    assertTrue(collector.walkerIsFull(512, 1024));
    assertTrue(collector.walkerIsFull(1024, 512));
    ring.forget();
    collector.doWork();
    assertFalse(collector.walkerIsFull(4, 4));
  }

  @Test
  void shouldResolveAMethodThatTheWalkerCannotRemember() {
    for (int i = 0; i < 1001; i++) {
      int number = RingWriter.transientNumber(i);
      ring.method(number, "a/B.c" + i % 7, 0 << 16 | 10);
      ring.words(1, 10, OK, define(0, 1), frame(number, 0));
      collector.doWork();
    }
    Map<String, Long> folded = folded(snapshot(collector));
    assertEquals(Set.of(143L), Set.copyOf(folded.values()));
    assertEquals(7, folded.size());
    assertTrue(collector.walkerIsFull(1 << 20, 1 << 20), "it could do better");

    int gone = RingWriter.transientNumber(1); // another method has taken its place
    ring.method(RingWriter.transientNumber(1 + 4096), "a/B.other");
    ring.words(1, 10, OK, frame(gone, 0));
    collector.doWork();
    assertEquals(1, folded(snapshot(collector)).get("[thread 1];[other methods]"));
  }
}
