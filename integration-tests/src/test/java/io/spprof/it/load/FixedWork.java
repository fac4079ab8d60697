package io.spprof.it.load;

import io.spprof.it.bench.Tasks;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A load that does the same work for each question: for "sampled" while a session of the profiler
 * runs in this JVM, for "unsampled" without a session. The answer is the CPU time in ns of the
 * thread that did the work, of the profiler's own thread, and of the profiler as its bean reports
 * it; then the number of signals.
 *
 * <p>Everything runs in one thread that never sleeps, including the sessions' starts and stops.
 * After a pause, the same work would take longer for a while, and its time would vary.
 */
public final class FixedWork {

  /**
   * The part of the work that runs before the measurement, to absorb the effects of a session's
   * start or stop.
   */
  private static final double WARM_UP = 0.25;

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final ObjectName bean = new ObjectName("io.spprof:type=Spprof");
  private final int depth;
  private final int millions;
  private long sink;

  private FixedWork(int depth, int millions) throws JMException {
    this.depth = depth;
    this.millions = millions;
  }

  /** Arguments: extra frames below the busy one, millions of steps. */
  public static void main(String[] args) throws IOException, JMException {
    FixedWork work = new FixedWork(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
    Control.serve(Map.of("sampled", work::sampled, "unsampled", work::measured));
  }

  private String sampled() {
    try {
      server.invoke(
          bean,
          "startWith",
          new Object[] {"interval=1ms,depth=2048"},
          new String[] {String.class.getName()});
      String measured = measured();
      server.invoke(bean, "stop", null, null);
      return measured;
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  private String measured() {
    try {
      sink += deeper(depth, (int) (millions * WARM_UP));
      long signals = number("Signals");
      long reported = number("OverheadCpuTimeNanos");
      long own = Tasks.ownCpuNanos();
      long thread = Spin.cpuNanos();
      sink += deeper(depth, millions);
      thread = Spin.cpuNanos() - thread;
      own = Tasks.ownCpuNanos() - own;
      reported = number("OverheadCpuTimeNanos") - reported;
      signals = number("Signals") - signals;
      return thread + " " + own + " " + reported + " " + signals;
    } catch (IOException | JMException e) {
      throw new IllegalStateException(e);
    }
  }

  private long number(String attribute) throws JMException {
    return ((Number) server.getAttribute(bean, attribute)).longValue();
  }

  private static long deeper(int depth, int millions) {
    return depth == 0 ? steps(millions) : deeper(depth - 1, millions) + 1;
  }

  private static long steps(int millions) {
    long x = 1;
    for (int i = 0; i < millions; i++) {
      x = Spin.steps(x, 1_000_000);
    }
    return x;
  }
}
