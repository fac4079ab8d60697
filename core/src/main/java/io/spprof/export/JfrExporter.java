package io.spprof.export;

import io.spprof.export.JfrMetadata.Type;
import io.spprof.profile.FrameKind;
import io.spprof.profile.JvmInfo;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileInfo;
import io.spprof.profile.ProfileThread;
import io.spprof.profile.SampleTimes;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.ThreadState;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a profile as a recording in the format of the JDK's Flight Recorder (format 2.1). {@code
 * jfr}, JDK Mission Control and other tools read this format.
 *
 * <p>Each sample becomes two events with the sample's time, thread and stack, with line numbers:
 *
 * <ul>
 *   <li>{@code jdk.ExecutionSample}, which every reader knows. Its state is that of a sample of CPU
 *       time in async-profiler's recordings, because its converter looks for it.
 *   <li>{@code spprof.CPUTimeSample}, with the fields of {@code jdk.CPUTimeSample} of JDK 25. Its
 *       period is the CPU time that the sample stands for. It also has what the thread was doing,
 *       if the walker reported it. The views of {@code jfr view} find an event by the last part of
 *       its name. With the JDK's whole name, async-profiler's converter would count every sample
 *       twice.
 * </ul>
 *
 * <p>One event {@code spprof.Session} has the totals of the session. It also has the number of
 * samples without an event: the profiler keeps the times of a bounded number of samples, and
 * forgets the oldest. {@code jdk.JVMInformation} has the process, without arguments, which can
 * contain passwords.
 *
 * <p>A file is a sequence of chunks. Each chunk has a bounded size and contains all constants that
 * its events refer to. The exporter builds a chunk in memory, writes the chunk's length into its
 * header, and passes the chunk on. A reader therefore gets the first chunks before the later ones
 * exist.
 *
 * <pre>
 *    chunk := head event* checkpoint metadata      event := size type field*
 *    head  := "FLR\0" 2 1 size at-checkpoint at-metadata start duration ticks ticks/s features
 * </pre>
 *
 * Numbers are in base 128, the lowest digits first, except in the header. The profiler does not
 * record the groups of threads, the descriptors and modifiers of methods, or class loaders. These
 * fields are empty. A thread that stands for several has no ids.
 *
 * @see <a
 *     href="https://github.com/openjdk/jdk/blob/master/src/jdk.jfr/share/classes/jdk/jfr/internal/consumer/ChunkHeader.java">
 *     ChunkHeader</a>
 */
public final class JfrExporter {

  private static final int HEAD_BYTES = 68;
  private static final int AT_SIZE = 8;
  private static final int AT_START_NANOS = 32;
  private static final long TICKS_PER_SECOND = 1_000_000_000;
  private static final int COMPRESSED_INTS = 1;

  /**
   * A chunk ends as soon as it has this many events, or {@link #ENOUGH_FRAMES} frames. It may
   * exceed the number by one part of the log of samples. This bounds the memory for a chunk.
   */
  private static final int ENOUGH_EVENTS = 1 << 17;

  /** See {@link #ENOUGH_EVENTS}. A reader need not remember more frames than a chunk has. */
  static final int ENOUGH_FRAMES = 1 << 18;

  private static final int POOLS = 9;
  private static final int ON_CPU = 1;

  /**
   * The types of frames. The numbers are those of async-profiler's recordings, because its
   * converter looks at them: if there is a type 5, it takes types 3 to 5 for functions, not for
   * native methods of classes. The JDK has the types 0 to 3: {@code Interpreted}, {@code JIT
   * compiled}, {@code Inlined} and {@code Native}. A profile does not record how a Java method was
   * run, so a Java frame has a name of its own.
   */
  private static final Map<Integer, String> FRAME_TYPES =
      new TreeMap<>(Map.of(1, "Java", 3, "Native", 4, "C++", 5, "Kernel"));

  private final Profile profile;
  private final SampleTimes times;
  private final Bytes out;
  private final JfrSymbols symbols;
  private final Bytes events = new Bytes();
  private final BitSet stacks = new BitSet();
  private final BitSet threads = new BitSet();
  private final BitSet methods = new BitSet();
  private int eventCount;
  private int frameCount;
  private long firstNanos;
  private long lastNanos;

  private JfrExporter(Profile profile, Bytes out) {
    this.profile = profile;
    this.times = profile.times();
    this.out = out;
    this.symbols = new JfrSymbols(profile);
  }

  static Steps steps(Profile profile, Bytes out) {
    JfrExporter exporter = new JfrExporter(profile, out);
    int parts = exporter.times.chunkCount();
    return new Steps()
        .then(exporter::session)
        .each(parts, exporter::part)
        .then(
            () -> {
              if (exporter.eventCount > 0) {
                exporter.endChunk();
              }
            });
  }

