package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Whether a session has sampled this JVM, for loads that do something after the session's start.
 */
final class Profiled {

  private static volatile boolean seen;

  private Profiled() {}

  /** Whether a session samples or has sampled; once true, it stays true. */
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
