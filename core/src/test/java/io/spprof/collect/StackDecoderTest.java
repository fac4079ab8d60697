package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static io.spprof.sampler.RingWriter.brokenAt;
import static io.spprof.sampler.RingWriter.call;
import static io.spprof.sampler.RingWriter.define;
import static io.spprof.sampler.RingWriter.frame;
import static io.spprof.sampler.RingWriter.location;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.FrameKind;
import io.spprof.profile.Profile;
import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Tests what becomes of a sample's stack words: frames, locations, the definitions of locations,
 * and the synthetic frames at the root.
 */
final class StackDecoderTest {

  private static final int OK = RingWriter.OK;

  private final RingWriter ring = new RingWriter(64 << 10);
  private final Collector collector =
      new Collector(ring.reader(), new FakeSampler(), 16, new MemoryBudget(1 << 20), 0, 0);

  @Test
  void shouldMarkTheRootOfATruncatedStack() {
    ring.name(1, "t");
    ring.truncated(1, 10, 8, 16);
    ring.truncated(1, 10, IntStream.rangeClosed(1, 16).mapToLong(i -> 8L * i).toArray());

    collector.doWork();

    Set<String> stacks = folded(snapshot(collector)).keySet();
    assertTrue(stacks.contains("t;[truncated];m16;m8"), stacks.toString());
    assertEquals(2, stacks.stream().filter(s -> s.startsWith("t;[truncated];")).count());
  }

  @Test
  void shouldResolveALocationByItsNumberOnceItIsDefined() {
    ring.name(1, "t");
    ring.method(1, "a/b/C.leaf");
    ring.method(2, "a/b/C.inliner");
    ring.method(3, "a/b/C$$Lambda+0x00007f0000c0ffee.root");
    ring.words(1, 10, OK, define(7, 2), frame(1, 5), frame(2, 8), define(8, 1), frame(3, 0));
    ring.words(1, 10, OK, location(7), location(8));
    ring.words(1, 10, OK, frame(2, 1), location(8));
    // This method cannot be named again, because its number is 0.
    ring.words(1, 10, OK, define(0, 1), frame(1, 0), location(8));
    collector.doWork();

    String root = "t;a.b.C$$Lambda/0x00007f0000c0ffee.root";
    assertEquals(
        Map.of(
            root + ";a.b.C.inliner;a.b.C.leaf", 2L,
            root + ";a.b.C.inliner", 1L,
            root + ";a.b.C.leaf", 1L),
        folded(snapshot(collector)));
  }

