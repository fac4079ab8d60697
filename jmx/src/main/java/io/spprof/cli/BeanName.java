package io.spprof.cli;

import io.spprof.jmx.Spprof;
import java.io.IOException;
import java.util.Set;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * Finds the name of the profiler's bean in a target. Some servers add keys to the names of the
 * beans that are registered with them. WebSphere, for example, adds the cell, the node and the
 * process.
 */
final class BeanName {

  static final ObjectName PLAIN = name(Spprof.OBJECT_NAME);
  private static final ObjectName WITH_MORE_KEYS = name(Spprof.OBJECT_NAME + ",*");

  private BeanName() {}

  /**
   * Looks for the bean.
   *
   * @return the bean's name; null if there is no such bean
   * @throws CommandFailure if there are several beans, and none of them has the plain name
   */
  static ObjectName in(MBeanServerConnection server) throws IOException {
    if (server.isRegistered(PLAIN)) {
      return PLAIN;
    }
    Set<ObjectName> found = server.queryNames(WITH_MORE_KEYS, null);
    if (found.size() > 1) {
      throw CommandFailure.refused(
          "the target shows several of the profiler's beans ("
              + found
              + "); connect to the JVM"
              + " itself, with its process id or its own port",
          null);
    }
    return found.isEmpty() ? null : found.iterator().next();
  }

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }
}
