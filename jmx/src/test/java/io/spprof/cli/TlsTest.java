package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.rmi.ConnectIOException;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class TlsTest {

  @TempDir private Path directory;

  private static Tls tls(String... options) {
    Tls tls = new Tls();
    CommandLine.populateCommand(tls, options);
    return tls;
  }

  private Path file(String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "secret\nother\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void shouldReadThePasswordFromTheFirstLine() throws Exception {
    assertEquals("secret", Tls.password("--password-file", file("rw-------")));
    assertEquals("secret", Tls.password("--password-file", file("r--------")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-"})
  @DisabledOnOs(OS.WINDOWS)
  void shouldRefuseAFileThatOthersCanRead(String permissions) throws Exception {
    Path file = file(permissions);
    String message =
        assertThrows(CommandFailure.class, () -> Tls.password("--password-file", file))
            .getMessage();
    assertTrue(message.contains("--password-file") && message.contains("chmod 600"), message);
  }

  @Test
  void shouldSayWhichFileIsMissing() {
    String missing = directory.resolve("none").toString();
    for (String option :
        new String[] {"--truststore", "--truststore-password-file", "--keystore"}) {
      Map<String, Object> environment = new HashMap<>();
      String message =
          assertThrows(CommandFailure.class, () -> tls(option, missing).prepare(environment))
              .getMessage();
      assertTrue(message.startsWith("cannot read " + option + " " + missing), message);
    }
    String message =
        assertThrows(
                CommandFailure.class,
                () -> Tls.password("--password-file", directory.resolve("none")))
            .getMessage();
    assertTrue(message.endsWith("none: there is no such file"), message);
  }

  @Test
  void shouldRefuseAPasswordWithoutAKeyStore() {
    Map<String, Object> environment = new HashMap<>();
    String message =
        assertThrows(
                CommandFailure.class,
                () -> tls("--keystore-password-file", "p").prepare(environment))
            .getMessage();
    assertEquals("--keystore-password-file needs --keystore FILE", message);
  }

  @Test
  void shouldNotAskForAPasswordThatAPropertyGives() throws Exception {
    String store = Files.createFile(directory.resolve("store")).toString();
    System.setProperty("javax.net.ssl.keyStorePassword", "secret");
    try {
      tls("--keystore", store).prepare(new HashMap<>());
      assertEquals(store, System.getProperty("javax.net.ssl.keyStore"));
      assertEquals("secret", System.getProperty("javax.net.ssl.keyStorePassword"));
    } finally {
      System.clearProperty("javax.net.ssl.keyStore");
      System.clearProperty("javax.net.ssl.keyStorePassword");
    }
  }

  @Test
  void shouldExplainFailures() {
    Throwable plain = new ConnectIOException("non-JRMP server at remote endpoint");
    assertTrue(tls().explain(new IOException("stub", plain)).contains("give --tls"));
    assertTrue(tls("--tls").explain(plain).contains("no registry"));
    Throwable ended = new EOFException("SSL peer shut down incorrectly");
    assertTrue(tls("--tls").explain(new SSLException("EOF", ended)).contains("leave out --tls"));
    assertTrue(
        tls("--tls")
            .explain(new SSLException("Unsupported or unrecognized SSL message"))
            .contains("leave out --tls"));
    assertTrue(
        tls("--tls")
            .explain(new SSLHandshakeException("PKIX path building failed"))
            .contains("--truststore"));
    Throwable alert = new SSLHandshakeException("Received fatal alert: bad_certificate");
    assertTrue(tls("--tls").explain(alert).startsWith("it requires a certificate of yours"));
    assertTrue(
        tls("--tls", "--keystore", "k")
            .explain(alert)
            .startsWith("it does not trust your certificate"));
    Throwable failure = new SSLHandshakeException("Received fatal alert: handshake_failure");
    assertTrue(tls("--tls").explain(failure).startsWith("it may require a certificate of yours"));
    // TLS 1.3: the target's alert comes after the handshake, perhaps too late to be read.
    Throwable closed = new IOException("stub", new SSLException("Broken pipe"));
    assertTrue(tls("--tls").explain(closed).startsWith("it may require a certificate of yours"));
    assertEquals("", tls().explain(closed));
    assertEquals("", tls("--tls").explain(new IOException("Connection refused")));
  }
}
