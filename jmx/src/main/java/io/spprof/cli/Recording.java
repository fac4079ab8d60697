package io.spprof.cli;

import io.spprof.export.TextReport;
import io.spprof.text.Printable;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.management.JMException;
import javax.management.JMRuntimeException;
import javax.management.openmbean.CompositeData;

/**
 * What the command {@code profile} records in the target. If no session runs there, it is a session
 * of its own. If a continuous session runs, it is a stretch of that session, which goes on.
 *
 * <p>The profile is fetched as it grows. So if the target ends, or the user interrupts the command,
 * there is something to save.
 */
final class Recording {

  /** The shortest time between two downloads, in nanoseconds. */
  static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Downloads take at most one part in this number of the time, because they cost the target. */
  private static final long PAUSE_SHARE = 20;

  // The columns of the report's table of methods.
  private static final int SHARES_END = end("total %");
  private static final int SAMPLES = TextReport.METHODS_HEADING.lastIndexOf("total") + 5;
  private static final int SAMPLES_END = end("samples");
  private static final int METHOD = TextReport.METHODS_HEADING.lastIndexOf("method");

  private static final String[] BEFORE = {"State", "Options", "Session", "Kept"};

  private final Bean bean;
  private final Download download;
  private final LatestFile file; // null if the profile goes into a pipe or a device
  private final String options;
  private final long pauseNanos;
  private final LongSupplier nanoTime;
  private final Consumer<String> warn;
  private long id;
  private boolean isOurs;
  private boolean hasEnded; // nothing can be fetched of it any more
  private volatile boolean hasSent; // something went into the pipe or the device
  private boolean isStretch; // of a continuous session
  private long fromMillis; // of a stretch
  private Map<String, Object> before;
  private long begunNanos;
  private long nextNanos;
  private long lastNanos; // how long the latest download took
  private String warned = ""; // the latest warning of a download
  private volatile long fetchedNanos; // when the latest complete download began
  private volatile boolean isSaved; // or the failure says where the profile is
  private volatile String saved = "";

  /**
   * Creates the object. Changes nothing in the target.
   *
   * @param options the options of a session of its own
   * @param pauseNanos the shortest time between two downloads, in nanoseconds
   * @param nanoTime the clock, as {@link System#nanoTime}
   * @param warn prints a warning
   */
  Recording(
      Bean bean,
      Download download,
      String options,
      long pauseNanos,
      LongSupplier nanoTime,
      Consumer<String> warn) {
    this.bean = bean;
    this.download = download;
    this.file = download.latestFile();
    this.options = options;
    this.pauseNanos = pauseNanos;
    this.nanoTime = nanoTime;
    this.warn = warn;
  }

  private static int end(String column) {
    return TextReport.METHODS_HEADING.indexOf(column) + column.length();
  }

  /**
   * Starts a session, or finds the running one.
   *
   * @param userOptions the options that the user gave; "" if none
   */
  Recording begin(String userOptions) throws IOException, JMException {
    before = bean.attributes(BEFORE);
    isStretch =
        "RUNNING".equals(before.get("State"))
            && String.valueOf(before.get("Options")).contains("mode=continuous");
    if (isStretch && !userOptions.isEmpty()) {
      throw CommandFailure.refused(
          "a session is running ("
              + before.get("Options")
              + "); leave out --options to take a stretch of it, or stop it first",
          null);
    }
    if (isStretch) {
      id = idIn(before);
      fromMillis = (Long) ((CompositeData) before.get("Kept")).get("toMillis");
    } else {
      // The last call: if a later one failed, nobody would stop the session.
      id = (Long) bean.call("startWith", options);
      isOurs = true;
    }
    begunNanos = nanoTime.getAsLong();
    nextNanos = begunNanos + pauseNanos;
    return this;
  }

  private static long idIn(Map<String, Object> attributes) {
    return (Long) ((CompositeData) attributes.get("Session")).get("id");
  }

  long id() {
    return id;
  }

  boolean isOurs() {
    return isOurs;
  }

