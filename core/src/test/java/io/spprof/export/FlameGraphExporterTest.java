package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FlameGraphExporterTest {

  private static final String HOSTILE = "</script><script>alert(1)</script><!--\u2028\"'\\{{data}}";

  @Test
  void shouldHoldTheSameStacksAsTheFoldedOnes() throws IOException {
    Profile profile =
        ProfileText.unsharedLines(
                "main;a.A.a;b.B.b;c.C.c 5",
                "main;a.A.a;b.B.b 2",
                "main;a.A.a 1",
                "w;a.A.a;b.B.b 3 77ms",
                "main;a.A.a;b.B.b;c.C.c 4",
                "w;[truncated];a.A.a;a.A.a 6")
            .build();

    PageData page = PageData.of(html(profile));

    assertEquals(folded(profile), page.after().samples());
    assertEquals(profile.totalSamples(), page.after().totalSamples());
    assertEquals(profile.totalCpuNanos(), page.after().totalCpuNanos());
  }

  @Test
  void shouldHoldTheSameStacksAsTheFoldedOnesWhenThereAreMany() throws IOException {
    Profile profile = SampleProfiles.web(5_000, 12);

    PageData page = PageData.of(html(profile));

    assertEquals(folded(profile), page.after().samples());
    assertEquals(profile.totalSamples(), page.after().totalSamples());
    assertEquals(profile.totalCpuNanos(), page.after().totalCpuNanos());
  }

  @Test
  void shouldKeepTimesThatNoIntervalDivides() throws IOException {
    Profile profile =
        ProfileText.lines()
            .row("m", List.of("a.A.a"), 1, 10_000_019)
            .row("m", List.of("b.B.b"), 3, (1L << 52) + 1)
            .build();

    assertEquals(profile.totalCpuNanos(), PageData.of(html(profile)).after().totalCpuNanos());
  }

  @Test
  void shouldEncodeHostileNamesAsAsciiWithoutMarkup() throws IOException {
    String plain = html(ProfileText.lines("main;a.A.a 1").build());
    Profile profile =
        ProfileText.lines()
            .row(HOSTILE, List.of(HOSTILE + "f", "\uD83D\uDE00\uD83D"), 1, 1)
            .build();

    String page = html(profile);

    assertTrue(page.chars().allMatch(c -> c < 128));
    assertEquals(count(plain, "<"), count(page, "<"));
    assertEquals(HOSTILE.replace('\u2028', ' '), PageData.of(html(profile)).threads().get(0));
  }

  @Test
  void shouldAllowItsOwnScriptAndStyleOnly() throws Exception {
    String page = html(ProfileText.lines("main;a.A.a 1").build());
    String policy = find(page, "http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"");

    assertEquals(
        "default-src 'none'; script-src '"
            + hash(find(page, "<script>(.*?)</script>"))
            + "'; style-src '"
            + hash(find(page, "<style>(.*?)</style>"))
            + "'; img-src data:; base-uri 'none'; form-action 'none'",
        policy);
  }

  @Test
  void shouldNameNothingOnTheNetwork() throws IOException {
    // The hashes in the policy can contain any letters of base64.
    String page = html(SampleProfiles.web(50, 2)).replaceAll("sha256-[A-Za-z0-9+/=]+", "");

    assertFalse(Pattern.compile("https?:|//[a-z]|@import|url\\(|innerHTML").matcher(page).find());
    assertFalse(page.contains("{{"), "a placeholder in the template was not replaced");
  }

  @Test
  void shouldReportAnEmptyProfile() throws IOException {
    PageData page = PageData.of(html(ProfileText.lines().build()));

    assertEquals(0, page.after().totalSamples());
    assertTrue(page.after().samples().isEmpty());
  }

  @Test
  void shouldPassOnAnIOException() {
    Profile profile = ProfileText.lines("m;a.A.a 1").build();

    assertThrows(IOException.class, () -> FlameGraphExporter.write(profile, new FullAppendable()));
  }

  @Test
  void shouldListEveryDropReasonWithItsCount() throws IOException {
    Drops drops = Drops.of(LongStream.rangeClosed(1, DropReason.values().length).toArray());
    Profile profile = ProfileText.lines("t;a.A.a 3").dropped(drops, 10_000_000).build();

    List<Map<String, Object>> expected = new ArrayList<>();
    for (DropReason reason : DropReason.values()) {
      expected.add(
          Map.of("key", reason.key(), "signals", drops.of(reason), "meaning", reason.meaning()));
    }
    assertEquals(expected, PageData.of(html(profile)).head().get("drops"));
  }

  private static Map<String, Long> folded(Profile profile) throws IOException {
    StringBuilder out = new StringBuilder();
    CollapsedExporter.write(profile, 0, out);
    Map<String, Long> samples = new TreeMap<>();
    out.toString()
        .lines()
        .forEach(
            line -> {
              int blank = line.lastIndexOf(' ');
              samples.put(line.substring(0, blank), Long.valueOf(line.substring(blank + 1)));
            });
    return samples;
  }

  private static String html(Profile profile) throws IOException {
    StringBuilder out = new StringBuilder();
    FlameGraphExporter.write(profile, out);
    return out.toString();
  }

  private static String find(String text, String regex) {
    Matcher matcher = Pattern.compile(regex, Pattern.DOTALL).matcher(text);
    assertTrue(matcher.find(), regex);
    return matcher.group(1);
  }

  private static long count(String text, String part) {
    return Pattern.compile(part, Pattern.LITERAL).matcher(text).results().count();
  }

  private static String hash(String content) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
    return "sha256-" + Base64.getEncoder().encodeToString(digest);
  }
}
