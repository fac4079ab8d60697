package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.spprof.profile.Profile;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class CollapsedDifferenceTest {

  private static String difference(Profile before, Profile after) throws IOException {
    StringBuilder out = new StringBuilder();
    CollapsedDifference.write(before, after, out);
    return out.toString();
  }

  @Test
  void shouldShowWhatGrewShrankAppearedAndVanished() throws IOException {
    Profile before =
        ProfileText.lines("t;a.A.a 5", "t;a.A.a;b.B.b 7", "t;same.S.s 3", "u;gone.G.g 20").build();
    Profile after =
        ProfileText.lines("t;a.A.a;b.B.b 1", "t;same.S.s 3", "v;new.N.n 9", "t;a.A.a 11").build();

    assertEquals(
        "u;gone.G.g 20 0\nv;new.N.n 0 9\nt;a.A.a 5 11\nt;a.A.a;b.B.b 7 1\n",
        difference(before, after));
  }

  @Test
  void shouldBeEmptyForAProfileAndItself() throws IOException {
    Profile profile = SampleProfiles.web(300, 4);
    assertEquals("", difference(profile, profile));
  }

  @Test
  void shouldAddUpToBothSides() throws IOException {
    Profile before = SampleProfiles.web(300, 4);
    Profile after = SampleProfiles.web(200, 3);
    long change = 0;
    for (String line : difference(before, after).lines().toList()) {
      String[] words = line.split(" (?=[0-9]+ [0-9]+$)| (?=[0-9]+$)");
      change += Long.parseLong(words[2]) - Long.parseLong(words[1]);
    }
    assertEquals(after.totalSamples() - before.totalSamples(), change);
  }
}
