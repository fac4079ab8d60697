package io.spprof.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;
import org.apache.commons.lang3.ArrayUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
      throw CommandFailure.usage("--last " + Main.shown(name) + ": 10s, 1m or all");
    }
  }

  @Mixin private Target target;

  private final PrintWriter out;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "Number of updates; 0, the default, goes on until Ctrl-C.")
  private int count;

  @Option(
      names = "--methods",
      paramLabel = "N",
      description = "Number of methods to show, 1 to 20; 15 by default.")
  private int methods = 15;

  @Option(
      names = "--last",
      paramLabel = "TIME",
      description = "Of which time the methods are: 10s (the default), 1m, or all of the session.")
  private String last = "10s";

  /**
   * Creates the command.
   *
   * @param target the target; without a name if picocli sets it
   * @param out the standard output
   */
  TopCommand(Target target, PrintWriter out) {
    this.target = target;
    this.out = out;
  }

  @Override
  public Integer call() throws IOException, JMException, InterruptedException {
    if (count < 0 || methods < 1 || methods > 20) {
      throw CommandFailure.usage(
          count < 0 ? "--count " + count + ": 0 or more" : "--methods " + methods + ": 1 to 20");
    }
    Stretch stretch = Stretch.of(last);
    boolean inPlace = Terminal.isThere();
    try (Bean bean = target.connect()) {
      TopPage.Reading before = read(bean, stretch);
      for (int i = 0; count == 0 || i < count; i++) {
        Thread.sleep(1000);
        TopPage.Reading now = read(bean, stretch);
        // The user can change the window's size at any time.
        Terminal.Size size = inPlace ? Terminal.size() : Terminal.size().withoutEnd();
        String page = TopPage.of(target.name(), before, now, methods, size);
        out.print(inPlace ? Terminal.inPlace(page) : page + System.lineSeparator());
        if (out.checkError()) { // It also flushes.
          throw CommandFailure.usage("the standard output was closed");
        }
        before = now;
      }
    }
    return 0;
  }

  private static TopPage.Reading read(Bean bean, Stretch stretch) throws IOException, JMException {
    Map<String, Object> values = bean.attributes(ArrayUtils.add(TopPage.READ, stretch.attribute));
    if (values.isEmpty()) {
      throw new InstanceNotFoundException();
    }
    return new TopPage.Reading(
        System.nanoTime(), values, (CompositeData) values.get(stretch.attribute));
  }
}
