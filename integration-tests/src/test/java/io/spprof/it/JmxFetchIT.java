package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the configuration of docs/monitoring.md with Datadog's JMXFetch: JMXFetch logs in, reads
 * the bean, and reports to a socket that takes the place of Datadog's agent.
 */
@Tag("system")
class JmxFetchIT {

  @TempDir private Path directory;

  @Test
  void shouldReportEveryMetricOfTheConfiguration() throws Exception {
    Set<String> wanted =
        new TreeSet<>(
            new YAMLMapper().readTree(Examples.text("datadog.yaml")).findValuesAsText("alias"));
    assertEquals(11, wanted.size());
    try (TargetJvm target = TargetJvm.h2(2).authenticate().start();
        BeanClient bean = BeanClient.connect(target, "control");
        DatagramSocket agent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      agent.setSoTimeout((int) Await.PATIENCE.toMillis());
      Examples.write(
          directory,
          "spprof.yaml",
          Examples.text("datadog.yaml").replace("7091", Integer.toString(target.port())));
      bean.startWith("interval=1ms");
      try (RunningProgram fetcher =
          new RunningProgram(
              directory,
              TestPaths.jdkProgram("java").toString(),
              "-jar",
              TestPaths.library("jmxfetch.jar").toString(),
              "--conf_directory=" + directory,
              "--check=spprof.yaml",
              "--check_period=1000",
              "--reporter=statsd:" + agent.getLocalPort(),
              "collect")) {
        Map<String, Double> seen = new HashMap<>();
        fetcher.await(
            "all of " + wanted,
            () -> {
              receive(agent, seen);
              return seen.keySet().containsAll(wanted) && seen.get("spprof.samples.collected") > 0;
            });
        assertEquals(1, seen.get("spprof.running"));
        assertTrue(seen.get("spprof.overhead.measured") > 0, seen::toString);
      }
      bean.stop();
    }
  }

  /** Receives metrics in statsd's format: lines of {@code name:value|type|#tags}. */
  private static void receive(DatagramSocket agent, Map<String, Double> seen) throws Exception {
    DatagramPacket packet = new DatagramPacket(new byte[65536], 65536);
    agent.receive(packet);
    String text = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    for (String line : text.lines().toList()) {
      List<String> parts = List.of(line.split("[:|]"));
      if (line.startsWith("spprof.")) {
        seen.put(parts.get(0), Double.parseDouble(parts.get(1)));
      }
    }
  }
}