  private void session() {
    ProfileInfo info = profile.info();
    SessionStats session = info.session();
    long end = session.durationMillis() * 1_000_000;
    if (!info.jvm().describe().isEmpty()) {
      jvmInformation(info.jvm());
    }
    int at = beginEvent(Type.SESSION, 0);
    lastNanos = Math.max(lastNanos, end);
    events.varint(end);
    JfrMetadata.string(events, info.jvm().program());
    JfrMetadata.string(events, info.jvm().host());
    events.varint(session.id());
    JfrMetadata.string(events, session.options());
    events.varint(info.intervalNanos());
    JfrMetadata.string(events, info.engine());
    JfrMetadata.string(events, info.walker());
    events.varint(profile.totalSamples());
    events.varint(profile.totalCpuNanos());
    events.varint(times.forgotten());
    events.varint(info.dropped().total());
    events.varint(info.droppedCpuNanos());
    events.varint(info.unseenCpuNanos());
    endEvent(at);
    at = beginEvent(Type.CPU_TIME_SAMPLES_LOST, 0);
    events.varint(Math.min(Integer.MAX_VALUE, info.dropped().total()));
    events.varint(0); // thread
    endEvent(at);
    setting("event", "cpu");
    setting("interval", Long.toString(info.intervalNanos()));
    setting("longestInterval", Long.toString(info.longestIntervalNanos()));
  }

  private void jvmInformation(JvmInfo jvm) {
    int at = beginEvent(Type.JVM_INFORMATION, 0);
    JfrMetadata.string(events, jvm.vmName());
    // JDK Mission Control looks for the version after JRE.
    String version = " (" + jvm.javaVersion() + ")";
    JfrMetadata.string(events, jvm.vmName() + version + " JRE" + version);
    JfrMetadata.noString(events); // options of the JVM
    JfrMetadata.noString(events); // options from files
    JfrMetadata.string(events, jvm.program());
    events.varint(jvm.startTimeMillis());
    events.varint(jvm.pid());
    endEvent(at);
  }

  /**
   * Writes a setting of the session as an event {@code jdk.ActiveSetting}, under the name that
   * async-profiler uses. Some readers look there for the source of the samples.
   */
  private void setting(String name, String value) {
    int at = beginEvent(Type.ACTIVE_SETTING, 0);
    events.varint(0); // duration
    events.varint(0); // thread
    events.varint(0); // stack
    events.varint(Type.EXECUTION_SAMPLE);
    JfrMetadata.string(events, name);
    JfrMetadata.string(events, value);
    endEvent(at);
  }

  private void part(int part) {
    times.forEach(part, this::sample);
    if (eventCount >= ENOUGH_EVENTS || frameCount >= ENOUGH_FRAMES) {
      endChunk();
    }
  }

  private void sample(long nanos, int row, long cpuNanos, ThreadState state) {
    int stack = profile.stack(row);
    int thread = profile.thread(row);
    if (!stacks.get(stack)) {
      stacks.set(stack);
      frameCount += profile.depth(stack);
    }
    threads.set(thread);
    int at = beginEvent(Type.EXECUTION_SAMPLE, Math.max(0, nanos));
    events.varint(thread + 1L);
    events.varint(stack + 1L);
    events.varint(ON_CPU);
    endEvent(at);
    at = beginEvent(Type.CPU_TIME_SAMPLE, Math.max(0, nanos));
    events.varint(stack + 1L);
    events.varint(thread + 1L);
    events.write(symbols.isFailure(root(stack)) ? 1 : 0);
    events.varint(cpuNanos);
    events.write(0); // biased: a walk needs no safepoint
    events.varint(state.ordinal() + 1L);
    endEvent(at);
  }

  /** Returns the method at the root of a stack. */
  private int root(int stack) {
    return profile.frameMethod(profile.frame(stack, profile.depth(stack) - 1));
  }

  private int beginEvent(int type, long nanos) {
    firstNanos = eventCount == 0 ? nanos : Math.min(firstNanos, nanos);
    lastNanos = eventCount == 0 ? nanos : Math.max(lastNanos, nanos);
    eventCount++;
    return begin(events, type, nanos);
  }

  private void endEvent(int at) {
    end(events, at);
  }

  /** Begins an event. Reserves four bytes for the event's size, which is known only at its end. */
  private static int begin(Bytes to, int type, long nanos) {
    int at = to.size();
    to.fixed(0, Integer.BYTES);
    to.varint(type);
    to.varint(nanos);
    return at;
  }

