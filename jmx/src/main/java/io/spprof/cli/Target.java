package io.spprof.cli;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.IllegalFormatException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.JMRuntimeException;
import javax.management.openmbean.InvalidKeyException;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The JVM that a command works on. The class holds the arguments and options that identify the JVM
 * and the user: TARGET, --user, --password-file, --timeout and those for TLS. It connects to the
 * JVM's management agent, or loads the profiler's agent. It also turns exceptions into messages for
 * the user. All commands except {@code list} use this class.
 */
final class Target {

  private static final Pattern PID = Pattern.compile("[0-9]{1,10}");
  private static final Pattern HOST_PORT = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:/\\s]+):[0-9]+");
  private static final Pattern MISSING_MODULE = Pattern.compile(".*Module ([\\w.]+) not found.*");
  private static final String URL = "service:jmx:";

  /** The agent property that holds the address of a JVM's own management agent. */
  static final String ADDRESS = "com.sun.management.jmxremote.localConnectorAddress";

  @Parameters(
      index = "0",
      paramLabel = "TARGET",
      description =
          "A process id, the main class or jar of a JVM here, host:port, or a JMX service URL.")
  private String name;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "The role to log in as, if the target requires a login.")
  private String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Holds the password on its first line; without it you are asked.")
  private Path passwordFile;

  @Mixin private Tls tls = new Tls();

  @Mixin private Patience patience = new Patience();

  /** Creates a target without a name. Picocli sets the name and the options. */
  Target() {}

  /**
   * Creates a target.
   *
   * @param name the target in the words of the user
   */
  Target(String name) {
    this.name = name;
  }

  /**
   * Returns the target in the words of the user; after {@link #resolve}, a pid, host:port, or a
   * URL.
   */
  String name() {
    return name;
  }

  /**
   * Replaces the name of a main class or jar by the pid of its JVM.
   *
   * @throws CommandFailure if no JVM here has the name, or several have it
   */
  void resolve() {
    if (!isPid() && !name.startsWith(URL) && !HOST_PORT.matcher(name).matches()) {
      name = JvmNames.find(name, LocalJvm.list(new Attachable()));
    }
  }

  boolean isPid() {
    return PID.matcher(name).matches();
  }

  Patience patience() {
    return patience;
  }

  /**
   * Connects to the target over JMX.
   *
   * @throws CommandFailure if the target cannot be reached, does not answer in time, or refuses the
   *     login
   */
  Bean connect() throws IOException, JMException {
    patience.check();
    resolve();
    JMXServiceURL url = url();
    checkModules(url);
    Map<String, Object> environment = environment();
    return new Bean(patience.call(name, () -> connect(url, environment)), this);
  }

  /** Checks that this Java runtime has the modules that an RMI address needs. */
  private static void checkModules(JMXServiceURL url) {
    if (url.getProtocol().equals("rmi")) {
      checkModule("java.management.rmi");
      if (url.getURLPath().startsWith("/jndi/rmi:")) {
        checkModule("jdk.naming.rmi");
      }
    }
  }

  private static void checkModule(String name) {
    if (ModuleLayer.boot().findModule(name).isEmpty()) {
      throw CommandFailure.unreachable(
          "this Java runtime has no module " + name + "; run the command with a full JDK", null);
    }
  }

  private JMXConnector connect(JMXServiceURL url, Map<String, Object> environment) {
    try {
      return JMXConnectorFactory.connect(url, environment);
    } catch (SecurityException e) {
      throw CommandFailure.refused(
          name
              + " refuses the login ("
              + e.getMessage()
              + "); give --user NAME and --password-file FILE",
          e);
    } catch (IOException e) {
      String about = tls.explain(e);
      if (!about.isEmpty()) {
        throw CommandFailure.unreachable(
            "cannot reach " + name + ": " + about + " (" + reason(e) + ")", e);
      }
      throw CommandFailure.unreachable(
          "cannot reach "
              + name
              + ": "
              + reason(e)
              + "; does a JVM listen there"
              + " (-Dcom.sun.management.jmxremote.port=PORT)? On this machine a process id will do",
          e);
    }
  }

  private Map<String, Object> environment() {
    Map<String, Object> environment = new HashMap<>();
    tls.prepare(environment);
    if (user != null) {
      environment.put(JMXConnector.CREDENTIALS, new String[] {user, password()});
    } else if (passwordFile != null) {
      throw CommandFailure.usage("--password-file needs --user NAME");
    }
    return environment;
  }

  /** Reads the password from the password file or from the terminal. */
  private String password() {
    return passwordFile == null
        ? Tls.typed("Password of " + user, "--password-file")
        : Tls.password("--password-file", passwordFile);
  }

  private JMXServiceURL url() throws IOException, JMException {
    try {
      if (isPid()) {
        return new JMXServiceURL(localAddress());
      }
      if (name.startsWith(URL)) {
        return new JMXServiceURL(name);
      }
      return new JMXServiceURL("service:jmx:rmi:///jndi/rmi://" + name + "/jmxrmi");
    } catch (MalformedURLException e) {
      throw CommandFailure.usage(
          "TARGET " + Main.shown(name) + " is no JMX service URL: " + reason(e));
    }
  }

  /**
   * Returns the address of the JDK's own management agent in a local JVM. Starts this management
   * agent if it does not run. It accepts connections only from the user that the JVM runs as.
   */
  private String localAddress() throws IOException, JMException {
    AttachSocket socket = new Attachable().socket(name);
    if (socket != null) {
      String known = patience.call("process " + name, () -> socket.agentProperty(ADDRESS));
      if (!known.isEmpty()) {
        return known;
      }
    }
    try {
      return new LocalJvm(name, patience).managementAddress();
    } catch (IOException e) {
      Matcher missing = MISSING_MODULE.matcher(reason(e));
      throw CommandFailure.unreachable(
          "the JVM "
              + name
              + " cannot be managed from here: "
              + (missing.matches()
                  ? "its Java runtime has no module "
                      + missing.group(1)
                      + "; add it to the runtime (jlink --add-modules)"
                  : reason(e)),
          e);
    }
  }

  /** Loads the agent into the JVM. If the agent is already loaded, nothing changes. */
  void loadAgent(String settings) throws IOException, JMException {
    patience.check();
    try {
      new LocalJvm(name, patience).loadAgent(jar().toPath().toAbsolutePath(), settings);
    } catch (IOException e) {
      throw notLoaded(e);
    }
  }

  private CommandFailure notLoaded(Exception e) {
    return CommandFailure.refused(
        "the JVM "
            + name
            + " did not load the agent: "
            + reason(e)
            + "; the JVM's stderr may show the reason, and a JVM with"
            + " -XX:-EnableDynamicAgentLoading loads no agent",
        e);
  }

  /** Returns the jar that contains this class, which is the agent's jar. */
  private static File jar() {
    try {
      return new File(Target.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Turns any exception of a command into a failure with a message for the user. The message names
   * the remedy.
   */
  static CommandFailure failure(Throwable thrown) {
    if (thrown instanceof CommandFailure failure) {
      return failure;
    }
    if (thrown instanceof InstanceNotFoundException) {
      return CommandFailure.refused(
          "spprof is not loaded there; load it with java -jar spprof-agent.jar attach PID, or"
              + " start the JVM with -javaagent:spprof-agent.jar",
          thrown);
    }
    if (thrown instanceof SecurityException) {
      return CommandFailure.refused(
          "the target refuses the call: "
              + thrown.getMessage()
              + "; log in as a role that may write",
          thrown);
    }
    if (thrown instanceof ClassCastException
        || thrown instanceof NullPointerException
        || thrown instanceof InvalidKeyException
        || thrown instanceof IllegalFormatException) {
      return CommandFailure.refused(
          "the target's answer does not fit this version of spprof; use the jar that is loaded there",
          thrown);
    }
    boolean wraps = thrown instanceof JMException || thrown instanceof JMRuntimeException;
    if (wraps && thrown.getCause() != null) {
      return CommandFailure.refused(reason(thrown.getCause()), thrown);
    }
    return thrown instanceof IOException
        ? CommandFailure.unreachable(
            "the connection is gone ("
                + reason(thrown)
                + "); see if the target still runs, and try again",
            thrown)
        : CommandFailure.refused(reason(thrown), thrown);
  }

  /** Returns the message of the innermost cause, which is the most specific message. */
  static String reason(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