  /** Called if somebody else has ended the session. Only what was fetched before can be saved. */
  void endedByOthers() {
    isOurs = false;
    hasEnded = true;
  }

  /**
   * Returns whether the session still runs.
   *
   * @throws CommandFailure if another session has begun since
   */
  boolean isRunning() throws IOException, JMException {
    return "RUNNING".equals(state());
  }

  private String state() throws IOException, JMException {
    Map<String, Object> now = bean.attributes("State", "Session");
    check(idIn(now));
    return String.valueOf(now.get("State"));
  }

  /**
   * Checks that the session is still the latest one.
   *
   * @throws CommandFailure if another session has begun since
   */
  private void check(long latest) {
    if (latest != id) {
      endedByOthers();
      throw CommandFailure.refused(
          "session " + id + " has ended, and session " + latest + " has begun", null);
    }
  }

  /**
   * Fetches the profile up to now if that is due. A download that fails is no failure of the
   * recording, unless the target does not answer any more. Gives a download up at the end of the
   * recording, so that the session ends in time.
   *
   * @param endNanos when the recording ends
   */
  void fetchIfDue(long endNanos) throws IOException, JMException {
    long now = nanoTime.getAsLong();
    if (file == null
        || now - nextNanos < 0
        || endNanos - now < Math.max(pauseNanos / 5, lastNanos)) {
      return;
    }
    try {
      fetch(download.open(bean, range()), () -> nanoTime.getAsLong() - endNanos >= 0);
    } catch (CommandFailure failure) {
      if (failure.status() == CommandFailure.UNREACHABLE) {
        throw failure;
      }
      warn(failure);
    } catch (JMException | JMRuntimeException | IllegalStateException refused) {
      // For example, the target has no room on its heap now, or too many streams are open.
      warn(Target.failure(refused));
    }
    lastNanos = nanoTime.getAsLong() - now;
    nextNanos = now + lastNanos + Math.max(pauseNanos, PAUSE_SHARE * lastNanos);
  }

  private void warn(CommandFailure failure) {
    if (!warned.equals(failure.getMessage())) {
      warned = failure.getMessage();
      warn.accept("the profile up to now could not be fetched: " + warned + "; recording goes on");
    }
  }

  private void fetch(long stream, BooleanSupplier isLate) throws IOException, JMException {
    long now = nanoTime.getAsLong();
    if (download.into(file, bean, stream, isLate)) {
      fetchedNanos = now;
    }
  }

  private String range() {
    return isStretch ? "from=" + fromMillis : "";
  }

  /**
   * Ends the session, if it is its own, and saves the profile.
   *
   * @return what to tell the user
   */
  String finish() throws IOException, JMException {
    end();
    String figures = isStretch ? "" : figuresOfSession();
    Stretch earlier = isStretch ? stretch() : null;
    long stream = download.open(bean, range());
    if (isStretch) {
      try {
        figures = figuresOfStretch(earlier, stretch());
      } catch (IOException | JMException | RuntimeException e) {
        Download.close(bean, stream);
        throw e;
      }
    }
    String written;
    if (file == null) {
      hasSent = true;
      written = download.save(bean, stream);
    } else {
      fetch(stream, () -> false);
      isSaved = true;
      written = download.written(file.finish());
    }
    return figures + System.lineSeparator() + written;
  }

  /**
   * Returns the hottest methods, from the report: a heading, then a line for each method with its
   * shares, its samples, and its name, which is cut to the terminal. Call it after {@link #finish}.
   * A failure is no failure of the recording.
   *
   * @param most the maximum number of methods
   * @param columns the width of the terminal
   * @return empty if there are no methods, or the target does not answer as expected
   */
  List<String> hottest(int most, int columns) {
    try {
      String report = isStretch ? bean.lines("reportOf", range()) : bean.lines("report");
      return report
          .lines()
          .dropWhile(line -> !line.startsWith(TextReport.METHODS_HEADING))
          .takeWhile(line -> line.startsWith("  "))
          .limit(most + 1L)
          .map(Printable::line)
          .map(line -> narrow(line, columns))
          .toList();
    } catch (IOException | JMException | RuntimeException e) {
      return List.of();
    }
  }

