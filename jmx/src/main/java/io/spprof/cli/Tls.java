package io.spprof.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.rmi.ssl.SslRMIClientSocketFactory;
import picocli.CommandLine.Option;

/**
 * The options for a JMX port with TLS. They set the JVM's standard properties ({@code
 * javax.net.ssl.trustStore} and others), which the user can also set. Also reads passwords from
 * files.
 */
final class Tls {

  private static final String KEY_STORE = "javax.net.ssl.keyStore";
  private static final String KEY_STORE_PASSWORD = "javax.net.ssl.keyStorePassword";

  private static final Set<PosixFilePermission> OF_OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  @Option(
      names = "--tls",
      description = "The registry at host:port has TLS (jmxremote.registry.ssl=true).")
  private boolean tls;

  @Option(
      names = "--truststore",
      paramLabel = "FILE",
      description = "The certificates to trust, for TLS; those of this Java by default.")
  private Path trustStore;

  @Option(
      names = "--truststore-password-file",
      paramLabel = "FILE",
      description = "Holds the password of the trust store on its first line.")
  private Path trustStorePassword;

  @Option(
      names = "--keystore",
      paramLabel = "FILE",
      description = "Your key and certificate, if the target requires one (TLS).")
  private Path keyStore;

  @Option(
      names = "--keystore-password-file",
      paramLabel = "FILE",
      description = "Holds the password of the key store on its first line; else you are asked.")
  private Path keyStorePassword;

  /**
   * Sets the JVM's properties, and the property of the registry's look-up in the environment of a
   * connection.
   *
   * @throws CommandFailure if a file cannot be read; the message says what to do
   */
  void prepare(Map<String, Object> environment) {
    if (tls) {
      environment.put("com.sun.jndi.rmi.factory.socket", new SslRMIClientSocketFactory());
    }
    if (trustStore != null) {
      set("--truststore", trustStore, "javax.net.ssl.trustStore");
    }
    if (trustStorePassword != null) {
      System.setProperty(
          "javax.net.ssl.trustStorePassword",
          password("--truststore-password-file", trustStorePassword));
    }
    if (keyStore != null) {
      set("--keystore", keyStore, KEY_STORE);
    }
    if (keyStorePassword != null) {
      if (System.getProperty(KEY_STORE) == null) {
        throw CommandFailure.usage("--keystore-password-file needs --keystore FILE");
      }
      System.setProperty(
          KEY_STORE_PASSWORD, password("--keystore-password-file", keyStorePassword));
    } else if (keyStore != null && System.getProperty(KEY_STORE_PASSWORD) == null) {
      System.setProperty(
          KEY_STORE_PASSWORD, typed("Password of " + keyStore, "--keystore-password-file"));
    }
  }

  private static void set(String option, Path store, String property) {
    // The JVM takes a store that it cannot read for an empty one.
    if (!Files.isReadable(store) || Files.isDirectory(store)) {
      throw CommandFailure.usage("cannot read " + option + " " + store);
    }
    System.setProperty(property, store.toString());
  }

  /** Asks for a password on the terminal. */
  static String typed(String prompt, String option) {
    Console console = System.console();
    char[] typed = console == null ? null : console.readPassword("%s: ", prompt);
    if (typed == null) {
      throw CommandFailure.usage(
          "there is no terminal to ask for the password; give " + option + " FILE");
    }
    return new String(typed);
  }

  /**
   * Reads a password from the first line of a file. As the JVM does, refuses a file that other
   * users can read or write, on systems that have permissions for groups and others.
   */
  static String password(String option, Path file) {
    try {
      Set<PosixFilePermission> others = new HashSet<>(permissions(file));
      others.retainAll(OF_OTHERS);
      if (!others.isEmpty()) {
        throw CommandFailure.usage(
            option + " " + file + " can be read or written by other users; chmod 600 " + file);
      }
      return Files.readString(file).lines().findFirst().orElse("");
    } catch (IOException e) {
      // The message of such an exception is often only the path.
      String reason =
          e instanceof NoSuchFileException ? "there is no such file" : e.getClass().getSimpleName();
      throw CommandFailure.usage("cannot read " + option + " " + file + ": " + reason);
    }
  }

  private static Set<PosixFilePermission> permissions(Path file) throws IOException {
    try {
      return Files.getPosixFilePermissions(file);
    } catch (UnsupportedOperationException windows) {
      return Set.of();
    }
  }

  /**
   * Returns what a failure to connect says about TLS, and what to do.
   *
   * @param thrown the failure
   * @return a part of a message; "" if the failure has nothing to do with TLS
   */
  String explain(Throwable thrown) {
    StringBuilder all = new StringBuilder();
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      all.append(t).append('\n');
    }
    String text = all.toString().toLowerCase(Locale.ROOT);
    if (text.contains("non-jrmp server")) {
      return tls
          ? "what listens there is no registry"
          : "the registry there seems to have TLS; give --tls";
    }
    if (text.contains("unrecognized ssl message") || text.contains("ssl peer shut down")) {
      return "the registry there seems to have no TLS; leave out --tls";
    }
    if (text.contains("pkix") || text.contains("trustanchors")) {
      return "its certificate is not trusted; give --truststore FILE and"
          + " --truststore-password-file FILE, or -Djavax.net.ssl.trustStore=FILE and"
          + " -Djavax.net.ssl.trustStorePassword=... before -jar";
    }
    boolean isAlert =
        text.contains("received fatal alert")
            && (text.contains("certificate") || text.contains("handshake_failure"));
    // With TLS 1.3 the target learns only after the handshake that there is no certificate. It
    // closes the connection, and its alert may not be read any more.
    boolean isClosed = tls && (text.contains("broken pipe") || text.contains("connection reset"));
    if (isAlert || isClosed) {
      // The alert handshake_failure has other causes, too, and so has a closed connection.
      boolean isSure = isAlert && text.contains("certificate");
      String problem;
      if (keyStore == null && System.getProperty(KEY_STORE) == null) {
        problem = (isSure ? "it requires" : "it may require") + " a certificate of yours";
      } else {
        problem = (isSure ? "it does not trust" : "it may not trust") + " your certificate";
      }
      return problem
          + "; give --keystore FILE with a key that it trusts, or -Djavax.net.ssl.keyStore=FILE"
          + " and -Djavax.net.ssl.keyStorePassword=... before -jar";
    }
    if (text.contains("password was incorrect")) {
      return "the password of the key store or trust store is wrong";
    }
    return "";
  }
}
