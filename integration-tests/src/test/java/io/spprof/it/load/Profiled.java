package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Finds out whether a session samples or has sampled this JVM. Loads that do something only after a
 * session's start ask it.
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
