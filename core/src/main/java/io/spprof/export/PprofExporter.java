package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a profile in the format of the tool pprof: the protocol buffer of profile.proto,
 * compressed with gzip.
 *
 * <p>In this format, a "sample" is a stack, from the leaf to the root, of one thread, whose name is
 * the label {@code thread}. The label {@code tid} has the system's number of the thread, if it is
 * known. A sample has two values: how often the profiler found the thread with this stack, and the
 * CPU time of these samples in nanoseconds, which pprof shows by default. A location is a frame,
 * with its line if the line is known. A function is a method; it has no file, because the profiler
 * does not record files. A location of native code belongs to the mapping of its library and has
 * its address in the library's file; its function is the symbol alone, or the whole name if there
 * is no symbol. All other locations belong to the mapping {@code java}. A mapping of a library
 * begins at address 0, so a tool finds the code of a location in the file as it is.
 *
 * @see <a href="https://github.com/google/pprof/blob/main/proto/profile.proto">profile.proto</a>
 */
public final class PprofExporter {

  // Field numbers of the message Profile in profile.proto.
  static final int SAMPLE_TYPE = 1;
  static final int SAMPLE = 2;
  static final int MAPPING = 3;
  static final int LOCATION = 4;
  static final int FUNCTION = 5;
  static final int STRING = 6;
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
    "", "samples", "count", "cpu", "nanoseconds", "thread", "java", "tid"
  };

  private static final int SAMPLES = 1;
  private static final int COUNT = 2;
  private static final int CPU = 3;
  private static final int NANOSECONDS = 4;
  private static final int THREAD = 5;
  private static final int JAVA = 6;
  private static final int TID = 7;
  private static final int JAVA_MAPPING = 1;
  private static final int FIRST_LIBRARY_MAPPING = 2;
  private static final long PAGE = 4096;

  private final Profile profile;
  private final String[] comments;
  private final int firstMethodString;
  private final int firstThreadString;
  private final int firstTidString;
  private final int firstLibraryString; // two for each library: its file and its build id
  private final Protobuf top = new Protobuf();
  private final Protobuf message = new Protobuf();
  private final Protobuf part = new Protobuf();
  private final GZIPOutputStream gzip;

  private PprofExporter(Profile profile, Bytes out) {
    this.profile = profile;
    this.comments = comments(profile);
    this.firstMethodString = STRINGS.length + comments.length;
    this.firstThreadString = firstMethodString + profile.methods().size();
    this.firstTidString = firstThreadString + profile.threads().size();
    this.firstLibraryString = firstTidString + profile.threads().size();
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
    ProfileInfo info = profile.info();
    List<String> comments = new ArrayList<>();
    comments.add("spprof session " + info.session().id() + ": " + info.session().options());
    if (!info.jvm().describe().isEmpty()) {
      comments.add(info.jvm().describe());
    }
    comments.add("engine " + info.engine() + ", walker " + info.walker());
    comments.add(
        "dropped: "
            + info.dropped().total()
            + " signals, "
            + info.droppedCpuNanos()
            + " ns of CPU time that are not in this profile, "
            + info.unseenCpuNanos()
            + " of them without a signal");
    return comments.toArray(String[]::new);
  }

  private Steps steps() {
    return new Steps()
        .then(this::head)
        .each(STRINGS.length, i -> string(STRINGS[i]))
        .each(comments.length, i -> string(comments[i]))
        .each(profile.methods().size(), i -> string(functionName(i)))
        .each(profile.threads().size(), i -> string(profile.threads().get(i).name()))
        .each(profile.threads().size(), i -> string(tid(i)))
        .each(2 * profile.libraries().size(), i -> string(ofLibrary(i)))
        .each(profile.methods().size(), this::function)
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
    message.number(1, JAVA_MAPPING).number(5, JAVA).number(7, 1).number(9, 1).number(10, 1);
    top.message(MAPPING, message);
    long[] limits = limits();
    for (int library = 0; library < limits.length; library++) {
      // The fields: id, end of the memory, file name, build id, has functions.
      message.number(1, FIRST_LIBRARY_MAPPING + library).number(3, limits[library]);
      message.number(5, firstLibraryString + 2L * library);
      message.number(6, firstLibraryString + 2L * library + 1).number(7, 1);
      top.message(MAPPING, message);
    }
    flush();
  }

  /** Returns an address after all functions of the profile, for each library. */
  private long[] limits() {
    long[] limits = new long[profile.libraries().size()];
    for (int method = 0; method < profile.methods().size(); method++) {
      int library = profile.methodLibrary(method);
      if (library >= 0) {
        long end = (profile.methods().get(method).address() / PAGE + 1) * PAGE;
        limits[library] = Math.max(limits[library], end);
      }
    }
    return limits;
  }

  /** Returns the file of a library, or its build id. */
  private String ofLibrary(int string) {
    ProfileLibrary library = profile.libraries().get(string / 2);
    if (string % 2 == 1) {
      return library.buildId();
    }
    return library.path().isEmpty() ? library.file() : library.path();
  }

  private String functionName(int method) {
    String name = profile.methods().get(method).name();
    return profile.methodLibrary(method) < 0 ? name : name.substring(name.indexOf('`') + 1);
  }

  /** Returns the system's number of a thread as text; an empty one if it is not known. */
  private String tid(int thread) {
    long id = profile.threads().get(thread).systemId();
    return id == 0 ? "" : Long.toString(id);
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
   * none. A function of native code has no system name: if it had the same one, pprof would take
   * the name for a C++ symbol and cut its template arguments.
   */
  private void function(int method) throws IOException {
    int name = firstMethodString + method;
    message.number(1, method + 1L).number(2, name);
    message.number(3, profile.methods().get(method).kind().isFunction() ? 0 : name);
    top.message(FUNCTION, message);
    flush();
  }

  /** Writes a frame as a location. The location's id is the frame's number plus 1. */
  private void location(int frame) throws IOException {
    part.number(1, profile.frameMethod(frame) + 1L).number(2, profile.frameLine(frame));
    int library = profile.methodLibrary(profile.frameMethod(frame));
    message.number(1, frame + 1L);
    message.number(2, library < 0 ? JAVA_MAPPING : FIRST_LIBRARY_MAPPING + library);
    message.number(3, profile.methods().get(profile.frameMethod(frame)).address()).message(4, part);
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
    int thread = profile.thread(row);
    part.number(1, THREAD).number(2, (long) firstThreadString + thread);
    message.message(3, part);
    if (profile.threads().get(thread).systemId() > 0) {
      part.number(1, TID).number(2, (long) firstTidString + thread);
      message.message(3, part);
    }
    top.message(SAMPLE, message);
    flush();
  }

  private void flush() throws IOException {
    top.bytes().moveTo(gzip);
  }
}
