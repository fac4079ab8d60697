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
import org.apache.commons.lang3.ArrayUtils;
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
    description =
        "Shows rates, drops, overhead and the hottest methods of the last ten seconds, once a second.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class TopCommand implements Callable<Integer> {

  private static final String[] READ = {
    "State",
    "Options",
    "CollectedSamples",
    "DroppedSamples",
    "SampledCpuTimeNanos",
    "MeasuredOverheadPercent",
    "OverheadPercent",
    "ThreadsSampled"
  };

  /** The choices of {@code --last}, with the attribute of each. */
  private enum Stretch {
    TEN_SECONDS("10s", "HotMethods"),
    MINUTE("1m", "HotMethodsLastMinute"),
    ALL("all", "HotMethodsAll");

    private final String name;
    private final String attribute;

    Stretch(String name, String attribute) {
      this.name = name;
      this.attribute = attribute;
    }

    static Stretch of(String name) {
      for (Stretch stretch : values()) {
        if (stretch.name.equals(name)) {
          return stretch;
        }
      }
      throw CommandFailure.usage("--last " + Cli.shown(name) + ": 10s, 1m or all");
    }
  }

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

  @Option(
      names = "--last",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "Of which time the methods are: 10s (the default), 1m, or all of the session.")
  private String last;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException, InterruptedException {
    if (count < 0 || methods < 1 || methods > 20) {
      throw CommandFailure.usage(
          count < 0 ? "--count " + count + ": 0 or more" : "--methods " + methods + ": 1 to 20");
    }
    Stretch stretch = Stretch.of(last);
    PrintWriter out = spec.commandLine().getOut();
    boolean inPlace = Terminal.isThere();
    try (Bean bean = target.connect()) {
      Map<String, Object> before = read(bean, stretch);
      long beforeNanos = System.nanoTime();
      for (int i = 0; count == 0 || i < count; i++) {
        Thread.sleep(1000);
        Map<String, Object> now = read(bean, stretch);
        long nanos = System.nanoTime();
        out.print(
            inPlace
                ? Terminal.inPlace(page(before, now, (nanos - beforeNanos) / 1e9, stretch))
                : page(before, now, (nanos - beforeNanos) / 1e9, stretch));
        out.println();
        if (out.checkError()) { // It also flushes.
          throw CommandFailure.usage("the standard output was closed");
        }
        before = now;
        beforeNanos = nanos;
      }
    }
    return 0;
  }

  private static Map<String, Object> read(Bean bean, Stretch stretch)
      throws IOException, JMException {
    Map<String, Object> values = bean.attributes(ArrayUtils.add(READ, stretch.attribute));
    if (values.isEmpty()) {
      throw new InstanceNotFoundException();
    }
    return values;
  }

  private String page(
      Map<String, Object> before, Map<String, Object> now, double seconds, Stretch stretch) {
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
        "overhead in the last ten seconds: %.2f %% measured, %.2f %% by the model (of one CPU)",
        now.get("MeasuredOverheadPercent"),
        now.get("OverheadPercent"));
    CompositeData list = (CompositeData) now.get(stretch.attribute);
    CompositeData[] hot = (CompositeData[]) list.get("methods");
    if ((Long) list.get("toMillis") == 0) {
      line(page, "no samples yet; start TARGET begins a session");
      return page.toString();
    }
    line(
        page,
        "%,d samples in %.0f s:",
        list.get("samples"),
        ((Long) list.get("toMillis") - (Long) list.get("fromMillis")) / 1e3);
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
