package io.spprof.collect;

import static io.spprof.sampler.RingWriter.OK;
import static io.spprof.sampler.RingWriter.call;
import static io.spprof.sampler.RingWriter.frame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.FrameKind;
import io.spprof.profile.HeapRoom;
import io.spprof.profile.HotMethod;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests the hottest methods of the last seconds: in both modes, and with full tables. */
final class RecentSamplesTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long TEN = 10 * SECOND;

  private final RingWriter ring = new RingWriter(1 << 20);
  private Collector collector = collector(64 << 20);
  private long now;

  private Collector collector(long budget) {
    return new Collector(ring.reader(), new FakeSampler(), 600, new MemoryBudget(budget), 0, 0);
  }

  /** Takes samples of one method, a hundred a second. */
  private void busy(int seconds, long method) {
    for (int i = 0; i < 100 * seconds; i++) {
      now += SECOND / 100;
      ring.timeNanos = now;
      ring.sample(1, 10, method, 8);
      if (i % 100 == 99) {
        collector.doWork();
      }
    }
  }

  private void roll() {
    collector.roll(now, WindowFigures.ZERO, 3600 * SECOND);
  }

  private Hottest last(long nanos) {
    return collector.recent(now - nanos).hottest(HeapRoom.UNLIMITED);
  }

  private static Map<String, Long> samples(Hottest hottest) {
    Map<String, Long> samples = new TreeMap<>();
    for (HotMethod method : hottest.methods()) {
      samples.put(method.method(), method.samples());
    }
    return samples;
  }

  @Test
  void shouldForgetAMethodThatWasHotAMinuteAgo() {
    busy(600, 16);
    busy(10, 24);

    Hottest recent = last(TEN - 1);

    assertEquals(List.of(new HotMethod("m24", 100, 100, 1000)), recent.methods());
    assertEquals(1000, recent.samples());
    assertEquals(now - TEN + 1, recent.sinceNanos());
    assertEquals(Map.of("m16", 5000L, "m24", 1000L), samples(last(6 * TEN - 1)));
    assertEquals(Map.of("m16", 60_000L, "m24", 1000L), samples(collector.hottest()));
  }

  @Test
  void shouldGiveSharesOfTheStretch() {
    busy(600, 16);
    busy(10, 24);

    Hottest recent = last(2 * TEN - 1);

    assertEquals(
        List.of(50.0, 50.0), recent.methods().stream().map(HotMethod::selfPercent).toList());
    assertEquals(
        List.of(50.0, 50.0), recent.methods().stream().map(HotMethod::totalPercent).toList());
  }

  /** Native functions, functions of the JVM and system calls are as hot as methods. */
  @Test
  void shouldListFramesOfAllKindsAndKeepThemInWindows() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.library(1, "/opt/jdk/lib/server/libjvm.so", 0x7f0000000000L);
    ring.library(2, "/usr/lib/libc.so.6", 0x7f1000000000L);
    ring.function(2, 1, 0x10);
    ring.function(3, 2, 0x20);
    for (int second = 1; second <= 20; second++) {
      ring.timeNanos = now = second * SECOND;
      ring.words(1, 40, OK, call(900), frame(3, -1), frame(1, 5));
      ring.words(1, 30, OK, frame(3, -1), frame(1, 5));
      ring.words(1, 20, OK, frame(2, -1), frame(1, 5));
      ring.words(1, 10, OK, frame(1, 5));
      collector.doWork();
      if (second % 5 == 0) {
        roll();
      }
    }
    List<String> order = List.of("[syscall 900]", "libc.so.6+0x20", "libjvm.so+0x10", "A.a");
    for (Hottest hottest : List.of(last(TEN - 1), collector.hottest())) {
      assertEquals(order, hottest.methods().stream().map(HotMethod::method).toList());
      assertEquals(
          List.of(40.0, 30.0, 20.0, 10.0),
          hottest.methods().stream().map(HotMethod::selfPercent).toList());
      assertEquals(
          List.of(40.0, 70.0, 20.0, 100.0),
          hottest.methods().stream().map(HotMethod::totalPercent).toList());
    }
    Profile window = Snapshots.of(collector.slice(6 * SECOND, 9 * SECOND, now, WindowFigures.ZERO));
    assertEquals(
        Map.of(
            "t;A.a", 5L,
            "t;A.a;libjvm.so+0x10", 5L,
            "t;A.a;libc.so.6+0x20", 5L,
            "t;A.a;libc.so.6+0x20;[syscall 900]", 5L),
        Snapshots.folded(window));
    assertEquals(
        Set.of(FrameKind.JAVA, FrameKind.JVM, FrameKind.NATIVE, FrameKind.SYSCALL),
        window.methods().stream().map(ProfileMethod::kind).collect(Collectors.toSet()));
  }

  @Test
  void shouldAddUpWindowsAndCutTheOldestOne() {
    busy(7, 16);
    roll();
    busy(7, 24);
    roll();
    busy(7, 32);

    assertEquals(Map.of("m24", 300L, "m32", 700L), samples(last(TEN - 1)));
    assertEquals(Map.of("m16", 600L, "m24", 700L, "m32", 700L), samples(last(2 * TEN - 1)));
  }

  @Test
  void shouldNotReachBackBeforeTheStart() {
    busy(3, 16);

    assertEquals(0, last(TEN).sinceNanos());
    assertEquals(Map.of("m16", 300L), samples(last(TEN)));
  }

  /** The tables' numbers change, of windows, rows and names; a copy made before is still right. */
  @Test
  void shouldBeRightBeforeAndAfterACompaction() {
    busy(100, 16);
    collector.roll(now, WindowFigures.ZERO, SECOND);
    busy(4, 24);
    collector.roll(now, WindowFigures.ZERO, SECOND);
    busy(4, 32);
    RecentSamples before = collector.recent(now - 8 * SECOND + 1);
    Map<String, Long> expected = Map.of("m24", 400L, "m32", 400L);

    ring.forget();
    collector.doWork();

    assertEquals(expected, samples(before.hottest(HeapRoom.UNLIMITED)));
    assertEquals(expected, samples(last(8 * SECOND - 1)));
    busy(4, 40);
    assertEquals(expected, samples(before.hottest(HeapRoom.UNLIMITED)));
    assertEquals(Map.of("m32", 400L, "m40", 400L), samples(last(8 * SECOND - 1)));
  }

  /** Fills the tables with stacks that occur once. */
  private void fill(int seconds, int depth) {
    long[] frames = new long[depth];
    for (int second = 0; second < seconds; second++) {
      for (int i = 0; i < 50; i++) {
        now += SECOND / 50;
        ring.timeNanos = now;
        Arrays.fill(frames, 8L * (1 + i));
        frames[1] = 8L * (1 + second % 1000);
        frames[2] = 8L * (1 + second / 1000);
        ring.sample(1, 10, frames);
      }
      collector.doWork();
    }
  }

  @Test
  void shouldStillShowTheLastSecondsWhenASessionsTablesAreFull() {
    collector = collector(2 << 20);
    busy(1, 16);
    fill(400, 500);
    assertTrue(collector.stats().dropped().of(DropReason.STACK_TABLE_FULL) > 0);
    busy(10, 16);

    Hottest recent = last(TEN - 1);

    assertEquals(Map.of("m16", 1000L), samples(recent));
    assertEquals(now - TEN + 1, recent.sinceNanos());
  }

  @Test
  void shouldStillShowTheLastSecondsWhenWindowsAreMergedForRoom() {
    collector = collector(2 << 20);
    for (int i = 0; i < 200; i++) {
      fill(10, 40);
      roll();
    }
    assertTrue(collector.extent().coarsestNanos() > 2 * TEN || collector.extent().sinceNanos() > 0);
    busy(8, 4000);
    roll();
    fill(2, 500);
    busy(2, 4800);

    Hottest recent = last(TEN + 2 * SECOND - 1);

    assertEquals(now - TEN - 2 * SECOND + 1, recent.sinceNanos());
    assertEquals(1100, recent.samples(), recent::toString);
    assertEquals(800L, samples(recent).get("m4000"));
    assertEquals(200L, samples(recent).get("m4800"));
  }

  /** What is not kept is not shown, and the stretch says so. */
  @Test
  void shouldSayFromWhenItHasAllSamples() {
    collector = collector(512 << 10);
    busy(300, 16);

    Hottest recent = last(200 * SECOND);

    double seconds = (now - recent.sinceNanos()) / 1e9;
    assertTrue(seconds > 10 && seconds < 200, "seconds: " + seconds);
    assertEquals(100 * seconds, recent.samples(), 1);
  }

  @Test
  void shouldAnswerNothingWithoutRoomOnTheHeap() {
    busy(10, 16);

    assertNull(collector.recent(0).hottest(() -> 0));
    assertEquals(
        "m16",
        collector.recent(0).hottest(() -> 1 << 20).methods().stream()
            .map(HotMethod::method)
            .collect(Collectors.joining()));
  }
}