  @Test
  void shouldNameFunctionsOfNativeCodeByTheirLibrary() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.library(1, "/usr/lib/libc.so.6", 0x7f0000000000L, new byte[] {7, 8, 9});
    ring.library(2, "", 0x550000000000L);
    ring.library(3, "[vdso]", 0x7fff00000000L);
    ring.function(2, 1, 0x9bf40);
    ring.function(3, 2, 0x1234);
    ring.function(4, 3, 0xabc);
    ring.words(1, 10, OK, frame(2, -1), frame(3, -1), frame(1, 5));
    ring.words(1, 10, OK, frame(4, -1), frame(1, 5));
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(
        Map.of("t;A.a;program+0x1234;libc.so.6+0x9bf40", 1L, "t;A.a;[vdso]+0xabc", 1L),
        folded(profile));
    assertEquals(
        Map.of(
            "A.a", FrameKind.JAVA,
            "libc.so.6+0x9bf40", FrameKind.NATIVE,
            "program+0x1234", FrameKind.NATIVE,
            "[vdso]+0xabc", FrameKind.NATIVE),
        kinds(profile));
    assertTrue(IntStream.range(0, profile.frameCount()).allMatch(f -> profile.frameLine(f) == 0));
  }

  private static Map<String, FrameKind> kinds(Profile profile) {
    return IntStream.range(0, profile.frameCount())
        .boxed()
        .collect(Collectors.toMap(profile::frameName, profile::frameKind, (a, b) -> a));
  }

  @Test
  void shouldTellTheKindOfEachFrame() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.library(1, "/opt/jdk/lib/server/libjvm.so", 0x7f0000000000L);
    ring.library(2, "/opt/app/libjvmti-agent.so", 0x7f1000000000L);
    ring.function(2, 1, 0x10);
    ring.function(3, 2, 0x20);
    ring.method(5, "[unknown native code]");
    ring.method(6, "[at nmethod+0x40]");
    ring.method(7, "[C2 OSR] a/b/C.c");
    ring.words(1, 10, OK, frame(2, -1), frame(7, -1));
    ring.words(1, 10, OK, call(900), frame(3, -1), frame(2, -1), frame(1, 5));
    ring.words(1, 10, RingWriter.BROKEN_STUB, frame(5, -1), brokenAt(6));
    collector.doWork();

    assertEquals(
        Map.of(
            "A.a", FrameKind.JAVA,
            "libjvm.so+0x10", FrameKind.JVM,
            "libjvmti-agent.so+0x20", FrameKind.NATIVE,
            "[syscall 900]", FrameKind.SYSCALL,
            "[unknown native code]", FrameKind.NATIVE,
            "[at nmethod+0x40]", FrameKind.SYNTHETIC,
            "[C2 OSR] a.b.C.c", FrameKind.SYNTHETIC,
            "[broken: stub]", FrameKind.SYNTHETIC),
        kinds(snapshot(collector)));
  }

  @Test
  void shouldKeepTheKindOfAMethodWhenOthersAreRemoved() {
    ring.name(1, "t");
    ring.library(1, "/lib/libjvm.so", 0x7f0000000000L);
    ring.method(1, "A.gone"); // has no sample
    ring.function(2, 1, 0x10);
    ring.words(1, 10, OK, frame(2, -1));
    ring.forget();
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(1, profile.methods().size());
    assertEquals(FrameKind.JVM, profile.methods().get(0).kind());
  }

  @Test
  void shouldGiveALibraryThatComesToAnotherOnesPlaceItsOwnFunctions() {
    ring.name(1, "t");
    ring.library(1, "/lib/one.so", 0x7f0000000000L);
    ring.function(1, 1, 0x10);
    ring.words(1, 10, OK, frame(1, -1));
    ring.library(2, "/lib/two.so", 0x7f0000000000L);
    ring.function(2, 2, 0x10);
    ring.words(1, 10, OK, frame(2, -1));
    ring.words(1, 10, OK, frame(1, -1));
    collector.doWork();

    assertEquals(Map.of("t;one.so+0x10", 2L, "t;two.so+0x10", 1L), folded(snapshot(collector)));
  }

  @Test
  void shouldTakeAFunctionWithoutRoomInTheWalkerForTheNextSample() {
    ring.name(1, "t");
    ring.library(1, "/lib/one.so", 0x7f0000000000L);
    int number = RingWriter.transientNumber(5);
    ring.function(number, 1, 0x10);
    ring.words(1, 10, OK, frame(number, -1));
    collector.doWork();

    Profile profile = snapshot(collector);
    assertEquals(Map.of("t;one.so+0x10", 1L), folded(profile));
    assertEquals(FrameKind.NATIVE, profile.frameKind(0));
  }

  @Test
  void shouldForgetLibrariesWithTheWalkersNumbers() {
    ring.name(1, "t");
    ring.library(1, "/lib/one.so", 0x7f0000000000L);
    ring.forget();
    ring.name(1, "t");
    ring.function(1, 1, 0x10); // never happens: the library comes first
    ring.words(1, 10, OK, frame(1, -1));
    ring.library(1, "/lib/two.so", 0x7f0000000000L);
    ring.function(2, 1, 0x20);
    ring.words(1, 10, OK, frame(2, -1));
    collector.doWork();

    assertEquals(
        Map.of("t;[unknown library]+0x10", 1L, "t;two.so+0x20", 1L), folded(snapshot(collector)));
  }

  @Test
  void shouldEmptyTheWalkersTablesWhenHalfOfTheLibrariesNumbersAreInUse() {
    for (int i = 1; i <= 512; i++) {
      ring.library(i, "/lib/l.so", i << 12);
    }
    collector.doWork();
    assertFalse(collector.walkerIsFull(1 << 20, 1 << 20));
    ring.library(513, "/lib/l.so", 513 << 12);
    collector.doWork();
    assertTrue(collector.walkerIsFull(1 << 20, 1 << 20));
  }

  @Test
  void shouldTakeTheNewMeaningOfALocationForSamplesAfterIt() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.method(2, "A.b");
    ring.words(1, 10, OK, define(1, 1), frame(1, 0));
    ring.words(1, 10, OK, define(2, 2), frame(2, 0), frame(1, 0));
    ring.words(1, 10, OK, location(1));
    collector.doWork();
    ring.words(1, 10, OK, location(2));
    collector.doWork();

    assertEquals(Map.of("t;A.a", 2L, "t;A.a;A.b", 2L), folded(snapshot(collector)));
  }

  @Test
  void shouldKeepExactlyTheDepthOfWhatWasInlined() {
    ring.name(1, "t");
    int depth = 16;
    for (int i = 1; i <= depth + 4; i++) {
      ring.method(i, "M.m" + i);
    }
    long[] ten = new long[11];
    ten[0] = define(1, 10);
    for (int i = 1; i <= 10; i++) {
      ten[i] = frame(i, 0);
    }
    ring.words(1, 10, OK, ten);
    ring.words(1, 10, OK, location(1), location(1));
    ring.words(
        1,
        10,
        OK,
        location(1),
        frame(11, 0),
        frame(12, 0),
        frame(13, 0),
        frame(14, 0),
        frame(15, 0),
        frame(16, 0));
    collector.doWork();

    String leaf =
        IntStream.rangeClosed(1, 10).mapToObj(i -> ";M.m" + (11 - i)).collect(Collectors.joining());
    Map<String, Long> folded = folded(snapshot(collector));
    assertEquals(
        Map.of(
            "t" + leaf, 1L,
            "t;[truncated];M.m6;M.m5;M.m4;M.m3;M.m2;M.m1" + leaf, 1L,
            "t;M.m16;M.m15;M.m14;M.m13;M.m12;M.m11" + leaf, 1L),
        folded);
  }

  @Test
  void shouldPutWhereAWalkEndedAtTheRootOfWhatItFound() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.words(1, 10, RingWriter.VIRTUAL, frame(1, 0));
    ring.words(1, 10, RingWriter.BROKEN_STUB, frame(1, 0));
    ring.words(1, 10, RingWriter.BROKEN_STUB);
    collector.doWork();

    assertEquals(
        Map.of("t;[virtual thread];A.a", 1L, "t;[broken: stub];A.a", 1L, "t;[broken: stub]", 1L),
        folded(snapshot(collector)));
    assertEquals(2, collector.stats().unwalkable());
    assertEquals(3, collector.stats().collected());
  }

  @Test
  void shouldPutTheCodeAtWhichAWalkFailedBelowTheReason() {
    ring.name(1, "t");
    ring.method(1, "A.a");
    ring.method(2, "[at I2C/C2I adapters+0x12]");
    ring.words(1, 10, RingWriter.BROKEN_STUB, frame(1, 0), brokenAt(2));
    ring.words(1, 10, RingWriter.BROKEN_STUB, define(1, 1), frame(1, 0), brokenAt(2));
    ring.words(1, 10, RingWriter.BROKEN_STUB, location(1), brokenAt(2));
    ring.words(1, 10, RingWriter.BROKEN_STUB, brokenAt(2));
    ring.words(1, 10, RingWriter.BROKEN_STUB, frame(1, 0));
    ring.words(1, 10, OK, frame(1, 0));
    ring.words(1, 10, RingWriter.BROKEN_STUB, frame(1, 0), brokenAt(99));
    collector.doWork();

    assertEquals(
        Map.of(
            "t;[broken: stub];[at I2C/C2I adapters+0x12];A.a", 3L,
            "t;[broken: stub];[at I2C/C2I adapters+0x12]", 1L,
            "t;[broken: stub];A.a", 1L,
            "t;A.a", 1L,
            "t;[broken: stub];[other methods];A.a", 1L),
        folded(snapshot(collector)));
    assertEquals(6, collector.stats().unwalkable());
  }

  @Test
  void shouldPutTheSystemCallAtTheLeaf() {
    SystemCalls calls = SystemCalls.OF_THIS_PROCESSOR;
    ring.name(1, "t");
    ring.method(1, "A.read");
    ring.words(1, 10, OK, call(3), frame(1, -1));
    ring.words(1, 10, OK, call(-1), frame(1, -1));
    ring.words(1, 10, OK, call(900), frame(1, -1));
    ring.words(1, 10, OK, call(0));
    collector.doWork();

    assertEquals(
        Map.of(
            "t;A.read;" + calls.frame(3).name(),
            1L,
            "t;A.read;[syscall]",
            1L,
            "t;A.read;[syscall 900]",
            1L,
            "t;" + calls.frame(0).name(),
            1L),
        folded(snapshot(collector)));
  }

  @Test
  void shouldNotCountTheCodeAtWhichAWalkFailedAsDepth() {
    ring.name(1, "t");
    int depth = 16;
    long[] deep = new long[depth + 1];
    StringBuilder frames = new StringBuilder();
    for (int i = 1; i <= depth; i++) {
      ring.method(i, "M.m" + i);
      deep[i - 1] = frame(i, 0);
      frames.insert(0, ";M.m" + i);
    }
    ring.method(depth + 1, "[at nmethod+0x40]");
    deep[depth] = brokenAt(depth + 1);
    ring.words(1, 10, RingWriter.BROKEN_STUB, deep);
    long[] tooDeep = Arrays.copyOf(deep, depth + 2);
    tooDeep[depth] = frame(1, 0);
    tooDeep[depth + 1] = brokenAt(depth + 1);
    ring.words(1, 10, RingWriter.BROKEN_STUB, tooDeep);
    collector.doWork();

    assertEquals(
        Map.of(
            "t;[broken: stub];[at nmethod+0x40]" + frames, 1L,
            "t;[truncated]" + frames, 1L),
        folded(snapshot(collector)));
  }
}
