package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code top}: shows rates, overhead and the hottest methods, updated once a second.
 */
@Command(
    name = "top",
    description = "Shows rates, drops, overhead and the hottest methods, once a second.",
    mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {

  private static final String[] READ = {
    "State",
    "Options",
    "CollectedSamples",
    "DroppedSamples",
    "SampledCpuTimeNanos",
    "OverheadPercent",
    "MeasuredOverheadPercent",
    "ThreadsSampled",
    "HotMethods"
  };

  @Mixin private Target target;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "Number of updates; 0, the default, goes on until Ctrl-C.")
  private int count;

  @Option(
      names = "--methods",
      paramLabel = "N",
      defaultValue = "15",
      description = "Number of methods to show, 1 to 20; 15 by default.")
  private int methods;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException, InterruptedException {
    if (count < 0 || methods < 1 || methods > 20) {
      throw CommandFailure.usage(
          count < 0 ? "--count " + count + ": 0 or more" : "--methods " + methods + ": 1 to 20");
    }
    PrintWriter out = spec.commandLine().getOut();
    boolean inPlace = Terminal.isThere();
    try (Bean bean = target.connect()) {
      Map<String, Object> before = read(bean);
      long beforeNanos = System.nanoTime();
      for (int i = 0; count == 0 || i < count; i++) {
        Thread.sleep(1000);
        Map<String, Object> now = read(bean);
        long nanos = System.nanoTime();
        out.print((inPlace ? Terminal.CLEAR : "") + page(before, now, (nanos - beforeNanos) / 1e9));
        out.println();
        out.flush();
        before = now;
        beforeNanos = nanos;
      }
    }
    return 0;
  }

  private static Map<String, Object> read(Bean bean) throws IOException, JMException {
    Map<String, Object> values = bean.attributes(READ);
    if (values.isEmpty()) {
      throw new InstanceNotFoundException();
    }
    return values;
  }

  private String page(Map<String, Object> before, Map<String, Object> now, double seconds) {
    StringBuilder page = new StringBuilder();
    line(page, "%s: %s, %s", target.name(), now.get("State"), now.get("Options"));
    line(
        page,
        "%,.0f samples/s, %,.0f dropped/s, %.2f CPUs busy, %d threads",
        rate("CollectedSamples", before, now, seconds),
        rate("DroppedSamples", before, now, seconds),
        rate("SampledCpuTimeNanos", before, now, seconds) / 1e9,
        now.get("ThreadsSampled"));
    line(
        page,
        "overhead %.2f %% by the model, %.2f %% measured (of one CPU)",
        now.get("OverheadPercent"),
        now.get("MeasuredOverheadPercent"));
    CompositeData[] hot = (CompositeData[]) now.get("HotMethods");
    if (hot.length == 0) {
      line(page, "no samples yet; start TARGET begins a session");
      return page.toString();
    }
    line(page, "  self %%  total %%     samples  method");
    for (int i = 0; i < Math.min(methods, hot.length); i++) {
      line(
          page,
          "  %6.2f   %6.2f  %,10d  %s",
          hot[i].get("selfPercent"),
          hot[i].get("totalPercent"),
          hot[i].get("samples"),
          Printable.line((String) hot[i].get("method")));
    }
    return page.toString();
  }

  private static double rate(
      String counter, Map<String, Object> before, Map<String, Object> now, double seconds) {
    return ((Long) now.get(counter) - (Long) before.get(counter)) / seconds;
  }

  private static void line(StringBuilder page, String format, Object... values) {
    page.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
