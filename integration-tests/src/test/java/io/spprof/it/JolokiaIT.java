package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.spprof.testing.Installed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the profiler's bean through the Jolokia agent: a session that curl controls with a
 * password, and the attributes that Telegraf's plugin reads.
 */
@Tag("system")
class JolokiaIT {

  private static final Pattern URL = Pattern.compile(" URL http://127[.]0[.]0[.]1:([0-9]+)/");

  @TempDir private Path directory;

  private final ObjectMapper json = new ObjectMapper();

  /** A target whose Jolokia agent listens on a port that is free. */
  private static TargetJvm target(String options) throws Exception {
    return TargetJvm.h2(2)
        .flags(
            "-javaagent:" + TestPaths.library("jolokia.jar") + "=port=0,host=127.0.0.1," + options)
        .start();
  }

  /** The port on which the Jolokia agent listens, which it prints. */
  private static String port(TargetJvm target) throws Exception {
    AtomicReference<String> port = new AtomicReference<>();
    Await.until(
        "Jolokia's URL",
        () -> {
          Matcher url = URL.matcher(String.join("\n", target.stdout()));
          port.set(url.find() ? url.group(1) : null);
          return port.get() != null;
        });
    return port.get();
  }

  @Test
  void shouldDriveASessionOverAPassword() throws Exception {
    Installed.require("bash", "curl");
    Examples.write(directory, "jolokia.netrc");
    try (TargetJvm target = target("user=control,password=control");
        BeanClient bean = BeanClient.connect(target)) {
      List<JsonNode> answers = new ArrayList<>();
      for (String line : Examples.text("jolokia.sh").lines().toList()) {
        String command = line.replace("8778", port(target));
        String unknown = command.replace("--netrc-file jolokia.netrc", "-u control:wrong");
        assertNotEquals(0, bash(unknown).status(), unknown);
        Programs.Ended ended = bash(command);
        assertEquals(0, ended.status(), () -> command + ": " + ended);
        JsonNode answer = json.readTree(String.join("\n", ended.out()));
        assertEquals(200, answer.get("status").asInt(), answer::toString);
        answers.add(answer.get("value"));
        if (answers.size() == 1) {
          Await.until("it samples", () -> bean.number("CollectedSamples") > 100);
        }
      }

      assertEquals(1, answers.get(0).asLong(), "the session's id");
      assertTrue(answers.get(1).get("CollectedSamples").asLong() > 100);
      assertTrue(answers.get(2).asDouble() > 0);
      assertTrue(answers.get(3).asText().startsWith("session=1 "), answers.get(3)::toString);
      assertTrue(answers.get(4).asText().contains("org.h2."), answers.get(4)::toString);
      assertEquals("IDLE", bean.text("State"));
    }
  }

  private Programs.Ended bash(String command) throws Exception {
    return Programs.run(directory, List.of("bash", "-c", command));
  }

  /**
   * Telegraf itself is in no registry that this build reaches. So the test does what Telegraf's
   * plugin jolokia2_agent does with a configuration: one POST that reads the attributes of each
   * metric.
   */
  @Test
  void shouldGiveTelegrafAllItReadsAndNothingMore() throws Exception {
    Path policy = Examples.write(directory, "jolokia-access.xml");
    try (TargetJvm target = target("user=monitor,password=monitor,policyLocation=file:" + policy);
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      Await.until("it samples", () -> bean.number("CollectedSamples") > 100);
      JsonNode plugin =
          new TomlMapper()
              .readTree(Examples.text("telegraf.conf").replace("8778", port(target)))
              .at("/inputs/jolokia2_agent/0");
      ArrayNode requests = json.createArrayNode();
      int paths = 0;
      for (JsonNode metric : plugin.get("metric")) {
        requests
            .addObject()
            .put("type", "read")
            .put("mbean", metric.get("mbean").asText())
            .set("attribute", metric.get("paths"));
        paths += metric.get("paths").size();
      }
      JsonNode answer = post(plugin, requests).get(0);
      assertEquals(200, answer.get("status").asInt(), answer::toString);
      assertEquals(paths, answer.get("value").size(), answer::toString);
      assertTrue(answer.at("/value/CollectedSamples").asLong() > 100, answer::toString);
      assertTrue(answer.at("/value/DroppedByReason/late").isNumber(), answer::toString);

      JsonNode stop =
          json.createObjectNode()
              .put("type", "exec")
              .put("mbean", "io.spprof:type=Spprof")
              .put("operation", "stop");
      assertEquals(403, post(plugin, stop).get("status").asInt());
      assertEquals("RUNNING", bean.text("State"));
      bean.stop();
    }
  }

  private JsonNode post(JsonNode plugin, JsonNode body) throws Exception {
    String user = plugin.get("username").asText() + ":" + plugin.get("password").asText();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(plugin.at("/urls/0").asText() + "/"))
            .timeout(Await.PATIENCE)
            .header(
                "Authorization",
                "Basic "
                    + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)))
            .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body)))
            .build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    return json.readTree(response.body());
  }
}
