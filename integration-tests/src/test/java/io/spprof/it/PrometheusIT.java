package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.spprof.testing.Installed;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks the rules of the JMX exporter, the alerts and the dashboard of docs/monitoring.md with a
 * real Prometheus server.
 */
@Tag("system")
class PrometheusIT {

  private static final Set<String> ALERTS =
      Set.of(
          "SpprofDropsSamples", "SpprofKeepsLittle", "SpprofOverhead", "SpprofThreadsWithoutTimer");

  @TempDir private Path directory;

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();

  private String get(String url) throws Exception {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(url)).timeout(Await.PATIENCE).build(),
            HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), url + ": " + response.body());
    return response.body();
  }

  private TargetJvm exporting(ReservedPort port) throws Exception {
    return TargetJvm.h2(2)
        .flags(
            "-javaagent:"
                + TestPaths.library("prometheus.jar")
                + "=127.0.0.1:"
                + port
                + ":"
                + Examples.write(directory, "spprof-exporter.yml"))
        .expectOnStderr(PrometheusIT::reportsAnEndedScrape)
        .start();
  }

  /** Whether the exporter printed this line because Prometheus ended during a scrape. */
  private static boolean reportsAnEndedScrape(String line) {
    return line.isBlank()
        || line.startsWith("\tat ")
        || line.contains("HttpExchangeAdapter")
        || line.contains("while trying to send the metrics response")
        || line.equals("java.io.IOException: Broken pipe")
        || line.equals("java.io.IOException: Connection reset by peer");
  }

  private static double value(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in\n" + metrics));
  }

  private static void checkAllAreThere(String metrics, BeanClient bean) throws Exception {
    List<String> missing = new ArrayList<>();
    for (Map.Entry<String, Object> attribute : bean.all().entrySet()) {
      if (attribute.getValue() instanceof Number number
          && !attribute.getKey().equals("IntervalNanos")) {
        String name = "spprof_" + attribute.getKey().toLowerCase(Locale.ROOT);
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

  private static void sample(BeanClient bean) throws Exception {
    bean.startWith("interval=1ms");
    Await.until("it samples", () -> bean.number("CollectedSamples") > 100);
    bean.stop();
  }

  @Test
  void shouldExportEveryNumberWithItsType() throws Exception {
    try (ReservedPort port = new ReservedPort();
        TargetJvm target = exporting(port);
        BeanClient bean = BeanClient.connect(target)) {
      sample(bean);
      checkAllAreThere(get("http://127.0.0.1:" + port + "/metrics"), bean);
    }
  }

  @Test
  void shouldExportThroughAProgramOfItsOwnThatLogsIn() throws Exception {
    try (ReservedPort port = new ReservedPort();
        TargetJvm target = TargetJvm.h2(2).authenticate().start();
        BeanClient bean = BeanClient.connect(target, "control")) {
      sample(bean);
      Path config =
          Examples.write(
              directory,
              "remote.yml",
              Examples.text("spprof-exporter-remote.yml").replace(":7091", ":" + target.port())
                  + Examples.text("spprof-exporter.yml"));
      try (RunningProgram exporter =
          new RunningProgram(
              directory,
              TestPaths.jdkProgram("java").toString(),
              "-jar",
              TestPaths.library("prometheus-httpserver.jar").toString(),
              "127.0.0.1:" + port,
              config.toString())) {
        String url = "http://127.0.0.1:" + port + "/metrics";
        exporter.await("it exports", () -> answers(url));
        checkAllAreThere(get(url), bean);
      }
    }
  }

  private boolean answers(String url) throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Await.PATIENCE).build();
      return http.send(request, HttpResponse.BodyHandlers.ofString())
          .body()
          .contains("spprof_running");
    } catch (IOException notYet) {
      return false;
    }
  }

  @Test
  void shouldBeScrapedAndAskedByPrometheus() throws Exception {
    Installed.require("prometheus", "promtool");
    Path alerts = Examples.write(directory, "spprof-alerts.yml");
    Programs.Ended checked =
        Programs.run(directory, List.of("promtool", "check", "rules", alerts.toString()));
    assertEquals(0, checked.status(), checked::toString);

    try (ReservedPort port = new ReservedPort();
        ReservedPort ofPrometheus = new ReservedPort();
        TargetJvm target = exporting(port);
        BeanClient bean = BeanClient.connect(target)) {
      Path config =
          Files.writeString(
              directory.resolve("prometheus.yml"),
              "global: {scrape_interval: 5s, scrape_timeout: 5s, evaluation_interval: 1s}\n"
                  + "rule_files: ['"
                  + alerts
                  + "']\n"
                  + "scrape_configs:\n"
                  + "  - job_name: app\n"
                  + "    static_configs: [{targets: ['127.0.0.1:"
                  + port
                  + "']}]\n");
      bean.startWith("interval=1ms");
      try (RunningProgram prometheus =
          new RunningProgram(
              directory,
              "prometheus",
              "--config.file=" + config,
              "--storage.tsdb.path=" + directory.resolve("data"),
              "--web.listen-address=127.0.0.1:" + ofPrometheus)) {
        String api = "http://127.0.0.1:" + ofPrometheus + "/api/v1/";
        prometheus.await("it is scraped", () -> answer(api, "spprof_running") == 1);
        prometheus.await(
            "samples come in", () -> answer(api, "rate(spprof_collectedsamples_total[5m])") > 0);
        checkRules(api);
        checkDashboard(prometheus, api);
      }
      bean.stop();
    }
  }

  @Test
  void shouldFireAndRestOnASessionThatIsOld() throws Exception {
    Installed.require("promtool");
    Path alerts = Examples.write(directory, "spprof-alerts.yml");
    Path tests =
        Files.writeString(
            directory.resolve("alerts-test.yml"),
            "rule_files: ['"
                + alerts
                + "']\n"
                + "evaluation_interval: 1m\n"
                + "tests:\n"
                + "  - interval: 1m\n"
                + "    input_series:\n"
                + series()
                + "    promql_expr_test:\n"
                + expected(OldSession.BEFORE, Set.of())
                + expected(OldSession.TROUBLE, ALERTS)
                + expected(OldSession.AFTER, Set.of()));
    Programs.Ended tested =
        Programs.run(directory, List.of("promtool", "test", "rules", tests.toString()));
    assertEquals(0, tested.status(), tested::toString);
  }

  /** The readings of the old session, as promtool takes them. */
  private static String series() throws IOException {
    String rules = Examples.text("spprof-exporter.yml");
    String counters = rules.substring(0, rules.indexOf("type: COUNTER"));
    StringBuilder series = new StringBuilder();
    OldSession.readings()
        .forEach(
            (attribute, values) ->
                series
                    .append("      - series: 'spprof_")
                    .append(attribute.toLowerCase(Locale.ROOT))
                    .append(counters.contains(attribute) ? "_total" : "")
                    .append("{instance=\"app\"}'\n        values: '")
                    .append(values.stream().map(String::valueOf).collect(Collectors.joining(" ")))
                    .append("'\n"));
    return series.toString();
  }

  private static String expected(int minute, Set<String> firing) {
    StringBuilder test = new StringBuilder();
    test.append("      - expr: 'ALERTS{alertstate=\"firing\"}'\n        eval_time: ")
        .append(minute)
        .append("m\n        exp_samples:")
        .append(firing.isEmpty() ? " []\n" : "\n");
    for (String alert : firing) {
      test.append("          - {value: 1, labels: 'ALERTS{alertname=\"")
          .append(alert)
          .append("\",alertstate=\"firing\",instance=\"app\",severity=\"warning\"}'}\n");
    }
    return test.toString();
  }

  private void checkRules(String api) throws Exception {
    TreeSet<String> names = new TreeSet<>();
    json.readTree(get(api + "rules"))
        .at("/data/groups/0/rules")
        .forEach(
            rule -> {
              names.add(rule.get("name").asText());
              assertFalse(rule.get("health").asText().equals("err"), rule::toString);
            });
    assertEquals(new TreeSet<>(ALERTS), names);
  }

  /**
   * Evaluates each expression of the dashboard as Grafana would. Each must have a result. A scrape
   * that takes too long fails, and until the next scrape there is no result.
   */
  private void checkDashboard(RunningProgram prometheus, String api) throws Exception {
    JsonNode dashboard =
        json.readTree(Examples.docs().resolve("monitoring/spprof-grafana.json").toFile());
    int expressions = 0;
    for (JsonNode panel : dashboard.get("panels")) {
      for (JsonNode target : panel.get("targets")) {
        String expression =
            target
                .get("expr")
                .asText()
                .replace("$__rate_interval", "5m")
                .replace("$instance", ".*");
        assertFalse(expression.contains("$"), expression);
        prometheus.await("a result of " + expression, () -> !Double.isNaN(answer(api, expression)));
        expressions++;
      }
    }
    assertTrue(expressions >= 12, "expressions: " + expressions);
    String instances = get(api + "label/instance/values?match%5B%5D=spprof_running");
    assertTrue(instances.contains("127.0.0.1:"), instances);
  }

  /** The result of a query; NaN if Prometheus does not answer or has no data. */
  private double answer(String api, String query) {
    try {
      String url = api + "query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
      JsonNode value = json.readTree(get(url)).at("/data/result/0/value/1");
      return value.isMissingNode() ? Double.NaN : value.asDouble();
    } catch (Exception | AssertionError notYet) {
      return Double.NaN;
    }
  }
}
