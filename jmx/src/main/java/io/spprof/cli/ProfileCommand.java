package io.spprof.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.openmbean.CompositeData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code profile}: loads the agent if necessary, starts a session, waits, stops the
 * session, and downloads the profile. If the user interrupts the command, the command still stops
 * the session that it started.
 */
@Command(
    name = "profile",
    description = "Profiles for a while and writes the profile into a local file, in one go.",
    mixinStandardHelpOptions = true)
final class ProfileCommand implements Callable<Integer> {

  private static final int WIDTH = 40;

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
      description = "How long: 1s to 23h (units s, m, h); 30s by default.")
  private String duration;

  @Mixin private Download download;

  @Option(
      names = "--options",
      paramLabel = "OPTIONS",
      defaultValue = "",
      description = "Session options: key=value pairs joined by commas, for instance interval=1ms.")
  private String options;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, JMException, InterruptedException {
    long seconds = Spans.seconds("--duration", duration);
    download.check();
    PrintWriter out = spec.commandLine().getOut();
    try (Bean bean = connect()) {
      String all =
          (options.isEmpty() ? "" : options + ",") + "duration=" + (seconds + SPARE_SECONDS) + "s";
      long id;
      try (Undo undo = new Undo()) {
        id = undo.begin(() -> (Long) bean.call("startWith", all), () -> end(bean));
        await(bean, id, seconds, undo);
      }
      String written = download.from(bean);
      CompositeData session = bean.session();
      out.printf(
          Locale.ROOT,
          "session %d: %,d samples, %,d dropped, overhead %.2f %% of one CPU%n%s%n",
          id,
          session.get("collected"),
          session.get("dropped"),
          session.get("measuredOverheadPercent"),
          written);
      return 0;
    }
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
  private void await(Bean bean, long id, long seconds, Undo undo)
      throws IOException, JMException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    boolean inPlace = Terminal.isThere();
    long begun = System.nanoTime();
    long end = begun + TimeUnit.SECONDS.toNanos(seconds);
    if (!inPlace) {
      err.println("profiling " + target.name() + " for " + duration);
    }
    while (System.nanoTime() < end) {
      TimeUnit.NANOSECONDS.sleep(
          Math.min(TimeUnit.SECONDS.toNanos(1), Math.max(0, end - System.nanoTime())));
      CompositeData session = bean.session();
      if ((Long) session.get("id") != id || !bean.text("State").equals("RUNNING")) {
        undo.keep(); // A session that runs now, if there is one, belongs to somebody else.
        throw CommandFailure.refused(
            "somebody else has ended session " + id + "; dump writes what it has", null);
      }
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

  private static void end(Bean bean) {
    try {
      bean.call("stop");
    } catch (IOException | JMException | RuntimeException e) {
      // The session has ended, or the target is gone. If neither, the session ends when its
      // duration is over.
    }
  }
}
