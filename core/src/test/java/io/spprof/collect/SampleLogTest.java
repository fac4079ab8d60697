package io.spprof.collect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.SampleTimes;
import io.spprof.sampler.ThreadState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SampleLogTest {

  private static final long PLENTY = 1L << 30;
  private static final long START = 5_000_000_000_000L;

  private static final SampleLog.Older NONE_OLDER =
      new SampleLog.Older() {
        @Override
        public long bytes() {
          return 0;
        }

        @Override
        public boolean forgetOldest() {
          return false;
        }
      };

  private record Sample(long nanos, int row, long cpuNanos, ThreadState state) {}

  private static List<Sample> read(SampleTimes times) {
    List<Sample> samples = new ArrayList<>();
    for (int chunk = 0; chunk < times.chunkCount(); chunk++) {
      times.forEach(
          chunk, (nanos, row, cpu, state) -> samples.add(new Sample(nanos, row, cpu, state)));
    }
    assertEquals(times.count(), samples.size());
    return samples;
  }

  private static ThreadState state(int sample) {
    return ThreadState.values()[sample % ThreadState.values().length];
  }

  private static SampleLog filled(MemoryBudget budget, long mostBytes, int samples) {
    SampleLog log = new SampleLog(budget, mostBytes, START, NONE_OLDER);
    for (int i = 0; i < samples; i++) {
      log.add(START + i * 1_000_000L, i, 10 + i, state(i));
    }
    return log;
  }

  @Test
  void shouldKeepEachSampleWithItsTime() {
    int count = 3 * SampleLog.CHUNK + 5;

    SampleTimes times = filled(new MemoryBudget(PLENTY), PLENTY, count).snapshot();

    List<Sample> samples = read(times);
    for (int i = 0; i < count; i++) {
      assertEquals(new Sample(i * 1_000_000L, i, 10 + i, state(i)), samples.get(i));
    }
    assertEquals(0, times.forgotten());
  }

  @Test
  void shouldKeepAnyCpuTimeBesideItsState() {
    SampleLog log = new SampleLog(new MemoryBudget(PLENTY), PLENTY, START, NONE_OLDER);
    long year = 365 * 86_400_000_000_000L;
    for (ThreadState state : ThreadState.values()) {
      log.add(START, 1, 36 * year, state);
      log.add(START, 1, 0, state);
    }
    log.add(START, 1, Long.MAX_VALUE, ThreadState.NO_JAVA_THREAD);

    List<Sample> samples = read(log.exact());

    for (ThreadState state : ThreadState.values()) {
      assertEquals(new Sample(0, 1, 36 * year, state), samples.get(2 * state.ordinal()));
      assertEquals(new Sample(0, 1, 0, state), samples.get(2 * state.ordinal() + 1));
    }
    Sample last = samples.get(samples.size() - 1);
    assertEquals(new Sample(0, 1, (1L << 61) - 1, ThreadState.NO_JAVA_THREAD), last);
  }

  @Test
  void shouldKeepTimesThatJumpAndGoBack() {
    SampleLog log = new SampleLog(new MemoryBudget(PLENTY), PLENTY, START, NONE_OLDER);
    long day = 86_400_000_000_000L;
    long[] times = {0, day, day - 7_000, 3 * day, 5_000, 5_000};
    for (long time : times) {
      log.add(START + time, 1, 2, ThreadState.IN_JAVA);
    }

    List<Sample> read = read(log.snapshot());

    for (int i = 0; i < times.length; i++) {
      assertEquals(times[i], read.get(i).nanos());
    }
  }

  @Test
  void shouldForgetTheOldestAndCountThem() {
    MemoryBudget budget = new MemoryBudget(PLENTY);
    int count = 10 * SampleLog.CHUNK + 1;

    SampleTimes times = filled(budget, 4 * SampleLog.CHUNK_BYTES, count).snapshot();

    assertEquals(count, times.count() + times.forgotten());
    assertEquals(7L * SampleLog.CHUNK, times.forgotten());
    assertEquals(times.forgotten(), read(times).get(0).row());
    assertEquals(4 * SampleLog.CHUNK_BYTES, budget.used());
  }

  @Test
  void shouldGiveItsMemoryToOthers() {
    MemoryBudget budget = new MemoryBudget(3 * SampleLog.CHUNK_BYTES);
    SampleLog log = filled(budget, PLENTY, 2 * SampleLog.CHUNK + 1);
    SampleTimes before = log.snapshot();

    assertFalse(budget.take(1));
    assertTrue(log.forgetOldest() && log.forgetOldest() && log.forgetOldest());
    assertFalse(log.forgetOldest(), "nothing is left");

    assertEquals(0, budget.used());
    assertEquals(2 * SampleLog.CHUNK + 1, log.snapshot().forgotten());
    assertEquals(0, log.snapshot().count());
    assertEquals(2 * SampleLog.CHUNK + 1, read(before).size(), "a snapshot stays as it is");
    log.add(START, 1, 1, ThreadState.IN_JAVA);
    assertEquals(1, log.snapshot().count());
  }

  @Test
  void shouldForgetAtOnceWhatItHasNoRoomFor() {
    SampleTimes times = filled(new MemoryBudget(10), PLENTY, 3).snapshot();

    assertEquals(0, times.count());
    assertEquals(3, times.forgotten());
  }

  /** Each attempt takes one of the few errors for which the JVM keeps a stack trace. */
  @Test
  void shouldLoseOnlyTimesWhileTheHeapIsFullAndTryOnceASecond() {
    int[] attempts = new int[1];
    SampleLog.Older full =
        new SampleLog.Older() {
          @Override
          public long bytes() {
            return 0;
          }

          @Override
          public boolean forgetOldest() {
            attempts[0]++;
            throw new OutOfMemoryError("Java heap space");
          }
        };
    long oneChunk = SampleLog.CHUNK_BYTES;
    SampleLog log = new SampleLog(new MemoryBudget(PLENTY), oneChunk, START, full);
    for (int i = 0; i < SampleLog.CHUNK; i++) {
      log.add(START + i, i, 10, ThreadState.IN_JAVA);
    }
    assertEquals(0, attempts[0]);

    long second = 1_000_000_000L;
    for (int i = 0; i < 100; i++) {
      log.add(START + second + i, i, 10, ThreadState.IN_JAVA);
    }
    assertEquals(1, attempts[0]);
    log.add(START + 2 * second, 1, 10, ThreadState.IN_JAVA);
    assertEquals(2, attempts[0]);

    assertEquals(SampleLog.CHUNK, read(log.snapshot()).size());
    assertEquals(101, log.snapshot().forgotten());
    assertEquals(oneChunk, log.bytes());
  }

  @Test
  void shouldLeaveASnapshotAsItIs() {
    SampleLog log = filled(new MemoryBudget(PLENTY), PLENTY, 3);
    SampleTimes before = log.snapshot();
    log.add(START, 9, 9, ThreadState.IN_JAVA);

    assertEquals(3, read(before).size());
    assertEquals(4, log.snapshot().count());
  }
}
