package io.spprof.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.spprof.profile.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks exports in speedscope's format against speedscope's schema, and loads them into speedscope
 * itself. Both come from speedscope's package.
 */
final class SpeedscopeExporterTest {

  private static final String PACKAGE = "speedscope@1.25.0";

  private static final Profile PROFILE =
      ProfileText.lines(
              "main;a.b.C.main:12;java.util.HashMap.get:560 3",
              "main;a.b.C.main:13;java.util.HashMap.get:561 2 17ms",
              "worker <1>;[truncated];x.Y.z:7 9",
              "GC \"Thread\"#0;[native thread] 5")
          .build();

  @TempDir private Path directory;

  private static byte[] json(Profile profile) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Export(profile, ExportFormat.SPEEDSCOPE).writeTo(out);
    return out.toByteArray();
  }

  /** Returns the profiles of the threads, which come after that of all threads. */
  private static List<JsonNode> threads(JsonNode file) {
    List<JsonNode> profiles = new ArrayList<>();
    file.get("profiles").forEach(profiles::add);
    assertEquals("all threads", profiles.remove(0).get("name").asText());
    return profiles;
  }

  /** Reads the CPU time of the threads' stacks. */
  static StackTotals totals(byte[] json) throws IOException {
    return totals(new ObjectMapper().readTree(json));
  }

  /** Reads the CPU time of the stacks of all threads, as those of a thread without a name. */
  static Map<String, Long> allThreads(byte[] json) throws IOException {
    JsonNode file = new ObjectMapper().readTree(json);
    JsonNode all = file.get("profiles").get(0);
    Map<String, Long> nanos = new TreeMap<>();
    for (int i = 0; i < all.get("samples").size(); i++) {
      StringBuilder stack = new StringBuilder();
      for (JsonNode frame : all.get("samples").get(i)) {
        stack.append(';').append(file.at("/shared/frames/" + frame + "/name").asText());
      }
      assertEquals(
          null, nanos.put(stack.toString(), all.get("weights").get(i).asLong()), "stands twice");
    }
    return nanos;
  }

  private static StackTotals totals(JsonNode file) {
    List<String> names = new ArrayList<>();
    file.get("shared").get("frames").forEach(frame -> names.add(frame.get("name").asText()));
    StackTotals totals = new StackTotals();
    for (JsonNode profile : threads(file)) {
      for (int i = 0; i < profile.get("samples").size(); i++) {
        List<String> frames = new ArrayList<>();
        profile.get("samples").get(i).forEach(frame -> frames.add(names.get(frame.asInt())));
        Collections.reverse(frames);
        totals.add(profile.get("name").asText(), frames, 0, profile.get("weights").get(i).asLong());
      }
    }
    return totals;
  }

  @Test
  void shouldHoldEveryNanosecond() throws IOException {
    for (Profile profile : List.of(PROFILE, SampleProfiles.web(2_000, 9))) {
      JsonNode file = new ObjectMapper().readTree(json(profile));

      assertEquals(StackTotals.of(profile).cpuNanos(), totals(file).cpuNanos());
      long sum = 0;
      for (JsonNode thread : threads(file)) {
        sum += thread.get("endValue").asLong();
      }
      assertEquals(profile.totalCpuNanos(), sum);
      assertEquals(profile.totalCpuNanos(), file.get("profiles").get(0).get("endValue").asLong());
    }
  }

  @Test
  void shouldHaveAProfileAThreadTheBusiestFirst() throws IOException {
    JsonNode file = new ObjectMapper().readTree(json(PROFILE));

    List<String> threads = new ArrayList<>();
    file.get("profiles").forEach(profile -> threads.add(profile.get("name").asText()));
    assertEquals(List.of("all threads", "worker <1>", "GC \"Thread\"#0", "main"), threads);
  }

  @Test
  void shouldNameTheJvmTheTimeAndTheEvent() throws IOException {
    JsonNode file = new ObjectMapper().readTree(json(PROFILE));

    assertEquals(
        "spprof session 3; shop.jar, pid 42, host web-1, Java 17.0.15+6;"
            + " 2026-01-01T00:00:00Z, 60.00 s; CPU time, every 10 ms",
        file.get("name").asText());
  }

  @Test
  void shouldFitSpeedscopesSchema() throws Exception {
    String schema = Files.readString(release().resolve("file-format-schema.json"));
    for (Profile profile :
        List.of(PROFILE, ProfileText.lines().build(), SampleProfiles.web(100, 3))) {
      Set<?> complaints =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
              .getSchema(schema)
              .validate(new ObjectMapper().readTree(json(profile)));
      assertEquals(Set.of(), complaints);
    }
    assertFalse(
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
            .getSchema(schema)
            .validate(new ObjectMapper().readTree("{\"profiles\": []}"))
            .isEmpty(),
        "the schema refuses nothing");
  }

  @Test
  void shouldBeShownBySpeedscope() throws Exception {
    String base64 = Base64.getEncoder().encodeToString(json(PROFILE));
    // Opens a file as speedscope's own command line does.
    Path script =
        Files.writeString(
            directory.resolve("p.js"), "speedscope.loadFileFromBase64('p.json', '" + base64 + "')");
    try (Browser browser = Browser.start(directory.resolve("browser"))) {
      browser.open(release().resolve("index.html"), "#localProfilePath=" + script);
      browser.await("document.body.innerText.includes('all threads')");
      String text = text(browser);
      assertTrue(text.contains("all threads (1/4)"), text);
      browser.screenshot(Path.of("target", "speedscope.png"));
      browser.press("3"); // sandwich view: a table of all functions
      browser.await("document.body.innerText.includes('x.Y.z')");
      text = text(browser);
      assertTrue(text.contains("x.Y.z"), text);
      assertTrue(text.contains("90.00ms ("), text);
    }
  }

  private static String text(Browser browser) {
    return (String) browser.script("return document.body.innerText");
  }

  /** Downloads the package's files once and returns their folder. */
  private static Path release() throws Exception {
    Path modules = Path.of("target", "speedscope").toAbsolutePath();
    Path release = modules.resolve("node_modules/speedscope/dist/release");
    if (!Files.exists(release.resolve("index.html"))) {
      Files.createDirectories(modules);
      String output;
      int status;
      try {
        Process process =
            new ProcessBuilder(
                    "npm", "install", "--no-save", "--prefix", modules.toString(), PACKAGE)
                .redirectErrorStream(true)
                .start();
        output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        status = process.waitFor();
      } catch (IOException missing) {
        output = missing.toString();
        status = 1;
      }
      if (status != 0) {
        String reason = "npm cannot install " + PACKAGE + ": " + output;
        assertFalse("1".equals(System.getenv("SPPROF_REQUIRE_BROWSER")), reason);
        assumeTrue(false, reason);
      }
    }
    return release;
  }

  @Test
  void shouldGiveFunctionsTheirLibraryAsFile() throws IOException {
    Profile profile = ProfileText.lines("t;a.B.c;libc.so.6`f`g:n;libz.so+0x10:n 3").build();
    String json =
        new String(
            new Export(profile, ExportFormat.SPEEDSCOPE).read(1 << 20), StandardCharsets.UTF_8);
    assertTrue(json.contains("{\"name\":\"a.B.c\"}"), json);
    assertTrue(json.contains("{\"name\":\"libc.so.6`f`g\",\"file\":\"libc.so.6\"}"), json);
    assertTrue(json.contains("{\"name\":\"libz.so+0x10\",\"file\":\"libz.so\"}"), json);
  }
}
