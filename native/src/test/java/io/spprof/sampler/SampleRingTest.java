package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SampleRingTest {

  private static final int CAPACITY = 4096;

  private final RawRing raw = new RawRing(CAPACITY);
  private final SampleRing ring = raw.reader();
  private final RecordedSamples seen = new RecordedSamples();

  /** test_ring.c has the same words. */
  @Test
  void shouldDecodeTheByteCodeIndexOfAWord() {
    assertTrue(StackWord.isIdFrame(0x0400000d00000000L));
    assertEquals(-3, StackWord.bci(0x0400000d00000000L));
    assertTrue(StackWord.isFrame(0x0101000f00000007L));
    assertEquals(65535, StackWord.bci(0x0101000f00000007L));
    assertEquals(7, StackWord.number(0x0101000f00000007L));
    assertTrue(StackWord.isBrokenAt(0x0500000000000007L));
    assertEquals(7, StackWord.number(0x0500000000000007L));
  }

  @Test
  void shouldReadNothingFromAnEmptyRing() {
    assertEquals(0, ring.read(seen));
    assertTrue(seen.samples.isEmpty());
    assertEquals(CAPACITY, ring.capacity());
  }

  @Test
  void shouldReadRecordsInTheOrderOfTheirReservation() {
    long end = raw.sample(0, 1, 10, 0x11, 0x12);
    end = raw.sample(end, 2, 20, 0x21);
    end = raw.sample(end, 3, 30);
    raw.tail(end);

    assertEquals(end, ring.read(seen));

    assertEquals(
        List.of(
            new RecordedSamples.Sample(
                1, List.of(0x11L, 0x12L), List.of(), WalkResult.OK, false, 10),
            new RecordedSamples.Sample(2, List.of(0x21L), List.of(), WalkResult.OK, false, 20),
            new RecordedSamples.Sample(
                3, List.of(), List.of(), WalkResult.NATIVE_THREAD, false, 30)),
        seen.samples);
    assertEquals(0, ring.read(seen), "nothing is read twice");
  }

  /** With a full heap, a removal can fail. Then the record must not count twice. */
  @Test
  void shouldReadARecordOnceThatItFailsToRemove() {
    SampleRing readOnly = new SampleRing(raw.block.asReadOnlyBuffer());
    raw.tail(raw.sample(0, 1, 10, 0x11));

    assertThrows(ReadOnlyBufferException.class, () -> readOnly.read(seen));
    assertThrows(ReadOnlyBufferException.class, () -> readOnly.read(seen));
    assertTrue(readOnly.isEmpty());

    assertEquals(1, seen.samples.size());
  }

  @Test
  void shouldShowATruncatedStackAndWhyAnotherWasNotWalked() {
    raw.fill(0, SampleLayout.TYPE_SAMPLE, 1, SampleLayout.FLAG_TRUNCATED, 1, 0, 5);
    raw.publish(0, SampleLayout.HEADER_SIZE);
    raw.fill(32, SampleLayout.TYPE_SAMPLE, -5, SampleLayout.FLAG_NATIVE, 1, 0, 5);
    raw.publish(32, SampleLayout.HEADER_SIZE);

    ring.read(seen);

    assertTrue(seen.samples.get(0).truncated());
    assertTrue(!seen.samples.get(1).truncated());
    assertSame(WalkResult.UNKNOWN_JAVA, seen.samples.get(1).walk());
  }

  @Test
  void shouldStepOverThePaddingAtTheEndAndGoOnAtTheStart() {
    long start = CAPACITY - 64;
    raw.head(start);
    long end = raw.sample(start, 1, 10, 0x11); // 48 bytes, which leaves 16
    end = raw.padding(end);
    end = raw.sample(end, 2, 20, 0x21, 0x22);
    raw.tail(end);

    assertEquals(end - start, ring.read(seen));

    assertEquals(2, seen.samples.size());
    assertEquals(List.of(0x21L, 0x22L), seen.samples.get(1).methods());
    assertEquals(end, raw.head());
    assertTrue(raw.allZero());
  }

  @Test
  void shouldReadARingThatIsFullToTheLastByteOnce() {
    long end = 0;
    while (end < CAPACITY) {
      end = raw.sample(end, 7, 1, 0x1, 0x2); // 64 bytes
    }
    raw.tail(end);

    assertEquals(CAPACITY, ring.read(seen));

    assertEquals(CAPACITY / 64, seen.samples.size());
    assertTrue(raw.allZero());
  }

  @Test
  void shouldGoRoundTheRingManyTimes() {
    long end = 0;
    int written = 0;
    for (int round = 0; round < 1000; round++) {
      long[] methods = new long[round % 13];
      int length = SampleLayout.HEADER_SIZE + methods.length * RawRing.FRAME_BYTES;
      if ((end & CAPACITY - 1) + length > CAPACITY) {
        end = raw.padding(end);
      }
      end = raw.sample(end, round, 1, methods);
      written++;
      raw.tail(end);
      if (round % 5 == 0) {
        ring.read(seen);
        assertEquals(end, raw.head());
      }
    }
    ring.read(seen);

    assertEquals(written, seen.samples.size());
    for (int i = 0; i < written; i++) {
      assertEquals(i, seen.samples.get(i).thread());
    }
    assertTrue(raw.allZero());
  }

  @Test
  void shouldWaitForARecordThatIsNotComplete() {
    raw.fill(0, SampleLayout.TYPE_SAMPLE, SampleLayout.WALK_NATIVE_THREAD, 0, 1, 0, 10);
    long end = raw.sample(32, 2, 20, 0x21);
    raw.tail(end);

    assertEquals(0, ring.read(seen), "the first writer is half-way");

    raw.publish(0, SampleLayout.HEADER_SIZE);
    assertEquals(end, ring.read(seen));
    assertEquals(List.of(1, 2), seen.samples.stream().map(s -> s.thread()).toList());
  }

  @Test
  void shouldGiveBackZerosBehindABigRecord() {
    int frames = (CAPACITY - SampleLayout.HEADER_SIZE) / RawRing.FRAME_BYTES;
    long[] methods = new long[frames];
    java.util.Arrays.fill(methods, -1L);
    raw.tail(raw.sample(0, -1, -1, methods));

    ring.read(seen);

    assertEquals(frames, seen.samples.get(0).methods().size());
    assertTrue(raw.allZero());
  }

  @Test
  void shouldCountARecordAsReadWhoseVisitorThrew() {
    long end = raw.sample(0, 1, 10, 0x11);
    raw.tail(raw.sample(end, 2, 20, 0x21));
    RecordedSamples broken =
        new RecordedSamples() {
          @Override
          public void sample(SampleView sample) {
            throw new IllegalStateException("broken");
          }
        };

    assertThrows(IllegalStateException.class, () -> ring.read(broken));

    assertEquals(end, raw.head());
    ring.read(seen);
    assertEquals(List.of(2), seen.samples.stream().map(s -> s.thread()).toList());
    assertTrue(raw.allZero());
  }

  @Test
  void shouldSeeWhatIsWrittenDuringTheSameDrain() {
    long first = raw.sample(0, 1, 10);
    raw.tail(first);
    boolean[] more = {true};
    ring.read(
        new RecordedSamples() {
          @Override
          public void sample(SampleView sample) {
            seen.sample(sample);
            if (more[0]) {
              more[0] = false;
              raw.tail(raw.sample(first, 2, 10));
            }
          }
        });

    assertEquals(2, seen.samples.size());
  }

  /** Writes down what is ahead. */
  private static SampleRing.Ahead names(List<String> ahead) {
    return new SampleRing.Ahead() {
      @Override
      public void thread(int thread, ThreadName name) {
        ahead.add(thread + name.text());
      }

      @Override
      public void library(int library, String path, byte[] buildId, long base) {
        ahead.add(library + path + buildId.length + ":" + base);
      }

      @Override
      public void function(int library, long address) {
        ahead.add(library + "+" + address);
      }

      @Override
      public void forget() {
        ahead.add("forget");
      }
    };
  }

  @Test
  void shouldVisitNamesAheadAndLeaveTheRecordsWhereTheyAre() {
    long end = raw.sample(0, 1, 10, 0x11);
    end = raw.name(end, 1, (byte) 'a');
    end = raw.sample(end, 2, 10);
    end = raw.name(end, 1, (byte) 'b');
    raw.tail(end);
    List<String> ahead = new ArrayList<>();

    assertTrue(ring.readAhead(names(ahead), end));

    assertEquals(List.of("1a", "1b"), ahead);
    assertEquals(end, ring.end());
    assertEquals(end, ring.read(seen));
  }

  @Test
  void shouldSayWhenAWriterIsHalfWayBeforeSomeNames() {
    long end = raw.sample(0, 1, 10);
    raw.tail(raw.name(end + 64, 1, (byte) 'a')); // 64 bytes are reserved and not yet published

    assertFalse(ring.readAhead(names(new ArrayList<>()), ring.end()));
  }

  @Test
  void shouldVisitDefinitionsAheadUpToAPositionAndNamesOfThreadsToTheEnd() {
    long middle = raw.forget(0);
    long end = raw.name(raw.forget(middle), 1, (byte) 'a');
    raw.tail(end);
    List<String> ahead = new ArrayList<>();

    assertTrue(ring.readAhead(names(ahead), middle));
    assertTrue(ring.readAhead(names(ahead), 0));
    assertEquals(List.of("forget", "1a", "1a"), ahead);
  }

  @Test
  void shouldReadNoRecordFromAPositionOn() {
    long middle = raw.sample(0, 1, 10);
    long end = raw.sample(middle, 2, 20);
    raw.tail(end);

    assertEquals(middle, ring.read(seen, middle));
    assertEquals(1, seen.samples.size());
    assertEquals(end - middle, ring.read(seen, end));
    assertEquals(2, seen.samples.size());
  }
}
