package io.spprof.jmx;

import io.spprof.export.CollapsedDifference;
import io.spprof.export.CollapsedExporter;
import io.spprof.export.FlameGraphDifference;
import io.spprof.export.FlameGraphExporter;
import io.spprof.export.TextReport;
import io.spprof.profile.Profile;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Makes the texts of profiles that operations return. The application's heap holds a text as a
 * whole until the connector has sent it. To protect the application, a text is measured before it
 * is made, and refused if {@link Heap} has no room for it. Only {@link #AT_ONCE} texts are made at
 * the same time, and the files that operations write (dumps) count among them. Further callers wait
 * for their turn, up to 30 seconds, and are then refused.
 */
final class Texts {

  /** How many texts and files are made at the same time. */
  static final int AT_ONCE = 2;

  private static final long PATIENCE_SECONDS = 30;

  private static final String SHORTER = "choose shorter stretches of time or a larger -Xmx";

  /**
   * The length in characters up to which a text is made in one pass. A longer text is measured in a
   * first pass and made in a second.
   */
  private static final int SHORT = 1 << 16;

  /** Work that runs when its turn has come. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** Writes one profile as text. */
  @FunctionalInterface
  private interface Exporter {
    void write(Profile profile, Appendable out) throws IOException;
  }

  /** Writes the difference of two profiles as text. */
  @FunctionalInterface
  private interface DifferenceExporter {
    void write(Profile before, Profile after, Appendable out) throws IOException;
  }

  /** A text that can be written more than once: to measure it, then to make it. */
  @FunctionalInterface
  private interface Source {
    void writeTo(Appendable out) throws IOException;
  }

  private final Semaphore turns = new Semaphore(AT_ONCE, true);
  private final Heap heap;
  private final long patienceMillis;

  Texts(Heap heap) {
    this(heap, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
  }

  /** For tests, with a shorter time limit. */
  Texts(Heap heap, long patienceMillis) {
    this.heap = heap;
    this.patienceMillis = patienceMillis;
  }

  String report(Supplier<Profile> profile) throws IOException {
    return text("report", stream("text"), profile, TextReport::write);
  }

  String collapsed(Supplier<Profile> profile, int maxStacks) throws IOException {
    return text(
        "collapsed",
        stream("collapsed") + ", or ask for fewer stacks",
        profile,
        (found, out) -> CollapsedExporter.write(found, maxStacks, out));
  }

  String flameGraph(Supplier<Profile> profile) throws IOException {
    return text("flameGraph", stream("html"), profile, FlameGraphExporter::write);
  }

  String collapsedDifference(Supplier<Profile> before, Supplier<Profile> after) throws IOException {
    return difference(
        "collapsedDifference",
        differenceStream("collapsed"),
        before,
        after,
        CollapsedDifference::write);
  }

  String flameGraphDifference(Supplier<Profile> before, Supplier<Profile> after)
      throws IOException {
    return difference(
        "flameGraphDifference",
        differenceStream("html"),
        before,
        after,
        FlameGraphDifference::write);
  }

  private static String stream(String format) {
    return "use openStream(\"" + format + "\") and readStream, which take any profile in blocks";
  }

  private static String differenceStream(String format) {
    return SHORTER
        + ", or use openDifferenceStream(\""
        + format
        + "\", before, after) and readStream, which take any difference in blocks";
  }

  /**
   * Waits for a turn, then does the work.
   *
   * @throws IllegalStateException if no turn comes in time
   */
  <T> T inTurn(Work<T> work) throws IOException {
    try {
      if (!turns.tryAcquire(patienceMillis, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            AT_ONCE
                + " texts or files are being made, which is the most at once, and this call waited "
                + TimeUnit.MILLISECONDS.toSeconds(patienceMillis)
                + " s for its turn; try again, or use openStream");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for its turn");
    }
    try {
      return work.run();
    } finally {
      turns.release();
    }
  }

  /**
   * Asks for the heap that an export of a profile needs to sort the profile.
   *
   * @throws IllegalStateException if there is no room
   */
  void requireExport(Profile profile) {
    long bytes = profile.exportBytes();
    heap.require(bytes, "sorting this profile", "choose a shorter range or a larger -Xmx");
    heap.lend(profile, bytes);
  }

  /**
   * Asks for the heap that a comparison of two profiles needs.
   *
   * @throws IllegalStateException if there is no room
   */
  void requireComparison(Profile first, Profile second) {
    long bytes = first.exportBytes(second);
    heap.require(bytes, "comparing these two profiles", SHORTER);
    heap.lend(first, bytes);
  }

  private String text(String what, String remedy, Supplier<Profile> source, Exporter exporter)
      throws IOException {
    return inTurn(
        () -> {
          Profile profile = source.get();
          requireExport(profile);
          return make(what, remedy, out -> exporter.write(profile, out));
        });
  }

  private String difference(
      String what,
      String remedy,
      Supplier<Profile> before,
      Supplier<Profile> after,
      DifferenceExporter exporter)
      throws IOException {
    return inTurn(
        () -> {
          Profile first = before.get();
          Profile second = after.get();
          requireComparison(first, second);
          return make(what, remedy, out -> exporter.write(first, second, out));
        });
  }

  /**
   * Makes a text, in one pass if it is short and in two passes otherwise.
   *
   * @param what the name of the operation, for messages
   * @param remedy what the user can do if there is no room
   * @param source writes the text; called once or twice
   * @throws IllegalStateException if there is no room for the text, or if it is too long for a
   *     string
   */
  private String make(String what, String remedy, Source source) throws IOException {
    BoundedText counted = new BoundedText(SHORT);
    source.writeTo(counted);
    String text = counted.text();
    if (text == null) {
      String message = String.format(Locale.ROOT, "%s has %,d characters", what, counted.length());
      if (counted.bytesToMake() > Integer.MAX_VALUE) {
        throw new IllegalStateException(message + ", too many for one text; " + remedy);
      }
      heap.forTexts().require(counted.bytesToMake(), message, remedy);
      StringBuilder out = new StringBuilder((int) counted.length());
      source.writeTo(out);
      text = out.toString();
    }
    heap.lend(text, counted.bytes());
    return text;
  }
}
