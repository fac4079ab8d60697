package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FlameGraphDifferenceTest {

  private static final String HOSTILE = "</script><script>alert(1)</script><!--\u2028\"'\\{{data}}";

  @Test
  void shouldHoldBothProfilesToTheSampleAndTheNanosecond() throws IOException {
    Profile before = SampleProfiles.web(2_000, 12);
    Profile after = SampleProfiles.web(3_000, 7);

    PageData page = PageData.of(html(before, after));

    assertPart(before, page.before());
    assertPart(after, page.after());
    Set<String> stacks = new TreeSet<>(page.before().samples().keySet());
    stacks.addAll(page.after().samples().keySet());
    assertEquals(stacks.size(), page.rows(), "a stack of both has one row");
  }

  @Test
  void shouldMatchThreadsAndFramesByName() throws IOException {
    // The same names have other numbers, and some names occur twice within a profile.
    Profile before =
        ProfileText.unsharedLines("w;a.A.a;b.B.b 3", "main;a.A.a 2", "w;a.A.a;b.B.b 4").build();
    Profile after =
        ProfileText.lines("main;c.C.c 1", "main;a.A.a 5 13ms", "w;a.A.a;b.B.b 6").build();

    PageData page = PageData.of(html(before, after));

    assertEquals(Map.of("main;a.A.a", 2L, "w;a.A.a;b.B.b", 7L), page.before().samples());
    assertEquals(
        Map.of("main;c.C.c", 1L, "main;a.A.a", 5L, "w;a.A.a;b.B.b", 6L), page.after().samples());
    assertEquals(3, page.rows());
    assertEquals(Set.of("w", "main"), Set.copyOf(page.threads()));
    assertEquals(2, page.threads().size());
  }

  @Test
  void shouldKeepWhatIsOnOneSideOnly() throws IOException {
    Profile before = ProfileText.lines("t;gone.G.g 20", "gone-thread;x.X.x 1").build();
    Profile after = ProfileText.lines("t;fresh.F.f 9", "fresh-thread;x.X.x 2").build();

    PageData page = PageData.of(html(before, after));

    assertEquals(Map.of("t;gone.G.g", 20L, "gone-thread;x.X.x", 1L), page.before().samples());
    assertEquals(Map.of("t;fresh.F.f", 9L, "fresh-thread;x.X.x", 2L), page.after().samples());
    assertEquals(4, page.rows());
  }

  @Test
  void shouldNameTheFiguresOfBoth() throws IOException {
    Profile before = ProfileText.lines("t;a.A.a 3").unwalkable(2).build();
    Profile after =
        ProfileText.lines("t;a.A.a 4")
            .secondsLater(90)
            .dropped(Drops.NONE.plus(DropReason.BUFFER_FULL, 1), 10_000_000)
            .build();

    Map<String, Object> head = PageData.of(html(before, after)).head();

    Map<?, ?> ofBefore = (Map<?, ?>) head.get("before");
    assertEquals(1_767_225_600_000L, ofBefore.get("startTimeMillis"));
    assertEquals(1_767_225_690_000L, head.get("startTimeMillis"));
    assertEquals(3L, ofBefore.get("totalSamples"));
    assertEquals(4L, head.get("totalSamples"));
    assertEquals(30_000_000L, ofBefore.get("totalCpuNanos"));
    assertEquals(2L, ofBefore.get("unwalkable"));
    assertEquals(0L, ofBefore.get("dropped"));
    assertEquals(1L, head.get("dropped"));
  }

  @Test
  void shouldHoldTheSameTwiceForAProfileAndItself() throws IOException {
    Profile profile = SampleProfiles.web(300, 4);

    PageData page = PageData.of(html(profile, profile));

    assertPart(profile, page.after());
    assertEquals(page.before(), page.after());
  }

  @Test
  void shouldTakeEmptyProfiles() throws IOException {
    Profile empty = ProfileText.lines().build();
    Profile profile = ProfileText.lines("t;a.A.a 3").build();

    assertEquals(0, PageData.of(html(empty, empty)).rows());
    assertPart(profile, PageData.of(html(empty, profile)).after());
    assertPart(profile, PageData.of(html(profile, empty)).before());
  }

  @Test
  void shouldEncodeHostileNamesOfBothAsAsciiWithoutMarkup() throws IOException {
    Profile plain = ProfileText.lines("main;a.A.a 1").build();
    Profile before =
        ProfileText.lines().row(HOSTILE, List.of(HOSTILE + "b"), 1, 10_000_000).build();
    Profile after =
        ProfileText.lines()
            .row(HOSTILE + "t", List.of(HOSTILE + "a", "\uD83D\uDE00\uD83D"), 1, 1)
            .build();

    String page = html(before, after);

    assertTrue(page.chars().allMatch(c -> c < 128));
    assertEquals(tags(html(plain, plain)), tags(page));
    String shown = HOSTILE.replace('\u2028', ' ');
    assertEquals(Set.of(shown, shown + "t"), Set.copyOf(PageData.of(page).threads()));
  }

  @Test
  void shouldPassOnAnIOException() {
    Profile profile = ProfileText.lines("m;a.A.a 1").build();

    assertThrows(
        IOException.class,
        () -> FlameGraphDifference.write(profile, profile, new FullAppendable()));
  }

  private static void assertPart(Profile expected, PageData.Part part) {
    StackTotals totals = StackTotals.of(expected);
    assertEquals(totals.samples(), part.samples());
    assertEquals(totals.cpuNanos(), part.cpuNanos());
    assertEquals(expected.totalSamples(), part.totalSamples());
    assertEquals(expected.totalCpuNanos(), part.totalCpuNanos());
  }

  private static String html(Profile before, Profile after) throws IOException {
    StringBuilder out = new StringBuilder();
    FlameGraphDifference.write(before, after, out);
    return out.toString();
  }

  private static long tags(String page) {
    return Pattern.compile("<", Pattern.LITERAL).matcher(page).results().count();
  }
}
