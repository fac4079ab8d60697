package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.spprof.profile.CategoryTimes;
import io.spprof.profile.Frames;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileMethod;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.Rows;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.Stacks;
import io.spprof.sampler.DebugInfo;
import io.spprof.sampler.Drops;
import io.spprof.sampler.KernelTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TextsTest {

  private static final int FRAMES = 2000;

  /** A profile of one stack, whose frames have names of 50 characters. */
  private static Profile deep(String name) {
    int[] frames = new int[FRAMES];
    return new Profile(
        new ProfileInfo(
            Mocks.SESSION,
            Mocks.SESSION.startTimeMillis(),
            "ctimer",
            "vm",
            1,
            1,
            Drops.NONE,
            0,
            0,
            0,
            KernelTimes.NONE,
            CategoryTimes.NONE,
            false,
            DebugInfo.EXACT,
            JvmInfo.NONE),
        List.of(ProfileMethod.java(name.repeat(50))),
        new Frames(new int[] {0}, new int[] {0}, 1),
        List.of(ProfileThread.java("main")),
        new Stacks(new int[][] {frames}, new int[] {0}, new short[] {FRAMES}, 1),
        new Rows(new int[] {0}, new int[] {0}, new long[] {1}, new long[] {1}, 1),
        new SampleTimes(List.of(), 1));
  }

  private Texts withRoom(long bytes) {
    Heap room =
        new Heap(
            new Heap.Gauge() {
              @Override
              public long max() {
                return 4 * bytes;
              }

              @Override
              public long used() {
                return 0;
              }

              @Override
              public long usedAfterCollection() {
                return -1;
              }
            });
    assertEquals(Math.max(bytes, Heap.LEAST_BYTES), room.forTexts().bytes());
    return new Texts(room, 100);
  }

  @Test
  void shouldMakeALongTextInTwoPasses() throws Exception {
    String expected = "main" + (";" + "x".repeat(50)).repeat(FRAMES) + " 1\n";
    assertEquals(expected, withRoom(10 << 20).collapsed(() -> deep("x"), 0));
    String wide = "main" + (";" + "\u4f60".repeat(50)).repeat(FRAMES) + " 1\n";
    assertEquals(wide, withRoom(10 << 20).collapsed(() -> deep("\u4f60"), 0));
  }

  /** The text has 102,007 characters: 204,014 bytes, or 510,035 if one of them is above U+00FF. */
  @Test
  void shouldRefuseATextBeforeItIsMade() throws Exception {
    assertEquals(102_007, withRoom(0).collapsed(() -> deep("x"), 0).length());
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> withRoom(0).collapsed(() -> deep("\u4f60"), 0));
    assertTrue(e.getMessage().startsWith("collapsed has 102,007 characters: "), e.getMessage());
    assertTrue(e.getMessage().contains("openStream(\"collapsed\")"), e.getMessage());
    assertTrue(e.getMessage().contains("fewer stacks"), e.getMessage());
    e =
        assertThrows(
            IllegalStateException.class,
            () -> withRoom(0).collapsedDifference(() -> deep("x"), () -> deep("\u4f60")));
    assertTrue(e.getMessage().contains("shorter stretches"), e.getMessage());
    assertTrue(e.getMessage().contains("openDifferenceStream(\"collapsed\""), e.getMessage());
  }

  @Test
  void shouldRefuseAProfileThatTheHeapCannotSort() {
    Profile large = mock(Profile.class);
    when(large.exportBytes()).thenReturn(Heap.LEAST_BYTES + 1);
    when(large.exportBytes(any())).thenReturn(Heap.LEAST_BYTES + 1);
    Texts texts = withRoom(0);
    Supplier<Profile> source = () -> large;
    assertThrows(IllegalStateException.class, () -> texts.report(source));
    assertThrows(IllegalStateException.class, () -> texts.flameGraph(source));
    assertThrows(IllegalStateException.class, () -> texts.collapsed(source, 1));
    assertThrows(IllegalStateException.class, () -> texts.flameGraphDifference(source, source));
    assertThrows(IllegalStateException.class, () -> texts.requireExport(large));
    assertThrows(IllegalStateException.class, () -> texts.requireComparison(large, large));
  }

  @Test
  void shouldMakeAFewTextsAtATimeAndRefuseCallersThatWaitTooLong() throws Exception {
    Texts texts = withRoom(0);
    CountDownLatch inside = new CountDownLatch(Texts.AT_ONCE);
    CountDownLatch go = new CountDownLatch(1);
    ExecutorService clients = Executors.newFixedThreadPool(Texts.AT_ONCE);
    List<Future<String>> first = new ArrayList<>();
    for (int i = 0; i < Texts.AT_ONCE; i++) {
      first.add(
          clients.submit(
              () ->
                  texts.inTurn(
                      () -> {
                        inside.countDown();
                        await(go);
                        return "made";
                      })));
    }
    inside.await();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> texts.inTurn(() -> "never"));
    assertTrue(e.getMessage().contains("try again, or use openStream"), e.getMessage());
    go.countDown();
    for (Future<String> each : first) {
      assertEquals("made", each.get());
    }
    assertEquals("its turn", texts.inTurn(() -> "its turn"));
    assertThrows(IllegalStateException.class, () -> texts.inTurn(TextsTest::fail));
    assertThrows(IllegalStateException.class, () -> texts.inTurn(TextsTest::fail));
    assertEquals("its turn", texts.inTurn(() -> "its turn"), "a failure also ends a turn");
    clients.shutdown();
    assertTrue(clients.awaitTermination(60, TimeUnit.SECONDS));
  }

  private static String fail() {
    throw new IllegalStateException("no");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldCountTheLengthBeyondItsLimit() {
    BoundedText text = new BoundedText(5);
    text.append("ab").append('c').append("xdex", 1, 3);
    assertEquals("abcde", text.text());
    text.append("\u00ff");
    assertNull(text.text());
    assertEquals(6, text.length());
    assertEquals(12, text.bytesToMake());
    text.append('\u0100');
    assertEquals(35, text.bytesToMake());
    assertEquals(14, text.bytes());
  }
}
