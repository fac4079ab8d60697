package io.spprof.console;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.JMRuntimeException;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * Calls the profiler's bean in the JVM that JConsole is connected to. Every method that calls the
 * bean may block as long as the connection blocks, so it must not run on the event dispatch thread.
 */
final class RemoteBean {

  static final String OBJECT_NAME = "io.spprof:type=Spprof";

  private final Supplier<MBeanServerConnection> connection;

  /**
   * The name of the bean. Some servers add keys to the name: WebSphere adds the cell, the node and
   * the process.
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
   * Reads the bean's attributes. Attributes that an older agent does not have are missing from the
   * result.
   *
   * @param hotMethods which hot methods to read, one of {@link Reading#HOT_METHODS}
   * @throws InstanceNotFoundException if the target has no such bean, because the agent is not
   *     loaded
   */
  Reading read(String hotMethods) throws IOException, JMException {
    String[] names = Arrays.copyOf(Reading.READ, Reading.READ.length + 1);
    names[names.length - 1] = hotMethods;
    Map<String, Object> values = new HashMap<>();
    for (Attribute attribute : attributes(connection.get(), names).asList()) {
      values.put(attribute.getName(), attribute.getValue());
    }
    return new Reading(System.nanoTime(), System.currentTimeMillis(), values);
  }

  /**
   * Reads the attributes. If there is no bean with the known name, looks for a bean whose name has
   * more keys.
   */
  private AttributeList attributes(MBeanServerConnection server, String[] names)
      throws IOException, JMException {
    try {
      return server.getAttributes(name, names);
    } catch (InstanceNotFoundException e) {
      name =
          server.queryNames(name(OBJECT_NAME + ",*"), null).stream()
              .sorted()
              .findFirst()
              .orElseThrow(() -> e);
      return server.getAttributes(name, names);
    }
  }

  /**
   * Returns the target's description of the options that {@link #start} takes.
   *
   * @return "" if the target has none
   */
  String optionsHelp() throws IOException, JMException {
    for (MBeanOperationInfo operation : connection.get().getMBeanInfo(name).getOperations()) {
      if (operation.getName().equals("startWith") && operation.getSignature().length == 1) {
        String text = operation.getSignature()[0].getDescription();
        return text == null ? "" : Shown.line(text);
      }
    }
    return "";
  }

  /** Returns the process id of the target if it is a process of this machine; -1 otherwise. */
  long localProcess() throws IOException, JMException {
    return LocalAgent.processId(connection.get());
  }

  /**
   * Starts a session.
   *
   * @param options the session's options; "" for the defaults
   * @return the id of the session
   */
  long start(String options) throws IOException, JMException {
    return (Long) (options.isEmpty() ? call("start") : call("startWith", options));
  }

  /**
   * Ends the session.
   *
   * @return the final figures of the session
   */
  String stop() throws IOException, JMException {
    return Shown.line(String.valueOf(call("stop")));
  }

  /**
   * Copies the profile from the target. Closes the stream in the target even if the copy fails.
   *
   * @param format one of the bean's formats
   * @param range a range of a continuous session; "" for all that is kept
   * @param out where the bytes go
   * @param progress called after each block, with the number of bytes copied so far
   */
  void copy(String format, String range, OutputStream out, LongConsumer progress)
      throws IOException, JMException {
    copy(
        range.isEmpty() ? call("openStream", format) : call("openStreamOf", format, range),
        out,
        progress);
  }

  /** Copies the page that compares two ranges of time of a continuous session. */
  void copyDifference(String before, String after, OutputStream out)
      throws IOException, JMException {
    copy(call("openDifferenceStream", "html", before, after), out, bytes -> {});
  }

  private void copy(Object stream, OutputStream out, LongConsumer progress)
      throws IOException, JMException {
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

  private void close(Object stream) {
    try {
      call("closeStream", stream);
    } catch (IOException | JMException | RuntimeException e) {
      // An earlier failure of the copy must be the reported one. The target itself closes a stream
      // that nobody reads for a minute.
    }
  }

  private Object call(String operation, Object... arguments) throws IOException, JMException {
    String[] types = new String[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof Long ? "long" : String.class.getName();
    }
    return connection.get().invoke(name, operation, arguments, types);
  }

  /** Turns an exception of a call into one line for the user. */
  static String meaning(Throwable thrown) {
    if (thrown instanceof InstanceNotFoundException) {
      return "spprof is not loaded in this JVM. If there is a button Attach, it loads spprof. Otherwise"
          + " start the JVM with -javaagent:spprof-agent.jar, or run java -jar spprof-agent.jar attach PID";
    }
    if (thrown instanceof SecurityException) {
      return "connect as a role that may write: the target refuses the call ("
          + Shown.line(String.valueOf(thrown.getMessage()))
          + ")";
    }
    boolean wraps = thrown instanceof JMException || thrown instanceof JMRuntimeException;
    Throwable cause = wraps && thrown.getCause() != null ? thrown.getCause() : thrown;
    return Shown.line(
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage());
  }
}
