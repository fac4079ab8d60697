package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;

class HeapTest {

  private static final long MIB = 1 << 20;

  private long used;
  private long after;

  private final Heap heap =
      new Heap(
          new Heap.Gauge() {
            @Override
            public long max() {
              return 400 * MIB;
            }

            @Override
            public long used() {
              return used;
            }

            @Override
            public long usedAfterCollection() {
              return after;
            }
          });

  private void state(long usedMib, long afterMib) {
    used = usedMib * MIB;
    after = afterMib * MIB;
  }

  @Test
  void shouldLeaveAQuarterAndTheSharesOfOthers() {
    state(0, 0);
    assertEquals(100 * MIB, heap.forTexts().bytes());
    assertEquals(200 * MIB, heap.bytes());
    state(150, 150);
    assertEquals(50 * MIB, heap.forTexts().bytes());
    assertEquals(125 * MIB, heap.bytes());
  }

  @Test
  void shouldAlwaysLeaveRoomForABlock() {
    state(399, 399);
    assertEquals(Heap.LEAST_BYTES, heap.forTexts().bytes());
    assertEquals(400 * MIB / 32, heap.bytes());
  }

  @Test
  void shouldNotCountGarbageAsUsed() {
    state(390, 60);
    assertEquals(80 * MIB, heap.forTexts().bytes());
  }

  @Test
  void shouldCountThePresentUseWhereThereWasNoCollection() {
    used = 270 * MIB;
    after = -1;
    assertEquals(10 * MIB, heap.forTexts().bytes());
  }

  @Test
  void shouldCountWhatWasLentSinceTheCollection() {
    state(390, 60);
    Object text = new Object();
    heap.lend(text, 90 * MIB);
    assertEquals(50 * MIB, heap.forTexts().bytes());
    Reference.reachabilityFence(text);
  }

  @Test
  void shouldSayWhatIsNeededAndWhatIsThere() {
    state(270, 270);
    heap.forTexts().require(10 * MIB, "a text", "do something else");
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> heap.forTexts().require(10 * MIB + 1, "a text", "do something else"));
    assertTrue(e.getMessage().startsWith("a text: that takes 10.0 MiB of this JVM's heap, "));
    assertTrue(e.getMessage().contains("can spare 10.0 of its "), e.getMessage());
    assertTrue(e.getMessage().endsWith("do something else"), e.getMessage());
  }

  @Test
  void shouldReadTheSizesOfThisJvm() {
    System.gc();
    assertTrue(LastCollection.usedHeapBytes() > 0);
    assertTrue(LastCollection.usedHeapBytes() <= Runtime.getRuntime().maxMemory());
    assertTrue(new Heap().bytes() >= Heap.LEAST_BYTES);
  }
}
