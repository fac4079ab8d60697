package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import java.util.logging.LogManager;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Prints the JVM's log manager and the attribute State of the profiler's bean, and ends. */
public final class Container {

  private Container() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws JMException {
    System.out.println(LogManager.getLogManager().getClass().getName());
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName bean = new ObjectName("io.spprof:type=Spprof");
    System.out.println(server.isRegistered(bean) ? server.getAttribute(bean, "State") : "no bean");
  }
}
