package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.spprof.it.load.Busy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/monitoring.md says, taken from there and run. */
class MonitoringIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private final HttpClient http = HttpClient.newHttpClient();

  /** A block of the page, by the name in the comment before it. */
  private static String block(String name) throws IOException {
    String page = Files.readString(TestPaths.project().resolve("docs/monitoring.md"));
    int begin = page.indexOf("<!-- " + name + " -->");
    assertTrue(begin >= 0, name);
    int first = page.indexOf('\n', page.indexOf("```", begin)) + 1;
    return page.substring(first, page.indexOf("```", first));
  }

  private Path file(String name) throws IOException {
    return Files.writeString(directory.resolve(name), block(name));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String get(String url) throws Exception {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build(),
            HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), url + ": " + response.body());
    return response.body();
  }

  private TargetJvm exporting(int port) throws Exception {
    return TargetJvm.of(Busy.class, 1, 0)
        .flags(
            "-javaagent:"
                + TestPaths.library("prometheus.jar")
                + "=127.0.0.1:"
                + port
                + ":"
                + file("spprof-exporter.yml"))
        .start();
  }

  private static double value(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in\n" + metrics));
  }

  @Test
  void shouldExportEveryNumberWithItsType() throws Exception {
    int port = freePort();
    try (TargetJvm target = exporting(port);
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      Thread.sleep(500);
      bean.stop();

      String metrics = get("http://127.0.0.1:" + port + "/metrics");

      List<String> missing = new ArrayList<>();
      for (Map.Entry<String, Object> attribute : bean.all().entrySet()) {
        if (attribute.getValue() instanceof Number number
            && !attribute.getKey().equals("IntervalNanos")) {
          String name = "spprof_" + attribute.getKey().toLowerCase(java.util.Locale.ROOT);
          boolean counter = metrics.contains("# TYPE " + name + "_total counter\n");
          if (!counter && !metrics.contains("# TYPE " + name + " gauge\n")) {
            missing.add(name);
          } else {
            assertEquals(
                number.doubleValue(), value(metrics, counter ? name + "_total" : name), 1e-9, name);
          }
        }
      }
      assertEquals(List.of(), missing, metrics);
      assertTrue(value(metrics, "spprof_collectedsamples_total") > 0);
      assertEquals(
          bean.number("DroppedSamples"),
          metrics
              .lines()
              .filter(line -> line.startsWith("spprof_dropped_by_reason_total{"))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
              .sum(),
          metrics);
      assertTrue(metrics.contains("spprof_dropped_by_reason_total{reason=\"late\""), metrics);
    }
  }

  @Test
  void shouldBeScrapedAndAskedByPrometheus() throws Exception {
    Programs.require("prometheus", "promtool");
    Path alerts = file("spprof-alerts.yml");
    Programs.Ended checked =
        Programs.run(directory, List.of("promtool", "check", "rules", alerts.toString()));
    assertEquals(0, checked.status(), checked::toString);

    int port = freePort();
    int ofPrometheus = freePort();
    Path config =
        Files.writeString(
            directory.resolve("prometheus.yml"),
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                + "rule_files: ['"
                + alerts
                + "']\n"
                + "scrape_configs:\n"
                + "  - job_name: app\n"
                + "    static_configs: [{targets: ['127.0.0.1:"
                + port
                + "']}]\n");
    try (TargetJvm target = exporting(port);
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms");
      Process prometheus =
          new ProcessBuilder(
                  "prometheus",
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + directory.resolve("data"),
                  "--web.listen-address=127.0.0.1:" + ofPrometheus)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("prometheus.log").toFile())
              .start();
      try {
        String api = "http://127.0.0.1:" + ofPrometheus + "/api/v1/";
        Await.until("it is scraped", PATIENCE, () -> answer(api, "spprof_running") == 1);
        Await.until(
            "samples come in",
            PATIENCE,
            () -> answer(api, "rate(spprof_collectedsamples_total[30s])") > 0);
        JsonNode rules = new ObjectMapper().readTree(get(api + "rules")).at("/data/groups/0/rules");
        TreeSet<String> names = new TreeSet<>();
        rules.forEach(
            rule -> {
              names.add(rule.get("name").asText());
              assertFalse(rule.get("health").asText().equals("err"), rule::toString);
            });
        assertEquals(
            new TreeSet<>(
                List.of("SpprofDropsSamples", "SpprofOverhead", "SpprofThreadsWithoutTimer")),
            names);
      } finally {
        prometheus.destroy();
        prometheus.waitFor();
      }
      bean.stop();
    }
  }

  /** NaN while it does not answer, or knows nothing. */
  private double answer(String api, String query) {
    try {
      String url = api + "query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
      JsonNode value = new ObjectMapper().readTree(get(url)).at("/data/result/0/value/1");
      return value.isMissingNode() ? Double.NaN : value.asDouble();
    } catch (Exception | AssertionError notYet) {
      return Double.NaN;
    }
  }

  @Test
  void shouldBeDrivenThroughJolokia() throws Exception {
    Programs.require("bash", "curl");
    int port = freePort();
    try (TargetJvm target =
            TargetJvm.of(Busy.class, 1, 0)
                .flags(
                    "-javaagent:"
                        + TestPaths.library("jolokia.jar")
                        + "=port="
                        + port
                        + ",host=127.0.0.1")
                .start();
        BeanClient bean = BeanClient.connect(target)) {
      List<JsonNode> answers = new ArrayList<>();
      for (String command : block("jolokia.sh").lines().toList()) {
        Programs.Ended ended =
            Programs.run(
                directory, List.of("bash", "-c", command.replace("8778", Integer.toString(port))));
        assertEquals(0, ended.status(), () -> command + ": " + ended);
        JsonNode answer = new ObjectMapper().readTree(String.join("\n", ended.out()));
        assertEquals(200, answer.get("status").asInt(), answer::toString);
        answers.add(answer.get("value"));
        if (answers.size() == 1) {
          Await.until("it samples", PATIENCE, () -> bean.number("CollectedSamples") > 20);
        }
      }

      assertEquals(1, answers.get(0).asLong(), "the session's id");
      assertTrue(answers.get(1).get("CollectedSamples").asLong() > 20);
      assertTrue(answers.get(2).asDouble() > 0);
      assertTrue(answers.get(3).asText().startsWith("session=1 "), answers.get(3)::toString);
      assertTrue(answers.get(4).asText().contains("io.spprof.it.load."), answers.get(4)::toString);
      assertEquals("IDLE", bean.text("State"));
    }
  }
}
