package io.spprof.export;

import io.spprof.profile.FrameKind;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.EventType;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedObject;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * Reads a recording as {@link JfrExporter} writes it, with the JDK's own reader. This is the only
 * class that needs the module {@code jdk.jfr}, which some Java runtimes lack.
 *
 * <p>A recording has less than the page of a flame graph. It has no samples whose times are
 * forgotten, no times by the kernel's account, and no reasons of dropped signals.
 */
final class SavedJfr {

  private static final String FOREIGN = "is no recording of spprof";
  private static final String SAMPLE = "spprof.CPUTimeSample";
  private static final String SESSION = "spprof.Session";

  /** How the names of native functions begin whose library has no name. */
  private static final List<String> NO_LIBRARY =
      List.of("[vdso]", "[unknown native code]", "[unknown library]");

  /** As many frames as a chunk has. The JDK's reader makes new stacks for a later chunk. */
  private static final int MOST_REMEMBERED = JfrExporter.ENOUGH_FRAMES;

  private static final int MAGIC = 'F' << 24 | 'L' << 16 | 'R' << 8;
  private static final int VERSION = 2;
  private static final int HEAD_BYTES = 68;
  private static final int STATE_AT = 64;

  private final ProfileBuilder builder = new ProfileBuilder();
  private final Map<RecordedStackTrace, Integer> stacks = new IdentityHashMap<>();
  private int remembered; // frames of these stacks
  private long unwalkable;
  private String longestInterval;
  private long pid;
  private String javaVersion = "";
  private int sessions;
  private RecordedEvent session; // the last one
  private long samples; // of the session
  private long samplesWithoutTime;
  private Profile profile;
  private String figures;

  private SavedJfr() {}

  /**
   * Reads a file.
   *
   * @return the recording, whose profile has samples and CPU time
   * @throws IllegalArgumentException if the file is no recording of one session of spprof, or is
   *     damaged; the message is the end of a sentence whose subject is the file
   * @throws IOException if the file cannot be opened
   */
  static SavedJfr read(Path file) throws IOException {
    checkChunks(file);
    SavedJfr saved = new SavedJfr();
    if (!saved.readEvents(file)) {
      throw new IllegalArgumentException(FOREIGN);
    }
    if (saved.sessions != 1) {
      throw new IllegalArgumentException(
          "has " + saved.sessions + " sessions; give recordings of one session each");
    }
    if (saved.profile.totalSamples() != saved.samples - saved.samplesWithoutTime) {
      throw new IllegalArgumentException("is damaged: samples are missing");
    }
    return saved;
  }

