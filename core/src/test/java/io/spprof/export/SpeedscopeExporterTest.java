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
import java.util.Set;
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

  private static StackTotals totals(JsonNode file) {
    List<String> names = new ArrayList<>();
    file.get("shared").get("frames").forEach(frame -> names.add(frame.get("name").asText()));
    StackTotals totals = new StackTotals();
    for (JsonNode profile : file.get("profiles")) {
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
      for (JsonNode thread : file.get("profiles")) {
        sum += thread.get("endValue").asLong();
      }
      assertEquals(profile.totalCpuNanos(), sum);
    }
  }

  @Test
  void shouldHaveAProfileAThreadTheBusiestFirst() throws IOException {
    JsonNode file = new ObjectMapper().readTree(json(PROFILE));

    List<String> threads = new ArrayList<>();
    file.get("profiles").forEach(profile -> threads.add(profile.get("name").asText()));
    assertEquals(List.of("worker <1>", "GC \"Thread\"#0", "main"), threads);
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
      String text = "";
      for (int i = 0; i < 100 && !text.contains("worker <1>"); i++) {
        Thread.sleep(100);
        text = (String) browser.script("return document.body.innerText");
      }
      assertTrue(text.contains("worker <1> (1/3)"), text);
      browser.screenshot(Path.of("target", "speedscope.png"));
      browser.press("3"); // sandwich view: a table of all functions
      for (int i = 0; i < 100 && !text.contains("x.Y.z"); i++) {
        Thread.sleep(100);
        text = (String) browser.script("return document.body.innerText");
      }
      assertTrue(text.contains("x.Y.z"), text);
      assertTrue(text.contains("90.00ms (100%)"), text);
    }
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
}
