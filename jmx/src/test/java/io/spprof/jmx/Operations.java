package io.spprof.jmx;

import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Calls a bean's operations as a client does, with types that follow from the arguments. */
final class Operations {

  private Operations() {}

  /** Calls an operation. Each argument must be a text, an int or a long. */
  static Object invoke(MBeanServer server, ObjectName bean, String operation, Object... arguments)
      throws JMException {
    String[] types = new String[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] =
          arguments[i] instanceof Long
              ? "long"
              : arguments[i] instanceof Integer ? "int" : String.class.getName();
    }
    return server.invoke(bean, operation, arguments, types);
  }
}