  /**
   * Ends an event: writes its size as four digits in base 128, of which the last three may be
   * zeros.
   */
  private static void end(Bytes to, int at) {
    to.varintAt(at, to.size() - at);
  }

  /** Writes a chunk with the events collected so far, and begins a new chunk. */
  private void endChunk() {
    int start = out.size();
    out.append("FLR\0");
    out.fixed(2, Short.BYTES);
    out.fixed(1, Short.BYTES);
    out.fixed(0, HEAD_BYTES - AT_SIZE);
    out.write(events);
    int checkpoint = out.size() - start;
    checkpoint();
    int metadata = out.size() - start;
    int at = begin(out, Type.METADATA, firstNanos);
    out.varint(0); // duration
    out.varint(1); // its id
    JfrMetadata.write(out);
    end(out, at);
    long startNanos = profile.info().session().startTimeMillis() * 1_000_000 + firstNanos;
    long[] head = {
      out.size() - start,
      checkpoint,
      metadata,
      startNanos,
      lastNanos - firstNanos,
      firstNanos,
      TICKS_PER_SECOND
    };
    for (int i = 0; i < head.length; i++) {
      out.fixedAt(start + AT_SIZE + i * Long.BYTES, head[i], Long.BYTES);
    }
    out.fixedAt(start + HEAD_BYTES - Integer.BYTES, COMPRESSED_INTS, Integer.BYTES);
    events.clear();
    stacks.clear();
    threads.clear();
    methods.clear();
    eventCount = 0;
    frameCount = 0;
  }

  /**
   * Writes the constants that the chunk's events refer to. Each constant stands under its type and
   * number.
   */
  private void checkpoint() {
    int at = begin(out, Type.CHECKPOINT, firstNanos);
    out.varint(0); // duration
    out.varint(0); // no previous checkpoint
    out.write(1); // complete
    stacks.stream().forEach(this::collectMethods);
    // Readers do not expect empty pools of constants. A chunk without samples refers to no
    // constants.
    out.varint(stacks.isEmpty() ? 0 : POOLS);
    if (!stacks.isEmpty()) {
      pools();
    }
    end(out, at);
  }

  private void collectMethods(int stack) {
    for (int i = 0; i < profile.depth(stack); i++) {
      methods.set(profile.frameMethod(profile.frame(stack, i)));
    }
  }

  private void pools() {
    pool(Type.FRAME_TYPE, FRAME_TYPES.size());
    FRAME_TYPES.forEach(
        (type, name) -> {
          out.varint(type);
          JfrMetadata.string(out, name);
        });
    pool(Type.THREAD_STATE, 1);
    out.varint(ON_CPU);
    JfrMetadata.string(out, "STATE_DEFAULT");
    pool(Type.STATE, ThreadState.values().length);
    for (ThreadState state : ThreadState.values()) {
      out.varint(state.ordinal() + 1L);
      JfrMetadata.string(out, state.name());
    }
    pool(Type.THREAD, threads.cardinality());
    threads.stream().forEach(this::thread);
    pool(Type.STACK_TRACE, stacks.cardinality());
    stacks.stream().forEach(this::stack);
    pool(Type.METHOD, methods.cardinality());
    methods.stream().forEach(method -> symbols.method(out, method));
    symbols.writeUsed(out, methods);
  }

  private void pool(int type, int count) {
    out.varint(type);
    out.varint(count);
  }

  private void thread(int thread) {
    ProfileThread threadOfProfile = profile.threads().get(thread);
    out.varint(thread + 1L);
    JfrMetadata.string(out, threadOfProfile.name());
    out.varint(threadOfProfile.systemId());
    JfrMetadata.string(out, threadOfProfile.name());
    out.varint(threadOfProfile.javaId());
    out.varint(0); // group
    out.write(0); // virtual
  }

  private void stack(int stack) {
    int depth = profile.depth(stack);
    out.varint(stack + 1L);
    out.write(symbols.isTruncated(root(stack)) ? 1 : 0);
    out.varint(depth);
    for (int i = 0; i < depth; i++) {
      int frame = profile.frame(stack, i);
      out.varint(profile.frameMethod(frame) + 1L);
      out.varint(profile.frameLine(frame));
      out.varint(0); // byte code index
      out.varint(frameType(profile.frameKind(frame)));
    }
  }

  private static int frameType(FrameKind kind) {
    return switch (kind) {
      case JAVA -> 1;
      case NATIVE, SYNTHETIC -> 3;
      case JVM -> 4;
      case SYSCALL -> 5;
    };
  }
}
