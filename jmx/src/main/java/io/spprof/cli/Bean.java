package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.management.Attribute;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;

/**
 * The profiler's bean in a target, called over a JMX connection. {@link Target#failure} translates
 * its exceptions for the user.
 */
final class Bean implements AutoCloseable {

  private final JMXConnector connector;
  private final MBeanServerConnection server;
  private volatile ObjectName found; // null until it is found
  private final Target target;
  private volatile CommandFailure lost; // null while the target answers

  Bean(JMXConnector connector, Target target) throws IOException {
    this.connector = connector;
    this.server = connector.getMBeanServerConnection();
    this.target = target;
  }

  Target target() {
    return target;
  }

  boolean isThere() throws IOException, JMException {
    ObjectName name = name();
    return answer(() -> server.isRegistered(name));
  }

  /** The values of some attributes, read in one request. */
  Map<String, Object> attributes(String... wanted) throws IOException, JMException {
    ObjectName name = name();
    Map<String, Object> values = new HashMap<>();
    for (Attribute attribute : answer(() -> server.getAttributes(name, wanted)).asList()) {
      values.put(attribute.getName(), shown(attribute.getValue()));
    }
    return values;
  }

  String text(String attribute) throws IOException, JMException {
    ObjectName name = name();
    return (String) shown(answer(() -> server.getAttribute(name, attribute)));
  }

  CompositeData session() throws IOException, JMException {
    ObjectName name = name();
    return (CompositeData) answer(() -> server.getAttribute(name, "Session"));
  }

  /** Calls an operation. Each argument must be a String or a Long. */
  Object call(String operation, Object... arguments) throws IOException, JMException {
    String[] types = new String[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof Long ? "long" : String.class.getName();
    }
    ObjectName name = name();
    return shown(answer(() -> server.invoke(name, operation, arguments, types)));
  }

  private ObjectName name() throws IOException, JMException {
    ObjectName known = found;
    if (known == null) {
      known = answer(() -> BeanName.in(server));
      found = known;
    }
    return known == null ? BeanName.PLAIN : known;
  }

  /**
   * Makes an answer printable. Its texts come from the target, which may be hostile, so they are
   * cleaned.
   */
  private static Object shown(Object answer) {
    boolean safe =
        answer == null
            || answer instanceof Long
            || answer instanceof Integer
            || answer instanceof Double
            || answer instanceof Boolean
            || answer instanceof byte[]
            || answer instanceof CompositeData
            || answer instanceof CompositeData[];
    return safe ? answer : Printable.line(answer.toString());
  }

  /**
   * Makes a remote call. After one call that got no answer in time, every later call fails at once.
   */
  private <T> T answer(Callable<T> call) throws IOException, JMException {
    if (lost != null) {
      throw lost;
    }
    try {
      return target.patience().call(target.name(), call);
    } catch (CommandFailure unanswered) {
      lost = unanswered;
      throw unanswered;
    }
  }

  @Override
  public void close() {
    try {
      answer(
          () -> {
            connector.close();
            return true;
          });
    } catch (IOException | JMException | RuntimeException e) {
      // The target has ended or is about to: nothing is left to close.
    }
  }
}
