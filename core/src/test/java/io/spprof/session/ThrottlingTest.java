package io.spprof.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ThrottlingTest {

  private final AtomicLong kernel = new AtomicLong(1_000);
  private final Throttling throttling = new Throttling(() -> kernel::get);

  private long look(long nanos) {
    kernel.set(nanos);
    throttling.look();
    return throttling.nanos();
  }

  @Test
  void shouldCountFromTheFirstLookOn() {
    assertEquals(-1, throttling.nanos());
    assertEquals(0, look(1_000));
    assertEquals(300, look(1_300));
    assertEquals(300, look(1_300));
    assertEquals(500, look(1_500));
  }

  @Test
  void shouldNeverDecrease() {
    long before = 0;
    for (long reading : List.of(1_000L, 1_200L, 50L, 60L, -1L, 70L, 0L, 10L)) {
      long now = look(reading);
      assertEquals(now, Math.max(now, before));
      before = now;
    }
    assertEquals(230, before);
  }

  @Test
  void shouldNotKnowWhatTheKernelDoesNotReport() {
    assertEquals(-1, look(-1));
    assertEquals(-1, look(-1));
    assertEquals(0, look(5_000), "its past is not of the session");
    assertEquals(7, look(5_007));
  }

  /** What was counted before the session is not the session's. */
  @Test
  void shouldBeginAtTheFirstReadingThatSucceeds() {
    AtomicBoolean isFull = new AtomicBoolean(true);
    Throttling late =
        new Throttling(
            () ->
                () -> {
                  if (isFull.getAndSet(false)) {
                    throw new OutOfMemoryError("Java heap space");
                  }
                  return kernel.get();
                });
    kernel.set(1_000);
    assertThrows(OutOfMemoryError.class, late::look);
    late.look();
    assertEquals(0, late.nanos());
  }
}
