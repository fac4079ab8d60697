package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.client.TlsClient;
import io.spprof.it.load.Busy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the flags of docs/monitoring.md for a JMX port with TLS. */
@Tag("system")
class TlsIT {

  private static Path keys;
  private static String[] flags;

  @BeforeAll
  static void makeKeys() throws Exception {
    keys = TestPaths.newDirectory("tls");
    String keytool =
        Examples.text("keystore.sh").replace("\\\n", " ").replace("CN=HOST", "CN=127.0.0.1");
    for (String line : keytool.replace("SAN=dns:HOST", "SAN=ip:127.0.0.1").lines().toList()) {
      List<String> command = new ArrayList<>(List.of(line.strip().split("\\s+")));
      command.set(0, TestPaths.jdkProgram("keytool").toString());
      assertEquals(0, Programs.run(keys, command).status(), line);
    }
    flags =
        Examples.text("jmxremote-tls.flags")
            .replace("KEYSTORE_PASSWORD", "changeit")
            .replace("=keystore.p12", "=" + keys.resolve("keystore.p12"))
            .lines()
            .toArray(String[]::new);
  }

  @Test
  void shouldServeRegistryAndConnectorOnOnePortWithTls() throws Exception {
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).authenticate().flags(flags).start()) {
      String port = Integer.toString(target.port());
      String[] trust =
          Examples.text("client-tls.flags")
              .replace("=truststore.p12", "=" + keys.resolve("truststore.p12"))
              .lines()
              .toArray(String[]::new);
      Programs.Ended trusting = client(port, trust);
      assertEquals(List.of("IDLE"), trusting.out(), trusting::toString);
      Programs.Ended doubting = client(port);
      assertNotEquals(0, doubting.status());
      assertTrue(doubting.err().toString().contains("SSLHandshakeException"), doubting::toString);
    }
  }

  /** The target trusts its own certificate only, so its key store is the client's, too. */
  @Test
  void shouldTakeTheCommandLineWithItsOwnCertificate() throws Exception {
    String store = keys.resolve("truststore.p12").toString();
    String[] clients =
        Examples.text("client-auth.flags")
            .replace("=clients.p12", "=" + store)
            .lines()
            .toArray(String[]::new);
    String password = Examples.write(keys, "store.password", "changeit\n").toString();
    String login = Examples.write(keys, "login.password", "monitor\n").toString();
    String key = keys.resolve("keystore.p12").toString();
    try (TargetJvm target =
        TargetJvm.of(Busy.class, 1, 0).authenticate().flags(flags).flags(clients).start()) {
      List<String> status =
          List.of(
              "status", "127.0.0.1:" + target.port(), "--user=monitor", "--password-file=" + login);
      List<String> trust =
          List.of("--tls", "--truststore=" + store, "--truststore-password-file=" + password);
      List<String> own = List.of("--keystore=" + key, "--keystore-password-file=" + password);
      Programs.Ended ended = commandLine(List.of(), status, trust, own);
      assertTrue(ended.out().contains("State                    IDLE"), ended::toString);

      List<String> properties =
          Stream.of(
                  "trustStore=" + store,
                  "trustStorePassword=changeit",
                  "keyStore=" + key,
                  "keyStorePassword=changeit")
              .map(property -> "-Djavax.net.ssl." + property)
              .toList();
      ended = commandLine(properties, status, List.of("--tls"));
      assertTrue(ended.out().contains("State                    IDLE"), ended::toString);

      lacks("give --tls", commandLine(List.of(), status));
      lacks("give --truststore", commandLine(List.of(), status, List.of("--tls")));
      lacks("a certificate of yours; give --keystore", commandLine(List.of(), status, trust));
    }
  }

  private static void lacks(String what, Programs.Ended ended) {
    assertEquals(3, ended.status(), ended::toString);
    assertEquals(1, ended.err().size(), ended::toString);
    assertTrue(ended.err().get(0).contains(what), ended::toString);
  }

  @SafeVarargs
  private static Programs.Ended commandLine(List<String> flags, List<String>... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(TestPaths.shortJava());
    command.addAll(flags);
    command.addAll(List.of("-jar", TestPaths.agentJar().toString()));
    for (List<String> more : arguments) {
      command.addAll(more);
    }
    return Programs.run(TestPaths.project(), command);
  }

  private static Programs.Ended client(String port, String... flags) throws Exception {
    Stream<String> program =
        Stream.of(
            "-classpath",
            TestPaths.classPathEntry(TlsClient.class).toString(),
            TlsClient.class.getName(),
            port,
            "monitor");
    return Programs.run(
        TestPaths.project(),
        Stream.of(TestPaths.shortJava().stream(), Stream.of(flags), program)
            .flatMap(part -> part)
            .toList());
  }
}
