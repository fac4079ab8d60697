package io.spprof.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.JMException;
import javax.management.JMRuntimeException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.RuntimeErrorException;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * A remote client of the profiler's bean. It uses only the bean's name, and reads the bean's values
 * as open types.
 */
public final class BeanClient implements AutoCloseable {

  private static final String NAME = "io.spprof:type=Spprof";

  private final JMXConnector connector;
  private final MBeanServerConnection connection;
  private final ObjectName bean;

  private BeanClient(int port, Map<String, ?> environment) throws IOException, JMException {
    connector =
        JMXConnectorFactory.connect(
            new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi"),
            environment);
    connection = connector.getMBeanServerConnection();
    bean = new ObjectName(NAME);
  }

  /** Connects to a target. */
  public static BeanClient connect(TargetJvm target) throws IOException, JMException {
    return new BeanClient(target.port(), Map.of());
  }

  /** Connects to a loopback port without a password. */
  static BeanClient connect(int port) throws IOException, JMException {
    return new BeanClient(port, Map.of());
  }

  /** Connects with a role whose password is its name. */
  static BeanClient connect(TargetJvm target, String role) throws IOException, JMException {
    return new BeanClient(
        target.port(), Map.of(JMXConnector.CREDENTIALS, new String[] {role, role}));
  }

  /** The connection, for other beans. */
  public MBeanServerConnection connection() {
    return connection;
  }

  /** Whether the bean is registered. */
  boolean isRegistered() throws IOException {
    return connection.isRegistered(bean);
  }

  /** The value of an attribute. */
  public Object get(String attribute) throws IOException, JMException {
    return connection.getAttribute(bean, attribute);
  }

  /** The value of an attribute that is a whole number. */
  public long number(String attribute) throws IOException, JMException {
    return ((Number) get(attribute)).longValue();
  }

  /** The value of an attribute that is a text. */
  public String text(String attribute) throws IOException, JMException {
    return (String) get(attribute);
  }

  /** A field of an attribute that is a record. */
  public Object field(String attribute, String field) throws IOException, JMException {
    return ((CompositeData) get(attribute)).get(field);
  }

  /** The names of all attributes, in the order of the alphabet. */
  List<String> names() throws IOException, JMException {
    return Arrays.stream(connection.getMBeanInfo(bean).getAttributes())
        .map(MBeanAttributeInfo::getName)
        .sorted()
        .toList();
  }

  /** All attributes that the bean's metadata names, read in one bulk read. */
  Map<String, Object> all() throws IOException, JMException {
    return several(names().toArray(String[]::new));
  }

  /** Some attributes, read in one bulk read. Attributes that could not be read are missing. */
  public Map<String, Object> several(String... names) throws IOException, JMException {
    AttributeList values = connection.getAttributes(bean, names);
    Map<String, Object> all = new TreeMap<>();
    for (Attribute value : values.asList()) {
      all.put(value.getName(), value.getValue());
    }
    return all;
  }

  /** Starts a session with the defaults. */
  public long start() throws IOException, JMException {
    return (Long) connection.invoke(bean, "start", new Object[0], new String[0]);
  }

  /** Starts a session with options. */
  public long startWith(String options) throws IOException, JMException {
    return (Long) invoke("startWith", options);
  }

  /** Stops the session. */
  public String stop() throws IOException, JMException {
    return (String) connection.invoke(bean, "stop", new Object[0], new String[0]);
  }

  /** The whole profile of the running or the last session, with samples. */
  public Collapsed collapsed() throws IOException, JMException {
    return Collapsed.parse(
        (String) connection.invoke(bean, "collapsed", new Object[] {0}, new String[] {"int"}));
  }

  /**
   * The same profile, each stack with its CPU time in ns. To be used for comparisons with CPU
   * clocks: where signals come late, samples stand for different times.
   */
  public Collapsed cpuNanos() throws IOException, JMException {
    return Speedscope.parse(readAll(openStream("speedscope")));
  }

  /** Calls an operation without parameters that returns a text. */
  public String query(String operation) throws IOException, JMException {
    return (String) connection.invoke(bean, operation, new Object[0], new String[0]);
  }

  /** Opens a stream and returns its id. */
  public long openStream(String format) throws IOException, JMException {
    return (Long) invoke("openStream", format);
  }

  /** Reads a stream to its end. */
  public byte[] readAll(long stream) throws IOException, JMException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] block = readStream(stream);
    while (block != null) {
      bytes.write(block);
      block = readStream(stream);
    }
    return bytes.toByteArray();
  }

  private byte[] readStream(long stream) throws IOException, JMException {
    return (byte[])
        connection.invoke(
            bean, "readStream", new Object[] {stream}, new String[] {long.class.getName()});
  }

  /** Calls an operation with one text as its parameter. */
  public Object invoke(String operation, String argument) throws IOException, JMException {
    return connection.invoke(
        bean, operation, new Object[] {argument}, new String[] {String.class.getName()});
  }

  /** Calls an operation. Each argument must be a text, an int or a long. */
  Object invokeWith(String operation, Object... arguments) throws IOException, JMException {
    String[] types = new String[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] =
          arguments[i] instanceof Long
              ? "long"
              : arguments[i] instanceof Integer ? "int" : String.class.getName();
    }
    return connection.invoke(bean, operation, arguments, types);
  }

  /** The exception with which the target refuses a call, without JMX's wrappers. */
  static Throwable refusalOf(Callable<?> call) {
    try {
      Object result = call.call();
      throw new AssertionError("expected a refusal, got " + result);
    } catch (Exception e) {
      return refusal(e);
    }
  }

  /** The exception inside of JMX's wrappers. */
  static Throwable refusal(Exception thrown) {
    if (thrown instanceof RuntimeErrorException error) {
      return error.getTargetError();
    }
    boolean wraps = thrown instanceof JMException || thrown instanceof JMRuntimeException;
    return wraps && thrown.getCause() != null ? thrown.getCause() : thrown;
  }

  @Override
  public void close() throws IOException {
    connector.close();
  }
}
