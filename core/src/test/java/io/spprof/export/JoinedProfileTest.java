package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.spprof.profile.Profile;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class JoinedProfileTest {

  @Test
  void shouldHoldWhatBothHold() {
    // Enough stacks for many chunks; the second profile's do not begin at the edge of a chunk.
    Profile first = SampleProfiles.web(3_000, 5);
    Profile second = SampleProfiles.web(2_000, 9);

    Profile both = JoinedProfile.of(first, second);

    Map<String, Long> samples = new TreeMap<>(StackTotals.of(first).samples());
    StackTotals.of(second)
        .samples()
        .forEach((stack, more) -> samples.merge(stack, more, Long::sum));
    assertEquals(samples, StackTotals.of(both).samples());
    assertEquals(first.totalCpuNanos() + second.totalCpuNanos(), both.totalCpuNanos());
    assertSame(second.info(), both.info());
  }

  @Test
  void shouldKeepTheOrderOfRows() {
    Profile first = ProfileText.lines("m;a.A.a:3 5", "w;b.B.b 7").build();
    Profile second = ProfileText.lines("w;b.B.b 1", "m;a.A.a:3 2 1ms").build();

    Profile both = JoinedProfile.of(first, second);

    assertEquals(4, both.rowCount());
    assertEquals(7, both.samples(1));
    assertEquals(1, both.samples(2));
    assertEquals(1_000_000, both.cpuNanos(3));
    assertEquals("m", both.threads().get(both.thread(3)).name());
    int leaf = both.frame(both.stack(3), 0);
    assertEquals("a.A.a", both.frameName(leaf));
    assertEquals(3, both.frameLine(leaf));
  }

  @Test
  void shouldTakeEmptyOnesAndTheSameTwice() {
    Profile empty = ProfileText.lines().build();
    Profile profile = ProfileText.lines("m;a.A.a 5").build();

    assertEquals(0, JoinedProfile.of(empty, empty).rowCount());
    assertEquals(5, JoinedProfile.of(empty, profile).totalSamples());
    assertEquals(5, JoinedProfile.of(profile, empty).totalSamples());
    assertEquals(10, JoinedProfile.of(profile, profile).totalSamples());
  }
}
