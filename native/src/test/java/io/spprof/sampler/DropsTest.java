package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DropsTest {

  private static final int REASONS = DropReason.values().length;

  /** 1, 2, 4, 8 ... so that every sum shows its parts. */
  private static Drops powers() {
    return Drops.of(LongStream.range(0, REASONS).map(i -> 1L << i).toArray());
  }

  @ParameterizedTest
  @EnumSource
  void shouldCountEachReasonByItself(DropReason reason) {
    assertEquals(1L << reason.ordinal(), powers().of(reason));

    Drops more = powers().plus(reason, 100);

    for (DropReason each : DropReason.values()) {
      assertEquals((1L << each.ordinal()) + (each == reason ? 100 : 0), more.of(each), each.key());
    }
    assertEquals(powers().total() + 100, more.total());
    assertNotEquals(powers(), more);
  }

  @Test
  void shouldAddAndSubtractReasonByReason() {
    assertEquals((1L << REASONS) - 1, powers().total());
    assertEquals(Drops.of(LongStream.range(0, REASONS).map(i -> 2L << i).toArray()), twice());
    assertEquals(powers(), twice().minus(powers()));
    assertEquals(powers().hashCode(), twice().minus(powers()).hashCode());
  }

  private static Drops twice() {
    return powers().plus(powers());
  }

  @Test
  void shouldNotFollowTheArrayItWasMadeFrom() {
    long[] counts = new long[REASONS];
    counts[0] = 7;
    Drops drops = Drops.of(counts);
    counts[0] = 8;

    assertEquals(7, drops.of(DropReason.values()[0]));
    assertThrows(IllegalArgumentException.class, () -> Drops.of(new long[REASONS - 1]));
  }

  @Test
  void shouldShareOneObjectWithoutDrops() {
    assertSame(Drops.NONE, powers().minus(powers()));
    assertSame(Drops.NONE, Drops.of(new long[REASONS]));
  }

  @Test
  void shouldListKeysAndCounts() {
    String list = Drops.NONE.plus(DropReason.LATE, 3).toString();

    assertTrue(list.startsWith("bufferFull=0, walkBuffersBusy=0, late=3, foreign=0, "), list);
  }

  /** Clients know the keys, and dashboards contain them. */
  @Test
  void shouldHaveAKeyThatIsTheNameOfTheReason() {
    for (DropReason reason : DropReason.values()) {
      String words = StringUtils.join(StringUtils.splitByCharacterTypeCamelCase(reason.key()), "_");
      assertEquals(reason.name(), words.toUpperCase(Locale.ROOT));
    }
    assertEquals(
        REASONS, Arrays.stream(DropReason.values()).map(DropReason::key).distinct().count());
  }
}
