package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/** The least that a managed agent does: start the platform MBean server, register a bean. */
public final class FloorAgent {

  /** A bean with nothing in it. */
  public interface Empty {}

  private FloorAgent() {}

  /** Called by the JVM before main. */
  public static void premain(String arguments) throws Exception {
    ManagementFactory.getPlatformMBeanServer()
        .registerMBean(
            new StandardMBean(new Empty() {}, Empty.class), new ObjectName("bench:type=Floor"));
  }
}
