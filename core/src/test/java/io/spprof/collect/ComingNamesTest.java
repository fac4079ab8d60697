package io.spprof.collect;

import static io.spprof.collect.Snapshots.folded;
import static io.spprof.collect.Snapshots.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.sampler.FakeSampler;
import io.spprof.sampler.RingWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Checks under which name of its thread a sample is recorded. */
final class ComingNamesTest {

  private final RingWriter ring = new RingWriter(64 << 10);
  private final FakeSampler sampler = new FakeSampler();
  private final Collector collector =
      new Collector(ring.reader(), sampler, 16, new MemoryBudget(1 << 20), 0, 0);

  /**
   * A thread's name comes after the samples that it applies to, because it was read after they were
   * taken.
   */
  @Test
  void shouldFoldSamplesUnderTheNameThatWasReadAfterThem() {
    ring.sample(1, 10, 8, 16);
    ring.sample(1, 10, 8, 16);
    ring.sample(2, 10, 24);
    ring.name(1, "first");
    ring.sample(1, 10, 8, 16);
    ring.name(1, "second");
    ring.sample(1, 10, 8, 24);

    assertTrue(collector.pass().hasRenamed());

    assertEquals(
        Map.of("first;m16;m8", 2L, "second;m16;m8", 1L, "second;m24;m8", 1L, "[thread 2];m24", 1L),
        folded(snapshot(collector)));
    assertEquals(0, collector.doWork());
  }

  @Test
  void shouldUseANameThatIsReadInThePassForTheSamplesThatWereThereBefore() {
    ring.sample(1, 10, 8);
    sampler.onNamesRead = () -> ring.name(1, "own");
    assertFalse(collector.pass().hasRenamed());
    sampler.onNamesRead = () -> {};
    ring.sample(1, 10, 8);
    collector.doWork();

    assertEquals(Map.of("own;m8", 2L), folded(snapshot(collector)));
  }

  /**
   * The thread's name may have been read before the sample was taken, when the thread had another
   * name.
   */
  @Test
  void shouldLeaveASampleThatComesWhileNamesAreReadForTheNextPass() {
    ring.sample(1, 10, 8);
    sampler.onNamesRead =
        () -> {
          ring.name(1, "before");
          ring.sample(1, 10, 16);
        };
    collector.doWork();
    assertEquals(Map.of("before;m8", 1L), folded(snapshot(collector)));
    sampler.onNamesRead = () -> ring.name(1, "after");
    collector.doWork();

    assertEquals(Map.of("before;m8", 1L, "after;m16", 1L), folded(snapshot(collector)));
  }

  /**
   * Names behind an incomplete record are not visible. Samples before that record wait once for
   * them.
   */
  @Test
  void shouldWaitOnceForNamesBehindAWriterThatIsHalfWay() {
    ring.sample(1, 10, 8);
    Runnable complete = ring.halfWay();
    ring.name(1, "behind");
    assertEquals(0, collector.doWork());
    complete.run();
    collector.doWork();
    assertEquals(Map.of("behind;m8", 1L), folded(snapshot(collector)));

    ring.sample(1, 10, 16);
    ring.halfWay(); // the record is never completed
    ring.name(1, "never seen");
    assertEquals(0, collector.doWork());
    assertTrue(collector.doWork() > 0);
    assertEquals(Map.of("behind;m8", 1L, "behind;m16", 1L), folded(snapshot(collector)));
  }
}
