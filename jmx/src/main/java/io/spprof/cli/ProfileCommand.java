package io.spprof.cli;

import io.spprof.text.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;
import org.apache.commons.lang3.StringUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code profile}: loads the agent if necessary, starts a session, waits, stops the
 * session, and downloads the profile. If a continuous session runs, the profile is a stretch of it.
 * If the user interrupts the command, or the target ends, the command saves what there is, and
 * still stops the session that it started.
 */
@Command(
    name = "profile",
    description = "Profiles for a while and writes the profile into a local file, in one go.",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.JarVersion.class)
final class ProfileCommand implements Callable<Integer> {

  private static final int WIDTH = 40;

  /** The number of methods that are printed at the end. */
  private static final int HOTTEST = 5;

  /**
   * Seconds that are added to the requested time to form the session's {@code duration} option. If
   * this process is killed and cannot stop the session, the target stops the session after that
   * duration.
   */
  private static final long SPARE_SECONDS = 60;

  @Mixin private Target target;

  @Option(
      names = {"-d", "--duration"},
      paramLabel = "TIME",
      defaultValue = "30s",
      description = "How long: 1s to 23h (units s, m, h; s if left out); 30s by default.")
  private String duration;

  @Mixin private Download download;

  @Option(
      names = "--options",
      paramLabel = "OPTIONS",
      defaultValue = "",
      description = "Session options: key=value pairs joined by commas, see below.")
  private String options;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException, InterruptedException {
    long seconds = Spans.seconds("--duration", duration);
    download.nameAfter(target.name());
    download.check();
    PrintWriter out = download.messages();
    String all =
        (options.isEmpty() ? "" : options + ",") + "duration=" + (seconds + SPARE_SECONDS) + "s";
    try (Bean bean = connect()) {
      Recording recording =
          new Recording(bean, download, all, Recording.PAUSE_NANOS, System::nanoTime, this::warn);
      try (Undo undo = new Undo()) {
        undo.begin(
            () -> recording.begin(options),
            () -> {
              recording.rescue();
              say(recording);
            },
            () -> {
              recording.lastResort();
              say(recording);
            });
        await(bean, recording, seconds, undo);
        out.println(undo.begin(recording::finish, () -> {}));
      }
      recording.hottest(HOTTEST, Terminal.size().columns()).forEach(out::println);
      return 0;
    }
  }

  /** Says what was saved, when the command fails or is interrupted. */
  private void say(Recording recording) {
    if (!recording.saved().isEmpty()) {
      print(recording.saved());
    }
  }

  private void warn(String text) {
    print("spprof: warning: " + Printable.line(text));
  }

  private void print(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println((Terminal.isThere() ? Terminal.CLEAR_LINE : "") + line);
    err.flush();
  }

  /** Connects to the target. Loads the agent first if the target is a pid and has no agent yet. */
  private Bean connect() throws IOException, JMException {
    Bean bean = target.connect();
    if (bean.isThere() || !target.isPid()) {
      return bean;
    }
    bean.close();
    spec.commandLine().getErr().println("loading spprof into " + target.name());
    target.loadAgent("");
    return target.connect();
  }

  /**
   * Waits for the requested time and shows the progress.
   *
   * @throws CommandFailure if somebody else ends the session meanwhile
   */
  private void await(Bean bean, Recording recording, long seconds, Undo undo)
      throws IOException, JMException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    boolean inPlace = Terminal.isThere();
    long begun = System.nanoTime();
    long end = begun + TimeUnit.SECONDS.toNanos(seconds);
    if (!inPlace) {
      err.println(
          "profiling "
              + target.name()
              + " for "
              + duration
              + (StringUtils.isNumeric(duration) ? "s" : "")
              + (recording.isOurs() ? "" : ", from session " + recording.id() + ", which goes on"));
    }
    while (System.nanoTime() - end < 0) {
      TimeUnit.NANOSECONDS.sleep(
          Math.min(TimeUnit.SECONDS.toNanos(1), Math.max(0, end - System.nanoTime())));
      CompositeData session = bean.session();
      if (!recording.isRunning()) {
        if (System.nanoTime() - end >= 0) {
          break; // Its duration is over, because the target answered late.
        }
        recording.endedByOthers();
        throw CommandFailure.refused(
            "somebody else has ended session " + recording.id() + "; dump writes what it has",
            null);
      }
      undo.step(
          () -> {
            recording.fetchIfDue(end);
            return null;
          });
      if (inPlace) {
        double share = Math.min(1, (System.nanoTime() - begun) / 1e9 / seconds);
        int done = (int) (WIDTH * share);
        err.printf(
            Locale.ROOT,
            "%s[%s%s] %.0f of %d s, %,d samples",
            Terminal.CLEAR_LINE,
            "#".repeat(done),
            " ".repeat(WIDTH - done),
            share * seconds,
            seconds,
            session.get("collected"));
        err.flush();
      }
    }
    if (inPlace) {
      err.print(Terminal.CLEAR_LINE);
      err.flush();
    }
  }
}
