package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

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
    "ThreadsSampled",
    "ThreadsFailed",
    "UniqueStacks",
    "MemoryUsedBytes",
    "MemoryLimitBytes",
    "SamplesPerSecond",
    "DropsPerSecond",
    "OldestSampleAgeSeconds"
  };

  @Mixin private Target target;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException {
    try (Bean bean = target.connect()) {
      Map<String, Object> values = bean.attributes(SHOWN);
      if (values.isEmpty()) {
        throw new InstanceNotFoundException();
      }
      PrintWriter out = spec.commandLine().getOut();
      for (String name : SHOWN) {
        if (values.containsKey(name)) { // An older agent does not have all of these attributes.
          out.printf(
              Locale.ROOT, "%-24s %s%n", name, Printable.line(String.valueOf(values.get(name))));
        }
      }
      return 0;
    }
  }
}