  /** Returns a line of the report's methods without the times and the kind. */
  private static String narrow(String line, int columns) {
    if (line.length() <= METHOD) {
      return line;
    }
    String figures = line.substring(0, SHARES_END) + line.substring(SAMPLES, SAMPLES_END) + "  ";
    return figures + ShortName.fit(line.substring(METHOD), Math.max(8, columns - figures.length()));
  }

  /** The figures that the page and the report have, too. */
  private String figuresOfSession() throws IOException, JMException {
    Map<String, Object> now = bean.attributes("Session");
    check(idIn(now));
    CompositeData session = (CompositeData) now.get("Session");
    return FinalFigures.of(session);
  }

  private Stretch stretch() throws IOException, JMException {
    return Stretch.since(fromMillis, bean.lines("windows"));
  }

  /**
   * Returns the figures of the windows in the file. The open window grows, so these figures are
   * those of just before the download was opened, and of just after.
   */
  private String figuresOfStretch(Stretch earlier, Stretch now) throws IOException, JMException {
    CompositeData kept = (CompositeData) bean.attributes("Kept").get("Kept");
    long keptFromMillis = (Long) kept.get("fromMillis");
    if (keptFromMillis > fromMillis) {
      warn.accept(
          String.format(
              Locale.ROOT,
              "the session keeps nothing any more of the first %.0f s, see its retention and memory",
              (keptFromMillis - fromMillis) / 1e3));
    }
    return String.format(
        Locale.ROOT,
        "session %d: %s%,d samples, %,d dropped from %s to %s; it goes on, and the profile has whole"
            + " windows of it",
        id,
        now.isLike(earlier) ? "" : "about ",
        now.samples(),
        now.dropped(),
        now.from(),
        now.to());
  }

  /**
   * Ends the session, if it is its own. It may have ended by itself, because its duration is over:
   * for example, if a download took long. After a stop that failed, it has not ended, and another
   * stop tries again.
   */
  private void end() throws IOException, JMException {
    if (isOurs && !hasStopped()) {
      try {
        bean.call("stop");
      } catch (JMRuntimeException | IllegalStateException refused) {
        if (!hasStopped()) {
          throw refused;
        }
      }
    }
    isOurs = false;
  }

  private boolean hasStopped() throws IOException, JMException {
    return "IDLE".equals(state());
  }

  /**
   * Ends the session, if it is its own, and saves what there is, after a failure or an
   * interruption. Never throws.
   */
  void rescue() {
    try {
      end();
    } catch (IOException | JMException | RuntimeException e) {
      // The session has ended, or the target is gone. If neither, the session ends when its
      // duration is over.
    }
    try {
      if (file != null && !hasEnded && !isSaved) {
        fetch(download.open(bean, range()), () -> false);
      }
    } catch (IOException | JMException | RuntimeException e) {
      // What was fetched before is saved.
    }
    lastResort();
  }

  /**
   * Saves what was fetched, without a call to the target. Never throws. At an interruption, two
   * threads can call it; the second one finds the first one's result.
   */
  synchronized void lastResort() {
    if (isSaved) {
      return;
    }
    if (hasSent) {
      isSaved = true;
      return;
    }
    try {
      long bytes = file == null ? -1 : file.rescue();
      saved =
          bytes < 0
              ? "nothing is saved: the profile was not fetched yet"
              : String.format(
                  Locale.ROOT,
                  "the first %.0f s are saved, %s",
                  (fetchedNanos - begunNanos) / 1e9,
                  Printable.line(download.written(bytes)));
    } catch (RuntimeException e) {
      saved =
          "what was sampled could not be saved: " + Printable.line(String.valueOf(e.getMessage()));
    }
    isSaved = true;
  }

  /** Returns what was saved after a failure or an interruption; "" if there is nothing to say. */
  String saved() {
    return saved;
  }
}
