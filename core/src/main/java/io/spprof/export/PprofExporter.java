package io.spprof.export;

import io.spprof.profile.Profile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a profile in the format of the tool pprof: the protocol buffer of profile.proto,
 * compressed with gzip.
 *
 * <p>In this format, a "sample" is a stack, from the leaf to the root, of one thread, whose name is
 * the label {@code thread}. It has two values: how often the profiler found the thread with this
 * stack, and the CPU time of these samples in nanoseconds, which pprof shows by default. A location
 * is a frame, with its line if the line is known. A function is a method; it has no file, because
 * the profiler does not record files. All locations belong to one mapping, {@code java}.
 *
 * @see <a href="https://github.com/google/pprof/blob/main/proto/profile.proto">profile.proto</a>
 */
public final class PprofExporter {

  // Field numbers of the message Profile in profile.proto.
  private static final int SAMPLE_TYPE = 1;
  private static final int SAMPLE = 2;
  private static final int MAPPING = 3;
  private static final int LOCATION = 4;
  private static final int FUNCTION = 5;
  private static final int STRING = 6;
  private static final int TIME_NANOS = 9;
  private static final int DURATION_NANOS = 10;
  private static final int PERIOD_TYPE = 11;
  private static final int PERIOD = 12;
  private static final int COMMENT = 13;
  private static final int DEFAULT_TYPE = 14;

  /**
   * The strings that every file begins with, and their indexes. The format requires that the first
   * string is empty.
   */
  private static final String[] STRINGS = {
    "", "samples", "count", "cpu", "nanoseconds", "thread", "java"
  };

  private static final int SAMPLES = 1;
  private static final int COUNT = 2;
  private static final int CPU = 3;
  private static final int NANOSECONDS = 4;
  private static final int THREAD = 5;
  private static final int JAVA = 6;

  private final Profile profile;
  private final String[] comments;
  private final int firstMethodString;
  private final int firstThreadString;
  private final Protobuf top = new Protobuf();
  private final Protobuf message = new Protobuf();
  private final Protobuf part = new Protobuf();
  private final GZIPOutputStream gzip;

  private PprofExporter(Profile profile, Bytes out) {
    this.profile = profile;
    this.comments = comments(profile);
    this.firstMethodString = STRINGS.length + comments.length;
    this.firstThreadString = firstMethodString + profile.methodCount();
    try {
      this.gzip = new GZIPOutputStream(out, 1 << 13);
    } catch (IOException e) {
      throw new UncheckedIOException("a buffer cannot fail", e);
    }
  }

  static Steps steps(Profile profile, Bytes out) {
    return new PprofExporter(profile, out).steps();
  }

  private static String[] comments(Profile profile) {
    Profile.Info info = profile.info();
    return new String[] {
      "spprof session " + info.session().id() + ": " + info.session().options(),
      "engine " + info.engine() + ", walker " + info.walker(),
      "dropped: "
          + info.dropped().total()
          + " signals, "
          + info.droppedCpuNanos()
          + " ns of CPU time that are not in this profile, "
          + info.unseenCpuNanos()
          + " of them without a signal"
    };
  }

  private Steps steps() {
    return new Steps()
        .then(this::head)
        .each(STRINGS.length, i -> string(STRINGS[i]))
        .each(comments.length, i -> string(comments[i]))
        .each(profile.methodCount(), i -> string(profile.methodName(i)))
        .each(profile.threadCount(), i -> string(profile.threadName(i)))
        .each(profile.methodCount(), this::function)
        .each(profile.frameCount(), this::location)
        .each(profile.rowCount(), this::sample)
        .then(gzip::finish);
  }

  private void head() throws IOException {
    type(SAMPLE_TYPE, SAMPLES, COUNT);
    type(SAMPLE_TYPE, CPU, NANOSECONDS);
    type(PERIOD_TYPE, CPU, NANOSECONDS);
    top.number(PERIOD, profile.info().intervalNanos());
    top.number(DEFAULT_TYPE, CPU);
    top.number(TIME_NANOS, profile.info().session().startTimeMillis() * 1_000_000);
    top.number(DURATION_NANOS, profile.info().session().durationMillis() * 1_000_000);
    for (int i = 0; i < comments.length; i++) {
      top.always(COMMENT, STRINGS.length + i);
    }
    // The fields: id, file name, has functions, has line numbers, has inlined frames.
    message.number(1, 1).number(5, JAVA).number(7, 1).number(9, 1).number(10, 1);
    top.message(MAPPING, message);
    flush();
  }

  private void type(int field, int type, int unit) {
    message.number(1, type).number(2, unit);
    top.message(field, message);
  }

  private void string(String text) throws IOException {
    top.string(STRING, text);
    flush();
  }

  /**
   * Writes a method as a function. The function's id is the method's number plus 1, because 0 means
   * none.
   */
  private void function(int method) throws IOException {
    int name = firstMethodString + method;
    message.number(1, method + 1L).number(2, name).number(3, name);
    top.message(FUNCTION, message);
    flush();
  }

  /** Writes a frame as a location. The location's id is the frame's number plus 1. */
  private void location(int frame) throws IOException {
    part.number(1, profile.frameMethod(frame) + 1L).number(2, profile.frameLine(frame));
    message.number(1, frame + 1L).number(2, 1).message(4, part);
    top.message(LOCATION, message);
    flush();
  }

  private void sample(int row) throws IOException {
    int stack = profile.stack(row);
    int depth = profile.depth(stack);
    for (int i = 0; i < depth; i++) {
      part.packed(profile.frame(stack, i) + 1L);
    }
    message.message(1, part);
    part.packed(profile.samples(row));
    part.packed(profile.cpuNanos(row));
    message.message(2, part);
    part.number(1, THREAD).number(2, (long) firstThreadString + profile.thread(row));
    message.message(3, part);
    top.message(SAMPLE, message);
    flush();
  }

  private void flush() throws IOException {
    top.bytes().moveTo(gzip);
  }
}
