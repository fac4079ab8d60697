package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that every item of the Zabbix template can be read from the profiler's bean. The items are
 * read through Zabbix's own Java gateway, as a Zabbix server does.
 */
@Tag("system")
class ZabbixIT {

  private static final Path GATEWAY = Path.of("/usr/sbin/zabbix-java-gateway.jar");
  private static final byte[] MAGIC = {'Z', 'B', 'X', 'D', 1};

  @TempDir private Path directory;

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void shouldAnswerEveryItemOfTheTemplate() throws Exception {
    Programs.requireFile(GATEWAY);
    JsonNode template = template();
    int port = freeLowPort();
    try (TargetJvm target = TargetJvm.h2(2).authenticate().start();
        BeanClient bean = BeanClient.connect(target, "control")) {
      bean.startWith("interval=1ms");
      Await.until("it samples", () -> bean.number("CollectedSamples") > 100);
      try (RunningProgram gateway =
          new RunningProgram(
              directory,
              TestPaths.jdkProgram("java").toString(),
              "-Dzabbix.listenIP=127.0.0.1",
              "-Dzabbix.listenPort=" + port,
              "-Dzabbix.startPollers=1",
              "-Dzabbix.timeout=30",
              "-jar",
              GATEWAY.toString())) {
        gateway.await("the gateway listens", () -> listens(port));
        Map<String, String> values = new HashMap<>();
        for (JsonNode item : template.get("items")) {
          values.put(item.get("key").asText(), ask(port, item, target.port()));
        }
        assertTrue(
            Long.parseLong(values.get("jmx[\"io.spprof:type=Spprof\",CollectedSamples]")) > 100);
        assertEquals("true", values.get("jmx[\"io.spprof:type=Spprof\",Running]"));
      }
      bean.stop();
    }
  }

  @Test
  void shouldHaveTriggersOfItsOwnItemsAndNoIdTwice() throws Exception {
    JsonNode export = export();
    JsonNode template = template();
    Set<String> keys = new HashSet<>();
    template.get("items").forEach(item -> keys.add(item.get("key").asText()));
    Pattern used = Pattern.compile("/" + template.get("name").asText() + "/(jmx\\[.*?])");
    int triggers = 0;
    for (String expression : export.findValuesAsText("expression")) {
      Matcher matcher = used.matcher(expression);
      boolean any = false;
      while (matcher.find()) {
        assertTrue(keys.contains(matcher.group(1)), expression);
        any = true;
      }
      assertTrue(any, expression);
      triggers++;
    }
    assertEquals(3, triggers);
    List<String> ids = export.findValuesAsText("uuid");
    assertEquals(ids.size(), new HashSet<>(ids).size());
    for (String id : ids) {
      assertTrue(id.matches("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"), id);
    }
  }

  @Test
  void shouldFireAndRestOnASessionThatIsOld() throws Exception {
    ZabbixTriggers triggers = new ZabbixTriggers(export(), OldSession.readings());
    assertEquals(3, triggers.names().size());
    assertEquals(Set.of(), triggers.problems(OldSession.BEFORE));
    assertEquals(triggers.names(), triggers.problems(OldSession.TROUBLE));
    assertEquals(Set.of(), triggers.problems(OldSession.AFTER));
  }

  private static JsonNode export() throws IOException {
    return new YAMLMapper()
        .readTree(Examples.docs().resolve("monitoring/spprof-zabbix.yaml").toFile())
        .get("zabbix_export");
  }

  private static JsonNode template() throws IOException {
    return export().at("/templates/0");
  }

  /**
   * A free port below 32,768. The gateway accepts no higher port, and the system chooses higher
   * ports.
   */
  private static int freeLowPort() {
    return IntStream.range(20_000, 32_767).filter(ZabbixIT::isFree).findFirst().orElseThrow();
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Reads the value of one item, as the item describes it. Fails if the gateway has no value. */
  private String ask(int port, JsonNode item, int targetPort) throws IOException {
    ObjectNode request = json.createObjectNode().put("request", "java gateway jmx");
    request.put(
        "jmx_endpoint",
        item.get("jmx_endpoint")
            .asText()
            .replace("{HOST.CONN}", "127.0.0.1")
            .replace("{HOST.PORT}", Integer.toString(targetPort)));
    request.put("username", item.get("username").asText().replace("{$SPPROF.USER}", "monitor"));
    request.put("password", item.get("password").asText().replace("{$SPPROF.PASSWORD}", "monitor"));
    request.putArray("keys").add(item.get("key").asText());
    JsonNode answer = json.readTree(exchange(port, json.writeValueAsString(request)));
    assertEquals("success", answer.get("response").asText(), answer::toString);
    JsonNode value = answer.at("/data/0/value");
    assertTrue(value.isTextual(), () -> item + ": " + answer);
    return value.asText();
  }

  /**
   * Sends a request in Zabbix's protocol: a magic number, the length in 8 bytes, little-endian,
   * then JSON.
   */
  private static String exchange(int port, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    ByteBuffer message = ByteBuffer.allocate(MAGIC.length + Long.BYTES + bytes.length);
    message.order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).putLong(bytes.length).put(bytes);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) Await.PATIENCE.toMillis());
      socket.getOutputStream().write(message.array());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] header = in.readNBytes(MAGIC.length + Long.BYTES);
      assertTrue(Arrays.equals(MAGIC, 0, MAGIC.length, header, 0, MAGIC.length));
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
