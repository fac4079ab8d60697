package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The command {@code status}: prints values of the bean's attributes for people and scripts, one
 * value a line.
 */
@Command(
    name = "status",
    description = "Prints the profiler's figures, one a line.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class StatusCommand implements Callable<Integer> {

  private static final String SESSION = "Session";

  private static final String[] SHOWN = {
    "State",
    "LastError",
    "Version",
    "Options",
    "Engine",
    "StackWalker",
    "IntervalNanos",
    "SessionsStarted",
    "Signals",
    "CollectedSamples",
    "DroppedSamples",
    "UnwalkableSamples",
    "SampledCpuTimeNanos",
    "DroppedCpuTimeNanos",
    "UnseenCpuTimeNanos",
    "UserCpuTimeNanos",
    "SystemCpuTimeNanos",
    "CpuWaitTimeNanos",
    "ThrottledTimeNanos",
    "MeasuredOverheadPercent",
    "OverheadPercent",
    SESSION,
    "ThreadsSampled",
    "ThreadsFailed",
    "UniqueStacks",
    "MemoryUsedBytes",
    "MemoryLimitBytes",
    "SamplesPerSecond",
    "DropsPerSecond",
    "OldestSampleAgeSeconds"
  };

  /** The mean of the running or the last session. The gauges are 0 when none runs. */
  private static final String MEAN = "measuredOverheadPercent";

  private static final int NAME_WIDTH = 24;

  @Mixin private Target target;

  private final PrintWriter out;

  /**
   * Creates the command.
   *
   * @param target the target; without a name if picocli sets it
   * @param out the standard output
   */
  StatusCommand(Target target, PrintWriter out) {
    this.target = target;
    this.out = out;
  }

  @Override
  public Integer call() throws IOException, JMException {
    try (Bean bean = target.connect()) {
      Map<String, Object> values = bean.attributes(SHOWN);
      if (values.isEmpty()) {
        throw new InstanceNotFoundException();
      }
      for (String name : SHOWN) {
        if (values.containsKey(name)) { // An older agent does not have all of these attributes.
          print(name, values.get(name));
        }
      }
      return 0;
    }
  }

  private void print(String name, Object value) {
    if (value instanceof CompositeData session) {
      print(name + "." + MEAN, session.get(MEAN));
      return;
    }
    String gap = " ".repeat(Math.max(0, NAME_WIDTH - name.length()) + 1);
    out.println(name + gap + Printable.line(String.valueOf(value)));
  }
}
