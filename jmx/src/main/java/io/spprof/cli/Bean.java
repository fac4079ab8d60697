package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.IOException;
import java.util.Arrays;
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
 * Reads the attributes and calls the operations of the profiler's bean in another JVM, the target.
 * The class hides three things from the commands: it finds the bean's name, puts a time limit on
 * every call, and replaces characters that a terminal must not print. {@link Target#failure} turns
 * the exceptions of this class into messages for the user.
 */
final class Bean implements AutoCloseable {

  private final JMXConnector connector;
  private final MBeanServerConnection server;
  private volatile ObjectName found; // null until the bean is found
  private final Target target;
  private volatile CommandFailure lost; // why the target does not answer; null while it answers

  Bean(JMXConnector connector, Target target) throws IOException {
    this.connector = connector;
    this.server = connector.getMBeanServerConnection();
    this.target = target;
  }

  Target target() {
    return target;
  }

  /** Returns whether the bean is registered in the target. */
  boolean isThere() throws IOException, JMException {
    ObjectName name = name();
    return answer(() -> server.isRegistered(name));
  }

  /**
   * Reads several attributes in one request. Attributes that the bean does not have are missing
   * from the result.
   */
  Map<String, Object> attributes(String... wanted) throws IOException, JMException {
    ObjectName name = name();
    Map<String, Object> values = new HashMap<>();
    for (Attribute attribute : answer(() -> server.getAttributes(name, wanted)).asList()) {
      values.put(attribute.getName(), shown(attribute.getValue()));
    }
    return values;
  }

  /** Reads an attribute as text. */
  String text(String attribute) throws IOException, JMException {
    ObjectName name = name();
    return (String) shown(answer(() -> server.getAttribute(name, attribute)));
  }

  CompositeData session() throws IOException, JMException {
    ObjectName name = name();
    return (CompositeData) answer(() -> server.getAttribute(name, "Session"));
  }

  /** Calls an operation of the bean. Each argument must be a String or a Long. */
  Object call(String operation, Object... arguments) throws IOException, JMException {
    String[] types = new String[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof Long ? "long" : String.class.getName();
    }
    ObjectName name = name();
    return shown(answer(() -> server.invoke(name, operation, arguments, types)));
  }

  /**
   * Calls an operation that returns text, such as a table. The text must not be printed, because it
   * is as the target sent it.
   *
   * @param arguments each a String
   */
  String lines(String operation, Object... arguments) throws IOException, JMException {
    String[] types = new String[arguments.length];
    Arrays.fill(types, String.class.getName());
    ObjectName name = name();
    return (String) answer(() -> server.invoke(name, operation, arguments, types));
  }

  /**
   * Returns the bean's name. The name is looked up until the bean is found, and then remembered.
   * While there is no bean, the result is the bean's plain name.
   */
  private ObjectName name() throws IOException, JMException {
    ObjectName known = found;
    if (known == null) {
      known = answer(() -> BeanName.in(server));
      found = known;
    }
    return known == null ? BeanName.PLAIN : known;
  }

  /**
   * Returns a value that is safe to print. The target may be hostile and may send control
   * characters. Numbers, bytes and composite values are returned unchanged; every other value
   * becomes one printable line.
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
   * Makes a remote call with a time limit. Once the target has failed to answer one call in time,
   * every later call fails at once.
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
      // The target has ended or is about to end, so there is nothing left to close.
    }
  }
}
