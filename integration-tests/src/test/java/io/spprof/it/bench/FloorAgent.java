package io.spprof.it.bench;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/**
 * An agent that does the minimum of any managed agent: it starts the platform MBean server and
 * registers a bean.
 */
public final class FloorAgent {

  /** The interface of an empty bean. */
  public interface Empty {}

  private FloorAgent() {}

  /** Called by the JVM before main. */
  public static void premain(String arguments) throws Exception {
    ManagementFactory.getPlatformMBeanServer()
        .registerMBean(
            new StandardMBean(new Empty() {}, Empty.class), new ObjectName("bench:type=Floor"));
  }
}
