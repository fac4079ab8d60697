package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** Whether a session samples this JVM: for loads that do something after its start. */
final class Profiled {

  private static volatile boolean seen;

  private Profiled() {}

  /** Once true it is always true. */
  static boolean now() throws JMException {
    if (!seen) {
      seen =
          (boolean)
              ManagementFactory.getPlatformMBeanServer()
                  .getAttribute(new ObjectName("io.spprof:type=Spprof"), "Running");
    }
    return seen;
  }
}