  /**
   * Checks the heads of the chunks. The JDK's reader waits for ever if a head says that somebody
   * still writes the chunk.
   */
  private static void checkChunks(Path file) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      long start = 0;
      do {
        in.seek(start);
        boolean isChunk = in.readInt() == MAGIC;
        if (start == 0 && !isChunk) {
          throw new IllegalArgumentException(FOREIGN);
        }
        int version = in.readUnsignedShort();
        in.readUnsignedShort(); // minor version
        long size = in.readLong();
        long checkpoint = in.readLong();
        long metadata = in.readLong();
        in.seek(start + STATE_AT);
        boolean isComplete =
            isChunk
                && in.readByte() == 0
                && version == VERSION
                && size <= in.length() - start
                && checkpoint >= HEAD_BYTES
                && checkpoint < size
                && metadata >= HEAD_BYTES
                && metadata < size;
        if (!isComplete) {
          throw new EOFException();
        }
        start += size;
      } while (start < in.length());
    } catch (EOFException e) {
      throw DamagedFile.because(e);
    }
  }

  /** Reads all events. Returns false if the recording is of another program. */
  private boolean readEvents(Path file) {
    // The JDK's reader throws exceptions of many classes if a file is damaged.
    try (RecordingFile recording = new RecordingFile(file)) {
      List<String> types = recording.readEventTypes().stream().map(EventType::getName).toList();
      if (!types.contains(SESSION) || !types.contains(SAMPLE)) {
        return false;
      }
      while (recording.hasMoreEvents()) {
        event(recording.readEvent());
      }
      profile = builder.profile();
      figures = sessions == 1 ? writtenFigures() : "";
      return true;
    } catch (IOException | RuntimeException | InternalError e) {
      throw DamagedFile.because(e);
    }
  }

  private void event(RecordedEvent event) {
    switch (event.getEventType().getName()) {
      case SAMPLE -> {
        int thread = builder.thread(text(event.getThread("eventThread"), "javaName"));
        int stack = stack(event.getStackTrace());
        builder.addRow(stack, thread, 1, event.getLong("samplingPeriod"));
        unwalkable += event.getBoolean("failed") ? 1 : 0;
      }
      case SESSION -> {
        sessions++;
        session = event;
        samples = event.getLong("samples");
        samplesWithoutTime = event.getLong("olderSamples");
      }
      case "jdk.JVMInformation" -> {
        pid = event.getLong("pid");
        String version = text(event, "jvmVersion");
        javaVersion = version.substring(version.lastIndexOf('(') + 1, version.length() - 1);
      }
      case "jdk.ActiveSetting" -> {
        if (text(event, "name").equals("longestInterval")) {
          longestInterval = text(event, "value");
        }
      }
      default -> {
        // A comparison does not need it.
      }
    }
  }

  /** Returns the text of a field. The JDK's reader gives null for a text of no characters. */
  private static String text(RecordedObject object, String field) {
    String text = object.getString(field);
    return text == null ? "" : text;
  }

  private int stack(RecordedStackTrace trace) {
    Integer known = stacks.get(trace);
    if (known == null) {
      List<RecordedFrame> frames = trace.getFrames(); // the leaf first
      int[] path = new int[frames.size()];
      for (int i = 0; i < path.length; i++) {
        path[path.length - 1 - i] = method(frames.get(i));
      }
      known = builder.addStack(path, path.length);
      remembered += path.length;
      if (remembered > MOST_REMEMBERED) {
        stacks.clear();
        remembered = path.length;
      }
      stacks.put(trace, known);
    }
    return known;
  }

  /** Returns the number of a method, whose name {@link JfrSymbols} has split. */
  private int method(RecordedFrame frame) {
    RecordedClass type = frame.getMethod().getType();
    String owner = text(type, "name");
    String name = text(frame.getMethod(), "name");
    return switch (frame.getType()) {
      case "Java" -> {
        String className = owner.replace('/', '.');
        int address = className.lastIndexOf('+');
        if (type.getBoolean("hidden") && address >= 0) {
          className = className.substring(0, address) + '/' + className.substring(address + 1);
        }
        yield builder.method(owner.isEmpty() ? name : className + '.' + name, FrameKind.JAVA);
      }
      case "Native", "C++" -> {
        FrameKind kind = frame.getType().equals("C++") ? FrameKind.JVM : nativeOrNote(name);
        yield builder.method(owner.isEmpty() ? name : owner + '`' + name, kind);
      }
      case "Kernel" -> builder.method(name, FrameKind.SYSCALL);
      default -> throw new IllegalStateException("a frame of type " + frame.getType());
    };
  }

  /** A recording has one type for native code and for notes of the profiler. */
  private static FrameKind nativeOrNote(String name) {
    boolean isNote = name.startsWith("[") && NO_LIBRARY.stream().noneMatch(name::startsWith);
    return isNote ? FrameKind.SYNTHETIC : FrameKind.NATIVE;
  }

  Profile profile() {
    return profile;
  }

  /** Returns the number of samples of the session that the file does not have. */
  long samplesWithoutTime() {
    return samplesWithoutTime;
  }

  /**
   * Returns the session's figures for the page of a difference, as {@link FlameGraphData} writes
   * them. A time that a recording does not have is -1.
   */
  String figures() {
    return figures;
  }

  private String writtenFigures() throws IOException {
    StringBuilder out = new StringBuilder();
    Json json = new Json(out);
    String program = text(session, "program");
    String host = text(session, "host");
    json.key("session").value(session.getLong("sessionId"));
    json.key("jvm").value(new JvmInfo(program, pid, host, javaVersion, "", 0).describe());
    json.key("options").value(text(session, "options"));
    json.key("startTimeMillis").value(session.getStartTime().toEpochMilli());
    json.key("durationMillis").value(session.getDuration().toMillis());
    json.key("engine").value(text(session, "engine"));
    json.key("walker").value(text(session, "walker"));
    json.key("intervalNanos").value(session.getLong("interval"));
    json.key("longestIntervalNanos").value(Long.parseLong(longestInterval));
    json.key("totalSamples").value(profile.totalSamples());
    json.key("totalCpuNanos").value(profile.totalCpuNanos());
    json.key("samplesWithoutTime").value(samplesWithoutTime);
    json.key("unwalkable").value(unwalkable);
    json.key("dropped").value(session.getLong("droppedSamples"));
    json.key("droppedCpuNanos").value(session.getLong("droppedCpuTime"));
    json.key("unseenCpuNanos").value(session.getLong("unseenCpuTime"));
    for (String time : List.of("userCpu", "systemCpu", "cpuWait", "throttled")) {
      json.key(time + "Nanos").value(-1);
    }
    json.key("drops").beginArray().endArray();
    return out.toString();
  }
}
