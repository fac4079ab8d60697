package io.spprof.it.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.management.Attribute;
import javax.management.JMException;
import javax.management.JMRuntimeException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.RuntimeErrorException;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Sends every bad input to a remote bean. No other class is on its class path. So if this client
 * can read the bean's answers, any client can. It prints one line for each case, beginning with
 * "ok" or "WRONG", and exits with the number of wrong cases. Arguments: the port; a file name that
 * exists in the output directory; a file name that is a link there.
 */
public final class BadInputClient {

  private static final String[] UNCHANGING = {
    "State", "Running", "SessionsStarted", "Options", "Signals", "LastError"
  };

  private final MBeanServerConnection server;
  private final ObjectName bean;
  private int wrong;

  private BadInputClient(MBeanServerConnection server) throws JMException {
    this.server = server;
    this.bean = new ObjectName("io.spprof:type=Spprof");
  }

  /** Runs all cases; see the class. */
  public static void main(String[] args) throws Exception {
    JMXServiceURL url =
        new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + args[0] + "/jmxrmi");
    int wrong;
    try (JMXConnector connector = JMXConnectorFactory.connect(url)) {
      BadInputClient client = new BadInputClient(connector.getMBeanServerConnection());
      client.whileIdle();
      client.whileRunning();
      client.fileNames(args[1], args[2]);
      wrong = client.wrong;
    }
    System.exit(wrong);
  }

  private void whileIdle() throws Exception {
    refused("stop while idle", IllegalStateException.class, List.of(), "stop");
    options();
  }

  private void whileRunning() throws Exception {
    long id = (Long) server.invoke(bean, "start", new Object[0], new String[0]);
    List<String> named = List.of(Long.toString(id));
    refused("start while running", IllegalStateException.class, named, "start");
    refused(
        "startWith while running", IllegalStateException.class, named, "startWith", "interval=1ms");
    server.invoke(bean, "stop", new Object[0], new String[0]);
    refused("stop after stop", IllegalStateException.class, List.of(), "stop");
  }

  /** Bad options. The answer must contain the value, and the valid keys or the range. */
  private void options() throws Exception {
    badOptions("String", "String", "interval=", "duration=", "memory=", "depth=");
    badOptions("speed=1", "speed", "interval=", "duration=", "memory=", "depth=");
    badOptions("Interval=1ms", "Interval", "interval=");
    badOptions("interval", "interval=100us..1s");
    badOptions("interval=", "interval=100us..1s");
    badOptions("interval=10", "10", "100us..1s");
    badOptions("interval=ten", "ten", "100us..1s");
    badOptions("interval=-1ms", "-1ms", "100us..1s");
    badOptions("interval=1.5ms", "1.5ms", "100us..1s");
    badOptions("interval=0ms", "0", "100us..1s");
    badOptions("interval=99us", "99us", "100us..1s");
    badOptions("interval=1001ms", "1001ms", "100us..1s");
    badOptions("interval=99999999999999999999ms", "9999", "100us..1s");
    badOptions("interval=1ms,interval=1ms", "interval");
    badOptions("duration=0s", "0", "1s..24h");
    badOptions("duration=25h", "25h", "1s..24h");
    badOptions("duration=500ms", "500ms", "1s..24h");
    badOptions("memory=0m", "0", "1m..1g");
    badOptions("memory=1023k", "1023k", "1m..1g");
    badOptions("memory=2g", "2g", "1m..1g");
    badOptions("memory=32", "32", "1m..1g");
    badOptions("depth=0", "0", "1..2048");
    badOptions("depth=2049", "2048");
    badOptions("depth=-1", "-1", "1..2048");
    badOptions("depth=deep", "deep", "1..2048");
    badOptions("engine=perf", "perf", "auto", "ctimer", "itimer");
    badOptions("walker=magic", "magic", "auto", "agct");
    badOptions("interval=1ms,,depth=2", "key=value");
    badOptions("interval=1ms,depth=0", "depth");
    badOptions("start=true", "start", "interval=");
  }

  private void fileNames(String taken, String link) throws Exception {
    for (String name :
        List.of(
            "String",
            "",
            ".",
            "..",
            "../up.html",
            "sub/profile.html",
            "/tmp/spprof-it-absolute.html",
            "profile.exe",
            "profile",
            taken,
            link)) {
      refused("dumpToFile " + name, null, List.of(), "dumpToFile", name);
    }
    refused("collapsed -1", IllegalArgumentException.class, List.of("-1"), "collapsed", -1);
  }

  private void badOptions(String options, String... inMessage) throws Exception {
    refused(
        "startWith " + options,
        IllegalArgumentException.class,
        List.of(inMessage),
        "startWith",
        options);
  }

  /**
   * Checks that a call is refused. A null type stands for any exception of java.lang, java.io, or
   * JMX itself.
   */
  private void refused(
      String row, Class<?> type, List<String> inMessage, String operation, Object... arguments)
      throws Exception {
    String before = figures();
    String[] signature = new String[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      signature[i] = arguments[i] instanceof Integer ? "int" : arguments[i].getClass().getName();
    }
    List<String> complaints = new ArrayList<>();
    String answer;
    try {
      Object result = server.invoke(bean, operation, arguments, signature);
      answer = "accepted: " + result;
      complaints.add("not refused");
    } catch (JMException | JMRuntimeException e) {
      Throwable refusal =
          e instanceof RuntimeErrorException error ? error.getTargetError() : rootOf(e);
      answer = refusal.getClass().getSimpleName() + ": " + refusal.getMessage();
      check(refusal, type, inMessage, complaints);
    } catch (Exception e) {
      answer = e.toString();
      complaints.add("not an answer of the bean");
    }
    String after = figures();
    if (!before.equals(after)) {
      complaints.add("changed " + before + " to " + after);
    }
    if (!complaints.isEmpty()) {
      wrong++;
    }
    System.out.println(
        (complaints.isEmpty() ? "ok " : "WRONG " + complaints + " ") + row + " -> " + answer);
  }

  private static Throwable rootOf(Exception wrapped) {
    return wrapped.getCause() == null ? wrapped : wrapped.getCause();
  }

  private static void check(
      Throwable refusal, Class<?> type, List<String> inMessage, List<String> complaints) {
    if (type != null && refusal.getClass() != type) {
      complaints.add("not an " + type.getSimpleName());
    }
    String pack = refusal.getClass().getPackageName();
    if (!List.of("java.lang", "java.io", "javax.management").contains(pack)) {
      complaints.add("an exception of " + pack);
    }
    String message = String.valueOf(refusal.getMessage());
    if (message.strip().length() < 10) {
      complaints.add("says nothing");
    }
    for (String part : inMessage) {
      if (!message.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT))) {
        complaints.add("does not say " + part);
      }
    }
  }

  /**
   * The figures that a refused call must not change. Counters may increase only while a session
   * runs.
   */
  private String figures() throws Exception {
    List<Attribute> values = server.getAttributes(bean, UNCHANGING).asList();
    boolean running = values.stream().anyMatch(a -> Boolean.TRUE.equals(a.getValue()));
    Object[] kept =
        values.stream()
            .filter(a -> !(running && a.getName().equals("Signals")))
            .map(Object::toString)
            .toArray();
    return Arrays.toString(kept);
  }
}
