package io.spprof.console;

import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.JMRuntimeException;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * Calls the profiler's bean in the JVM that JConsole is connected to. Every method may block as
 * long as the connection does.
 */
final class RemoteBean {

  static final String OBJECT_NAME = "io.spprof:type=Spprof";

  private final Supplier<MBeanServerConnection> connection;

  /**
   * The name of the bean. Some servers add keys to it: WebSphere adds the cell, the node and the
   * process.
   */
  private volatile ObjectName name = name(OBJECT_NAME);

  RemoteBean(Supplier<MBeanServerConnection> connection) {
    this.connection = connection;
  }

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads the bean's attributes. Attributes that an older agent does not have are missing.
   *
   * @throws InstanceNotFoundException if the agent is not loaded there
   */
  Reading read() throws IOException, JMException {
    Map<String, Object> values = new HashMap<>();
    for (Attribute attribute : attributes(connection.get()).asList()) {
      values.put(attribute.getName(), attribute.getValue());
    }
    return new Reading(System.nanoTime(), System.currentTimeMillis(), values);
  }

  private AttributeList attributes(MBeanServerConnection server) throws IOException, JMException {
    try {
      return server.getAttributes(name, Reading.READ);
    } catch (InstanceNotFoundException e) {
      name =
          server.queryNames(name(OBJECT_NAME + ",*"), null).stream()
              .sorted()
              .findFirst()
              .orElseThrow(() -> e);
      return server.getAttributes(name, Reading.READ);
    }
  }

  /**
   * Starts a session.
   *
   * @param options "" for the defaults
   * @return its id
   */
  long start(String options) throws IOException, JMException {
    return (Long) (options.isEmpty() ? call("start") : call("startWith", options));
  }

  /**
   * Ends the session.
   *
   * @return its final figures
   */
  String stop() throws IOException, JMException {
    return Shown.line(String.valueOf(call("stop")));
  }

  /**
   * Copies the profile. The stream in the target is closed in any case.
   *
   * @param format one of the bean's formats
   * @param out where the bytes go
   * @param progress called after each block with the number of bytes so far
   */
  void copy(String format, OutputStream out, LongConsumer progress)
      throws IOException, JMException {
    long stream = (Long) call("openStream", format);
    try {
      long bytes = 0;
      byte[] block = (byte[]) call("readStream", stream);
      while (block != null) {
        out.write(block);
        bytes += block.length;
        progress.accept(bytes);
        block = (byte[]) call("readStream", stream);
      }
    } finally {
      close(stream);
    }
  }

  private void close(long stream) {
    try {
      call("closeStream", stream);
    } catch (IOException | JMException | RuntimeException e) {
      // The first failure is the one that is reported. The target closes the stream itself after a
      // minute.
    }
  }

  private Object call(String operation, Object... arguments) throws IOException, JMException {
    String[] types = new String[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof Long ? "long" : String.class.getName();
    }
    return connection.get().invoke(name, operation, arguments, types);
  }

  /** Translates an exception into one line for the user. */
  static String meaning(Throwable thrown) {
    if (thrown instanceof InstanceNotFoundException) {
      return "spprof is not loaded in this JVM: start it with -javaagent:spprof-agent.jar, or run"
          + " java -jar spprof-agent.jar attach PID";
    }
    if (thrown instanceof SecurityException) {
      return "connect as a role that may write: the target refuses it ("
          + Shown.line(String.valueOf(thrown.getMessage()))
          + ")";
    }
    boolean wraps = thrown instanceof JMException || thrown instanceof JMRuntimeException;
    Throwable told = wraps && thrown.getCause() != null ? thrown.getCause() : thrown;
    return Shown.line(
        told.getMessage() == null ? told.getClass().getSimpleName() : told.getMessage());
  }
}
